"""Typed clients add the policy's guardrail and token limit; what weakens either never arrives."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import Denied, GuardrailDenied, LimitDenied, OperationDenied
from secure_bedrock.testing import LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA = "amazon.nova-lite-v1:0"
ID, VERSION = "abc123def456", "3"
TERMS = f"""
[guardrail]
required = true
id = "{ID}"
version = "{VERSION}"

[limits]
max_tokens = 100
max_request_bytes = 2000
"""
PAYLOAD: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}

Call = Callable[[SecureBedrockClient], Any]


@pytest.fixture
def held(make: Any) -> SecureBedrockClient:
    """A client under a policy with both."""
    client: SecureBedrockClient = make(TERMS)
    return client


def converse_stream(client: SecureBedrockClient) -> Any:
    with client.converse_stream(MODEL, "hello") as stream:
        return stream.response()


def invoke_stream(client: SecureBedrockClient) -> Any:
    with client.invoke_model_stream(MODEL, PAYLOAD) as stream:
        return list(stream)


CONVERSATIONS: dict[str, Call] = {
    "whole": lambda client: client.converse(MODEL, "hello"),
    "as a stream": converse_stream,
}
NATIVE: dict[str, Call] = {
    "whole": lambda client: client.invoke_model(MODEL, PAYLOAD),
    "as a stream": invoke_stream,
}


@pytest.mark.parametrize("way", CONVERSATIONS)
def test_a_conversation_gets_guardrail_and_limit(
    way: str, held: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    CONVERSATIONS[way](held)

    (request,) = local.requests
    named = {"guardrailIdentifier": ID, "guardrailVersion": VERSION}
    assert request.json["guardrailConfig"] == named
    assert request.json["inferenceConfig"] == {"maxTokens": 100}
    (event,) = events
    assert (event.guardrail_id, event.guardrail_version) == (ID, VERSION)
    assert event.max_tokens == 100


@pytest.mark.parametrize("way", NATIVE)
def test_a_native_call_gets_the_guardrails_header_fields(
    way: str, held: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    NATIVE[way](held)

    (request,) = local.requests
    assert request.headers["x-amzn-bedrock-guardrailidentifier"] == ID
    assert request.headers["x-amzn-bedrock-guardrailversion"] == VERSION
    assert request.json == PAYLOAD
    assert (events[0].guardrail_id, events[0].guardrail_version) == (ID, VERSION)


def test_what_the_caller_asks_for_rightly_is_left_alone(
    held: SecureBedrockClient, local: LocalBedrock
) -> None:
    named = {"id": ID, "version": VERSION, "trace": "enabled"}
    held.converse(MODEL, "hello", guardrail=named, max_tokens=7)

    request = local.requests[0].json
    assert request["guardrailConfig"]["trace"] == "enabled"
    assert request["inferenceConfig"] == {"maxTokens": 7}


REFUSED: dict[str, tuple[Call, type[Denied], str]] = {
    "another version": (
        lambda client: client.converse(MODEL, "a", guardrail={"id": ID, "version": "DRAFT"}),
        GuardrailDenied,
        "guardrail-version",
    ),
    "a stream before the check": (
        lambda client: client.converse_stream(
            MODEL, "a", guardrail={"id": ID, "version": VERSION, "mode": "async"}
        ),
        GuardrailDenied,
        "guardrail-async",
    ),
    "another one for a native call": (
        lambda client: client.invoke_model(
            MODEL, PAYLOAD, guardrail={"id": "zzz123def456", "version": VERSION}
        ),
        GuardrailDenied,
        "guardrail-other",
    ),
    "more tokens": (
        lambda client: client.converse(MODEL, "a", max_tokens=101),
        LimitDenied,
        "max-tokens",
    ),
    "more tokens in a native payload": (
        lambda client: client.invoke_model(MODEL, {**PAYLOAD, "max_tokens": 101}),
        LimitDenied,
        "max-tokens",
    ),
    "a native payload that does not say": (
        lambda client: client.invoke_model(NOVA, {"messages": [], "max_tokens": 5}),
        LimitDenied,
        "max-tokens-unstated",
    ),
    "a longer body": (
        lambda client: client.converse(MODEL, "a" * 2000),
        LimitDenied,
        "max-request-bytes",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_weakens_either_never_arrives(
    sentence: str, held: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    call, error, rule = REFUSED[sentence]
    with pytest.raises(error) as refusal:
        call(held)

    assert refusal.value.rule == rule
    assert local.requests == []
    assert [(event.outcome, event.guard_reason) for event in events] == [("refused", rule)]


def test_a_payload_that_is_no_json_is_sent_nowhere(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    with pytest.raises(OperationDenied) as refusal:
        client.invoke_model(MODEL, b"\xff\x00 no JSON")

    assert refusal.value.rule == "body-ambiguous"
    assert local.requests == []
