"""What did a client send? Reads HTTP/1.1 requests off one connection, strictly and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

_READ = 65536
# Bedrock's own bound on a body is 25 000 000 bytes (service-2.json of bedrock-runtime, shape Body, read 2026-11-20).
_MAX_BODY = 26_000_000
# Many servers' bound on a request head is 8 to 64 KiB; the largest is taken so that the client is what fails first.
_MAX_HEAD = 65536


class BadRequest(Exception):
    """The bytes are not a request that this server understands."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request as it stood on the wire; header names keep their case and their order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The value of the header, of the first one where it is repeated; None where it is absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def all_of(self, name: str) -> list[str]:
        """Every value of the header, in order."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    @property
    def path(self) -> str:
        """The target up to `?`, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after `?`, still percent-encoded."""
        return self.target.partition("?")[2]

    @property
    def closes(self) -> bool:
        """True when the client asked that the connection end with this request."""
        return (self.header("connection") or "").lower() == "close"


class RequestReader:
    """Requests of one connection, in order; what came too early stays in the buffer for the next one."""

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        self._recv = recv
        self._buffer = bytearray()

    def next(self) -> RawRequest | None:
        """The next request, None when the client is gone; BadRequest when it sent something else."""
        end = self._find_head()
        if end is None:
            return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        method, target, headers = _parse_head(head)
        body = self._read_body(_body_length(headers))
        return None if body is None else RawRequest(method, target, headers, body)

    def _find_head(self) -> int | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise BadRequest("the head is too long")
            if not self._more():
                return None
        return end

    def _read_body(self, length: int) -> bytes | None:
        while len(self._buffer) < length:
            if not self._more():
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _more(self) -> bool:
        data = self._recv(_READ)
        self._buffer += data
        return bool(data)


def _parse_head(head: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] != "HTTP/1.1" or not parts[1].startswith("/"):
        raise BadRequest("not an HTTP/1.1 request line")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
            raise BadRequest("not a header line")
        headers.append((name, value.strip(" \t")))
    return parts[0], parts[1], tuple(headers)


def _body_length(headers: tuple[tuple[str, str], ...]) -> int:
    named = [(name.lower(), value) for name, value in headers]
    if any(name == "transfer-encoding" for name, _ in named):
        raise BadRequest("chunked requests are not spoken here")
    lengths = {value for name, value in named if name == "content-length"}
    if len(lengths) > 1 or not all(value.isascii() and value.isdigit() for value in lengths):
        raise BadRequest("Content-Length is not one number")
    length = int(lengths.pop()) if lengths else 0
    if length > _MAX_BODY:
        raise BadRequest("the body is too long")
    return length
