"""What the policy file itself says of a service's endpoint."""

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.host_check import check_host
from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName

SOURCE = "policy"


def stated_facts(policy: Policy, service: ServiceName) -> EndpointFacts | Nothing:
    """The table's facts, each host held against the grammar of endpoint names; Nothing where there is no table."""
    endpoint = policy.network.endpoint(service)
    if endpoint is None:
        return Nothing(f"the policy has no [network.endpoints.{service}]")
    host, endpoint_id = endpoint.host, endpoint.vpc_endpoint_id
    if host is not None:
        where = f"policy, network.endpoints.{service}.host"
        check_host(host, service, policy.region, vpc_endpoint_id=endpoint_id, where=where)
        endpoint_id = endpoint_id or vpc_endpoint_id_of(host)
    return EndpointFacts(
        source=SOURCE,
        host=host,
        addresses=tuple(endpoint.addresses),
        cidrs=tuple(policy.cidrs_for(service)),
        vpc_endpoint_id=endpoint_id,
        port=endpoint.port,
    )
