"""The wire gate: the last decision before bytes leave, taken on those bytes."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from secure_bedrock.errors import EndpointDenied, ModelDenied, OperationDenied
from secure_bedrock.policy.operations import OperationMatch, OperationTable, operation_table
from secure_bedrock.transport.core.authorization import check_anonymous, check_authorization
from secure_bedrock.transport.core.header_fields import check_length, parse_fields
from secure_bedrock.transport.core.named_operation import named_operation
from secure_bedrock.transport.core.wire import (
    _SEAL,
    GatedRequest,
    Route,
    WireRequest,
    require_plain,
)
from secure_bedrock.values import Decision

# Where a request can name a model, for the operations whose every member was read (bedrock-runtime 2023-09-30,
# botocore 1.44.5, 2026-11-20): a path label, or nowhere. Their bodies name none, so they are not parsed.
# What is not here could name a model elsewhere, and is denied whatever the policy says.
_MODEL_LABEL: Final[Mapping[str, str | None]] = {
    "ApplyGuardrail": None,
    "Converse": "modelId",
    "ConverseStream": "modelId",
    "CountTokens": "modelId",
    "InvokeModel": "modelId",
    "InvokeModelWithResponseStream": "modelId",
}
_NAMES_NO_MODEL: Final = frozenset({"ec2", "ssm", "sts"})


class Rules(Protocol):
    """What the gate asks of a `Policy`."""

    def decide_model(self, model_id: object, *, operation: str = ...) -> Decision: ...
    def decide_operation(self, service: str, operation: str) -> Decision: ...


def gate(
    request: WireRequest, *, route: Route, policy: Rules, grants: frozenset[str] = frozenset()
) -> GatedRequest:
    """The bytes to write, or a Denied that says why not; pure, and the only maker of a GatedRequest.

    `grants` are the "service:Operation" that this library calls for itself (discovery, credentials): for them
    the operation is not asked of the policy; a model always is.
    """
    require_plain(request)
    table = _table(route.service)
    fields = parse_fields(request.headers)
    if fields.get("host") != route.authority:
        raise EndpointDenied("the Host header is not the pinned endpoint's", rule="host-header")
    check_length(fields, request.body)
    match = named_operation(request, fields, table)
    model_id, decision = _decide(match, table, policy, grants)
    if match.name in table.unsigned:
        check_anonymous(fields)
    else:
        check_authorization(
            fields, request.body, region=route.region, signing_name=table.signing_name
        )
    return GatedRequest(
        head=_head(request, fields),
        body=request.body,
        route=route,
        service=route.service,
        operation=match.name,
        model_id=model_id,
        decision=decision,
        seal=_SEAL,
    )


def _table(service: str) -> OperationTable:
    try:
        return operation_table(service)
    except KeyError:
        raise OperationDenied(
            "no operation of this service is known", rule="service-unknown"
        ) from None


def _decide(
    match: OperationMatch, table: OperationTable, policy: Rules, grants: frozenset[str]
) -> tuple[str | None, Decision]:
    decision = _decide_operation(match.name, table.service, policy, grants)
    label = _model_label(match.name, table.service)
    if label is None:
        return None, decision
    model_id = match.labels[label]
    decision = policy.decide_model(model_id, operation=match.name)
    decision.or_raise(ModelDenied)
    return model_id, decision


def _decide_operation(name: str, service: str, policy: Rules, grants: frozenset[str]) -> Decision:
    if f"{service}:{name}" in grants:
        return Decision(allowed=True, rule="granted", reason="this library calls it for itself")
    decision = policy.decide_operation(service, name)
    decision.or_raise(OperationDenied)
    return decision


def _model_label(name: str, service: str) -> str | None:
    if service in _NAMES_NO_MODEL:
        return None
    if service != "bedrock-runtime" or name not in _MODEL_LABEL:
        raise OperationDenied(
            "where this operation names a model is not known", rule="operation-not-supported"
        )
    return _MODEL_LABEL[name]


def _head(request: WireRequest, fields: Mapping[str, str]) -> bytes:
    """Request line, Host, the other fields as they were checked, and a Content-Length of our own if none came."""
    headers: Sequence[tuple[str, str]] = request.headers
    if headers[0][0] != "Host":  # RFC 9112 §3.2: it should stand first
        headers = sorted(headers, key=lambda header: header[0].lower() != "host")
    lines = [f"{request.method} {request.target} HTTP/1.1", *map(": ".join, headers)]
    if "content-length" not in fields:
        lines.append(f"Content-Length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
