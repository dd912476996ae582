"""Each entry of the gate's tables counts: every refused header, every part of the signature, every operation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pytest

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.operation.members import Place
from secure_bedrock.policy.operation.table import SERVICES, encode_label, operation_table
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.transport.core.gate.authorization import _scope, signing_key
from secure_bedrock.transport.core.gate.header_fields import MAX_NAMES, parse_fields
from secure_bedrock.transport.core.gate.named_operation import MAX_TARGET, _by_request_line
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.values import Decision
from tests.lenient import Lenient
from tests.signing import LASTING, Route, signed_for

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
TARGET = f"/model/{encode_label(MODEL)}/converse"


@dataclass
class Asked(Lenient):
    """Rules that allow everything and keep what they were asked."""

    models: list[tuple[object, str]] = field(default_factory=list)

    guardrail = GuardrailPolicy()
    limits = LimitsPolicy()

    def decide_model(self, model_id: object, *, operation: str = "nothing") -> Decision:
        self.models.append((model_id, operation))
        return Decision(allowed=True, rule="any", reason="")

    def decide_operation(self, service: str, operation: str) -> Decision:
        return Decision(allowed=True, rule="any", reason="")


def signed(target: str = TARGET, *, route: Route | None = None, body: bytes = b"{}") -> WireRequest:
    return signed_for(route or Route(), target, body, ("X-Own", "~ !"), keys=LASTING)


def changed(name: str, change: Callable[[str], str]) -> WireRequest:
    request = signed()
    assert any(n == name for n, _ in request.headers)
    headers = tuple((n, change(v) if n == name else v) for n, v in request.headers)
    return replace(request, headers=headers)


def rule_of(request: WireRequest, route: Route | None = None) -> str:
    with pytest.raises(OperationDenied) as refused:
        gate(request, route=route or Route(), policy=Asked())
    return refused.value.rule


OPERATIONS: dict[str, str] = {
    "converse": "Converse",
    "converse-stream": "ConverseStream",
    "invoke": "InvokeModel",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
    "count-tokens": "CountTokens",
}


@pytest.mark.parametrize(("end", "operation"), OPERATIONS.items(), ids=OPERATIONS.keys())
def test_the_policy_is_asked_for_the_model_and_the_operation(end: str, operation: str) -> None:
    rules = Asked()

    gated = gate(signed(f"/model/{encode_label(MODEL)}/{end}"), route=Route(), policy=rules)

    assert (gated.operation, gated.model_id) == (operation, MODEL)
    assert rules.models == [(MODEL, operation)]


def test_a_granted_operation_is_an_allowed_decision() -> None:
    route = Route("sts")
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    form = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")

    gated = gate(
        signed_for(route, "/", body, form),
        route=route,
        policy=Asked(),
        grants=frozenset({"sts:GetCallerIdentity"}),
    )

    assert (gated.decision.allowed, gated.decision.rule) == (True, "granted")


REFUSED_HEADERS = (
    "Connection Content-Encoding Cookie Date Expect HTTP2-Settings Keep-Alive Proxy-Authorization Proxy-Connection "
    "Smithy-Protocol TE Trailer Transfer-Encoding Upgrade X-HTTP-Method X-HTTP-Method-Override X-Method-Override "
    "Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Original-URL X-Rewrite-URL "
    "X-API-Key API-Key X-Goog-API-Key X-Amz-Bedrock-API-Key OpenAI-Organization OpenAI-Project "
    "Anthropic-Organization-ID Anthropic-Workspace-ID"
).split()  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_HEADERS)
def test_a_header_that_speaks_about_the_request_is_refused(name: str) -> None:
    request = signed()

    assert rule_of(replace(request, headers=(*request.headers, (name, "x")))) == "header-refused"


@pytest.mark.parametrize(
    "name", ["X_API_Key", "transfer_encoding", "X_Amzn_Bedrock_GuardrailIdentifier", "x-amz_date"]
)
def test_an_underscore_hides_no_header(name: str) -> None:
    request = signed()

    assert rule_of(replace(request, headers=(*request.headers, (name, "x")))) == "header-refused"
    assert parse_fields(("x_own",), ("1",)) == {"x_own": "1"}


@pytest.mark.parametrize("end", ["converse", "converse-stream", "count-tokens"])
@pytest.mark.parametrize("field", ["GuardrailIdentifier", "guardrailversion"])
def test_a_guardrail_header_where_the_operation_has_none_is_refused(end: str, field: str) -> None:
    request = signed(f"/model/{encode_label(MODEL)}/{end}")
    believed = (f"X-Amzn-Bedrock-{field}", "abc123def456")

    with pytest.raises(OperationDenied) as refused:
        gate(replace(request, headers=(*request.headers, believed)), route=Route(), policy=Asked())
    assert refused.value.rule == "member-unknown"
    assert believed[0].lower() in refused.value.reason.lower()


def test_no_service_sends_a_member_in_a_header_that_is_refused() -> None:
    bound = {
        member.key
        for service in SERVICES
        if operation_table(service).described
        for name in operation_table(service).operations
        for member in operation_table(service).operation(name).bound
        if member.place is Place.HEADER
    }
    assert "x-amzn-bedrock-guardrailidentifier" in bound
    parse_fields(tuple(sorted(bound)), ("x",) * len(bound))


def test_all_refused_headers_are_named_in_order() -> None:
    """So many that no set of them comes out in order by chance."""
    given = (*reversed(REFUSED_HEADERS), "Host")
    with pytest.raises(OperationDenied) as refused:
        parse_fields(given, ("x",) * len(given))
    named = ", ".join(sorted(name.lower() for name in REFUSED_HEADERS))
    assert refused.value.reason == f"the request carries {named}"


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\x80", "\t", "\r", "\n"])
def test_a_value_is_printable_ascii(character: str) -> None:
    assert rule_of(changed("X-Own", lambda v: v + character + "a")) == "header-form"
    assert parse_fields(("X",), ("!~ \x21\x7e",)) == {"x": "!~ \x21\x7e"}


def moved(position: int) -> WireRequest:
    """The good request with its Host at this position."""
    request = signed()
    rest = [header for header in request.headers if header[0] != "Host"]
    rest.insert(position, ("Host", Route().authority))
    return replace(request, headers=tuple(rest))


@pytest.mark.parametrize("position", [0, 1, 2, 4])
def test_host_is_first_on_the_wire_wherever_it_stood(position: int) -> None:
    head = gate(moved(position), route=Route(), policy=Asked()).head

    assert head.split(b"\r\n")[1] == f"Host: {Route().authority}".encode()


def test_a_header_that_says_host_is_not_the_host() -> None:
    request = moved(1)
    headers = (("X-Kind", "Host"), *request.headers)

    head = gate(replace(request, headers=headers), route=Route(), policy=Asked()).head

    assert head.split(b"\r\n")[1:3] == [f"Host: {Route().authority}".encode(), b"X-Kind: Host"]


AUTHORIZATION: dict[str, Callable[[str], str]] = {
    "something behind it": lambda v: f"{v}, Extra=1",
    "something before it": lambda v: f"Basic x, {v}",
    "a space in the key id": lambda v: v.replace("AKID", "AK ID"),
    "a slash in the key id": lambda v: v.replace("AKID", "AK/ID"),
    "a date of letters": lambda v: v.replace("20261120", "2026112O"),
    "a Region in capitals": lambda v: v.replace("eu-west-1", "EU-WEST-1"),
    "a Region with a slash": lambda v: v.replace("eu-west-1", "x/eu-west-1"),
    "a service in capitals": lambda v: v.replace("/bedrock/", "/Bedrock/"),
    "a header list in capitals": lambda v: v.replace("=host;", "=Host;"),
    "a signature in capitals": lambda v: v[:-64] + v[-64:].upper(),
    "a signature cut short": lambda v: v[:-1],
    "a signature too long": lambda v: v + "0",
    "another terminator": lambda v: v.replace("aws4_request", "aws5_request"),
}


@pytest.mark.parametrize("change", AUTHORIZATION.values(), ids=AUTHORIZATION.keys())
def test_an_authorization_header_is_sigv4_to_the_letter(change: Callable[[str], str]) -> None:
    assert rule_of(changed("Authorization", change)) == "not-sigv4"


STAMPS = ["20261120T120000Zx", "x20261120T120000Z", "20261120T12000Z", "20261120Tabcdef" + "Z", ""]


@pytest.mark.parametrize("stamp", STAMPS)
def test_the_date_of_the_signature_is_a_time_stamp(stamp: str) -> None:
    assert rule_of(changed("X-Amz-Date", lambda _: stamp)) == "signature-date"


@pytest.mark.parametrize("name", ["host", "x-amz-date"])
def test_host_and_date_are_signed(name: str) -> None:
    def without(value: str) -> str:
        return value.replace(f";{name};", ";").replace(f"={name};", "=").replace(f";{name},", ",")

    assert rule_of(changed("Authorization", without)) == "signature-headers"


def test_a_digest_of_this_body_is_admitted() -> None:
    request = signed(body=b"{ }")
    digest = ("X-Amz-Content-SHA256", sha256(b"{ }").hexdigest())

    gated = gate(
        replace(request, headers=(*request.headers, digest)), route=Route(), policy=Asked()
    )

    assert gated.body == b"{ }"


@pytest.mark.parametrize("text", ["\ud800", "%ED%A0%80", "%FF", "\u00e9", "\u0661"])
def test_a_target_that_is_not_encoded_utf_8_is_refused_by_name(text: str) -> None:
    assert rule_of(replace(signed(), target=f"/model/{text}/converse")) == "operation-unknown"
    request = replace(signed("/custom-models", route=Route("bedrock")), method="GET")
    asked = replace(request, target=f"/custom-models?nameContains={text}")
    assert rule_of(asked, Route("bedrock")) == "query-unknown"


QUERIES: dict[str, str | None] = {
    "nameContains=a&maxResults=2": None,
    "nameContains=a%2Fb": None,
    "nameContains=": None,
    "": None,
    "&": "query-unknown",
    "nameContains=a&maxResults=2&nameContains=b": None,
    "nameContains": "query-unknown",
    "nameContains=a/b": "query-unknown",
    "nameContains=a=b": "query-unknown",
    "nameContains=a&&maxResults=2": "query-unknown",
}


@pytest.mark.parametrize(("query", "rule"), QUERIES.items(), ids=QUERIES.keys())
def test_a_query_is_pairs_of_known_names_in_one_spelling(query: str, rule: str | None) -> None:
    route = Route("bedrock")
    request = signed_for(route, f"/custom-models?{query}", b"", method="GET")

    if rule is None:
        assert gate(request, route=route, policy=Asked()).operation == "ListCustomModels"
    else:
        assert rule_of(request, route) == rule


def test_a_request_target_has_a_length_and_a_longer_one_is_not_remembered() -> None:
    before = _by_request_line.cache_info().currsize
    longest = "/model/" + "a" * (MAX_TARGET - len("/model//converse")) + "/converse"
    assert len(longest) == MAX_TARGET
    assert gate(signed(longest), route=Route(), policy=Asked()).operation == "Converse"
    over = longest.replace("/model/", "/model/a")
    assert rule_of(signed(over)) == "operation-unknown"
    assert rule_of(signed("/" + "a" * 3_000_000)) == "operation-unknown"
    assert _by_request_line.cache_info().currsize <= before + 1


def test_names_of_headers_have_a_length_together() -> None:
    request = signed()
    longest = "a" * (MAX_NAMES - sum(len(name) for name, _ in request.headers))
    gate(
        replace(request, headers=(*request.headers, (longest, "x"))), route=Route(), policy=Asked()
    )
    over = replace(request, headers=(*request.headers, (longest + "a", "x")))
    assert rule_of(over) == "header-form"


def test_nothing_is_kept_of_an_authorization_header_that_is_not_sigv4() -> None:
    """It may be a bearer token."""
    before = _scope.cache_info().currsize
    assert rule_of(changed("Authorization", lambda _: f"Bearer {'a' * 200}")) == "not-sigv4"
    assert _scope.cache_info().currsize == before


def test_a_long_list_of_signed_headers_is_not_remembered() -> None:
    before = _scope.cache_info().currsize
    listed = changed(
        "Authorization", lambda v: v.replace("SignedHeaders=", f"SignedHeaders={'a' * 20_000};")
    )
    assert rule_of(listed) == "signature-headers"
    assert _scope.cache_info().currsize == before


@pytest.mark.parametrize("times", [1, 2_000])
def test_a_header_is_named_as_signed_once(times: int) -> None:
    again = changed("Authorization", lambda v: v.replace("=host;", "=host;" + "host;" * times))
    assert rule_of(again) == "signature-headers"


SIGNATURE = next(value for name, value in signed().headers if name == "Authorization")
KEY_OF: dict[str, tuple[tuple[str, str], str | None]] = {
    "a signature": (("Authorization", SIGNATURE), "AKIDEXAMPLE"),
    "its field in small letters": (("authorization", SIGNATURE), "AKIDEXAMPLE"),
    "another field": (("X-Authorization", SIGNATURE), None),
    "a bearer token": (("Authorization", "Bearer abc"), None),
    "a bearer token that ends as a signature": (("Authorization", f"Bearer {'0' * 64}"), None),
    "a signature in capitals": (("Authorization", SIGNATURE[:-64] + "A" * 64), None),
    "a signature too long": (("Authorization", f"{SIGNATURE}0"), None),
    "something before it": (("Authorization", f"Basic x, {SIGNATURE}"), None),
}


@pytest.mark.parametrize(("written", "key"), KEY_OF.values(), ids=KEY_OF)
def test_the_key_that_signed_is_told_by_a_signature_alone(
    written: tuple[str, str], key: str | None
) -> None:
    assert signing_key((("Host", "h"), written)) == key
