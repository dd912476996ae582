"""The policy file as a source: the first to speak."""

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.stated import SOURCE, stated_facts
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName


class PolicyProvider:
    """`[network.endpoints.<service>]`, and `network.cidrs` where the table has none of its own."""

    name = SOURCE
    stated = True

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The table's facts; a service other than bedrock-runtime needs its table, maybe an empty one."""
        del known  # the policy is the first to speak
        return stated_facts(self._policy, service)
