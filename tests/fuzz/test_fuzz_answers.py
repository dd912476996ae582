"""Any bytes are an HTTP answer or event stream frames only where another decoder reads the same from them."""

import http.client
import io
import os
import socket
from itertools import pairwise
from typing import Any

from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.testing.frames import event, exception, frame
from secure_bedrock.transport.core.answering.eventstream import Frame, FrameParser
from secure_bedrock.transport.core.http1.framing import ResponseReader
from tests.splicing import spliced

FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "250")), deadline=None)

HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 500 No\r\ncontent-length: 2\r\nconnection: close\r\nx-amzn-requestid: a\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 \r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\n",
    ]
)
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b"0", b"5", b"+5", b"0x5", b"ffffffff", b";", b"\xff", b"chunked",
     b"Content-Length: 5\r\n", b"Transfer-Encoding: identity\r\n", b"Connection: close\r\n", b"X: y\r\n z\r\n", b"HTTP/1.1 ",
     b"100 Continue\r\n\r\n", b"0\r\n\r\n", b""]
)  # fmt: skip


def changed(
    whole: st.SearchStrategy[bytes], piece: st.SearchStrategy[bytes]
) -> st.SearchStrategy[bytes]:
    once = st.builds(spliced, whole, st.integers(0, 200), piece, st.integers(0, 3))
    twice = st.builds(spliced, once, st.integers(0, 200), piece, st.integers(0, 3))
    return whole | once | twice


ANSWERS = changed(HEADS, PIECES) | st.binary(max_size=80)
CUTS = st.lists(st.integers(0, 250), max_size=5)


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    return [data[a:b] for a, b in pairwise(places) if a < b]


Outcome = tuple[str, Any]


def as_read(pieces: list[bytes]) -> Outcome:
    """The rule of the refusal, or status, fields and body."""
    reader = ResponseReader()
    body = b""
    try:
        for piece in pieces:
            reader.feed(piece)
            body += reader.take()
        reader.feed(b"")
    except IncompleteResponse as refusal:
        return ("refused", refusal.rule)
    assert reader.complete
    assert reader.head is not None
    return ("read", (reader.head.status, reader.head.headers, body))


class Canned(socket.socket):
    """What http.client reads from."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, *_: Any, **__: Any) -> Any:
        return io.BytesIO(self.data)


@FUZZ
@given(ANSWERS, CUTS)
def test_an_answer_is_read_whole_and_as_http_client_reads_it(data: bytes, cuts: list[int]) -> None:
    kind, found = as_read([data] if data else [])
    assert as_read(pieces_of(data, cuts)) == (kind, found)
    if kind == "refused":
        assert found in {"misframed", "cut", "stray-response"}
        return

    status, fields, body = found
    theirs = http.client.HTTPResponse(Canned(data), method="POST")
    theirs.begin()
    assert theirs.status == status
    assert theirs.read() == body
    assert tuple((n.lower(), v.strip(" \t")) for n, v in theirs.getheaders()) == fields


STREAMS = st.lists(
    st.sampled_from(
        [
            event("contentBlockDelta", {"delta": {"text": "Hello"}, "contentBlockIndex": 0}),
            event("messageStop", {"stopReason": "end_turn"}),
            exception("throttlingException", "slow down"),
            frame({":message-type": "event", ":event-type": "chunk"}, b"\x00\xff" * 20),
            frame({}, b""),
        ]
    ),
    min_size=1,
    max_size=3,
).map(b"".join)
BYTES = st.binary(max_size=4)


def frames_of(pieces: list[bytes]) -> tuple[list[Frame], str]:
    """The frames, and the rule by which the stream was refused ("" when it was not)."""
    parser = FrameParser()
    frames: list[Frame] = []
    try:
        for piece in pieces:
            frames += parser.feed(piece)
        parser.close()
    except IncompleteResponse as refusal:
        return frames, refusal.rule
    return frames, ""


@FUZZ
@given(changed(STREAMS, BYTES) | st.binary(max_size=60), CUTS)
def test_frames_are_those_that_botocore_reads(data: bytes, cuts: list[int]) -> None:
    frames, rule = frames_of([data])
    assert frames_of(pieces_of(data, cuts)) == (frames, rule)
    assert rule in {"", "cut", "misframed"}

    theirs = EventStreamBuffer()
    theirs.add_data(data)
    for ours in frames:
        read = next(theirs)
        headers: dict[str, Any] = read.headers  # type: ignore[assignment]
        assert (dict(ours.headers), ours.payload) == (headers, read.payload)
    if not rule:
        assert list(theirs) == []
