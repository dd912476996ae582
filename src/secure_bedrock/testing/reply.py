"""What a server answers, as values: a reply, the bytes it becomes, and the steps that put them on the wire."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes in one go."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Write nothing for so many seconds; the server's end cuts it short."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the connection: by FIN without a TLS close, or by RST when `reset`."""

    reset: bool = False


Step = Send | Wait | HangUp
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer; `events` are sent chunked, one chunk each, `pace_s` seconds apart, instead of `body`."""

    status: int = 200
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    events: tuple[bytes, ...] | None = field(default=None, repr=False)
    pace_s: float = 0.0

    @property
    def streams(self) -> bool:
        """True when the body is an event stream."""
        return self.events is not None

    def head(self, framing: Headers | None = None) -> bytes:
        """The status line and headers; `framing` replaces the right Content-Length or Transfer-Encoding."""
        if framing is None:
            chunked = (("Transfer-Encoding", "chunked"),)
            framing = chunked if self.streams else (("Content-Length", str(len(self.body))),)
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *framing)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def pieces(self) -> list[bytes]:
        """The raw answer, cut where the server pauses between two events."""
        if self.events is None:
            return [self.head() + self.body]
        return [self.head(), *map(chunk, self.events), LAST_CHUNK]

    def raw(self) -> bytes:
        """The raw answer in one piece."""
        return b"".join(self.pieces())

    def steps(self) -> Steps:
        """How the reply is written: at once, unless it is paced."""
        if not self.pace_s or self.events is None:
            return (Send(self.raw()),)
        return paced(self.pieces(), self.pace_s)


LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """The data as one chunk of a chunked body (RFC 9112 §7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def paced(pieces: Sequence[bytes], seconds: float) -> Steps:
    """Each piece in a write of its own, with a pause before every one but the first."""
    steps: list[Step] = []
    for piece in pieces:
        steps += [Wait(seconds), Send(piece)] if steps else [Send(piece)]
    return tuple(steps)


def new_request_id() -> str:
    """A request id in the form that AWS gives them."""
    return str(uuid.uuid4())


def standard_headers(request_id: str, content_type: str = "application/json") -> Headers:
    """The headers that Bedrock puts on every answer."""
    return (
        ("Date", formatdate(usegmt=True)),
        ("Content-Type", content_type),
        ("Connection", "keep-alive"),
        ("x-amzn-RequestId", request_id),
    )


def json_reply(value: object, request_id: str, *, status: int = 200, extra: Headers = ()) -> Reply:
    """A JSON answer with AWS's headers."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Half a character has no UTF-8; what the error handler writes for it is its JSON escape.
    body = text.encode(errors="backslashreplace")
    return Reply(status=status, headers=(*standard_headers(request_id), *extra), body=body)


def error_reply(code: str, status: int, message: str, request_id: str) -> Reply:
    """An error in rest-json's form: the code in `x-amzn-ErrorType`, the message in the body."""
    # A URI may stand behind the code; botocore 1.44.5 cuts it off at the colon (parsers.py, read 2026-11-20).
    kind = f"{code}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    extra = (("x-amzn-ErrorType", kind),)
    return json_reply({"message": message}, request_id, status=status, extra=extra)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
