"""An answer that was cut, misframed or is no answer at all is an error on hardened clients too."""

import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.model import ServiceModel

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    IncompleteResponse,
    RedirectDenied,
    SecureBedrockError,
    TlsDenied,
)
from secure_bedrock.testing import Fault, LocalBedrock, frames
from secure_bedrock.testing import fault_effects as effects
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.hardened.reading.event_stream import CompleteEventStream
from secure_bedrock.transport.hardened.reading.quiet_parsing import parse_answer, quiet_parser
from secure_bedrock.transport.hardened.reading.raw_body import RawBody

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
PROMPT = "the harbour kettle is a secret"
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]
ONE_TRY = "[retry]\nmax_attempts = 1\n"
FAULTS = Fault.all(stall_s=0.4)

PLAIN: dict[str, type[Exception]] = {
    "reset-after-accept": EndpointConnectionError,
    "certificate-other-name": TlsDenied,
    "certificate-expired": TlsDenied,
    "certificate-unknown-issuer": TlsDenied,
    "certificate-self-signed": TlsDenied,
    "throttle": ClientError,
    "status-500": ClientError,
    "status-502": ClientError,
    "status-503": ClientError,
    "status-504": ClientError,
    "redirect-301": RedirectDenied,
    "redirect-302": RedirectDenied,
    "redirect-307": RedirectDenied,
    "redirect-308": RedirectDenied,
    "stall-head": ReadTimeoutError,
    "stall-body": ReadTimeoutError,
    "cut": IncompleteResponse,
    "cut-in-head": IncompleteResponse,
    "html-200": IncompleteResponse,
    "empty-200": IncompleteResponse,
    "conflicting-lengths": IncompleteResponse,
    "length-and-chunked": IncompleteResponse,
    "stray-100": IncompleteResponse,
    "stray-101": IncompleteResponse,
    "stray-response": IncompleteResponse,
    "reset-after-request": ConnectionClosedError,
    "close-after-request": ConnectionClosedError,
    "truncated-json": IncompleteResponse,
}

STREAM: dict[str, type[Exception]] = {
    **{name: kind for name, kind in PLAIN.items() if name != "truncated-json"},
    "stream-error": ClientError,
    "stream-modelStreamErrorException": ClientError,
    "bad-message-crc": ChecksumMismatch,
    "bad-prelude-crc": ChecksumMismatch,
    "end-early": IncompleteResponse,
    "cut-in-event": IncompleteResponse,
}


def _client(make: Any) -> Any:
    return make(toml=ONE_TRY, config=Config(read_timeout=0.15))


