"""Native answers: bytes, counted by headers, parsed on request."""

import pickle
import traceback

import pytest

from secure_bedrock.audit import AuditTrail
from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import ConverseResponse, InvokeModelResponse, Usage
from secure_bedrock.transport.calls.record_facts import note_latency

COUNTED = {
    "content-type": "application/json",
    "x-amzn-bedrock-input-token-count": "12",
    "x-amzn-bedrock-output-token-count": "30",
}


def test_an_answer_is_its_bytes_and_what_the_headers_say() -> None:
    reply = InvokeModelResponse.from_wire(b'{"completion":"secret"}', COUNTED, request_id="r-1")

    assert reply.json() == {"completion": "secret"}
    assert (reply.content_type, reply.request_id) == ("application/json", "r-1")
    assert reply.usage == Usage(12, 30, 42)
    assert repr(reply) == "InvokeModelResponse(23 bytes, content_type='application/json')"
    assert reply.with_event("event").event == "event"
    assert reply.with_event("event") == reply


@pytest.mark.parametrize("count", [None, "", "-1", "1.5", "NaN", "٣", "9" * 5000])
def test_a_count_that_is_none_is_not_counted(count: str | None) -> None:
    headers = {**COUNTED, "x-amzn-bedrock-output-token-count": count}
    usage = InvokeModelResponse.from_wire(
        b"x", {name: text for name, text in headers.items() if text is not None}
    ).usage

    assert usage is None


def test_an_empty_body_is_incomplete() -> None:
    with pytest.raises(IncompleteResponse) as caught:
        InvokeModelResponse.from_wire(b"", COUNTED)
    assert caught.value.rule == "empty"


@pytest.mark.parametrize("body", [b'{"secret', b"\xff\xfesecret", b"<html>secret", b"[" * 100_000])
def test_a_body_that_is_no_json_is_incomplete_and_not_repeated(body: bytes) -> None:
    reply = InvokeModelResponse.from_wire(body, {})

    with pytest.raises(IncompleteResponse) as caught:
        reply.json()

    error = caught.value
    assert (error.rule, error.partial) == ("not-json", body)
    assert (error.__cause__, error.__context__) == (None, None)
    assert "secret" not in "".join(traceback.format_exception(error))
    assert b"secret" not in pickle.dumps(error)


HUGE = 10**400


@pytest.mark.parametrize("count", [HUGE, 10**15, -1, True])
def test_a_count_that_none_can_be_makes_an_answer_incomplete(count: int) -> None:
    members = {"inputTokens": 1, "outputTokens": 1, "totalTokens": count}
    with pytest.raises(IncompleteResponse, match="totalTokens"):
        Usage.from_wire(members)


@pytest.mark.parametrize("latency", [HUGE, 10**15, -1, True])
def test_a_latency_that_none_can_be_is_left_out(latency: int) -> None:
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 10**15 - 1}
    message = {"role": "assistant", "content": [{"text": "ok"}]}
    answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}
    reply = ConverseResponse.from_wire({**answer, "metrics": {"latencyMs": latency}})
    record = AuditTrail([lambda _event: None]).begin(
        service="bedrock-runtime", operation="Converse"
    )
    note_latency(record, reply.raw)

    assert reply.metrics is None
    assert record.server_latency_ms is None
