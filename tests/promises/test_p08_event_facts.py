"""P08: what an event says is what happened: who answered, over what, how often it was tried, what it cost."""

import hashlib
import re
import socket
import ssl
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import Answer, Fault, LocalBedrock
from secure_bedrock.values.version import __version__

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")


def certificate_digest(bedrock: LocalBedrock) -> str:
    context = ssl.create_default_context(cafile=bedrock.ca_path)
    with socket.create_connection(("127.0.0.1", bedrock.port), timeout=5) as sock:
        with context.wrap_socket(sock, server_hostname=bedrock.host) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_event_says_what_was_called_where_and_over_what(
    operation: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    began = datetime.now(UTC)
    ask(front.make(root='name = "claims"\n'), operation)
    (event,) = events
    (request,) = bedrock.requests

    assert event.schema == "secure_bedrock.invocation/1"
    assert uuid.UUID(event.event_id).version == 7
    assert abs((datetime.fromisoformat(event.ts) - began).total_seconds()) < 5
    assert (event.sdk_version, event.environment) == (__version__, "claims")
    assert (event.service, event.operation, event.model_id) == ("bedrock-runtime", operation, MODEL)
    assert (event.region, event.endpoint_host) == (bedrock.region, bedrock.host)
    assert event.vpc_endpoint_id == "vpce-0abc123def4567890"
    assert bedrock.host.startswith(event.vpc_endpoint_id)
    assert (event.peer_ip, event.guard_verdict, event.guard_reason) == (
        "127.0.0.1",
        "private",
        None,
    )
    assert event.tls_version == "TLSv1.3"
    assert event.tls_cipher is not None
    assert event.tls_cipher.startswith("TLS_")
    assert event.peer_cert_sha256 == certificate_digest(bedrock)
    assert (event.outcome, event.http_status, event.attempts) == ("ok", 200, 1)
    assert (event.error_class, event.error_code, event.retry_stop_reason) == (None, None, None)
    assert event.aws_request_id == request.request_id
    assert event.request_bytes == len(request.body)
    assert 0 < event.duration_ms < 5000
    assert event.retry_wait_ms == 0


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_an_event_says_what_it_cost(
    operation: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    usage = {
        "inputTokens": 7,
        "outputTokens": 11,
        "totalTokens": 18,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 50,
    }
    measured = {"usage": usage, "metrics": {"latencyMs": 321}}
    if operation == "Converse":
        message = {"role": "assistant", "content": [{"text": "hi"}]}
        said = Answer.json({"output": {"message": message}, "stopReason": "max_tokens", **measured})
    else:
        said = Answer.events(
            [
                ("messageStart", {"role": "assistant"}),
                ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}),
                ("messageStop", {"stopReason": "max_tokens"}),
                ("metadata", measured),
            ]
        )
    bedrock.script(said)
    assert ask(front.make(), operation) == "hi"
    (event,) = events

    assert (event.input_tokens, event.output_tokens, event.total_tokens) == (7, 11, 18)
    assert (event.cache_read_input_tokens, event.cache_write_input_tokens) == (100, 50)
    assert event.stop_reason == "max_tokens"
    assert event.usage_missing is None
    assert event.server_latency_ms == 321.0


def test_native_counts_come_from_the_headers(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    ask(front.make(), "InvokeModel")
    (event,) = events

    assert event.input_tokens is not None
    assert event.output_tokens is not None
    assert event.total_tokens == event.input_tokens + event.output_tokens
    assert event.response_bytes is not None
    assert event.response_bytes > 100


def test_waits_between_attempts_are_counted(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    waited: list[float] = []
    bedrock.fault(Fault.throttle(), times=2)
    ask(front.make(sleep=waited.append), "Converse")
    (event,) = events

    assert (event.attempts, len(waited)) == (3, 2)
    assert event.retry_wait_ms == pytest.approx(sum(waited) * 1000)
    assert event.aws_request_id == bedrock.requests[-1].request_id
    assert event.http_status == 200


def test_what_an_earlier_attempt_was_told_is_not_how_the_call_ended(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.throttle())
    bedrock.fault(Fault.all()["close-after-request"], times=3)
    with pytest.raises(Exception, match=r"."):
        ask(front.make(), "Converse")
    (event,) = events

    assert (event.error_code, event.attempts) == ("closed-before-answer", 4)
    assert (event.http_status, event.aws_request_id) == (None, None)


def test_every_event_of_many_calls_is_its_own(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make()
    for number in range(20):
        ask(client, OPERATIONS[number % 4], f"prompt {number}")

    assert [event.operation for event in events] == list(OPERATIONS) * 5
    assert len({event.event_id for event in events}) == 20
    assert [event.aws_request_id for event in events] == [r.request_id for r in bedrock.requests]


def test_an_event_is_one_line_of_plain_json(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    """Whatever a hostile endpoint writes into the fields that an event copies."""
    evil = "x\r\n\u2028{forged}" + "\x1b[31m"
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": evil,
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    bedrock.script(Answer.json(answer))
    ask(front.make(), "Converse")
    (event,) = events

    assert event.stop_reason == "unreadable"
    assert re.fullmatch(r"[ -~]+", event.to_json())
