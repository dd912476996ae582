"""docs/reference/audit-event.md names every member of an event, its type, and whether this version fills it."""

import dataclasses
import gc
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient, SecureSession, errors
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import Answer, Fault, LocalBedrock

Rows = Callable[[str, str], list[dict[str, str]]]
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"

# The types of the class, as the page writes them.
TYPES = {
    "str": "text",
    "str | None": "text",
    "bool": "true or false",
    "bool | None": "true or false",
    "int": "integer",
    "int | None": "integer",
    "float": "number",
    "float | None": "number",
    "collections.abc.Mapping[str, str] | None": "object",
}
WORDS = {
    "outcome": "`ok`, `error`, `refused`, `cancelled`, `incomplete`",
    "guard_verdict": "`private`, `refused`",
}


@pytest.fixture(scope="module")
def page(rows: Rows) -> dict[str, dict[str, str]]:
    listed = rows("docs/reference/audit-event.md", "member")
    return {row["member"].strip("`"): row for row in listed}


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The members that some event of a varied set of calls had."""
    events: list[InvocationEvent] = []
    with LocalBedrock() as bedrock:
        policy = Policy.from_toml(f'name = "docs"\n{bedrock.policy_toml()}')
        credentials = bedrock.credentials
        sinks = [_failing_once(events)]
        with SecureBedrockClient(policy, credentials=credentials, sinks=sinks) as client:
            _calls(bedrock, client)
        _hardened_calls(SecureSession(policy, credentials=credentials, sinks=sinks))
        unlisted = bedrock.policy_toml().replace(MODEL, "amazon.nova-pro-v1:0")
        lenient = Policy.from_toml(f'mode = "report"\n{unlisted}')
        with SecureBedrockClient(lenient, credentials=credentials, sinks=sinks) as client:
            client.converse(MODEL, "Hello")
    return {name for event in events for name in event.to_dict()}


def _failing_once(events: list[InvocationEvent]) -> Callable[[InvocationEvent], None]:
    """A sink that does not accept its first event, so that the next one counts it."""
    failures = iter([True])

    def sink(event: InvocationEvent) -> None:
        if next(failures, False):
            raise OSError
        events.append(event)

    return sink


def _calls(bedrock: LocalBedrock, client: SecureBedrockClient) -> None:
    """Every typed operation, a cached prompt, a retry, a refusal, an error, a cut and a dropped stream."""
    for _ in range(2):
        tool = {"name": "look_up", "inputSchema": {"type": "object"}}
        metadata = {"team": "docs"}
        client.converse(MODEL, "Hello", max_tokens=10, tools=[tool], request_metadata=metadata)
    with client.converse_stream(MODEL, "Hello", guardrail={"id": "abc", "version": "1"}) as stream:
        stream.response()
    client.invoke_model(MODEL, {"messages": [{"role": "user", "content": "Hello"}]})
    _cached(bedrock, client)
    _without_usage(bedrock, client)
    bedrock.fault(Fault.throttle())
    client.converse(MODEL, "Hello", service_tier="flex")
    for fault in (Fault.error("ValidationException", 400), Fault.cut()):
        bedrock.fault(fault, times=2)
        with pytest.raises(errors.SecureBedrockError):
            client.converse(MODEL, "Hello")
        bedrock.clear()
    with pytest.raises(errors.ModelDenied):
        client.converse("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "Hello")
    client.converse_stream(MODEL, "Hello")
    gc.collect()


def _cached(bedrock: LocalBedrock, client: SecureBedrockClient) -> None:
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 9}
    usage |= {"cacheReadInputTokens": 3, "cacheWriteInputTokens": 4}
    message = {"role": "assistant", "content": [{"text": "Hello"}]}
    body = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}
    bedrock.script(Answer.json({**body, "metrics": {"latencyMs": 5}}))
    client.converse(MODEL, "Hello")


def _without_usage(bedrock: LocalBedrock, client: SecureBedrockClient) -> None:
    events: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
    ]
    bedrock.script(Answer.events(events))
    with client.converse_stream(MODEL, "Hello") as stream:
        stream.response()


def _hardened_calls(session: SecureSession) -> None:
    runtime = session.client("bedrock-runtime")
    messages = [{"role": "user", "content": [{"text": "Hello"}]}]
    runtime.converse(modelId=MODEL, messages=messages)
    list(runtime.converse_stream(modelId=MODEL, messages=messages)["stream"])


def test_the_members_stand_in_the_order_of_the_class(page: dict[str, dict[str, str]]) -> None:
    assert [field.name for field in dataclasses.fields(InvocationEvent)] == list(page)


def test_the_types_are_those_of_the_class(page: dict[str, dict[str, str]]) -> None:
    expected = {
        field.name: WORDS.get(field.name) or TYPES[_spelt(field.type)]
        for field in dataclasses.fields(InvocationEvent)
    }

    assert expected == {name: row["type"] for name, row in page.items()}


def _spelt(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def test_members_that_always_stand_are_those_that_are_never_none(
    page: dict[str, dict[str, str]],
) -> None:
    always = {
        field.name for field in dataclasses.fields(InvocationEvent) if field.default is not None
    }

    assert always == {name for name, row in page.items() if row["stands"] == "always"}


def test_the_page_says_what_this_version_does_not_fill(
    page: dict[str, dict[str, str]], seen: set[str]
) -> None:
    unfilled = {name for name, row in page.items() if row["stands"] == "not filled yet"}

    assert unfilled == set(page) - seen
