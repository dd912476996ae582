"""Hardened clients add the policy's guardrail and token limit, and no event handler can take them away again."""

import copy
import json
from collections.abc import Callable
from typing import Any

import botocore
import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import Denied, GuardrailDenied, LimitDenied
from secure_bedrock.testing import Fault, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
ID, VERSION = "abc123def456", "3"
GUARDRAIL = f'\n[guardrail]\nrequired = true\nid = "{ID}"\nversion = "{VERSION}"\n'
LIMITS = "\n[limits]\nmax_tokens = 100\n"
NATIVE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}
CONFIG = {"guardrailIdentifier": ID, "guardrailVersion": VERSION}
HEADERS = ("x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion")

Call = Callable[[Any], Any]


def converse(client: Any, **more: Any) -> Any:
    return client.converse(modelId=MODEL, messages=MESSAGES, **more)


def stream(client: Any, **more: Any) -> Any:
    return list(client.converse_stream(modelId=MODEL, messages=MESSAGES, **more)["stream"])


def invoke(client: Any, **more: Any) -> Any:
    return client.invoke_model(modelId=MODEL, body=json.dumps(NATIVE), **more)["body"].read()


def invoke_stream(client: Any, **more: Any) -> Any:
    body = json.dumps(NATIVE)
    answer = client.invoke_model_with_response_stream(modelId=MODEL, body=body, **more)
    return list(answer["body"])


