"""The wire gate: the last decision before bytes leave, taken on those bytes."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
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
    RequestFacts,
    Rules,
    judge_request,
)
from secure_bedrock.transport.core.gate.authorization import check_anonymous, check_authorization
from secure_bedrock.transport.core.gate.header_fields import check_length, parse_fields
from secure_bedrock.transport.core.gate.named_operation import named_operation
from secure_bedrock.transport.core.gate.request_facts import read_facts
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
    names, values = require_plain(request)
    table = _table(route.service)
    fields = parse_fields(names, values)
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
    judgement = (
        policy._judged[facts]  # noqa: SLF001 - what it remembers is for the gate alone
        if facts is named.line
        else judge_request(policy, facts)
    )
    judgement.decision.or_raise(_DENIALS[judgement.family])
    if named.name in table.unsigned:
        check_anonymous(fields)
    else:
        check_authorization(
            fields, names, request.body, region=route.region, signing_name=table.signing_name
        )
    return GatedRequest(
        head=_head(request, fields, names, values),
        body=request.body,
        route=route,
        operation=named.name,
        judgement=judgement,
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


def require_allowed(policy: Rules, facts: RequestFacts) -> None:
    """Raise the denial of what the request is about, where the policy does not allow it."""
    judgement = judge_request(policy, facts)
    judgement.decision.or_raise(_DENIALS[judgement.family])


def _head(
    request: WireRequest,
    fields: Mapping[str, str],
    names: tuple[str, ...],
    values: tuple[str, ...],
) -> bytes:
    """Request line, Host, the other fields as they were checked, and a Content-Length of our own if none came."""
    headers = request.headers
    if headers[0][0] != "Host":  # RFC 9112 §3.2: it should stand first
        pairs = sorted(zip(names, values, strict=True), key=lambda pair: pair[0].lower() != "host")
        names, values = zip(*pairs, strict=True)
    parts = [*_between(names)]
    parts[0] = f"{request.method} {request.target} HTTP/1.1"
    parts[2 : 2 * len(values) + 1 : 2] = values
    if "content-length" not in fields:
        parts[-1] = f"\r\nContent-Length: {len(request.body)}\r\n\r\n"
    return "".join(parts).encode("ascii")


@lru_cache(maxsize=64)
def _between(names: tuple[str, ...]) -> tuple[str, ...]:
    """What stands between a head's values, and empty texts in their places; requests of one kind have the same."""
    return "", *chain.from_iterable((f"\r\n{name}: ", "") for name in names), "\r\n\r\n"
