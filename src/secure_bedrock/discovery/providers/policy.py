"""What the policy file itself says of a service's endpoint."""

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.host_check import check_host
from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName


class PolicyProvider:
    """`[network.endpoints.<service>]`, and `network.cidrs` where the table has none of its own."""

    name = "policy"
    stated = True

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The table's facts; a service other than bedrock-runtime needs its table, maybe an empty one."""
        del known  # the policy is the first to speak
        endpoint = self._policy.network.endpoint(service)
        if endpoint is None:
            return Nothing(f"the policy has no [network.endpoints.{service}]")
        host, endpoint_id = endpoint.host, endpoint.vpc_endpoint_id
        if host is not None:
            where = f"policy, network.endpoints.{service}.host"
            check_host(host, service, self._policy.region, vpc_endpoint_id=endpoint_id, where=where)
            endpoint_id = endpoint_id or vpc_endpoint_id_of(host)
        return EndpointFacts(
            source=self.name,
            host=host,
            addresses=tuple(endpoint.addresses),
            cidrs=tuple(self._policy.cidrs_for(service)),
            vpc_endpoint_id=endpoint_id,
            port=endpoint.port,
        )
