"""What the wire gate lets through, and what it refuses: decided on the bytes, by rule."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    ModelDenied,
    OperationDenied,
    RegionDenied,
)
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, WireRequest
from secure_bedrock.values import Decision
from tests.lenient import Lenient
from tests.signing import Route, signed_for

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
HOST = Route().authority


@dataclass(frozen=True)
class OneModel(Lenient):
    """Rules that allow one model, and every operation but those named."""

    forbidden: frozenset[str] = frozenset()

    guardrail = GuardrailPolicy()
    limits = LimitsPolicy()

    def decide_model(self, model_id: object, *, operation: str = "Converse") -> Decision:
        allowed = model_id == MODEL
        return Decision(allowed, "listed" if allowed else "model-not-listed", "test's own list")

    def decide_operation(self, service: str, operation: str) -> Decision:
        allowed = f"{service}:{operation}" not in self.forbidden
        return Decision(allowed, "op" if allowed else "operation-not-listed", "test's own list")


ROUTE, RULES = Route(), OneModel()


def signed(
    target: str = f"/model/{encode_label(MODEL)}/converse",
    *,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    body: bytes = b"{}",
    route: Route = ROUTE,
    **signature: Any,
) -> WireRequest:
    return signed_for(route, target, body, *headers, method=method, **signature)


def with_header(name: str, value: str, request: WireRequest | None = None) -> WireRequest:
    request = request or signed()
    return replace(request, headers=(*request.headers, (name, value)))


def changed(name: str, change: Callable[[str], str | None]) -> WireRequest:
    """The good request with one header's value changed, or taken away."""
    request = signed()
    pairs = [(n, change(v) if n == name else v) for n, v in request.headers]
    return replace(request, headers=tuple((n, v) for n, v in pairs if v is not None))


def converse(label: str, **parts: Any) -> WireRequest:
    return signed(f"/model/{label}/converse", **parts)


def test_an_allowed_call_becomes_bytes() -> None:
    request = signed()

    gated = gate(request, route=ROUTE, policy=RULES)

    lines = gated.head.decode("ascii").split("\r\n")
    assert lines[0] == f"POST /model/{encode_label(MODEL)}/converse HTTP/1.1"
    assert lines[1] == f"Host: {HOST}"
    assert lines[-3:] == ["Content-Length: 2", "", ""]
    assert lines[1:-3] == [f"{name}: {value}" for name, value in request.headers]
    assert gated.body == b"{}"
    assert (gated.service, gated.operation, gated.model_id) == (
        "bedrock-runtime",
        "Converse",
        MODEL,
    )
    assert gated.decision.rule == "listed"
    assert gated.route is ROUTE


def test_host_is_written_first_whatever_its_place() -> None:
    request = signed()
    turned = replace(request, headers=request.headers[::-1])

    head = gate(turned, route=ROUTE, policy=RULES).head

    assert head.split(b"\r\n")[1] == f"Host: {HOST}".encode()
    assert head.count(b"Host: ") == 1


def test_a_content_length_that_is_right_is_kept_once() -> None:
    head = gate(with_header("content-length", "2"), route=ROUTE, policy=RULES).head

    assert head.lower().count(b"content-length: 2\r\n") == 1
    assert head.endswith(b"\r\n\r\n")


def test_a_guardrail_call_names_no_model() -> None:
    gated = gate(signed("/guardrail/gr1/version/1/apply"), route=ROUTE, policy=RULES)

    assert (gated.operation, gated.model_id, gated.decision.rule) == ("ApplyGuardrail", None, "op")


OTHER = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
GOOD = encode_label(MODEL)

