"""How streams end: left early, dropped, closed by another thread, cut, interrupted, too slow."""

import gc
import threading
import time
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    AttemptTimeout,
    DeadlineExceeded,
    IncompleteResponse,
    StreamInterrupted,
)
from secure_bedrock.models import Message
from secure_bedrock.testing import Answer, Fault, LocalBedrock
from secure_bedrock.testing.reply import HangUp, Send

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
SLOW = Answer.text("one two three four five six seven eight nine ten eleven twelve", pace_s=0.05)
FAULTS = Fault.all()
NATIVE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hello there"}],
}


def leave_by_close(stream: Any) -> None:
    stream.close()
    stream.close()


def leave_by_block(stream: Any) -> None:
    with stream:
        next(stream.text_stream)


def leave_by_error(stream: Any) -> None:
    with pytest.raises(RuntimeError, match="mine"), stream:
        raise RuntimeError("mine")


WAYS_OUT = {"close": leave_by_close, "the block's end": leave_by_block, "an error": leave_by_error}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_stream_that_is_left_ends_its_connection_and_counts_as_cancelled(
    way: str, client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    local.script(SLOW)
    stream = client.converse_stream(MODEL, "Hello")
    WAYS_OUT[way](stream)
    before = local.connections
    client.converse(MODEL, "Hello")

    assert local.connections == before + 1
    assert [event.outcome for event in events] == ["cancelled", "ok"]
    assert stream.event is events[0]


@pytest.mark.parametrize("read", [0, 1])
def test_a_dropped_stream_ends_its_connection_and_leaves_one_event(
    read: int, client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    local.script(SLOW)
    stream = client.converse_stream(MODEL, "Hello")
    for _, _event in zip(range(read), stream, strict=False):
        pass
    (connection,) = client._parts._channels["bedrock-runtime"]._way.transport()._pool._opened
    gc.disable()  # nothing waits for the collector, which a busy process may run late
    try:
        del stream
        assert not connection.usable
    finally:
        gc.enable()
    assert [event.outcome for event in events] == ["cancelled"]


@pytest.mark.parametrize("answer", [SLOW, Answer.text("all of it at once")])
def test_a_closed_stream_says_so_however_much_of_it_had_arrived(
    answer: Answer, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    local.script(answer)
    stream = client.converse_stream(MODEL, "Hello")
    next(iter(stream))
    stream.close()
    with pytest.raises(IncompleteResponse, match=r"closed|cut"):
        list(stream)
    with pytest.raises(IncompleteResponse):
        stream.response()


def test_a_reader_is_woken_when_another_thread_closes_its_stream(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    local.script(Answer.text("one two three four five six", pace_s=5))
    local.fault(Fault.stall(5, where="body"))
    stream = client.converse_stream(MODEL, "Hello")
    closer = threading.Timer(0.1, stream.close)
    closer.start()
    began = time.monotonic()
    with pytest.raises(IncompleteResponse):
        list(stream)
    closer.join()

    assert time.monotonic() - began < 3
    assert len(events) == 1


FAILURES: dict[str, tuple[type[Exception], str, bool | None]] = {
    "stream-throttlingException": (StreamInterrupted, "throttlingException", True),
    "stream-validationException": (StreamInterrupted, "validationException", False),
    "stream-error": (StreamInterrupted, "InternalFailure", True),
    "end-early": (IncompleteResponse, "stream-cut", None),
    "cut-in-event": (IncompleteResponse, "cut", None),
    "bad-message-crc": (IncompleteResponse, "misframed", None),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_stream_that_fails_gives_what_came_and_no_whole_answer_afterwards(
    name: str, client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    kind, code, retryable = FAILURES[name]
    local.fault(FAULTS[name])
    stream = client.converse_stream(MODEL, "Hello there, dear model")
    seen: list[str] = []
    with pytest.raises(kind) as caught:
        seen.extend(stream.text_stream)
    for read_again in (stream.response, lambda: list(stream), lambda: next(stream.text_stream)):
        with pytest.raises(kind) as again:
            read_again()
        assert again.value is caught.value

    error: Any = caught.value
    assert isinstance(error.partial, Message)
    assert error.partial.text == "".join(seen) != ""
    assert getattr(error, "retryable", None) is retryable
    assert [(event.outcome, event.error_code) for event in events] == [("incomplete", code)]


@pytest.mark.parametrize("kept", ["events", "text", "chunks"])
def test_an_iterator_that_failed_never_ends_as_if_the_answer_had(
    kept: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    local.fault(FAULTS["cut-in-event"])
    stream: Any
    if kept == "chunks":
        stream = client.invoke_model_stream(MODEL, NATIVE)
    else:
        stream = client.converse_stream(MODEL, "Hello there, dear model")
    pieces = stream.text_stream if kept == "text" else iter(stream)
    for _ in range(3):
        with pytest.raises(IncompleteResponse, match=r"inside a frame|cut|ended"):
            list(pieces)


def test_a_reader_that_was_interrupted_gets_no_whole_answer(
    client: SecureBedrockClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = client.converse_stream(MODEL, "Hello")

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stream, "_check_open", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(stream)
    for _ in range(2):
        with pytest.raises(IncompleteResponse, match="did not come to its end"):
            stream.response()


def test_a_stream_that_fails_after_its_message_gives_no_answer_either(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    """All events came, but not HTTP's own end of the body: what is missing can't be known."""
    local.fault(Fault("no-end", "stream", lambda reply: (Send(reply.raw()[:-5]), HangUp())))
    stream = client.converse_stream(MODEL, "Hello")
    with pytest.raises(IncompleteResponse, match=r"cut|ended"):
        list(stream)
    with pytest.raises(IncompleteResponse):
        stream.response()


LIMITS: dict[str, tuple[str, float | None, type[Exception]]] = {
    "no first event": ("first_event_s = 0.1", None, AttemptTimeout),
    "silence between two events": ("idle_s = 0.1", None, AttemptTimeout),
    "the policy's deadline": ("deadline_s = 0.2", None, DeadlineExceeded),
    "the call's deadline": ("", 0.2, DeadlineExceeded),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_slow_stream_ends_at_its_limit(
    name: str, make: Any, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    line, deadline_s, kind = LIMITS[name]
    client = make(f"[timeouts]\n{line}\n[retry]\nmax_attempts = 1\n")
    local.script(Answer.text("one two three four five six seven", pace_s=0.3))
    began = time.monotonic()
    with pytest.raises(kind):
        list(client.converse_stream(MODEL, "Hello", deadline_s=deadline_s))

    assert time.monotonic() - began < 0.9
    assert [(event.outcome, event.error_class) for event in events] == [("error", kind.__name__)]


def test_a_steady_stream_may_take_longer_than_each_of_its_waits(
    make: Any, local: LocalBedrock
) -> None:
    client = make("[timeouts]\nidle_s = 0.3\nfirst_event_s = 0.3\nread_s = 0.3\n")
    local.script(SLOW)
    began = time.monotonic()

    assert client.converse_stream(MODEL, "Hello").response().text.startswith("one two")
    assert time.monotonic() - began > 0.3


@pytest.mark.parametrize("name", ["stream-throttlingException", "bad-message-crc"])
def test_a_hardened_stream_that_fails_ends_its_connection_although_it_is_kept(
    name: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    hardened = client.client("bedrock-runtime")
    local.script(SLOW)
    local.fault(FAULTS[name])
    messages = [{"role": "user", "content": [{"text": "Hello"}]}]
    stream = hardened.converse_stream(modelId=MODEL, messages=messages)["stream"]
    with pytest.raises(Exception, match=r"throttling|Checksum"):
        list(stream)

    (connection,) = hardened._secure.way.transport()._pool._opened
    assert not connection.usable
    stream.close()
    hardened.close()
