"""Reads one HTTP/1.1 response from bytes and refuses whatever could be framed in two ways."""

from typing import Final, NoReturn

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.transport.core.http1.chunked import ChunkedBody
from secure_bedrock.transport.core.http1.head import (
    MAX_HEAD_BYTES,
    Framing,
    ResponseHead,
    misframed,
    parse_head,
)

__all__ = ["ResponseHead", "ResponseReader", "longest_body"]

_PREFIX: Final = b"HTTP/1."
_BLANK: Final = b"\r\n\r\n"

# Of a whole answer, not of a stream. The largest that Bedrock's models describe is InvokeModel's body, 25 000 000 bytes
# (shape `Body`, bedrock-runtime 2023-09-30 in botocore 1.44.5, read 2026-11-20); JSON of nothing but braces takes some
# thirty times its length once it is read, so more room would be room for a peer to fill the memory.
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
# Of an answer that is no success. Ours (2026-11-20): AWS's errors are a code and a message, below 10 KB.
MAX_ERROR_BYTES: Final = 1024 * 1024


def longest_body(status: int) -> int:
    """How many bytes a whole answer of this status may have."""
    return MAX_BODY_BYTES if status < 300 else MAX_ERROR_BYTES


class ResponseReader:
    """One response, fed as its bytes arrive; any cutting of the same bytes gives the same outcome.

    `head` is None until the head is whole; `complete` turns true with the body's last byte, and only then
    is `take()` all of it. Raises IncompleteResponse with the rule `misframed` (could be read two ways),
    `cut` (ended early) or `stray-response` (went on after its end). After an error the reader stays refused.
    One reader reads one response; it is not thread-safe.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_failed",
        "_keep_alive",
        "_left",
        "_method",
        "_parts",
        "complete",
        "head",
        "started",
    )

    def __init__(self, method: str = "POST") -> None:
        self.head: ResponseHead | None = None
        self.complete = False
        self.started = False  # at least one byte has arrived
        self._method = method
        self._buffer = bytearray()  # the head, while it is not whole
        self._parts: list[bytes] = []
        self._body: ChunkedBody | None = None
        self._left = 0  # bytes that Content-Length still promises
        self._keep_alive = False
        self._failed = False

    @property
    def reusable(self) -> bool:
        """True when the response is complete and the connection may carry another one."""
        return self.complete and self._keep_alive

    def feed(self, data: bytes) -> None:
        """Read on; b"" says that the peer has closed the connection."""
        if self._failed:
            raise misframed("the answer was refused before")
        try:
            if data:
                self.started = True
                self._read(data)
            else:
                self._end()
        except IncompleteResponse:
            self._failed = True
            self.complete = False
            self._parts.clear()
            raise

    def take(self) -> bytes:
        """The body's bytes decoded since the last call."""
        parts = self._parts
        if len(parts) == 1:
            return parts.pop()
        body = b"".join(parts)
        parts.clear()
        return body

    def _read(self, data: bytes) -> None:
        if self.head is None:
            rest = self._read_head(data)
            if rest is None:
                return
            data = rest
        if not self.complete:
            if self._body is not None:
                data = self._body.feed(data, self._parts)
                self.complete = self._body.complete
            else:
                data = self._read_length(data)
        if data:
            self._stray()

    def _read_head(self, data: bytes) -> bytes | None:
        """Parse the head once it is whole and return what follows it; None while it is not."""
        if not self._buffer and (end := data.find(_BLANK)) >= 0:
            head, rest = data[: end + 4], data[end + 4 :]
        else:
            searched = max(0, len(self._buffer) - 3)
            self._buffer += data
            end = self._buffer.find(_BLANK, searched)
            if end < 0:
                self._check_partial_head()
                return None
            head, rest = bytes(self._buffer[: end + 4]), bytes(self._buffer[end + 4 :])
            self._buffer.clear()
        if len(head) > MAX_HEAD_BYTES:
            raise misframed(f"the answer's head is longer than {MAX_HEAD_BYTES} bytes")
        self.head, framing = parse_head(head, method=self._method)
        self._begin_body(framing)
        return rest

    def _check_partial_head(self) -> None:
        """Refuse early what can't become a head, rather than wait for a blank line that never comes."""
        if len(self._buffer) > MAX_HEAD_BYTES:
            raise misframed(f"the answer's head is longer than {MAX_HEAD_BYTES} bytes")
        start = bytes(self._buffer[: len(_PREFIX)])
        if start != _PREFIX[: len(start)]:
            raise misframed("what came is not HTTP/1.1")

    def _begin_body(self, framing: Framing) -> None:
        self._keep_alive = framing.keep_alive
        self._left = framing.length
        if framing.body == "chunked":
            self._body = ChunkedBody()
        else:
            self.complete = not self._left

    def _read_length(self, data: bytes) -> bytes:
        """Take what Content-Length promises; return what goes beyond it."""
        if data:
            self._parts.append(data[: self._left])
        rest = data[self._left :]
        self._left = max(0, self._left - len(data))
        self.complete = not self._left
        return rest

    def _end(self) -> None:
        self._keep_alive = False
        if not self.complete:
            where = "body" if self.head is not None else "head"
            raise IncompleteResponse(f"the answer ended inside its {where}", rule="cut")

    def _stray(self) -> NoReturn:
        raise IncompleteResponse(
            "bytes follow the end of the answer",
            rule="stray-response",
            next_step="find out what answers in the endpoint's place: one request has one answer",
        )
