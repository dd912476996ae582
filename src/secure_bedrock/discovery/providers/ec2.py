"""What EC2 knows of the endpoint: its names, its interfaces' addresses, and the CIDRs of the VPC that owns it."""

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.ec2_answers import Unreadable
from secure_bedrock.discovery.aws.ec2_calls import DescribeCalls, OpenCalls
from secure_bedrock.discovery.aws.ec2_search import Ec2Search
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.lock.fit import public_among
from secure_bedrock.errors import EndpointDenied
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
        self._search = Ec2Search(policy, source=self.name)

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
        endpoint = self._search.endpoint(calls, service, known)
        if isinstance(endpoint, Nothing):
            return endpoint
        facts = self._search.facts(calls, service, endpoint)
        if isinstance(facts, EndpointFacts):
            self._refuse_public(service, facts)
        return facts

    def _refuse_public(self, service: ServiceName, facts: EndpointFacts) -> None:
        """EC2 may choose among what the policy leaves open, as a lock may: it never widens it."""
        public = public_among(self._policy, service, facts.addresses, facts.cidrs)
        texts = ", ".join(text for _, _, text in public)
        if texts:
            raise EndpointDenied(
                f"ec2: {texts} of {facts.vpc_endpoint_id} is not private, and no CIDR of the policy holds it",
                rule="endpoint-public-address",
                next_step="if the endpoint's VPC owns it, name all of that VPC's CIDRs in network.cidrs",
            )
