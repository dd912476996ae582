"""Event stream frames: whole and checked, however the bytes were cut, or an error."""

import itertools
import struct
from binascii import crc32
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.transport.core.answering.eventstream import (
    MAX_FRAME_BYTES,
    MAX_HEADER_BYTES,
    Frame,
    FrameParser,
    parse_headers,
)

NUMBERS = {2: "!b", 3: "!h", 4: "!i", 5: "!q", 8: "!q"}
Typed = tuple[int, Any]


def header(name: str, kind: int, value: Any) -> bytes:
    key = name.encode()
    start = bytes([len(key)]) + key + bytes([kind])
    if kind in NUMBERS:
        return start + struct.pack(NUMBERS[kind], value)
    if kind in (6, 7):
        raw = value.encode() if kind == 7 else value
        return start + struct.pack("!H", len(raw)) + bytes(raw)
    return start + bytes(value or b"") if kind == 9 else start


def framed(block: bytes, payload: bytes) -> bytes:
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack("!I", crc32(prelude)) + block + payload
    return message + struct.pack("!I", crc32(message))


def encoded(headers: dict[str, Typed], payload: bytes) -> bytes:
    return framed(b"".join(header(n, k, v) for n, (k, v) in headers.items()), payload)


NAMES = st.text(min_size=1, max_size=8)
VALUES: st.SearchStrategy[Typed] = st.one_of(
    st.just((0, True)),
    st.just((1, False)),
    st.integers(-(2**7), 2**7 - 1).map(lambda n: (2, n)),
    st.integers(-(2**15), 2**15 - 1).map(lambda n: (3, n)),
    st.integers(-(2**31), 2**31 - 1).map(lambda n: (4, n)),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: (5, n)),
    st.binary(max_size=20).map(lambda b: (6, b)),
    st.text(max_size=20).map(lambda t: (7, t)),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: (8, n)),
    st.binary(min_size=16, max_size=16).map(lambda b: (9, b)),
)
FRAMES = st.tuples(st.dictionaries(NAMES, VALUES, max_size=4), st.binary(max_size=60))


@given(st.lists(FRAMES, max_size=5), st.data())
def test_what_was_encoded_is_parsed_whatever_the_cuts(
    frames: list[tuple[dict[str, Typed], bytes]], data: st.DataObject
) -> None:
    wire = b"".join(encoded(*frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    parser = FrameParser()

    found: list[Frame] = []
    for start, stop in itertools.pairwise([0, *cuts, len(wire)]):
        found += parser.feed(wire[start:stop])
    parser.close()

    expected = [({name: value for name, (_, value) in h.items()}, p) for h, p in frames]
    assert [(dict(frame.headers), frame.payload) for frame in found] == expected


ONE = encoded({":event-type": (7, "contentBlockDelta"), ":message-type": (7, "event")}, b'{"a": 1}')
TWO = ONE + encoded({":event-type": (7, "messageStop"), ":message-type": (7, "event")}, b"{}")


def test_a_stream_cut_at_any_byte_is_incomplete() -> None:
    for end in range(len(TWO)):
        parser = FrameParser()
        frames = parser.feed(TWO[:end])
        if end in (0, len(ONE)):
            parser.close()
            continue
        with pytest.raises(IncompleteResponse) as cut:
            parser.close()
        assert cut.value.rule == "cut"
        assert len(frames) == (end > len(ONE))


def test_any_flipped_bit_is_misframed_or_never_becomes_a_frame() -> None:
    for place in range(len(ONE)):
        for bit in range(8):
            broken = bytearray(ONE)
            broken[place] ^= 1 << bit
            with pytest.raises(IncompleteResponse) as refused:
                FrameParser().feed(bytes(broken))
            assert refused.value.rule == "misframed"


def resealed(total: int, header_length: int) -> bytes:
    """A prelude with these lengths and a right checksum of its own."""
    prelude = struct.pack("!II", total, header_length)
    return prelude + struct.pack("!I", crc32(prelude)) + b"\0" * 64


def block(*parts: bytes) -> bytes:
    return framed(b"".join(parts), b"{}")


MISFRAMED = {
    "a frame above the limit": resealed(MAX_FRAME_BYTES + 1, 0),
    "headers above the limit": resealed(MAX_HEADER_BYTES + 100, MAX_HEADER_BYTES + 1),
    "a frame shorter than its frame": resealed(15, 0),
    "headers longer than the frame": resealed(20, 5),
    "HTML": b"<html><body>Service Unavailable</body></html>",
    "an unknown header type": block(header("a", 10, b"")),
    "a header twice": block(header("a", 0, None), header("a", 1, None)),
    "a header without a name": block(header("", 0, None)),
    "a name longer than its block": block(b"\xffab"),
    "a name and nothing else": block(b"\x01a"),
    "a name that is not UTF-8": block(b"\x01\xff\x00"),
    "text that is not UTF-8": block(b"\x01a\x07\x00\x01\xff"),
    "text longer than its block": block(b"\x01a\x07\x00\x05ab"),
    "text without its length": block(b"\x01a\x07\x00"),
    "a number cut short": block(b"\x01a\x04\x00\x00"),
    "an id cut short": block(b"\x01a\x09\x00\x00"),
}


@pytest.mark.parametrize("wire", MISFRAMED.values(), ids=MISFRAMED)
def test_what_is_no_frame_is_misframed(wire: bytes) -> None:
    parser = FrameParser()

    with pytest.raises(IncompleteResponse) as refused:
        parser.feed(wire)

    assert refused.value.rule == "misframed"
    for again in (lambda: parser.feed(ONE), parser.close):
        with pytest.raises(IncompleteResponse):
            again()


def test_frames_before_a_bad_one_are_given_out_first() -> None:
    parser = FrameParser()

    assert len(parser.feed(ONE + MISFRAMED["a header twice"])) == 1
    with pytest.raises(IncompleteResponse) as refused:
        parser.close()
    assert refused.value.rule == "misframed"


def test_equal_header_blocks_are_read_once_and_cannot_be_changed() -> None:
    first, second = FrameParser().feed(ONE + ONE)

    assert first.headers is second.headers
    with pytest.raises(TypeError):
        first.headers[":event-type"] = "other"  # type: ignore[index]


def test_the_cache_of_header_blocks_is_bounded() -> None:
    parser = FrameParser()
    for number in range(1000):
        parser.feed(encoded({"n": (4, number)}, b""))
    parser.feed(encoded({"long": (7, "x" * 5000)}, b""))

    assert len(parser._blocks) == 64


def test_a_large_frame_in_small_pieces_is_joined_once() -> None:
    """The pieces wait side by side: joining at every piece would copy gigabytes."""
    wire = encoded({}, b"x" * 2_000_000)
    parser = FrameParser()

    for at in range(0, 1_000_000, 1000):
        assert parser.feed(wire[at : at + 1000]) == []
    assert len(parser._pieces) == 1000
    (frame,) = parser.feed(wire[1_000_000:])
    assert len(frame.payload) == 2_000_000


def test_headers_are_read_to_their_end() -> None:
    assert parse_headers(b"") == {}
    assert parse_headers(header("a", 3, -2) + header("b", 7, "ü")) == {"a": -2, "b": "ü"}
