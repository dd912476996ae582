"""The search of a body for names: what one search of the whole would find, whatever the body's length."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import OperationDenied
from secure_bedrock.transport.core.gate.body_search import check_utf8, may_name

NAMES = re.compile(rb'"(?:model|uri)"')
LONG = 40_000  # well above the length from which the search goes from quote to quote

BODIES: dict[str, tuple[bytes, bool]] = {
    "nothing": (b"", False),
    "the name at the beginning": (b'"model"', True),
    "the name after another": (b'{"a": 1, "model": 2}', True),
    "the name after a quote": (b'""model"', True),
    "a longer name": (b'{"models": 1}', False),
    "the name without its quotes": (b" model ", False),
    "a letter of a name as an escape": (rb'{"m\u006fdel": 1}', True),
    "a digit as an escape, which no name has": (rb'{"\u0031": 1}', True),
    "a control character as an escape": (rb'{"a": "\u0000\u001f"}', False),
    "a letter beyond ASCII as an escape": (rb'{"a": "\u00e4\u20ac"}', False),
    "a line's end": (rb'{"a": "b\nc"}', False),
    "an escaped quote": (rb'{"a": "b\"c"}', False),
    "an escaped backslash": (rb'{"a": "b\\c"}', False),
}
FILLINGS = {
    "short": b"",
    "long, without a quote": b"x" * LONG,
    "long, with a few": (b"x" * 5_000 + b'"') * (LONG // 5_000),
    "long, of quotes": b'"' * LONG,
}


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS)
@pytest.mark.parametrize(("body", "named"), BODIES.values(), ids=BODIES)
def test_a_name_is_found_wherever_it_stands(body: bytes, named: bool, filling: bytes) -> None:
    assert may_name(NAMES, body + filling) is named
    assert may_name(NAMES, filling + body) is named
    assert may_name(NAMES, filling + body + filling) is named


PIECES = st.sampled_from(
    [b'"', b'"model"', b'"uri', b'model"', b"x" * 3_000, b"x" * 20_000, b" ", rb"\n", rb"\u006d"]
)


@given(st.lists(PIECES, max_size=40))
def test_the_answer_is_that_of_one_search_of_the_whole(pieces: list[bytes]) -> None:
    body = b"".join(pieces)

    assert may_name(NAMES, body) is (NAMES.search(body) is not None or rb"\u006d" in body)


@pytest.mark.parametrize("body", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", "ä".encode("latin-1")])
def test_what_another_parser_could_decode_is_refused(body: bytes) -> None:
    with pytest.raises(OperationDenied, match="not UTF-8"):
        check_utf8(b'{"a": "' + body + b'"}')


def test_text_beyond_ascii_is_utf_8() -> None:
    check_utf8('{"a": "äß€𝄞"}'.encode())
