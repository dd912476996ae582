"""The search for one service's endpoint in EC2's answers: which one it is, and everything EC2 knows of it."""

from secure_bedrock.discovery.aws.ec2_answers import (
    SeenEndpoint,
    addresses_in,
    cidrs_in,
    endpoint_in,
    is_available_interface,
)
from secure_bedrock.discovery.aws.ec2_calls import DescribeCalls, Filters
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import endpoint_service_names, judge_host
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName


class Ec2Search:
    """DescribeVpcEndpoints, DescribeNetworkInterfaces and DescribeVpcs for one policy; picks none of several."""

    def __init__(self, policy: Policy, *, source: str) -> None:
        self._policy = policy
        self._source = source

    def endpoint(
        self, calls: DescribeCalls, service: ServiceName, known: EndpointFacts
    ) -> SeenEndpoint | Nothing:
        """The one available endpoint of the service in the policy's Region; Nothing for none or several."""
        filters = self._filters(service, known)
        listed = calls.vpc_endpoints(filters)
        seen = [endpoint_in(answer) for answer in listed if is_available_interface(answer)]
        match seen:
            case []:
                asked = ", ".join(f"{name}={' or '.join(each)}" for name, each in filters.items())
                return Nothing(f"no interface endpoint in state available matches {asked}")
            case [endpoint]:
                self._hold_against_question(service, known, endpoint)
                return endpoint
            case _:
                ids = ", ".join(sorted(endpoint.vpc_endpoint_id for endpoint in seen))
                return Nothing(
                    f"several endpoints match ({ids}): write the right one's vpc_endpoint_id "
                    f"into [network.endpoints.{service}]"
                )

    def _filters(self, service: ServiceName, known: EndpointFacts) -> Filters:
        filters = {
            "service-name": endpoint_service_names(service, self._policy.region),
            "vpc-endpoint-state": ("available",),
        }
        if known.vpc_endpoint_id is not None:
            filters["vpc-endpoint-id"] = (known.vpc_endpoint_id,)
        if self._policy.account.vpc_id is not None:
            filters["vpc-id"] = (self._policy.account.vpc_id,)
        return filters

    def facts(
        self, calls: DescribeCalls, service: ServiceName, endpoint: SeenEndpoint
    ) -> EndpointFacts | Nothing:
        """Its names, its interfaces' addresses and the CIDRs of its VPC; Nothing where it has no interface."""
        if not endpoint.interface_ids:
            return Nothing(f"{endpoint.vpc_endpoint_id} has no network interface")
        interfaces = calls.network_interfaces(endpoint.interface_ids)
        vpcs = calls.vpcs((endpoint.vpc_id,))
        cidrs = dict.fromkeys(
            cidr for vpc in vpcs if vpc.get("VpcId") == endpoint.vpc_id for cidr in cidrs_in(vpc)
        )
        return EndpointFacts(
            source=self._source,
            names=self._usable_names(service, endpoint),
            addresses=addresses_in(
                interfaces, asked=endpoint.interface_ids, vpc_id=endpoint.vpc_id
            ),
            cidrs=tuple(cidrs),
            vpc_endpoint_id=endpoint.vpc_endpoint_id,
            private_dns_enabled=endpoint.private_dns_enabled,
            service_region=endpoint.service_region,
            observed=True,
        )

    def _hold_against_question(
        self, service: ServiceName, known: EndpointFacts, endpoint: SeenEndpoint
    ) -> None:
        """A filter that was not honoured must not pass for an answer to it."""
        region = self._policy.region
        wanted = known.vpc_endpoint_id or endpoint.vpc_endpoint_id
        for what, got, expected in (
            ("service name", endpoint.service_name, endpoint_service_names(service, region)),
            ("ServiceRegion", endpoint.service_region or region, (region,)),
            ("id", endpoint.vpc_endpoint_id, (wanted,)),
            ("VPC", endpoint.vpc_id, (self._policy.account.vpc_id or endpoint.vpc_id,)),
        ):
            if got not in expected:
                raise EndpointDenied(
                    f"ec2: the endpoint {endpoint.vpc_endpoint_id} has {what} {got}, "
                    f"not {' or '.join(expected)}",
                    rule="endpoint-not-as-asked",
                    next_step="check the endpoint and the policy's region and account tables",
                )

    def _usable_names(self, service: ServiceName, endpoint: SeenEndpoint) -> frozenset[str]:
        """The names that pass the grammar: EC2 is believed about which names exist, not about what a name may be."""
        return frozenset(
            name
            for name in endpoint.names
            if judge_host(
                name,
                service=service,
                region=self._policy.region,
                vpc_endpoint_id=endpoint.vpc_endpoint_id,
                private_dns=endpoint.private_dns_enabled,
            ).allowed
        )