REFUSED: dict[str, tuple[type[Denied], str, Callable[[], WireRequest]]] = {
    "another model": (ModelDenied, "model-not-listed", lambda: converse(encode_label(OTHER))),
    "an ARN of another model": (
        ModelDenied,
        "model-not-listed",
        lambda: converse(encode_label(f"arn:aws:bedrock:eu-west-1::foundation-model/{MODEL}")),
    ),
    "a model with a bare colon": (OperationDenied, "operation-unknown", lambda: converse(MODEL)),
    "a model encoded twice": (OperationDenied, "operation-unknown", lambda: converse(encode_label(GOOD))),
    "a model in lower-case hex": (OperationDenied, "operation-unknown", lambda: converse(GOOD.replace("%3A", "%3a"))),
    "an operation nobody knows": (OperationDenied, "operation-unknown", lambda: signed(f"/model/{GOOD}/chat")),
    "a model in the body": (
        ModelDenied,
        "model-not-listed",
        lambda: signed("/async-invoke", body=b'{"modelId": "x"}'),
    ),
    "another method": (OperationDenied, "operation-unknown", lambda: signed(method="PUT")),
    "an absolute target": (
        OperationDenied,
        "operation-unknown",
        lambda: signed(f"https://evil.example/model/{GOOD}/converse"),
    ),
    "a dot segment": (OperationDenied, "operation-unknown", lambda: signed(f"/model/x/../{GOOD}/converse")),
    "an empty segment": (OperationDenied, "operation-unknown", lambda: signed(f"//model/{GOOD}/converse")),
    "a space that ends the target": (
        OperationDenied,
        "operation-unknown",
        lambda: signed(f"/model/{GOOD}/converse HTTP/1.1\r\nX: y"),
    ),
    "a query": (OperationDenied, "query-unknown", lambda: signed(f"/model/{GOOD}/converse?modelId=x")),
    "an empty query": (OperationDenied, "query-unknown", lambda: signed(f"/model/{GOOD}/converse?")),
    "a presigned query": (
        OperationDenied,
        "query-unknown",
        lambda: signed(f"/model/{GOOD}/converse?X-Amz-Signature=ab"),
    ),
    "no host": (EndpointDenied, "host-header", lambda: changed("Host", lambda _: None)),
    "another host": (EndpointDenied, "host-header", lambda: changed("Host", lambda _: "evil.test")),
    "a port of its own": (EndpointDenied, "host-header", lambda: changed("Host", lambda v: f"{v}:443")),
    "a host in capitals": (EndpointDenied, "host-header", lambda: changed("Host", str.upper)),
    "a bearer token": (OperationDenied, "not-sigv4", lambda: changed("Authorization", lambda _: "Bearer abc")),
    "no authorization": (OperationDenied, "not-sigv4", lambda: changed("Authorization", lambda _: None)),
    "SigV4a": (
        OperationDenied,
        "not-sigv4",
        lambda: changed("Authorization", lambda v: v.replace("HMAC", "ECDSA-P256")),
    ),
    "another Region's signature": (RegionDenied, "signature-region", lambda: signed(region="us-east-1")),
    "another service's signature": (EndpointDenied, "signature-service", lambda: signed(signing_name="s3")),
    "a date that is not the scope's": (
        OperationDenied,
        "signature-date",
        lambda: changed("X-Amz-Date", lambda _: "20261121T120000Z"),
    ),
    "no date": (OperationDenied, "signature-date", lambda: changed("X-Amz-Date", lambda _: None)),
    "an unsigned host": (
        OperationDenied,
        "signature-headers",
        lambda: changed("Authorization", lambda v: v.replace(";host", "")),
    ),
    "an unsigned session token": (
        OperationDenied,
        "signature-headers",
        lambda: changed("Authorization", lambda v: v.replace(";x-amz-security-token", "")),
    ),
    "a signature over a header that is absent": (
        OperationDenied,
        "signature-headers",
        lambda: changed("Content-Type", lambda _: None),
    ),
    "a digest of another body": (
        OperationDenied,
        "signature-body",
        lambda: with_header("X-Amz-Content-SHA256", sha256(b"[]").hexdigest()),
    ),
    "an unsigned payload": (
        OperationDenied,
        "signature-body",
        lambda: with_header("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"),
    ),
}  # fmt: skip


HEADERS: dict[str, tuple[str, str, str]] = {
    "a repeated header": ("x-amz-date", "20261120T120000Z", "header-repeated"),
    "a second host": ("HOST", HOST, "header-repeated"),
    "a line feed in a value": ("X-A", "b\nHost: evil.test", "header-form"),
    "a carriage return in a value": ("X", "\r", "header-form"),
    "a NUL in a value": ("X", "a\0b", "header-form"),
    "a tab in a value": ("X", "a\tb", "header-form"),
    "Latin-1 in a value": ("X", "ü", "header-form"),
    "a lone surrogate in a value": ("X", "\ud800", "header-form"),
    "a space before a value": ("X", " a", "header-form"),
    "a space after a value": ("X", "a ", "header-form"),
    "a colon in a name": ("X: y", "z", "header-form"),
    "a line end in a name": ("X\r\nY", "z", "header-form"),
    "a space before the colon": ("X ", "z", "header-form"),
    "an empty name": ("", "z", "header-form"),
    "a folded line": ("X", "a\r\n b", "header-form"),
    "chunked framing": ("Transfer-Encoding", "chunked", "header-refused"),
    "an encoded body": ("Content-Encoding", "gzip", "header-refused"),
    "a request for an encoded answer": ("Accept-Encoding", "gzip", "header-refused"),
    "an expectation": ("Expect", "100-continue", "header-refused"),
    "an upgrade": ("Upgrade", "h2c", "header-refused"),
    "a connection option": ("Connection", "close", "header-refused"),
    "a second date": ("Date", "today", "header-refused"),
    "another method in a header": ("X-HTTP-Method-Override", "GET", "header-refused"),
    "another operation in a header": ("X-Amz-Target", "Amazon.Converse", "operation-ambiguous"),
    "a wrong length": ("Content-Length", "3", "framing"),
    "a length in another spelling": ("Content-Length", "+2", "framing"),
}


