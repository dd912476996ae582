"""The wire gate: the last decision before bytes leave, taken on those bytes."""

from collections.abc import Mapping, Sequence
from typing import Final

from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    GuardrailDenied,
    LimitDenied,
    ModelDenied,
    OperationDenied,
    ResidencyDenied,
)
from secure_bedrock.policy.http_surfaces import table_of
from secure_bedrock.policy.operation.table import OperationTable
from secure_bedrock.policy.request.judgement import (
    Family,
    Judgement,
    RequestFacts,
    Rules,
    judge_request,
)
from secure_bedrock.transport.core.authorization import check_anonymous, check_authorization
from secure_bedrock.transport.core.header_fields import check_length, parse_fields
from secure_bedrock.transport.core.named_operation import named_operation
from secure_bedrock.transport.core.request_facts import read_facts
from secure_bedrock.transport.core.wire import (
    _SEAL,
    GatedRequest,
    Route,
    WireRequest,
    require_plain,
)

_DENIALS: Final[Mapping[Family, type[Denied]]] = {
    "operation": OperationDenied,
    "model": ModelDenied,
    "residency": ResidencyDenied,
    "place": OperationDenied,
    "guardrail": GuardrailDenied,
    "limit": LimitDenied,
}


def gate(
    request: WireRequest, *, route: Route, policy: Rules, grants: frozenset[str] = frozenset()
) -> GatedRequest:
    """The bytes to write, or a Denied that says why not; pure, and the only maker of a GatedRequest.

    `grants` are the "service:Operation" that this library calls for itself (discovery, credentials): for them
    the operation is not asked of the policy; what the request names always is.
    """
    require_plain(request)
    table = _table(route.service)
    fields = parse_fields(request.headers)
    if fields.get("host") != route.authority:
        raise EndpointDenied("the Host header is not the pinned endpoint's", rule="host-header")
    check_length(fields, request.body)
    named = named_operation(request, fields, table)
    granted = bool(grants) and f"{table.service}:{named.name}" in grants
    facts = read_facts(
        named,
        table,
        fields,
        request.body,
        policy=policy,
        granted=granted,
        ours=request.ours is True,
    )
    judgement = require_allowed(policy, facts)
    if named.name in table.unsigned:
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
        operation=named.name,
        model_id=judgement.model_id,
        decision=judgement.decision,
        would_deny=judgement.would_deny,
        seal=_SEAL,
    )


def require_service(service: str) -> None:
    """OperationDenied for a service that has no table: no policy can allow what can't be judged."""
    _table(service)


def _table(service: str) -> OperationTable:
    try:
        return table_of(service)
    except KeyError:
        raise OperationDenied(
            "no policy can allow operations of this service: none of them is known to this version",
            rule="service-unknown",
            next_step="use boto3's own client where such calls may leave without this library's checks",
        ) from None


def require_allowed(policy: Rules, facts: RequestFacts) -> Judgement:
    """The judgement that allows the request; raises the denial of what it is about."""
    judgement = judge_request(policy, facts)
    judgement.decision.or_raise(_DENIALS[judgement.family])
    return judgement


def _head(request: WireRequest, fields: Mapping[str, str]) -> bytes:
    """Request line, Host, the other fields as they were checked, and a Content-Length of our own if none came."""
    headers: Sequence[tuple[str, str]] = request.headers
    if headers[0][0] != "Host":  # RFC 9112 §3.2: it should stand first
        headers = sorted(headers, key=lambda header: header[0].lower() != "host")
    lines = [f"{request.method} {request.target} HTTP/1.1", *map(": ".join, headers)]
    if "content-length" not in fields:
        lines.append(f"Content-Length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