@pytest.mark.parametrize("call", [converse, stream])
def test_a_conversation_gets_guardrail_and_limit(
    call: Call, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    call(make(toml=GUARDRAIL + LIMITS))

    (request,) = bedrock.requests
    assert request.json["guardrailConfig"] == CONFIG
    assert request.json["inferenceConfig"] == {"maxTokens": 100}
    (event,) = events
    assert (event.guardrail_id, event.guardrail_version) == (ID, VERSION)
    assert event.max_tokens == 100


@pytest.mark.parametrize("call", [invoke, invoke_stream])
def test_a_native_call_gets_the_guardrails_header_fields(
    call: Call, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    call(make(toml=GUARDRAIL + LIMITS))

    (request,) = bedrock.requests
    assert [request.headers[name] for name in HEADERS] == [ID, VERSION]
    assert request.json == NATIVE
    assert (events[0].guardrail_id, events[0].guardrail_version) == (ID, VERSION)


def test_without_such_a_policy_nothing_is_added(make: Any, bedrock: LocalBedrock) -> None:
    client = make()
    converse(client)
    invoke(client)

    assert set(bedrock.requests[0].json) == {"messages"}
    assert not set(HEADERS) & bedrock.requests[1].headers.keys()


def test_the_callers_own_dicts_stay_as_they_are(make: Any, bedrock: LocalBedrock) -> None:
    own: dict[str, Any] = {"inferenceConfig": {"temperature": 0.5}}
    before = copy.deepcopy(own)

    converse(make(toml=GUARDRAIL + LIMITS), **own)

    assert own == before
    assert bedrock.requests[0].json["inferenceConfig"] == {"temperature": 0.5, "maxTokens": 100}


def test_what_the_caller_names_rightly_is_left_alone(make: Any, bedrock: LocalBedrock) -> None:
    config = {**CONFIG, "trace": "enabled", "streamProcessingMode": "sync"}
    stream(make(toml=GUARDRAIL), guardrailConfig=config)
    assert bedrock.requests[0].json["guardrailConfig"] == config


def test_a_second_attempt_sends_the_same(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.throttle())
    converse(make(toml=GUARDRAIL + LIMITS))

    first, second = bedrock.requests
    assert first.body == second.body


WEAKENED: dict[str, tuple[Call, dict[str, Any], type[Denied], str]] = {
    "another guardrail": (
        converse,
        {"guardrailConfig": {**CONFIG, "guardrailIdentifier": "zzz123def456"}},
        GuardrailDenied,
        "guardrail-other",
    ),
    "the draft": (
        converse,
        {"guardrailConfig": {**CONFIG, "guardrailVersion": "DRAFT"}},
        GuardrailDenied,
        "guardrail-version",
    ),
    "an empty structure": (converse, {"guardrailConfig": {}}, GuardrailDenied, "guardrail-missing"),
    "a stream before the check": (
        stream,
        {"guardrailConfig": {**CONFIG, "streamProcessingMode": "async"}},
        GuardrailDenied,
        "guardrail-async",
    ),
    "another version in a header field": (
        invoke,
        {"guardrailIdentifier": ID, "guardrailVersion": "1"},
        GuardrailDenied,
        "guardrail-version",
    ),
    "half of the header fields": (
        invoke,
        {"guardrailIdentifier": ID},
        GuardrailDenied,
        "guardrail-version",
    ),
    "more tokens": (
        converse,
        {"inferenceConfig": {"maxTokens": 101}},
        LimitDenied,
        "max-tokens",
    ),
    "more tokens by way of the model's own fields": (
        converse,
        {"additionalModelRequestFields": {"max_tokens": 101}},
        LimitDenied,
        "max-tokens",
    ),
}


@pytest.mark.parametrize("mode", ["enforce", "report"])
@pytest.mark.parametrize("sentence", WEAKENED)
def test_what_weakens_either_never_arrives(
    sentence: str, mode: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    if sentence == "an empty structure" and botocore.__version__.startswith("1.40."):
        pytest.skip("this botocore asks for both members itself")
    call, more, error, rule = WEAKENED[sentence]
    client = make(toml=GUARDRAIL + LIMITS, top=f'mode = "{mode}"\n')

    with pytest.raises(error) as refusal:
        call(client, **more)

    assert refusal.value.rule == rule
    assert bedrock.requests == []
    assert [(event.outcome, event.guard_reason) for event in events] == [("refused", rule)]


def without_config(params: dict[str, Any], **_: Any) -> None:
    params.pop("guardrailConfig", None)


def other_version(params: dict[str, Any], **_: Any) -> None:
    params["guardrailConfig"] = {**CONFIG, "guardrailVersion": "DRAFT"}


def more_tokens(params: dict[str, Any], **_: Any) -> None:
    params["inferenceConfig"] = {"maxTokens": 5000}


def body_without(params: dict[str, Any], **_: Any) -> None:
    body = json.loads(params["body"])
    body.pop("guardrailConfig", None)
    params["body"] = json.dumps(body).encode()


def body_with_more(params: dict[str, Any], **_: Any) -> None:
    body = json.loads(params["body"])
    body["additionalModelRequestFields"] = {"max_tokens": 5000}
    params["body"] = json.dumps(body).encode()


def header_gone(params: dict[str, Any], **_: Any) -> None:
    params["headers"].pop("X-Amzn-Bedrock-GuardrailIdentifier", None)


def header_gone_before_signing(request: Any, **_: Any) -> None:
    del request.headers["X-Amzn-Bedrock-GuardrailVersion"]


HANDLERS: dict[str, tuple[str, Any, Call, type[Denied]]] = {
    "takes the structure out of the parameters": (
        "provide-client-params",
        without_config,
        converse,
        GuardrailDenied,
    ),
    "asks for the draft": ("before-parameter-build", other_version, converse, GuardrailDenied),
    "asks for more tokens": ("before-parameter-build", more_tokens, converse, LimitDenied),
    "takes it out of the body": ("before-call", body_without, converse, GuardrailDenied),
    "writes more tokens into the body": ("before-call", body_with_more, converse, LimitDenied),
    "takes a header field away": ("before-call", header_gone, invoke, GuardrailDenied),
    "takes a header field away before it is signed": (
        "before-sign",
        header_gone_before_signing,
        invoke,
        GuardrailDenied,
    ),
}


@pytest.mark.parametrize("order", ["register_first", "register", "register_last"])
@pytest.mark.parametrize("sentence", HANDLERS)
def test_an_event_handler_changes_nothing_that_is_sent(
    sentence: str, order: str, make: Any, bedrock: LocalBedrock
) -> None:
    event, handler, call, error = HANDLERS[sentence]
    ran: list[str] = []

    def spied(**arguments: Any) -> None:
        handler(**arguments)
        ran.append(event)

    client = make(toml=GUARDRAIL + LIMITS)
    getattr(client.meta.events, order)(f"{event}.bedrock-runtime", spied)
    with pytest.raises(error):
        call(client)

    assert ran == [event]
    assert bedrock.requests == []


def test_a_body_is_no_longer_than_the_limit(make: Any, bedrock: LocalBedrock) -> None:
    client = make(toml="\n[limits]\nmax_request_bytes = 500\n")
    converse(client)
    with pytest.raises(LimitDenied) as refusal:
        converse(client, system=[{"text": "x" * 500}])

    assert refusal.value.rule == "max-request-bytes"
    assert len(bedrock.requests) == 1
