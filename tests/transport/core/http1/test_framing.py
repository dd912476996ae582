"""The response reader: what it reads, what it refuses and by which rule, and that h11 agrees."""

from collections.abc import Iterable
from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.transport.core.http1.framing import ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def read(*pieces: bytes, method: str = "POST", end: bool = True) -> tuple[ResponseReader, bytes]:
    """Feed the pieces and the end of the connection; return the reader and the body."""
    reader = ResponseReader(method)
    body = b""
    for piece in pieces:
        reader.feed(piece)
        body += reader.take()
    if end:
        reader.feed(b"")
    return reader, body


ACCEPTED: dict[str, tuple[bytes, int, bytes, bool]] = {
    # sentence: (answer, status, body, reusable)
    "a body of the length it says": (OK + b"Content-Length: 2\r\n\r\nhi", 200, b"hi", True),
    "an empty body of length 0": (OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
    "two chunks": (CHUNKED + b"2\r\nhi\r\n03\r\nyou\r\n0\r\n\r\n", 200, b"hiyou", True),
    "no chunk but the last": (CHUNKED + b"0\r\n\r\n", 200, b"", True),
    "a chunk extension is read over": (CHUNKED + b'2;a="b"\r\nhi\r\n0;x\r\n\r\n', 200, b"hi", True),
    "trailers are read over": (CHUNKED + b"2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n", 200, b"hi", True),
    "an upper-case chunk size": (
        CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n",
        200,
        b"0123456789",
        True,
    ),
    "an empty reason phrase": (b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "204 without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "204 that says 0": (b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", 204, b"", True),
    "304 with another's length": (b"HTTP/1.1 304 N\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    "an error with a body": (b"HTTP/1.1 500 E\r\nContent-Length: 1\r\n\r\n!", 500, b"!", True),
    "connection: close ends the connection": (
        OK + b"Content-Length: 2\r\nConnection: keep-alive, Close\r\n\r\nhi",
        200,
        b"hi",
        False,
    ),
    "HTTP/1.0 with a length is never reused": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
        200,
        b"hi",
        False,
    ),
}


@pytest.mark.parametrize("sentence", ACCEPTED)
def test_a_well_framed_answer_is_read(sentence: str) -> None:
    answer, status, body, reusable = ACCEPTED[sentence]
    reader, got = read(answer, end=False)
    assert reader.head is not None
    assert (reader.head.status, got, reader.complete, reader.reusable) == (
        status,
        body,
        True,
        reusable,
    )


@pytest.mark.parametrize("sentence", ACCEPTED)
def test_an_answer_fed_byte_by_byte_is_the_same(sentence: str) -> None:
    answer, status, body, reusable = ACCEPTED[sentence]
    reader, got = read(*(answer[at : at + 1] for at in range(len(answer))), end=False)
    assert reader.head is not None
    assert (reader.head.status, got, reader.complete, reader.reusable) == (
        status,
        body,
        True,
        reusable,
    )


LENGTHS = OK + b"Content-Length: 2\r\n"
REFUSED: dict[str, tuple[bytes, str]] = {
    # sentence: (answer, rule)
    "a signed length": (OK + b"Content-Length: +2\r\n\r\nhi", "misframed"),
    "a list of equal lengths": (OK + b"Content-Length: 2, 2\r\n\r\nhi", "misframed"),
    "a hexadecimal length": (OK + b"Content-Length: 0x2\r\n\r\nhi", "misframed"),
    "a length with a leading zero": (OK + b"Content-Length: 02\r\n\r\nhi", "misframed"),
    "an empty length": (OK + b"Content-Length:\r\n\r\n", "misframed"),
    "a length beyond a petabyte": (OK + b"Content-Length: 1000000000000000\r\n\r\n", "misframed"),
    "the same length twice": (LENGTHS + b"content-length: 2\r\n\r\nhi", "misframed"),
    "two lengths": (LENGTHS + b"Content-Length: 3\r\n\r\nhi", "misframed"),
    "a length and chunks": (LENGTHS + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "misframed"),
    "another coding": (OK + b"Transfer-Encoding: gzip\r\n\r\n", "misframed"),
    "a coding before chunked": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "misframed"),
    "chunked twice": (CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n", "misframed"),
    "chunked in capitals": (OK + b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "misframed"),
    "chunks in HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "misframed",
    ),
    "a body that only the close would end": (OK + b"\r\nhi", "misframed"),
    "the same with Connection: close": (OK + b"Connection: close\r\n\r\nhi", "misframed"),
    "100 that nobody asked for": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + LENGTHS + b"\r\nhi",
        "misframed",
    ),
    "a change of protocol": (b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n", "misframed"),
    "204 with a length": (b"HTTP/1.1 204 N\r\nContent-Length: 2\r\n\r\nhi", "misframed"),
    "204 with chunks": (b"HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", "misframed"),
    "a folded field": (LENGTHS + b"a: b\r\n c\r\n\r\nhi", "misframed"),
    "a space before the colon": (OK + b"Content-Length : 2\r\n\r\nhi", "misframed"),
    "a field without a name": (LENGTHS + b": b\r\n\r\nhi", "misframed"),
    "a field without a colon": (LENGTHS + b"ab\r\n\r\nhi", "misframed"),
    "a bare LF between fields": (LENGTHS + b"a: b\nc: d\r\n\r\nhi", "misframed"),
    "a bare CR in a value": (LENGTHS + b"a: b\rc\r\n\r\nhi", "misframed"),
    "NUL in a value": (LENGTHS + b"a: b\0\r\n\r\nhi", "misframed"),
    "a control byte in a value": (LENGTHS + b"a: b\x0b\r\n\r\nhi", "misframed"),
    "a name that is no token": (LENGTHS + b"a(b): c\r\n\r\nhi", "misframed"),
    "a name outside ASCII": (LENGTHS + b"\xe9: c\r\n\r\nhi", "misframed"),
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "HTTP/1.2": (b"HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "a lower-case protocol": (b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "a status of 600": (b"HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "no space after the status": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "two spaces before the status": (b"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", "misframed"),
    "an empty line first": (b"\r\n" + LENGTHS + b"\r\nhi", "misframed"),
    "no HTTP at all": (b"\x15\x03\x01\x00\x02\x02\x28", "misframed"),
    "a head without end": (OK + b"a: " + b"b" * 65_536, "misframed"),
    "a head over 64 KiB": (LENGTHS + b"a: " + b"b" * 65_536 + b"\r\n\r\nhi", "misframed"),
    "101 fields": (LENGTHS + b"a: b\r\n" * 100 + b"\r\nhi", "misframed"),
    "a chunk size with a sign": (CHUNKED + b"+2\r\nhi\r\n0\r\n\r\n", "misframed"),
    "a chunk size with 0x": (CHUNKED + b"0x2\r\nhi\r\n0\r\n\r\n", "misframed"),
    "a chunk size with a space": (CHUNKED + b"2 \r\nhi\r\n0\r\n\r\n", "misframed"),
    "a chunk size with an underscore": (CHUNKED + b"1_0\r\n", "misframed"),
    "no chunk size": (CHUNKED + b"\r\nhi\r\n0\r\n\r\n", "misframed"),
    "a chunk size of 17 digits": (CHUNKED + b"0" * 16 + b"2\r\nhi\r\n0\r\n\r\n", "misframed"),
    "a bare LF after a chunk size": (CHUNKED + b"2\nhi\r\n0\r\n\r\n", "misframed"),
    "a bare LF in an extension": (CHUNKED + b"2;a\nb\r\nhi\r\n0\r\n\r\n", "misframed"),
    "a bare CR in an extension": (CHUNKED + b"2;a\rb\r\nhi\r\n0\r\n\r\n", "misframed"),
    "an extension of 257 bytes": (CHUNKED + b"2;" + b"a" * 257 + b"\r\nhi\r\n", "misframed"),
    "a chunk longer than it says": (CHUNKED + b"2\r\nhi!\r\n0\r\n\r\n", "misframed"),
    "a chunk that ends in LF": (CHUNKED + b"2\r\nhi\n0\r\n\r\n", "misframed"),
    "a folded trailer": (CHUNKED + b"0\r\na: b\r\n c\r\n\r\n", "misframed"),
    "a trailer with a length": (CHUNKED + b"0\r\nContent-Length: 2\r\n\r\n", "misframed"),
    "trailers over 8 KiB": (CHUNKED + b"0\r\na: " + b"b" * 8_192 + b"\r\n\r\n", "misframed"),
    "trailers without end": (CHUNKED + b"0\r\na: " + b"b" * 8_192, "misframed"),
    "101 trailers": (CHUNKED + b"0\r\n" + b"a: b\r\n" * 101 + b"\r\n", "misframed"),
    "bytes after the length": (LENGTHS + b"\r\nhi!", "stray-response"),
    "a second answer": (LENGTHS + b"\r\nhi" + LENGTHS + b"\r\nhi", "stray-response"),
    "bytes after the last chunk": (CHUNKED + b"0\r\n\r\n!", "stray-response"),
    "bytes after trailers": (CHUNKED + b"0\r\na: b\r\n\r\n!", "stray-response"),
    "a body where there is none": (b"HTTP/1.1 204 N\r\n\r\nhi", "stray-response"),
    "nothing": (b"", "cut"),
    "half a status line": (b"HTTP/1.1 20", "cut"),
    "a head without its blank line": (LENGTHS, "cut"),
    "a body shorter than its length": (LENGTHS + b"\r\nh", "cut"),
    "no body": (LENGTHS + b"\r\n", "cut"),
    "chunks without the last": (CHUNKED + b"2\r\nhi\r\n", "cut"),
    "half a chunk": (CHUNKED + b"2\r\nh", "cut"),
    "a last chunk without its blank line": (CHUNKED + b"0\r\n", "cut"),
    "half a trailer": (CHUNKED + b"0\r\na:", "cut"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(sentence: str) -> None:
    answer, rule = REFUSED[sentence]
    with pytest.raises(IncompleteResponse) as refusal:
        read(answer)
    assert refusal.value.rule == rule


@pytest.mark.parametrize("sentence", REFUSED)
def test_the_same_rule_refuses_however_the_bytes_are_cut(sentence: str) -> None:
    answer, rule = REFUSED[sentence]
    with pytest.raises(IncompleteResponse) as refusal:
        read(*(answer[at : at + 3] for at in range(0, len(answer), 3)))
    assert refusal.value.rule == rule


def test_a_refused_reader_stays_refused_and_gives_nothing_away() -> None:
    reader = ResponseReader()
    with pytest.raises(IncompleteResponse):
        reader.feed(LENGTHS + b"\r\nhi!")
    assert (reader.complete, reader.reusable, reader.take()) == (False, False, b"")
    with pytest.raises(IncompleteResponse):
        reader.feed(b"more")


def test_no_error_repeats_the_peers_bytes() -> None:
    for answer, _ in REFUSED.values():
        with pytest.raises(IncompleteResponse) as refusal:
            read(answer.replace(b"a:", b"sesame:"))
        assert "sesame" not in f"{refusal.value} {refusal.value!r}"


def test_bytes_after_a_complete_answer_are_refused_when_they_come_later() -> None:
    reader, _ = read(LENGTHS + b"\r\nhi", end=False)
    with pytest.raises(IncompleteResponse) as refusal:
        reader.feed(b"!")
    assert refusal.value.rule == "stray-response"
    reader, _ = read(CHUNKED + b"0\r\n\r\n", end=False)
    with pytest.raises(IncompleteResponse) as refusal:
        reader.feed(b"!")
    assert refusal.value.rule == "stray-response"


def test_a_close_after_a_complete_answer_is_no_error_but_ends_the_connection() -> None:
    reader, body = read(LENGTHS + b"\r\nhi", end=True)
    assert (reader.complete, reader.reusable, body) == (True, False, b"hi")


def test_an_answer_to_head_has_no_body_whatever_length_it_says() -> None:
    reader, body = read(LENGTHS + b"\r\n", method="HEAD", end=False)
    assert (reader.complete, reader.reusable, body) == (True, True, b"")


def test_field_names_are_lower_case_and_values_are_trimmed() -> None:
    reader, _ = read(LENGTHS + b"X-Amzn-RequestId: \t abc \xe9\t \r\nX-A:1\r\nx-a: 2\r\n\r\nhi")
    assert reader.head is not None
    assert reader.head.headers == (
        ("content-length", "2"),
        ("x-amzn-requestid", "abc \xe9"),
        ("x-a", "1"),
        ("x-a", "2"),
    )
    assert reader.head.get("x-a") == "1"
    assert reader.head.get("x-b") is None
    assert reader.head.get("x-b", "none") == "none"
    assert reader.head.reason == "OK"


def test_a_heads_repr_shows_no_field() -> None:
    reader, _ = read(LENGTHS + b"x-a: sesame\r\n\r\nhi")
    assert repr(reader.head) == "ResponseHead(status=200, 2 fields)"


def test_a_large_chunk_is_passed_on_as_it_comes() -> None:
    reader = ResponseReader()
    reader.feed(CHUNKED + b"10000\r\n")
    for _ in range(64):
        reader.feed(b"x" * 1024)
        assert reader.take() == b"x" * 1024
    reader.feed(b"\r")
    reader.feed(b"\n0\r\n\r\n")
    assert reader.complete


# h11 as the oracle. Pieces that are good and bad alike, so that many generated answers are whole.

STATUS_LINES = st.sampled_from(
    """HTTP/1.1 200 OK|HTTP/1.1 500 |HTTP/1.0 200 OK|HTTP/1.1 204 N|HTTP/1.1 304 N|HTTP/1.1 200|HTTP/1.1 100 C
    |HTTP/1.1 200 \x00|HTTP/1.1 200 \xe9""".replace("\n    ", "")
    .encode("latin-1")
    .split(b"|")
)
FIELDS = st.sampled_from(
    """Content-Length: 4|content-length:4|Content-Length: 4 |Content-Length: 0|Content-Length: 4, 4
    |Content-Length: 5|Content-Length: +4|Content-Length: 04|Transfer-Encoding: chunked
    |Transfer-Encoding: Chunked|Transfer-Encoding: gzip|Connection: close|connection: keep-alive
    |x-a: b c|x-a:| folded|x-a : b|x-a: \x00|x-a: \xff|x-a: b\rc|x-a: b\x0c|x-a|: b""".replace(
        "\n    ", ""
    )
    .encode("latin-1")
    .split(b"|")
)
BODY_PIECES = (
    b"four||4\r\nfour\r\n|04\r\nfour\r\n|4;x=y\r\nfour\r\n|4;\r\nfour\r\n|A\r\n0123456789\r\n|0\r\n\r\n"
    b"|0\r\nx-a: b\r\n\r\n|0\r\n|4 \r\nfour\r\n|0x4\r\nfour\r\n|4\nfour\r\n|4\r\nfour\n|\r\n|0\r\n x\r\n\r\n"
)
BODIES = st.lists(st.sampled_from(BODY_PIECES.split(b"|")), max_size=4).map(b"".join)
NEWLINES = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r"])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    newline = draw(NEWLINES)
    head = [draw(STATUS_LINES), *draw(st.lists(FIELDS, max_size=3))]
    body = draw(BODIES)
    answer = newline.join(head) + newline * 2 + body
    return answer[: draw(st.integers(0, len(answer)))] if draw(st.booleans()) else answer


GOOD_FIELDS = st.lists(
    st.sampled_from([b"Connection: close", b"Date: today", b"x-a:  b\t", b"x-a: \xff", b"x-a:"]),
    max_size=3,
)


@st.composite
def almost_good_answers(draw: st.DrawFn) -> bytes:
    """A well-framed answer with at most one byte replaced, put in or taken out."""
    pieces = draw(st.lists(st.binary(min_size=1, max_size=20), max_size=3))
    body = b"".join(pieces)
    framing = b"Content-Length: %d" % len(body)
    if draw(st.booleans()):
        framing = b"Transfer-Encoding: chunked"
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        body += draw(st.sampled_from([b"0\r\n\r\n", b"0\r\nx-t: 1\r\n\r\n", b"00;x\r\n\r\n"]))
    fields = [*draw(GOOD_FIELDS), framing, *draw(GOOD_FIELDS)]
    answer = b"\r\n".join([b"HTTP/1.1 200 OK", *fields]) + b"\r\n\r\n" + body
    at = draw(st.integers(0, len(answer)))
    new = draw(st.sampled_from([b"", b"", b"\r", b"\n", b" ", b"0", b",", b"\0", b";", b":", b"a"]))
    return answer[:at] + new + answer[at + draw(st.integers(0, 1)) * bool(new) :]


def pieces_of(answer: bytes, cuts: Iterable[int]) -> list[bytes]:
    marks = [0, *sorted({cut % (len(answer) + 1) for cut in cuts}), len(answer)]
    return [answer[a:b] for a, b in pairwise(marks) if a < b]


CUTS = st.lists(st.integers(0, 500), max_size=8)
Outcome = tuple[int, tuple[tuple[bytes, bytes], ...], bytes] | None


def as_we_read(pieces: list[bytes]) -> tuple[Outcome, str]:
    reader = ResponseReader()
    body = b""
    try:
        for piece in pieces:
            reader.feed(piece)
            body += reader.take()
        reader.feed(b"")
    except IncompleteResponse as refusal:
        return None, refusal.rule
    assert reader.head is not None
    fields = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in reader.head.headers)
    return (reader.head.status, fields, body), ""


def as_h11_reads(pieces: list[bytes]) -> Outcome:
    """What h11 makes of one answer to a POST; None when it refuses it, or anything follows it."""
    client = h11.Connection(h11.CLIENT)
    client.send(
        h11.Request(method="POST", target="/", headers=[("Host", "h"), ("Content-Length", "0")])
    )
    client.send(h11.EndOfMessage())
    status, body, whole = 0, b"", False
    fields: tuple[tuple[bytes, bytes], ...] = ()
    try:
        for piece in [*pieces, b""]:
            client.receive_data(piece)
            while (event := client.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    status, fields = event.status_code, tuple(event.headers)
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    whole = True
                elif isinstance(event, h11.ConnectionClosed):
                    break
    except h11.RemoteProtocolError:
        return None
    return (status, fields, body) if whole and not client.trailing_data[0] else None


@given(answers() | almost_good_answers(), CUTS)
def test_what_h11_refuses_is_refused_and_what_both_read_is_equal(
    answer: bytes, cuts: list[int]
) -> None:
    ours, _ = as_we_read(pieces_of(answer, cuts))
    if ours is not None:
        assert as_h11_reads([answer]) == ours


@given(answers() | almost_good_answers() | st.binary(max_size=40), CUTS)
def test_any_cutting_of_the_same_bytes_gives_the_same_outcome(
    answer: bytes, cuts: list[int]
) -> None:
    assert as_we_read(pieces_of(answer, cuts)) == as_we_read([answer] if answer else [])


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), CUTS)
def test_every_body_comes_back_from_its_chunks(pieces: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    ours, _ = as_we_read(pieces_of(CHUNKED + wire + b"0\r\n\r\n", cuts))
    assert ours is not None
    assert ours[2] == b"".join(pieces)


@given(st.binary(max_size=300), st.booleans(), st.data())
def test_an_answer_cut_anywhere_is_an_error(
    body: bytes, chunked: bool, data: st.DataObject
) -> None:
    if chunked:
        pieces = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        answer = CHUNKED + pieces + b"0\r\n\r\n"
    else:
        answer = OK + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    cut = data.draw(st.integers(0, len(answer) - 1))
    assert as_we_read([answer[:cut]] if cut else []) == (None, "cut")