@pytest.mark.parametrize("name", PLAIN)
def test_a_faulty_answer_raises(
    name: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(FAULTS[name])
    with pytest.raises((BotoCoreError, ClientError, SecureBedrockError)) as caught:
        _client(make).converse(modelId=MODEL, messages=MESSAGES)
    assert isinstance(caught.value, PLAIN[name]), repr(caught.value)
    assert PROMPT not in repr(caught.value) + str(caught.value)
    assert len(events) == 1
    assert events[0].outcome != "ok"


@pytest.mark.parametrize("name", STREAM)
def test_a_faulty_stream_raises_and_leaves_one_event(
    name: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(FAULTS[name])
    with pytest.raises(Exception) as caught:
        list(_client(make).converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])
    assert isinstance(caught.value, STREAM[name]), repr(caught.value)
    assert PROMPT not in repr(caught.value) + str(caught.value)
    assert len(events) == 1
    assert events[0].outcome != "ok"


@pytest.mark.parametrize("name", ["drip", "close-idle"])
def test_odd_but_whole_answers_are_answers(name: str, make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(FAULTS[name])
    client = make()
    for _ in range(2):
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"


def test_a_cut_answer_is_asked_for_once_more(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(FAULTS["cut"])
    assert make().converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    assert len(bedrock.requests) == 2


def test_a_stream_cut_at_any_byte_never_ends_quietly(make: Any, bedrock: LocalBedrock) -> None:
    client = make(toml=ONE_TRY)
    for at in range(200, 900, 23):
        bedrock.fault(Fault.cut(at))
        with pytest.raises((IncompleteResponse, ConnectionClosedError)):
            list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])


def test_the_deadline_ends_a_call_as_a_time_out(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.stall(0.5))
    client = make(toml="[timeouts]\ndeadline_s = 0.2\n")
    with pytest.raises(ReadTimeoutError) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert isinstance(caught.value.__cause__, SecureBedrockError)


def test_nobody_listening_is_a_connection_error(make: Any, bedrock: LocalBedrock) -> None:
    class Refusing:
        def connect(self, address: str, port: int, timeout_s: float) -> Any:
            raise ConnectionRefusedError

    client = make(toml=ONE_TRY, connector=Refusing())
    with pytest.raises(EndpointConnectionError) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert bedrock.host in str(caught.value)
    assert MODEL not in str(caught.value)


def test_a_connection_that_takes_too_long_is_a_connect_time_out(make: Any) -> None:
    class Waiting:
        def connect(self, address: str, port: int, timeout_s: float) -> Any:
            raise TimeoutError

    client = make(toml=ONE_TRY, connector=Waiting(), config=Config(connect_timeout=0.1))
    with pytest.raises(ConnectTimeoutError):
        client.converse(modelId=MODEL, messages=MESSAGES)


def quiet_answer(protocol: str, status: int, body: bytes, **headers: str) -> Any:
    answer = {"status_code": status, "headers": headers, "body": body, "context": {}}
    return parse_answer(quiet_parser(protocol), answer, None)


@pytest.mark.parametrize("body", [b"<a>", b"not XML", PROMPT.encode()])
def test_an_unparsable_success_is_incomplete_and_not_repeated(body: bytes) -> None:
    model = ServiceModel(packaged_loader().load_service_model("sts", "service-2"), "sts")
    shape = model.operation_model("GetCallerIdentity").output_shape
    answer = {"status_code": 200, "headers": {}, "body": body, "context": {}}
    with pytest.raises(IncompleteResponse) as caught:
        parse_answer(quiet_parser("query"), answer, shape)
    assert PROMPT not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_unparsable_error_keeps_its_status() -> None:
    parsed = quiet_answer("query", 403, PROMPT.encode(), Date="d")
    assert parsed["Error"] == {"Code": "403", "Message": ""}
    assert parsed["ResponseMetadata"] == {"HTTPStatusCode": 403, "HTTPHeaders": {"date": "d"}}
    assert quiet_answer("rest-json", 503, b"<html>busy")["Error"]["Code"] == "503"


def test_a_stream_without_an_event_is_incomplete() -> None:
    state = SimpleNamespace(record=None, url="")
    raw = RawBody(iter(()), state=state)
    stream = CompleteEventStream(raw, None, None, "InvokeModelWithResponseStream")
    with pytest.raises(IncompleteResponse, match="no event"):
        list(stream)
    stream.close()


def test_a_large_event_in_small_pieces_is_joined_once() -> None:
    """botocore's buffer copies itself at each addition: of these pieces that would be some 100 GB."""
    model = ServiceModel(packaged_loader().load_service_model("bedrock-runtime", "service-2"))
    operation = model.operation_model("ConverseStream")
    told = {"contentBlockIndex": 0, "delta": {"text": "x" * 15_000_000}}
    sent = frames.event("messageStart", {"role": "assistant"})
    sent += frames.event("contentBlockDelta", told)
    sent += frames.event("messageStop", {"stopReason": "end_turn"})
    state = SimpleNamespace(record=None, url="")
    for size, least in ((1024, 3), (5_000_000, 3), (len(sent), 3)):
        raw = RawBody((sent[at : at + size] for at in range(0, len(sent), size)), state=state)
        parser = quiet_parser("rest-json")._event_stream_parser
        shape = operation.get_event_stream_output()
        began = time.thread_time()
        events = list(CompleteEventStream(raw, shape, parser, "ConverseStream"))
        assert time.thread_time() - began < 5.0
        assert len(events) == least
        assert len(events[1]["contentBlockDelta"]["delta"]["text"]) == 15_000_000


def test_an_event_that_is_cut_while_it_is_waited_for_is_incomplete() -> None:
    sent = frames.event("contentBlockDelta", {"text": "x" * 1000})[:-1]
    state = SimpleNamespace(record=None, url="")
    for size in (1, 11, 12, 13, 500, 2000):
        raw = RawBody((sent[at : at + size] for at in range(0, len(sent), size)), state=state)
        with pytest.raises(IncompleteResponse) as caught:
            list(CompleteEventStream(raw, None, None, "ConverseStream"))
        assert caught.value.rule == "cut"


NATIVE = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}'
CALLS: dict[str, Callable[[Any], Any]] = {
    "Converse": lambda client: client.converse(modelId=MODEL, messages=MESSAGES),
    "InvokeModel": lambda client: client.invoke_model(modelId=MODEL, body=NATIVE),
    "ConverseStream": lambda client: client.converse_stream(modelId=MODEL, messages=MESSAGES),
}


