"""The chunked transfer coding, read strictly (RFC 9112 §7.1)."""

import re
from typing import Final

from secure_bedrock.transport.core.http1.head import misframed, parse_trailers

# A size line has at most 16 hexadecimal digits (64 bits). Extensions are read over, as RFC 9112 §7.1.1
# demands, but only visible ones and up to 256 bytes: nothing that AWS sends has any (2026-11-20).
MAX_EXTENSION_BYTES: Final = 256
MAX_TRAILER_BYTES: Final = 8_192
_EXTENSION = rb"(?:;[\t\x20-\x7e]{0,%d})?" % MAX_EXTENSION_BYTES
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})" + _EXTENSION + rb"\r\n")
_SIZE_LINE_SO_FAR = re.compile(rb"(?:[0-9A-Fa-f]{1,16}" + _EXTENSION + rb"\r?)?")
_CRLF: Final = b"\r\n"
_BLANK: Final = b"\r\n\r\n"


class ChunkedBody:
    """Decodes one chunked body; not thread-safe.

    `complete` turns true with the last chunk's blank line. What is held back between two feeds is a part of
    a size line or of the trailers, never content, and is bounded.
    """

    __slots__ = ("_closing", "_held", "_left", "_trailers", "complete")

    def __init__(self) -> None:
        self.complete = False
        self._left = 0  # bytes of the current chunk that are still to come
        self._closing = False  # the current chunk's data is whole, its CRLF is not
        self._trailers = False
        self._held = b""

    def feed(self, data: bytes, parts: list[bytes]) -> bytes:
        """Append the decoded pieces to `parts`; return what follows the complete body (or b"")."""
        if self._held:
            data, self._held = self._held + data, b""
        at = 0
        while not self._trailers:
            if self._left or self._closing:
                at = self._data(data, at, parts)
                if self._left or self._closing:
                    return b""
            line = _SIZE_LINE.match(data, at)
            if line is None:
                self._hold_size_line(data, at)
                return b""
            at = line.end()
            self._left = int(line[1], 16)
            self._trailers = not self._left
        return self._finish(data, at)

    def _data(self, data: bytes, at: int, parts: list[bytes]) -> int:
        """Take the current chunk's bytes and CRLF from `at`; return where the next size line begins."""
        end = at + self._left
        if piece := data[at:end]:
            parts.append(piece)
        self._left = max(0, end - len(data))
        if self._left:
            return len(data)
        closing = data[end : end + 2]
        if closing != _CRLF[: len(closing)]:
            raise misframed("a chunk is longer than its size line says")
        self._closing = len(closing) < 2
        if self._closing:
            self._held = closing
        return end + 2

    def _hold_size_line(self, data: bytes, at: int) -> None:
        if _SIZE_LINE_SO_FAR.fullmatch(data, at) is None:
            raise misframed("a chunk's size line is not a hexadecimal number")
        self._held = data[at:]

    def _finish(self, data: bytes, at: int) -> bytes:
        """Read trailers and the blank line; keep them until they are whole."""
        if data.startswith(_CRLF, at):
            self.complete = True
            return data[at + 2 :]
        blank = data.find(_BLANK, at)
        length = (blank + 4 if blank >= 0 else len(data)) - at
        if length > MAX_TRAILER_BYTES:
            raise misframed(f"the trailers are longer than {MAX_TRAILER_BYTES} bytes")
        if blank < 0:
            self._held = data[at:]
            return b""
        parse_trailers(data[at : blank + 4])
        self.complete = True
        return data[blank + 4 :]
