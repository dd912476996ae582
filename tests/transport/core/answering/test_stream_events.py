"""Frames become events, or the error that AWS put into the stream."""

import json
from typing import Any

import pytest

from secure_bedrock.errors import (
    IncompleteResponse,
    InvalidRequest,
    ModelFailed,
    ModelTimeout,
    QuotaExceeded,
    ServiceError,
    Throttled,
    Unavailable,
)
from secure_bedrock.transport.core.answering.eventstream import Frame, HeaderMap
from secure_bedrock.transport.core.answering.json_weight import MAX_MARKS
from secure_bedrock.transport.core.answering.stream_events import StreamEvent, event_of
from secure_bedrock.transport.core.http1.framing import MAX_ERROR_BYTES

SECRET = "what the prompt said"


def event(name: str, payload: Any) -> Frame:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Frame({":message-type": "event", ":event-type": name}, raw)


def exception(kind: str, message: str = SECRET) -> Frame:
    headers = {":message-type": "exception", ":exception-type": kind}
    return Frame(headers, json.dumps({"message": message}).encode())


EVENTS: dict[str, tuple[Frame, StreamEvent]] = {
    "text": (
        event("contentBlockDelta", {"delta": {"text": "hi"}, "contentBlockIndex": 0}),
        StreamEvent("contentBlockDelta", {"delta": {"text": "hi"}, "contentBlockIndex": 0}),
    ),
    "a blob in a delta": (
        event("contentBlockDelta", {"delta": {"reasoningContent": {"redactedContent": "aGk="}}}),
        StreamEvent("contentBlockDelta", {"delta": {"reasoningContent": {"redactedContent": b"hi"}}}),
    ),
    "a native body": (
        event("chunk", {"bytes": "eyJhIjogMX0=", "p": "abc"}),
        StreamEvent("chunk", b'{"a": 1}'),
    ),
    "an empty native body": (event("chunk", {}), StreamEvent("chunk", b"")),
    "a type of the future": (
        event("hologram", {"beam": [1]}),
        StreamEvent("hologram", {"beam": [1]}),
    ),
    "a member of the future": (
        event("messageStop", {"stopReason": "end_turn", "mood": "good"}),
        StreamEvent("messageStop", {"stopReason": "end_turn", "mood": "good"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", EVENTS.values(), ids=EVENTS)
def test_an_event_frame_is_its_event(row: tuple[Frame, StreamEvent]) -> None:
    frame, expected = row

    assert event_of(frame) == expected


ERRORS: dict[str, tuple[Frame, type[ServiceError], str]] = {
    "throttling": (exception("throttlingException"), Throttled, "throttlingException"),
    "a day's tokens": (
        exception("throttlingException", "Too many tokens per day, please wait."),
        QuotaExceeded,
        "throttlingException",
    ),
    "validation": (exception("validationException"), InvalidRequest, "validationException"),
    "the model": (exception("modelStreamErrorException"), ModelFailed, "modelStreamErrorException"),
    "the model's time": (exception("modelTimeoutException"), ModelTimeout, "modelTimeoutException"),
    "the service": (exception("internalServerException"), Unavailable, "internalServerException"),
    "no capacity": (
        exception("serviceUnavailableException"),
        Unavailable,
        "serviceUnavailableException",
    ),
    "an exception of the future": (exception("boredException"), ServiceError, "boredException"),
    "an exception with a broken payload": (
        Frame({":message-type": "exception", ":exception-type": "throttlingException"}, b"{"),
        Throttled,
        "throttlingException",
    ),
    "an exception whose payload is no object": (
        Frame({":message-type": "exception", ":exception-type": "throttlingException"}, b"[]"),
        Throttled,
        "throttlingException",
    ),
    "an exception whose message is no text": (
        Frame({":message-type": "exception", ":exception-type": "x"}, b'{"message": {"a": 1}}'),
        ServiceError,
        "x",
    ),
    "an exception without a type": (
        Frame({":message-type": "exception"}, b"{}"),
        ServiceError,
        "",
    ),
    "an error": (
        Frame(
            {":message-type": "error", ":error-code": "InternalError", ":error-message": SECRET},
            b"",
        ),
        Unavailable,
        "InternalError",
    ),
    "an error that repeats content as its code": (
        Frame({":message-type": "error", ":error-code": SECRET}, b""),
        ServiceError,
        "",
    ),
}


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
def test_an_exception_or_error_frame_is_raised(
    row: tuple[Frame, type[ServiceError], str],
) -> None:
    frame, kind, code = row

    with pytest.raises(ServiceError) as raised:
        event_of(frame)

    assert (type(raised.value), raised.value.code) == (kind, code)
    assert raised.value.http_status is None
    assert SECRET not in f"{raised.value} {raised.value!r}"


BROKEN: dict[str, tuple[HeaderMap, bytes, str]] = {
    "no message type": ({":event-type": "chunk"}, b"{}", "misframed"),
    "an unknown message type": ({":message-type": "news"}, b"{}", "misframed"),
    "an event without a type": ({":message-type": "event"}, b"{}", "misframed"),
    "an event type that is no text": ({":message-type": "event", ":event-type": 3}, b"{}", "misframed"),
    "a payload cut short": ({":message-type": "event", ":event-type": "chunk"}, b'{"a"', "not-json"),
    "an empty payload": ({":message-type": "event", ":event-type": "messageStop"}, b"", "not-json"),
    "a payload that is no object": ({":message-type": "event", ":event-type": "x"}, b"[]", "not-json"),
    "a payload nested without end": (
        {":message-type": "event", ":event-type": "x"},
        b"[" * 100_000,
        "not-json",
    ),
    "a chunk that is not base64": (
        {":message-type": "event", ":event-type": "chunk"},
        b'{"bytes": "a b"}',
        "not-base64",
    ),
    "a chunk that is no text": (
        {":message-type": "event", ":event-type": "chunk"},
        b'{"bytes": 5}',
        "not-base64",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN)
def test_a_frame_that_says_nothing_whole_is_incomplete(row: tuple[HeaderMap, bytes, str]) -> None:
    headers, payload, rule = row

    with pytest.raises(IncompleteResponse) as refused:
        event_of(Frame(headers, payload))

    assert refused.value.rule == rule


def test_an_event_of_a_million_values_is_refused_before_it_is_read() -> None:
    heavy = b'{"k": [' + b"{}," * MAX_MARKS + b"1]}"
    with pytest.raises(IncompleteResponse) as refused:
        event_of(event("chunk", heavy))
    assert refused.value.rule == "too-large"


def test_the_words_of_an_exception_as_long_as_a_book_are_not_looked_at() -> None:
    for length, kind in ((10, QuotaExceeded), (MAX_ERROR_BYTES, Throttled)):
        with pytest.raises(ServiceError) as caught:
            event_of(exception("throttlingException", "too many tokens per day " + "x" * length))
        assert type(caught.value) is kind