@pytest.mark.parametrize("row", HEADERS.values(), ids=HEADERS)
def test_a_header_that_could_change_the_requests_meaning_is_refused(
    row: tuple[str, str, str],
) -> None:
    name, value, rule = row

    with pytest.raises(OperationDenied) as refused:
        gate(with_header(name, value), route=ROUTE, policy=RULES)

    assert refused.value.rule == rule


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_what_is_not_plainly_allowed_is_refused(
    row: tuple[type[Denied], str, Callable[[], WireRequest]],
) -> None:
    kind, rule, make = row

    with pytest.raises(Denied) as refused:
        gate(make(), route=ROUTE, policy=RULES)

    assert (type(refused.value), refused.value.rule) == (kind, rule)


def test_an_operation_outside_the_policy_is_refused_before_its_model_is_asked_for() -> None:
    rules = OneModel(forbidden=frozenset({"bedrock-runtime:Converse"}))

    with pytest.raises(OperationDenied) as refused:
        gate(converse(encode_label(OTHER)), route=ROUTE, policy=rules)

    assert refused.value.rule == "operation-not-listed"


def test_a_grant_stands_for_the_operation_and_never_for_the_model() -> None:
    rules = OneModel(forbidden=frozenset({"bedrock-runtime:Converse"}))
    grants = frozenset({"bedrock-runtime:Converse"})

    assert gate(signed(), route=ROUTE, policy=rules, grants=grants).model_id == MODEL
    with pytest.raises(ModelDenied):
        gate(converse(encode_label(OTHER)), route=ROUTE, policy=rules, grants=grants)


def test_a_service_without_a_table_is_refused() -> None:
    with pytest.raises(OperationDenied) as refused:
        gate(signed(), route=replace(ROUTE, service="s3"), policy=RULES)

    assert refused.value.rule == "service-unknown"
    assert refused.value.__suppress_context__


def test_a_query_parameter_is_admitted_only_by_a_name_the_operation_knows() -> None:
    route = replace(ROUTE, service="bedrock")
    rows = {
        "/custom-models?nameContains=a%20b": None,
        "/custom-models?nameContains=a&nameContains=b": None,
        "/custom-models?nameContains=a+b": "query-unknown",
        "/custom-models?unknown=a": "query-unknown",
    }
    for target, rule in rows.items():
        request = signed(target, method="GET", body=b"", route=route)
        if rule is None:
            assert gate(request, route=route, policy=RULES).operation == "ListCustomModels", target
            continue
        with pytest.raises(OperationDenied) as refused:
            gate(request, route=route, policy=RULES)
        assert refused.value.rule == rule, target


def test_the_body_is_not_copied() -> None:
    body = b'{"messages": [{"role": "' + b"x" * 100_000 + b'"}]}'

    assert gate(signed(body=body), route=ROUTE, policy=RULES).body is body


@given(st.text())
def test_no_label_but_the_allowed_models_own_spelling_passes(label: str) -> None:
    """Over all text, encoded or not: the gate admits the one listed identifier in its one encoding."""
    for spelling in (label, encode_label(label)):
        request = WireRequest("POST", f"/model/{spelling}/converse", signed().headers, b"{}")
        try:
            gated = gate(request, route=ROUTE, policy=RULES)
        except Denied:
            assert spelling != GOOD
        else:
            assert (spelling, gated.model_id) == (GOOD, MODEL)


def test_only_the_gate_makes_a_gated_request() -> None:
    gated = gate(signed(), route=ROUTE, policy=RULES)
    parts: dict[str, Any] = {
        name: getattr(gated, name) for name in ("head", "body", "route", "operation", "judgement")
    }

    for forge in (
        lambda: GatedRequest(**parts),
        lambda: GatedRequest(**parts, seal=object()),
        lambda: pickle.dumps(gated),
        lambda: copy.copy(gated),
    ):
        with pytest.raises(TypeError):
            forge()
    with pytest.raises((TypeError, ValueError)):
        replace(gated, body=b"other")
    with pytest.raises(AttributeError):
        gated.body = b"other"  # type: ignore[misc]


def test_requests_are_frozen_and_hold_their_fields_alone() -> None:
    request = signed()

    with pytest.raises(AttributeError):
        request.target = "/"  # type: ignore[misc]
    assert not hasattr(request, "__dict__")
    assert not hasattr(gate(request, route=ROUTE, policy=RULES), "__dict__")


def test_requests_show_no_content() -> None:
    request = signed(body=b'{"messages": [{"role": "the prompt"}]}')

    for shown in (repr(request), repr(gate(request, route=ROUTE, policy=RULES))):
        assert "the prompt" not in shown
        assert "session-token" not in shown
