"""How the gate tells operations of form and JSON services apart, and what could name two of them."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.transport.core.gate.named_operation import NamedOperation
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.values import Decision
from tests.lenient import Lenient
from tests.signing import LASTING, Route, signed_for


@dataclass(frozen=True)
class Operations(Lenient):
    """Rules that allow every operation but those named, and no model."""

    forbidden: frozenset[str] = frozenset()

    guardrail = GuardrailPolicy()
    limits = LimitsPolicy()

    def decide_model(self, model_id: object, *, operation: str = "Converse") -> Decision:
        return Decision(allowed=False, rule="model-not-listed", reason="none is")

    def decide_operation(self, service: str, operation: str) -> Decision:
        allowed = f"{service}:{operation}" not in self.forbidden
        return Decision(allowed, "op" if allowed else "operation-not-listed", "test's own list")


RULES = Operations()
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
EC2 = Route("ec2")
ENDPOINTS = b"Action=DescribeVpcEndpoints&Version=2016-11-15&Filter.1.Name=vpc-id"


def form(
    body: bytes,
    *,
    route: Route = EC2,
    target: str = "/",
    content_type: str = FORM[1],
    method: str = "POST",
) -> WireRequest:
    return signed_for(route, target, body, ("Content-Type", content_type), method=method)


def test_a_form_names_its_operation_by_action() -> None:
    gated = gate(form(ENDPOINTS), route=EC2, policy=RULES)

    assert (gated.operation, gated.model_id) == ("DescribeVpcEndpoints", None)


def test_a_form_may_write_its_content_type_in_capitals() -> None:
    written = "Application/X-WWW-Form-URLEncoded; Charset=UTF-8"

    assert gate(form(ENDPOINTS, content_type=written), route=EC2, policy=RULES).operation


def test_what_the_library_calls_for_itself_needs_a_grant_or_the_policy() -> None:
    rules = Operations(forbidden=frozenset({"ec2:DescribeVpcEndpoints"}))

    granted = gate(
        form(ENDPOINTS), route=EC2, policy=rules, grants=frozenset({"ec2:DescribeVpcEndpoints"})
    )

    assert granted.decision.rule == "granted"
    with pytest.raises(OperationDenied):
        gate(form(ENDPOINTS), route=EC2, policy=rules)


FORMS: dict[str, tuple[str, Callable[[], WireRequest]]] = {
    "two actions": ("body-ambiguous", lambda: form(ENDPOINTS + b"&Action=DeleteVpcEndpoints")),
    "two actions, one encoded": ("body-ambiguous", lambda: form(ENDPOINTS + b"&%41ction=DeleteVpc")),
    "two actions, one in small letters": ("body-ambiguous", lambda: form(ENDPOINTS + b"&action=X")),
    "bytes that are not ASCII": ("body-ambiguous", lambda: form(ENDPOINTS + b"&a=\xff")),
    "an encoded byte that is not UTF-8": ("body-ambiguous", lambda: form(ENDPOINTS + b"&a=%FF")),
    "a name that is not UTF-8": ("body-ambiguous", lambda: form(ENDPOINTS + b"&%FF=a")),
    "two actions, one with a second equals sign": ("body-ambiguous", lambda: form(ENDPOINTS + b"&Action=Delete=x")),
    "another content type": (
        "body-ambiguous",
        lambda: form(ENDPOINTS, content_type="text/plain"),
    ),
    "no action": ("operation-unknown", lambda: form(b"Version=2016-11-15")),
    "another version": ("operation-unknown", lambda: form(b"Action=DescribeVpcs&Version=2014-01-01")),
    "no such action": ("operation-unknown", lambda: form(b"Action=Nothing&Version=2016-11-15")),
    "the action in the target": ("operation-unknown", lambda: form(ENDPOINTS, target="/?Action=X")),
    "another path": ("operation-unknown", lambda: form(ENDPOINTS, target="/x")),
    "another method": ("operation-unknown", lambda: form(ENDPOINTS, method="GET")),
}  # fmt: skip


@pytest.mark.parametrize("row", FORMS.values(), ids=FORMS)
def test_a_form_with_two_readings_is_refused(row: tuple[str, Callable[[], WireRequest]]) -> None:
    rule, make = row

    with pytest.raises(OperationDenied) as refused:
        gate(make(), route=EC2, policy=RULES)

    assert refused.value.rule == rule


STS = Route("sts")
WEB_IDENTITY = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=x"


def test_an_operation_that_takes_no_signature_carries_no_credentials() -> None:
    plain = WireRequest("POST", "/", (("Host", STS.authority), FORM), WEB_IDENTITY)

    assert gate(plain, route=STS, policy=RULES).operation == "AssumeRoleWithWebIdentity"
    token = replace(plain, headers=(*plain.headers, ("X-Amz-Security-Token", "x")))
    lasting = signed_for(STS, "/", WEB_IDENTITY, FORM, keys=LASTING)
    for request in (form(WEB_IDENTITY, route=STS), token, lasting):
        with pytest.raises(OperationDenied) as refused:
            gate(request, route=STS, policy=RULES)
        assert refused.value.rule == "signature-unwanted"


SSM = Route("ssm")


def targeted(
    target: str = "AmazonSSM.GetParameter", body: bytes = b'{"Name": "/a"}'
) -> WireRequest:
    content_type = ("Content-Type", "application/x-amz-json-1.1")
    return signed_for(SSM, "/", body, ("X-Amz-Target", target), content_type)


def test_a_json_service_names_its_operation_by_target() -> None:
    assert gate(targeted(), route=SSM, policy=RULES).operation == "GetParameter"


TARGETS: dict[str, tuple[str, Callable[[], WireRequest]]] = {
    "another service's target": ("operation-unknown", lambda: targeted("Other.GetParameter")),
    "no such operation": ("operation-unknown", lambda: targeted("AmazonSSM.Nothing")),
    "a prefix without a dot, whatever the body": ("operation-unknown", lambda: targeted("AmazonSSM", b"{")),
    "two dots, whatever the body": ("operation-unknown", lambda: targeted("AmazonSSM.X.GetParameter", b"{")),
    "duplicate keys": ("body-ambiguous", lambda: targeted(body=b'{"Name": "a", "Name": "b"}')),
    "duplicate keys further down": ("body-ambiguous", lambda: targeted(body=b'{"a": {"b": 1, "b": 2}}')),
    "a number that JSON has not": ("body-ambiguous", lambda: targeted(body=b'{"a": NaN}')),
    "no JSON": ("body-ambiguous", lambda: targeted(body=b"{")),
    "no object": ("body-ambiguous", lambda: targeted(body=b"[]")),
    "bytes that are not UTF-8": ("body-ambiguous", lambda: targeted(body=b'{"a": "\xff"}')),
    "nesting without end": ("body-ambiguous", lambda: targeted(body=b"[" * 100_000)),
}  # fmt: skip


@pytest.mark.parametrize("row", TARGETS.values(), ids=TARGETS)
def test_a_json_body_with_two_readings_is_refused(
    row: tuple[str, Callable[[], WireRequest]],
) -> None:
    rule, make = row

    with pytest.raises(OperationDenied) as refused:
        gate(make(), route=SSM, policy=RULES)

    assert refused.value.rule == rule


def test_an_unsigned_target_is_refused() -> None:
    request = targeted()
    pairs = [(n, v.replace(";x-amz-target", "")) for n, v in request.headers]

    with pytest.raises(OperationDenied) as refused:
        gate(replace(request, headers=tuple(pairs)), route=SSM, policy=RULES)

    assert refused.value.rule == "signature-headers"


def test_a_named_operation_is_a_frozen_value() -> None:
    named = NamedOperation("Converse")
    with pytest.raises(FrozenInstanceError):
        named.name = "ConverseStream"  # type: ignore[misc]
    assert not hasattr(named, "__dict__")