@pytest.mark.parametrize("status", [201, 202, 204, 206])
@pytest.mark.parametrize("operation", CALLS)
def test_a_success_of_another_status_is_no_answer(
    operation: str, status: int, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault("another", "answer", lambda reply: replace(reply, status=status).steps()))
    with pytest.raises(IncompleteResponse) as caught:
        CALLS[operation](make(toml=ONE_TRY))
    assert caught.value.rule in ("status", "stray-response", "misframed")  # a 204 has no body
    assert [event.outcome for event in events] == ["incomplete"]


def numbers(latency: str) -> bytes:
    usage = '{"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}'
    message = '{"role": "assistant", "content": [{"text": "ok"}]}'
    return (
        f'{{"output": {{"message": {message}}}, "stopReason": "end_turn", "usage": {usage},'
        f' "metrics": {{"latencyMs": {latency}}}}}'
    ).encode()


JSON = (("Content-Type", "application/json"),)


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_an_answer_of_a_million_values_is_refused_before_it_is_read(
    operation: str, make: Any, bedrock: LocalBedrock
) -> None:
    headers, heavy = JSON, b'{"k": [' + b"{}," * 1_000_000 + b"1]}"
    if operation == "ConverseStream":
        headers = (("Content-Type", "application/vnd.amazon.eventstream"),)
        heavy = frames.frame({":message-type": "event", ":event-type": "metadata"}, heavy)
    bedrock.fault(Fault("heavy", "answer", effects.instead(200, headers, heavy)))
    with pytest.raises(IncompleteResponse) as caught:
        list(CALLS[operation](make(toml=ONE_TRY)).get("stream", ()))
    assert caught.value.rule == "too-large"


@pytest.mark.parametrize("latency", ["1" + "0" * 400, "1" + "0" * 15, "-1"])
def test_a_latency_that_none_can_be_is_left_out(
    latency: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault("huge", "answer", effects.instead(200, JSON, numbers(latency))))
    assert CALLS["Converse"](make())["stopReason"] == "end_turn"
    assert [(event.outcome, event.server_latency_ms) for event in events] == [("ok", None)]


@pytest.mark.parametrize("body", [numbers("9" * 5000), b'{"output":' + b"[" * 100_000])
def test_what_no_parser_can_take_is_incomplete(
    body: bytes, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault("deep", "answer", effects.instead(200, JSON, body)))
    with pytest.raises(IncompleteResponse):
        CALLS["Converse"](make(toml=ONE_TRY))
    assert [event.outcome for event in events] == ["incomplete"]


