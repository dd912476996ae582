"""What each fault does to the bytes of an answer: pure functions from a right reply to steps on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from secure_bedrock.testing import frames
from secure_bedrock.testing.reply import (
    LAST_CHUNK,
    HangUp,
    Headers,
    Reply,
    Send,
    Steps,
    Wait,
    chunk,
    error_reply,
    new_request_id,
    paced,
    standard_headers,
)

Effect = Callable[[Reply], Steps]

_HTML = b"<!DOCTYPE html><html><body><h1>Welcome to the guest network</h1></body></html>"
# What balancers and proxies in front of a service answer; the service itself answers 500 and 503 in JSON.
_MODELLED = {500: "InternalServerException", 503: "ServiceUnavailableException"}


def error(code: str, status: int, message: str) -> Effect:
    """An error of the service in place of the answer."""
    return lambda _reply: error_reply(code, status, message, new_request_id()).steps()


def failed_status(status: int) -> Effect:
    """A 5xx: JSON where Bedrock models it, HTML as from a balancer where it doesn't."""
    if status in _MODELLED:
        return error(_MODELLED[status], status, "The service failed as the test asked.")
    return instead(status, (("Content-Type", "text/html"),), _HTML)


def instead(status: int, headers: Headers, body: bytes) -> Effect:
    """Another answer in place of the right one."""
    return lambda _reply: Reply(status=status, headers=headers, body=body).steps()


def html() -> Effect:
    """Status 200 and a page, as captive portals answer."""
    return instead(200, (("Content-Type", "text/html"),), _HTML)


def empty() -> Effect:
    """Status 200, the right headers and no body."""
    return lambda reply: Reply(status=reply.status, headers=reply.headers).steps()


def truncated_json(reply: Reply) -> Steps:
    """The first half of the body with a Content-Length that fits the half."""
    return replace(reply, body=reply.body[: len(reply.body) // 2]).steps()


def conflicting_lengths(reply: Reply) -> Steps:
    """Two Content-Length headers that differ by one."""
    body = _plain_body(reply)
    framing = (("Content-Length", str(len(body))), ("Content-Length", str(len(body) - 1)))
    return (Send(reply.head(framing) + body),)


def length_and_chunked(reply: Reply) -> Steps:
    """Content-Length and Transfer-Encoding: chunked in one head; the body is chunked."""
    body = _plain_body(reply)
    framing = (("Content-Length", str(len(body))), ("Transfer-Encoding", "chunked"))
    return (Send(reply.head(framing) + chunk(body) + LAST_CHUNK),)


def interim(status: int, phrase: str) -> Effect:
    """An interim response that nobody asked for before the right one."""
    head = f"HTTP/1.1 {status} {phrase}\r\n\r\n".encode()
    return lambda reply: (Send(head + reply.raw()),)


def stray_response(reply: Reply) -> Steps:
    """A second response right behind the right one, for the connection's next request to trip over."""
    stray = Reply(headers=standard_headers(new_request_id()), body=b'{"stray":true}')
    return (Send(reply.raw() + stray.raw()),)


def stall_before_head(seconds: float) -> Effect:
    """Silence, then the right answer."""
    return lambda reply: (Wait(seconds), *reply.steps())


def stall_in_body(seconds: float) -> Effect:
    """The head and half of the body, silence, then the rest."""

    def effect(reply: Reply) -> Steps:
        raw = reply.raw()
        middle = _body_start(raw) + (len(raw) - _body_start(raw)) // 2
        return Send(raw[:middle]), Wait(seconds), Send(raw[middle:])

    return effect


def cut(at: int | None) -> Effect:
    """The first `at` bytes of the raw answer (None: up to the middle of its body), then the connection's end."""

    def effect(reply: Reply) -> Steps:
        raw = reply.raw()
        where = _body_start(raw) + (len(raw) - _body_start(raw)) // 2 if at is None else at
        return Send(raw[:where]), HangUp()

    return effect


def drip(size: int, pause_s: float) -> Effect:
    """The right answer, `size` bytes a write with a pause between them."""

    def effect(reply: Reply) -> Steps:
        raw = reply.raw()
        return paced([raw[start : start + size] for start in range(0, len(raw), size)], pause_s)

    return effect


def hang_up(*, reset: bool = False, answer_first: bool = False) -> Effect:
    """The end of the connection, in place of the answer or after it."""
    return lambda reply: (*(reply.steps() if answer_first else ()), HangUp(reset))


def insert_event(message: bytes, *, ends: bool) -> Effect:
    """An event stream message in the middle of the stream; nothing of the stream follows when it `ends` it."""

    def effect(reply: Reply) -> Steps:
        events = reply.events or ()
        middle = len(events) // 2
        rest = () if ends else events[middle:]
        return replace(reply, events=(*events[:middle], message, *rest)).steps()

    return effect


def damage_event(offset: int) -> Effect:
    """One bit of the middle message turned over, at `offset` of its bytes; its CRC no longer fits."""

    def effect(reply: Reply) -> Steps:
        events = list(reply.events or ())
        middle = len(events) // 2
        damaged = bytearray(events[middle])
        damaged[offset] ^= 1
        events[middle] = bytes(damaged)
        return replace(reply, events=tuple(events)).steps()

    return effect


def end_early(reply: Reply) -> Steps:
    """A stream that ends properly as HTTP goes, after half of its events: no messageStop."""
    events = reply.events or ()
    return replace(reply, events=events[: len(events) // 2]).steps()


def cut_in_event(reply: Reply) -> Steps:
    """A stream that ends properly as HTTP goes, in the middle of a message."""
    events = reply.events or ()
    middle = len(events) // 2
    half = events[middle][: len(events[middle]) // 2]
    return replace(reply, events=(*events[:middle], half)).steps()


def unknown_block(reply: Reply) -> Steps:
    """A content block of a kind that no model knows, before the ones that were meant."""
    unknown = {"hologram": {"depth": 3}}
    if reply.events is not None:
        delta = {"contentBlockIndex": 0, "delta": unknown}
        first, *rest = reply.events
        extra = frames.event("contentBlockDelta", delta)
        return replace(reply, events=(first, extra, *rest)).steps()
    answer: dict[str, Any] = json.loads(reply.body)
    message = answer.get("output", {}).get("message")
    if isinstance(message, dict):
        message["content"].insert(0, unknown)
    return replace(reply, body=json.dumps(answer).encode()).steps()


def _plain_body(reply: Reply) -> bytes:
    return reply.body if reply.events is None else b"".join(reply.events)


def _body_start(raw: bytes) -> int:
    return raw.index(b"\r\n\r\n") + 4


EXCEPTIONS: Mapping[str, str] = {
    "internalServerException": "The service failed in the middle of the stream.",
    "modelStreamErrorException": "The model failed in the middle of the stream.",
    "modelTimeoutException": "The model took too long in the middle of the stream.",
    "serviceUnavailableException": "The service went away in the middle of the stream.",
    "throttlingException": "Too many requests, said in the middle of the stream.",
    "validationException": "The input was found wrong in the middle of the stream.",
}
"""The exceptions that a Bedrock stream may carry, with the message that the fault gives them."""
