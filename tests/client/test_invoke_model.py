"""InvokeModel as a user holds it: a model's native payload in, its native answer out, whole or in chunks."""

import json
from typing import Any

import pydantic
import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import IncompleteResponse, InvalidRequest, SecureBedrockError
from secure_bedrock.testing import Answer, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
PAYLOAD: dict[str, Any] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Grüße"}],
}


class Payload(pydantic.BaseModel):
    """A caller's own model of the request."""

    anthropic_version: str = "bedrock-2023-05-31"
    max_tokens: int = pydantic.Field(99, alias="max_tokens")
    messages: list[dict[str, str]]
    top_k: int | None = None


WAYS: dict[str, Any] = {
    "a dict": PAYLOAD,
    "a pydantic model": Payload(messages=PAYLOAD["messages"], max_tokens=99),
    "a text": json.dumps(PAYLOAD),
    "bytes": json.dumps(PAYLOAD).encode(),
    "a bytearray": bytearray(json.dumps(PAYLOAD).encode()),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_payload_may_be_given_in_many_ways(
    way: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    reply = client.invoke_model(MODEL, WAYS[way])

    assert reply.json()["content"] == [{"type": "text", "text": "You said: Grüße"}]
    assert local.requests[0].json == PAYLOAD
    assert local.requests[0].headers["content-type"] == "application/json"
    assert local.requests[0].headers["accept"] == "application/json"


def test_an_answer_is_bytes_with_what_its_headers_tell(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    counts = (
        ("X-Amzn-Bedrock-Input-Token-Count", "7"),
        ("X-Amzn-Bedrock-Output-Token-Count", "11"),
    )
    local.script(Answer.json({"any": "thing"}, headers=counts))
    reply = client.invoke_model(MODEL, PAYLOAD)

    assert reply.body == b'{"any":"thing"}'
    assert reply.content_type == "application/json"
    assert reply.request_id == local.requests[0].request_id
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (7, 11)
    assert events == [reply.event]
    assert (events[0].input_tokens, events[0].total_tokens) == (7, 18)


def test_options_are_headers(client: SecureBedrockClient, local: LocalBedrock) -> None:
    client.invoke_model(
        MODEL,
        PAYLOAD,
        guardrail={"id": "abc123", "version": "2", "trace": "ENABLED"},
        performance="optimized",
        service_tier="flex",
        request_metadata={"team": "a"},
    )
    headers = local.requests[0].headers

    assert headers["x-amzn-bedrock-guardrailidentifier"] == "abc123"
    assert headers["x-amzn-bedrock-guardrailversion"] == "2"
    assert headers["x-amzn-bedrock-trace"] == "ENABLED"
    assert headers["x-amzn-bedrock-performanceconfig-latency"] == "optimized"
    assert headers["x-amzn-bedrock-service-tier"] == "flex"
    assert json.loads(headers["x-amzn-bedrock-request-metadata"]) == {"team": "a"}


def test_other_content_types_go_as_they_are_said(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    local.script(Answer.raw(200, (("Content-Type", "image/png"),), b"\x89PNG"))
    reply = client.invoke_model(MODEL, PAYLOAD, accept="image/png")

    assert local.requests[0].headers["accept"] == "image/png"
    assert (reply.body, reply.content_type) == (b"\x89PNG", "image/png")
    with pytest.raises(IncompleteResponse, match="JSON"):
        reply.json()


def test_a_stream_is_the_chunks_as_the_model_wrote_them(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    chunks: list[dict[str, Any]] = [
        {"type": "content_block_delta", "delta": {"text": "hé"}},
        {"type": "message_stop"},
    ]
    local.script(Answer.chunks(chunks))
    with client.invoke_model_stream(MODEL, PAYLOAD) as stream:
        pieces = list(stream)

    assert [json.loads(piece) for piece in pieces] == chunks
    assert stream.request_id == local.requests[0].request_id
    assert events == [stream.event]
    assert (events[0].operation, events[0].outcome) == ("InvokeModelWithResponseStream", "ok")


def test_options_of_a_stream_are_headers_too(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    with client.invoke_model_stream(MODEL, PAYLOAD, accept="application/json") as stream:
        assert len(list(stream)) > 1

    assert local.requests[0].headers["x-amzn-bedrock-accept"] == "application/json"
    assert local.requests[0].json == PAYLOAD


CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE

WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a set": ({1}, {}, "payload"),
    "nothing": (None, {}, "payload"),
    "a dict that JSON can't carry": ({"x": object()}, {}, "JSON"),
    "a dict that holds itself": (CYCLE, {}, "JSON"),
    "no number": ({"x": float("nan")}, {}, "JSON"),
    "half a character": ("\ud800", {}, "UTF-8"),
    "a content type that is two headers": (b"x", {"content_type": "a\r\nb: c"}, "ASCII"),
    "no content type": (b"x", {"content_type": ""}, "content_type"),
    "a guardrail misspelt": (b"x", {"guardrail": {"id": "a", "vresion": "1"}}, "guardrail"),
    "tags that are no text": (b"x", {"request_metadata": {"a": 1}}, "request_metadata"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("method", ["invoke_model", "invoke_model_stream"])
def test_what_is_wrong_is_one_clear_error_and_nothing_is_sent(
    method: str,
    name: str,
    client: SecureBedrockClient,
    local: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    payload, keywords, said = WRONG[name]
    with pytest.raises(SecureBedrockError, match=said) as caught:
        getattr(client, method)(MODEL, payload, **keywords)

    assert type(caught.value) is InvalidRequest
    assert local.requests == []
    assert [event.error_class for event in events] == ["InvalidRequest"]
