"""Laws of header sets: total, blind to order and to the case of names, and read by h11 as they were checked."""

import json
import string
from collections.abc import Sequence
from dataclasses import replace

import h11
from hypothesis import assume, given
from hypothesis import strategies as st

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.transport.core.gate.header_fields import _REFUSED, parse_fields
from secure_bedrock.transport.core.gate.wire_gate import gate
from tests.lenient import Lenient
from tests.signing import LASTING, Route, signed_for

Pair = tuple[str, str]
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"

TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"  # RFC 9110 section 5.6.2
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
NAMES = st.text(TOKEN, min_size=1, max_size=12).filter(
    lambda name: name.lower() not in {*_REFUSED, "host", "accept-encoding", "content-length"}
)
VALUES = st.text(VISIBLE + " ", max_size=20).map(str.strip)
GOOD: st.SearchStrategy[list[Pair]] = st.lists(
    st.tuples(NAMES, VALUES), max_size=6, unique_by=lambda pair: pair[0].lower()
)
# Near enough to be read, and anything at all.
ODD_CHARACTERS = (
    st.sampled_from("\r\n\t\0\x0b\x1f\x7f\x80\x85\xa0ü\u0130\u017f\u2028\u212a\ud800")
    | st.characters()
)
ANY = st.lists(
    st.tuples(
        NAMES | st.sampled_from([*sorted(_REFUSED), "Host", "X Y", "", "a:"]) | st.text(max_size=4),
        VALUES | st.text(max_size=4) | st.sampled_from([" a", "a ", "gzip", "identity"]),
    ),
    max_size=6,
)  # fmt: skip


def outcome(headers: Sequence[Pair]) -> dict[str, str] | str:
    """The fields, or the rule that refused them."""
    try:
        names, values = zip(*headers, strict=True) if headers else ((), ())
        return dict(parse_fields(names, values))
    except OperationDenied as refusal:
        return refusal.rule


def test_the_refused_names_are_those_that_the_laws_know() -> None:
    """The laws below draw from the library's own table; that each entry is there, test_gate_strictness says."""
    assert all(name == name.lower() and set(name) <= set(TOKEN) for name in _REFUSED)


@given(GOOD)
def test_a_set_of_plain_headers_is_taken_as_it_is(headers: list[Pair]) -> None:
    assert outcome(headers) == {name.lower(): value for name, value in headers}


@given(ANY)
def test_every_set_is_fields_or_a_refusal_by_rule(headers: list[Pair]) -> None:
    found = outcome(headers)

    if isinstance(found, str):
        assert found in {"header-form", "header-repeated", "header-refused"}
        return
    assert found == {name.lower(): value for name, value in headers}
    assert len(found) == len(headers)
    assert all(name and set(name) <= set(TOKEN) for name in found)
    assert all(
        value == value.strip() and set(value) <= set(VISIBLE + " ") for value in found.values()
    )
    assert not _REFUSED.intersection(found)


@given(ANY, st.data())
def test_the_order_decides_nothing(headers: list[Pair], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(headers))

    assert isinstance(outcome(turned), str) == isinstance(outcome(headers), str)
    if not isinstance(outcome(headers), str):
        assert outcome(turned) == outcome(headers)


@given(ANY)
def test_the_case_of_names_decides_nothing(headers: list[Pair]) -> None:
    assume(all(name.isascii() for name, _ in headers))

    assert outcome([(name.swapcase(), value) for name, value in headers]) == outcome(headers)


def put(headers: list[Pair], at: int, pair: Pair) -> list[Pair]:
    return [*headers[: at % (len(headers) + 1)], pair, *headers[at % (len(headers) + 1) :]]


@given(GOOD, st.integers(0, 6), st.sampled_from(sorted(_REFUSED)), st.booleans(), VALUES)
def test_a_refused_header_refuses_the_set_wherever_and_however_it_is_written(
    headers: list[Pair], at: int, name: str, titled: bool, value: str
) -> None:
    assert outcome(put(headers, at, (name.title() if titled else name, value))) == "header-refused"


@given(GOOD, st.integers(0, 6), st.data())
def test_a_name_that_stands_twice_refuses_the_set(
    headers: list[Pair], at: int, data: st.DataObject
) -> None:
    assume(headers)
    name, value = data.draw(st.sampled_from(headers))
    again = data.draw(st.sampled_from([name, name.upper(), name.lower()]))

    assert (
        outcome(put(headers, at, (again, data.draw(st.just(value) | VALUES)))) == "header-repeated"
    )


@given(GOOD, st.integers(0, 6), st.integers(0, 20), ODD_CHARACTERS)
def test_one_character_outside_ascii_text_refuses_the_set(
    headers: list[Pair], at: int, place: int, character: str
) -> None:
    assume(headers)
    which = at % len(headers)
    name, value = headers[which]
    values = list(headers)
    values[which] = (name, value[:place] + character + value[place:])
    names = list(headers)
    names[which] = (name[:place] + character + name[place:], value)

    if character not in VISIBLE + " ":
        assert outcome(values) == "header-form"
    if character not in TOKEN:
        assert outcome(names) == "header-form"


@given(GOOD, st.data())
def test_what_the_gate_writes_h11_reads_as_it_was_checked(
    headers: list[Pair], data: st.DataObject
) -> None:
    """Another HTTP parser, as a server would use it: the same fields, no more of them, and the body behind them."""
    body = json.dumps({"prompt": data.draw(st.text(max_size=20))}).encode()
    target = f"/model/{encode_label(MODEL)}/invoke"
    request = signed_for(Route(), target, body, keys=LASTING)
    shuffled = tuple(data.draw(st.permutations([*request.headers, *headers])))

    gated = gate(replace(request, headers=shuffled), route=Route(), policy=Lenient())

    server = h11.Connection(h11.SERVER)
    server.receive_data(gated.head + gated.body)
    head = server.next_event()
    assert isinstance(head, h11.Request)
    assert (head.method, head.target) == (b"POST", target.encode("ascii"))
    given_ = {name.lower().encode(): value.encode() for name, value in shuffled}
    assert dict(head.headers) == {**given_, b"content-length": str(len(body)).encode()}
    assert len(head.headers) == len(shuffled) + 1
    assert next(iter(head.headers)) == (b"host", Route().authority.encode())
    assert read_body(server) == body


def read_body(server: h11.Connection) -> bytes:
    body = b""
    while isinstance(event := server.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert server.next_event() is h11.PAUSED or server.trailing_data == (b"", False)
    return body
