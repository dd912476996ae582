"""One way to hold a stated host name against the endpoint-name grammar, with the place it came from."""

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import judge_host
from secure_bedrock.values import Region, ServiceName


def check_host(
    host: str,
    service: ServiceName,
    region: Region,
    *,
    vpc_endpoint_id: str | None,
    where: str,
) -> None:
    """Raise EndpointDenied, which says `where` the name stands, unless it is the service's private endpoint."""
    decision = judge_host(host, service=service, region=region, vpc_endpoint_id=vpc_endpoint_id)
    if not decision.allowed:
        raise EndpointDenied(
            f"{where}: {decision.reason}", rule=decision.rule, next_step=decision.next_step
        )
