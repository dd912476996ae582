"""What a request is before the gate and after it: plain parts, frozen, equal by value, sealed, and silent in its repr."""

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from enum import Enum
from typing import Any

import pytest

from secure_bedrock.errors import Denied, TransportTampered
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import _SEAL, GatedRequest, WireRequest, require_plain
from tests.lenient import Lenient
from tests.signing import Route, signed_for

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
TARGET = f"/model/{encode_label(MODEL)}/converse"
PROMPT = b'{"messages": [{"role": "the prompt"}]}'


ROUTE, RULES = Route(), Lenient()


def signed() -> WireRequest:
    return signed_for(ROUTE, TARGET, PROMPT, ("Content-Type", "application/json"))


def gated() -> GatedRequest:
    return gate(signed(), route=ROUTE, policy=RULES)


class Text(str):
    """Equal to a text while it is checked, and another one when it is written."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return "GET /elsewhere HTTP/1.1\r\nX: "


class Method(str, Enum):  # noqa: UP042 - StrEnum formats as its value, this one does not
    POST = "POST"


class Bytes(bytes):
    def __len__(self) -> int:
        return len(PROMPT)


def with_header(at: int, part: int, kind: Callable[[str], object]) -> WireRequest:
    """The good request with the name (0) or value (1) of one header of another type."""
    request = signed()
    pair: list[Any] = list(request.headers[at])
    pair[part] = kind(pair[part])
    headers: Any = (*request.headers[:at], tuple(pair), *request.headers[at + 1 :])
    return replace(request, headers=headers)


def with_parts(**parts: Any) -> WireRequest:
    return replace(signed(), **parts)


NOT_PLAIN: dict[str, Callable[[], WireRequest]] = {
    "a method that prints otherwise": lambda: with_parts(method=Text("POST")),
    "an enum's member for a method": lambda: with_parts(method=Method.POST),
    "a method of bytes": lambda: with_parts(method=b"POST"),
    "a target that prints otherwise": lambda: with_parts(target=Text(TARGET)),
    "a target of bytes": lambda: with_parts(target=TARGET.encode()),
    "no target": lambda: with_parts(target=None),
    "the first header's name": lambda: with_header(0, 0, Text),
    "the first header's value": lambda: with_header(0, 1, Text),
    "a later header's name": lambda: with_header(2, 0, Text),
    "the last header's value": lambda: with_header(-1, 1, Text),
    "a header's value of bytes": lambda: with_header(1, 1, str.encode),
    "a header's number": lambda: with_header(1, 1, len),
    "a body that is longer than it says": lambda: with_parts(body=Bytes(PROMPT + b"more")),
    "a body that can still change": lambda: with_parts(body=bytearray(PROMPT)),
    "a view of a body": lambda: with_parts(body=memoryview(bytearray(PROMPT))),
    "a body of text": lambda: with_parts(body=PROMPT.decode()),
    "no body": lambda: with_parts(body=None),
}


@pytest.mark.parametrize("make", NOT_PLAIN.values(), ids=NOT_PLAIN.keys())
def test_a_request_with_a_part_of_another_type_passes_no_gate(
    make: Callable[[], WireRequest],
) -> None:
    request = make()

    for refuse in (
        lambda: require_plain(request),
        lambda: gate(request, route=ROUTE, policy=RULES),
    ):
        with pytest.raises(TransportTampered) as refused:
            refuse()
        assert refused.value.rule == "not-plain"
        assert "prompt" not in str(refused.value)


def test_a_request_of_text_and_bytes_is_plain() -> None:
    request = signed()

    assert tuple(zip(*require_plain(request), strict=True)) == tuple(request.headers)
    assert require_plain(WireRequest("", "", (), b"")) == ((), ())


def test_a_body_is_another_s_unless_it_is_said_to_be_ours() -> None:
    assert WireRequest("", "", (), b"").ours is False


@pytest.mark.parametrize("field", [("X-Own",), ("X-Own", "1", "2")], ids=["one", "three"])
def test_a_header_that_is_no_pair_goes_nowhere(field: tuple[str, ...]) -> None:
    request = signed()
    odd: Any = (*request.headers, field)

    with pytest.raises(ValueError, match=r"argument|unpack"):
        gate(replace(request, headers=odd), route=ROUTE, policy=RULES)


def test_names_and_values_are_told_apart_in_their_order() -> None:
    assert require_plain(WireRequest("GET", "/", (("A", "1"), ("b", "")), b"")) == (
        ("A", "b"),
        ("1", ""),
    )
    assert require_plain(WireRequest("GET", "/", (), b"")) == ((), ())


SMUGGLED: dict[str, Callable[[str], WireRequest]] = {
    "in the method": lambda end: with_parts(method=f"POST / HTTP/1.1{end}X: y{end}{end}GET"),
    "behind the method": lambda end: with_parts(method=f"POST{end}"),
    "in the target": lambda end: with_parts(target=f"{TARGET} HTTP/1.1{end}Host: evil.test"),
    "behind the target": lambda end: with_parts(target=f"{TARGET}{end}"),
    "in a header's name": lambda end: with_header(1, 0, lambda name: f"X: y{end}{name}"),
    "in a header's value": lambda end: with_header(1, 1, lambda value: f"{value}{end}X: y"),
    "before a header's value": lambda end: with_header(1, 1, lambda value: f"{end}{value}"),
    "behind a header's value": lambda end: with_header(1, 1, lambda value: f"{value}{end}"),
}


@pytest.mark.parametrize(
    "end", ["\r\n", "\r", "\n", "\r\n\r\n", "\n ", "\x85", "\u2028", "\x0b", "\0"]
)
@pytest.mark.parametrize("smuggle", SMUGGLED.values(), ids=SMUGGLED.keys())
def test_a_line_end_anywhere_in_the_head_is_refused(
    smuggle: Callable[[str], WireRequest], end: str
) -> None:
    with pytest.raises(Denied):
        gate(smuggle(end), route=ROUTE, policy=RULES)


def test_requests_are_values() -> None:
    assert signed() == signed()
    assert hash(signed()) == hash(signed())
    assert signed() != with_parts(body=b"{}")
    assert gated() == gated()
    assert gated() != gate(with_parts(target=TARGET + "-stream"), route=ROUTE, policy=RULES)


@pytest.mark.parametrize("make", [signed, gated], ids=["before the gate", "behind it"])
def test_a_request_can_not_be_changed_or_added_to(make: Callable[[], Any]) -> None:
    request = make()

    for field in fields(request):
        with pytest.raises(FrozenInstanceError):
            setattr(request, field.name, getattr(request, field.name))
        with pytest.raises(FrozenInstanceError):
            delattr(request, field.name)
    with pytest.raises((AttributeError, TypeError)):
        request.head_sent = b""
    assert not hasattr(request, "__dict__")
    assert gated().head.endswith(b"\r\n\r\n")


def test_the_repr_holds_names_and_sizes_alone() -> None:
    request = signed()

    assert (
        repr(request) == f"WireRequest(POST, {len(request.headers)} headers, {len(PROMPT)} bytes)"
    )
    assert repr(gated()) == f"GatedRequest(bedrock-runtime:Converse, {len(PROMPT)} bytes)"
    for shown in (str(request), f"{gated()}", repr([gated(), request])):
        for secret in ("prompt", "session-token", "AKIDEXAMPLE", MODEL, "Signature"):
            assert secret not in shown


make_gated: Any = GatedRequest
PARTS: dict[str, Any] = {field.name: getattr(gated(), field.name) for field in fields(GatedRequest)}

FORGED: dict[str, tuple[Callable[[], object], str]] = {
    "without a seal": (lambda: make_gated(**PARTS), "made by gate"),
    "with a seal of one's own": (lambda: make_gated(**PARTS, seal=object()), "made by gate"),
    "with no seal": (lambda: make_gated(**PARTS, seal=None), "made by gate"),
    "by position, even with the seal": (lambda: make_gated(*PARTS.values(), _SEAL), "positional"),
    "by replacing its body": (lambda: replace(gated(), body=b"other"), "made by gate"),
    "by replacing nothing": (lambda: replace(gated()), "made by gate"),
    "by copying": (lambda: copy.copy(gated()), "pickled or copied"),
    "by copying deeply": (lambda: copy.deepcopy(gated()), "pickled or copied"),
    "by pickling": (lambda: pickle.dumps(gated()), "pickled or copied"),
    "by the oldest pickling": (lambda: pickle.dumps(gated(), protocol=0), "pickled or copied"),
}


@pytest.mark.parametrize(("forge", "why"), FORGED.values(), ids=FORGED.keys())
def test_a_gated_request_comes_from_the_gate_alone(forge: Callable[[], object], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        forge()


def test_the_seal_is_not_kept() -> None:
    assert "seal" not in {field.name for field in fields(gated())}
    assert _SEAL not in [getattr(gated(), field.name) for field in fields(GatedRequest)]
    kinds = {p.kind for p in inspect.signature(GatedRequest).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
