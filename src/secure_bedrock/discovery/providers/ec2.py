"""What EC2 knows of the endpoint: its names, its interfaces' addresses, and the CIDRs of the VPC that owns it."""

from secure_bedrock.discovery.ec2_answers import (
    SeenEndpoint,
    Unreadable,
    addresses_in,
    cidrs_in,
    endpoint_in,
    is_available_interface,
)
from secure_bedrock.discovery.ec2_calls import CallFailed, DescribeCalls, OpenCalls
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import endpoint_service_name, judge_host
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName, parse_service

_EC2 = parse_service("ec2")


class Ec2Provider:
    """DescribeVpcEndpoints, DescribeNetworkInterfaces and DescribeVpcs, one call of each.

    It asks only where the policy has a route for EC2 itself, and picks none of several endpoints.
    """

    name = "ec2"
    stated = False

    def __init__(self, policy: Policy, open_calls: OpenCalls) -> None:
        self._policy = policy
        self._open_calls = open_calls

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The one available endpoint of the service in the policy's Region, with everything EC2 knows of it."""
        if service == _EC2:
            return Nothing("EC2's own endpoint can't be looked up through EC2")
        if self._policy.network.endpoint(_EC2) is None:
            return Nothing("the policy has no route for ec2, so it was not asked")
        try:
            with self._open_calls() as calls:
                return self._ask(calls, service, known)
        except CallFailed as failure:
            return Nothing(str(failure))
        except Unreadable as error:
            return Nothing(f"EC2's answer could not be read: {error}")

    def _ask(
        self, calls: DescribeCalls, service: ServiceName, known: EndpointFacts
    ) -> EndpointFacts | Nothing:
        filters = self._filters(service, known)
        listed = calls.vpc_endpoints(filters)
        seen = [endpoint_in(answer) for answer in listed if is_available_interface(answer)]
        match seen:
            case []:
                asked = ", ".join(f"{name}={value}" for name, value in filters.items())
                return Nothing(f"no interface endpoint in state available matches {asked}")
            case [endpoint]:
                self._hold_against_question(service, known, endpoint)
                return self._facts(calls, service, endpoint)
            case _:
                ids = ", ".join(sorted(endpoint.vpc_endpoint_id for endpoint in seen))
                return Nothing(
                    f"several endpoints match ({ids}): write the right one's vpc_endpoint_id "
                    f"into [network.endpoints.{service}]"
                )

    def _filters(self, service: ServiceName, known: EndpointFacts) -> dict[str, str]:
        filters = {
            "service-name": self._service_name(service),
            "vpc-endpoint-state": "available",
        }
        if known.vpc_endpoint_id is not None:
            filters["vpc-endpoint-id"] = known.vpc_endpoint_id
        if self._policy.account.vpc_id is not None:
            filters["vpc-id"] = self._policy.account.vpc_id
        return filters

    def _service_name(self, service: ServiceName) -> str:
        return endpoint_service_name(service, self._policy.region)

    def _facts(
        self, calls: DescribeCalls, service: ServiceName, endpoint: SeenEndpoint
    ) -> EndpointFacts | Nothing:
        if not endpoint.interface_ids:
            return Nothing(f"{endpoint.vpc_endpoint_id} has no network interface")
        interfaces = calls.network_interfaces(endpoint.interface_ids)
        vpcs = calls.vpcs((endpoint.vpc_id,))
        cidrs = dict.fromkeys(
            cidr for vpc in vpcs if vpc.get("VpcId") == endpoint.vpc_id for cidr in cidrs_in(vpc)
        )
        return EndpointFacts(
            source=self.name,
            names=self._usable_names(service, endpoint),
            addresses=addresses_in(interfaces, vpc_id=endpoint.vpc_id),
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
            ("service name", endpoint.service_name, self._service_name(service)),
            ("ServiceRegion", endpoint.service_region or region, region),
            ("id", endpoint.vpc_endpoint_id, wanted),
            ("VPC", endpoint.vpc_id, self._policy.account.vpc_id or endpoint.vpc_id),
        ):
            if got != expected:
                raise EndpointDenied(
                    f"ec2: the endpoint {endpoint.vpc_endpoint_id} has {what} {got}, not {expected}",
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