def test_a_count_of_a_thousand_digits_is_not_counted(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    headers = (*JSON, ("x-amzn-bedrock-input-token-count", "9" * 5000))
    bedrock.fault(Fault("many", "answer", effects.instead(200, headers, b"{}")))
    CALLS["InvokeModel"](make())
    assert [(event.outcome, event.input_tokens) for event in events] == [("ok", None)]


def test_a_stream_that_is_refused_unread_gives_its_connection_up_at_once(
    make: Any, bedrock: LocalBedrock
) -> None:
    bedrock.fault(Fault("no-stream", "answer", effects.instead(200, JSON, bytes(1_000_000))))
    client = make(toml=ONE_TRY)
    with pytest.raises(IncompleteResponse) as caught:
        CALLS["ConverseStream"](client)

    # The error, which a caller may keep, holds the answer through its traceback.
    (connection,) = client._secure.way.transport()._pool._opened
    assert (caught.value.rule, connection.usable) == ("content-type", False)


BROKEN_EVENTS = {
    "broken JSON": b'{"delta":{"text":"LOST',
    "a list": b"[1]",
    "a member of another type": b'{"contentBlockIndex":0,"delta":5}',
    "too deep": b"[" * 100_000,
    "no base64": b'{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"x"}}}',
}


def with_event(payload: bytes, *, kind: str = "event") -> Fault:
    head = {":message-type": kind, f":{kind}-type": "contentBlockDelta"}
    if kind == "exception":
        head[":exception-type"] = "throttlingException"
    message = frames.frame({**head, ":content-type": "application/json"}, payload)
    return Fault("broken-event", "stream", effects.insert_event(message, ends=False))


@pytest.mark.parametrize("name", BROKEN_EVENTS)
def test_an_event_that_cannot_be_read_ends_the_stream(
    name: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(with_event(BROKEN_EVENTS[name]))
    stream = CALLS["ConverseStream"](make(toml=ONE_TRY))["stream"]
    with pytest.raises(IncompleteResponse) as caught:
        list(stream)
    assert (caught.value.rule, caught.value.__context__) == ("not-json", None)
    assert [event.outcome for event in events] == ["incomplete"]


def test_an_exception_keeps_its_name_whatever_its_payload_is(
    make: Any, bedrock: LocalBedrock
) -> None:
    bedrock.fault(with_event(b"{broken", kind="exception"))
    with pytest.raises(ClientError) as caught:
        list(CALLS["ConverseStream"](make(toml=ONE_TRY))["stream"])
    assert caught.value.response["Error"]["Code"] == "throttlingException"


@pytest.mark.parametrize("name", ["cut-in-event", "end-early", "stream-error", "bad-message-crc"])
def test_a_stream_that_failed_fails_again(name: str, make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(FAULTS[name])
    stream = CALLS["ConverseStream"](make(toml=ONE_TRY))["stream"]
    first = iter(stream)
    with pytest.raises(Exception, match=r".") as caught:
        list(first)
    for again in (first, stream):
        with pytest.raises(STREAM[name]) as repeated:
            list(again)
        assert repeated.value is caught.value


def test_a_closed_stream_does_not_end_as_an_answer_does(make: Any) -> None:
    client = make()
    stream = CALLS["ConverseStream"](client)["stream"]
    next(iter(stream))
    stream.close()
    with pytest.raises(IncompleteResponse, match="closed"):
        list(stream)
    whole = CALLS["ConverseStream"](client)["stream"]
    assert len(list(whole)) > 1
    whole.close()
    assert list(whole) == []


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_a_body_is_the_same_in_pieces_of_any_size(step: int) -> None:
    chunks = (b"abc", b"", b"d", b"efghij")
    raw = RawBody(iter(chunks))
    pieces = [raw.read(step)]
    while pieces[-1]:
        assert raw.tell() == len(b"".join(pieces))
        pieces.append(raw.read(step))
    assert b"".join(pieces) == b"abcdefghij"
    assert all(len(piece) == step for piece in pieces[:-2])

    raw = RawBody(iter(chunks))
    assert raw.read(0) == b""
    assert raw.read(2) + b"".join(raw.stream()) == b"abcdefghij"
    assert (raw.tell(), raw.read(1)) == (10, b"")


def test_reading_a_large_body_in_small_pieces_takes_no_copy_of_its_rest() -> None:
    raw = RawBody(iter((bytes(20_000_000),)))
    began = time.process_time()
    while raw.read(1024):
        pass
    assert time.process_time() - began < 2
