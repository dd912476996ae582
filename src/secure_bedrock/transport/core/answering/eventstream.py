"""AWS event stream frames from bytes, however they were cut; a frame is whole and checked, or it is an error.

Source: Smithy specification, "Amazon Event Stream" (read 2026-11-20).
"""

import struct
from binascii import crc32
from collections.abc import Callable, Mapping
from struct import Struct
from types import MappingProxyType
from typing import Final, NamedTuple

from secure_bedrock.errors import IncompleteResponse

# What AWS's own encoders allow: aws-c-event-stream, `AWS_EVENT_STREAM_MAX_MESSAGE_SIZE` and
# `AWS_EVENT_STREAM_MAX_HEADERS_SIZE` (read 2026-11-20).
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
MAX_HEADER_BYTES: Final = 128 * 1024

_PRELUDE: Final = Struct("!III")  # total length, header length, CRC of the two
_CRC: Final = Struct("!I")
_OVERHEAD: Final = 16  # prelude and the message's CRC

# A stream has about six header blocks, repeated; a peer that sends a new one each time gains nothing.
_CACHED_BLOCKS: Final = 64
_CACHED_BLOCK_BYTES: Final = 1024

HeaderValue = str | bytes | int | bool
HeaderMap = Mapping[str, HeaderValue]


class Frame(NamedTuple):
    """One message: its headers, which other frames may share, and its payload."""

    headers: HeaderMap
    payload: bytes


class FrameParser:
    """Collects bytes until a frame is whole; any cutting of the same bytes gives the same frames.

    Frames before a bad one are still given out, then `feed` and `close` raise IncompleteResponse("misframed").
    A parser reads one stream and is not thread-safe.
    """

    __slots__ = ("_bad", "_blocks", "_held", "_needed", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0
        self._needed = 0
        self._blocks: dict[bytes, HeaderMap] = {}
        self._bad = ""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._check()
        if self._pieces:
            # Joined only once the frame is whole, or its length known: a large frame is not copied at each piece.
            self._pieces.append(data)
            self._held += len(data)
            if self._held < self._needed:
                return []
            data = b"".join(self._pieces)
            self._pieces.clear()
        frames, at = self._parse(data)
        if not frames:
            self._check()
        if at < len(data):
            self._pieces.append(data[at:] if at else data)
        self._held = len(data) - at
        return frames

    def close(self) -> None:
        """Say that the stream has ended; IncompleteResponse("cut") when it did so inside a frame."""
        self._check()
        if self._held:
            raise IncompleteResponse("the stream ended inside a frame", rule="cut")

    def _parse(self, data: bytes) -> tuple[list[Frame], int]:
        frames: list[Frame] = []
        at, end = 0, len(data)
        while end - at >= _PRELUDE.size:
            total, header_length, crc = _PRELUDE.unpack_from(data, at)
            if crc32(data[at : at + 8]) != crc:
                self._bad = "a frame's prelude does not have its checksum"
            elif (
                header_length > MAX_HEADER_BYTES
                or not header_length + _OVERHEAD <= total <= MAX_FRAME_BYTES
            ):
                self._bad = "a frame's lengths are not possible"
            if self._bad:
                return frames, end
            if end - at < total:
                self._needed = total
                return frames, at
            stop = at + total - 4
            if crc32(data[at:stop]) != _CRC.unpack_from(data, stop)[0]:
                self._bad = "a frame does not have its checksum"
                return frames, end
            start = at + _PRELUDE.size + header_length
            headers = self._headers(data[at + _PRELUDE.size : start])
            if headers is None:
                return frames, end
            frames.append(Frame(headers, data[start:stop]))
            at = stop + 4
        self._needed = _PRELUDE.size
        return frames, at

    def _headers(self, block: bytes) -> HeaderMap | None:
        known = self._blocks.get(block)
        if known is not None:
            return known
        try:
            headers = MappingProxyType(parse_headers(block))
        except (ValueError, IndexError, KeyError, struct.error):
            self._bad = "a frame's headers are not well formed"
            return None
        if len(block) <= _CACHED_BLOCK_BYTES and len(self._blocks) < _CACHED_BLOCKS:
            self._blocks[block] = headers
        return headers

    def _check(self) -> None:
        if self._bad:
            raise IncompleteResponse(self._bad, rule="misframed")


def _sized(block: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    stop = start + int.from_bytes(block[at:start], "big")
    if stop > len(block):
        raise IndexError
    return block[start:stop], stop


def _text(block: bytes, at: int) -> tuple[str, int]:
    value, stop = _sized(block, at)
    return value.decode("utf-8"), stop


def _number(form: str) -> Callable[[bytes, int], tuple[int, int]]:
    layout = Struct(form)
    return lambda block, at: (layout.unpack_from(block, at)[0], at + layout.size)


def _uuid(block: bytes, at: int) -> tuple[bytes, int]:
    if at + 16 > len(block):
        raise IndexError
    return block[at : at + 16], at + 16


_Reader = Callable[[bytes, int], tuple[HeaderValue, int]]
# Value types of the specification; a timestamp is milliseconds since 1970.
_READERS: Final[Mapping[int, _Reader]] = {
    0: lambda _, at: (True, at),
    1: lambda _, at: (False, at),
    2: _number("!b"),
    3: _number("!h"),
    4: _number("!i"),
    5: _number("!q"),
    6: _sized,
    7: _text,
    8: _number("!q"),
    9: _uuid,
}


def parse_headers(block: bytes) -> dict[str, HeaderValue]:
    """The headers of a whole block; ValueError, IndexError, KeyError or struct.error where it is malformed."""
    headers: dict[str, HeaderValue] = {}
    at = 0
    while at < len(block):
        start = at + 1
        stop = start + block[at]
        name = block[start:stop].decode("utf-8")
        value, at = _READERS[block[stop]](block, stop + 1)
        if not name or name in headers:
            raise ValueError("a header is empty or stands twice")
        headers[name] = value
    return headers
