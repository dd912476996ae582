"""The name that private DNS gives the service inside the VPC; what it answers is judged, never trusted."""

from secure_bedrock.discovery.address_check import address_check
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.network import private_dns_name
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName


class PrivateDnsProvider:
    """`<service>.<region>.<suffix>`, only where the answers can be told from public ones.

    Outside the VPC the same name answers with public addresses, so it needs CIDRs, the `private` check or the
    endpoint's own addresses beside it.
    """

    name = "private-dns"
    stated = False

    def __init__(self, policy: Policy, lock: Lock | None = None) -> None:
        self._policy = policy
        self._lock = lock

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The private-DNS name, unless a host is known or nothing could tell its answers apart."""
        if known.host is not None:
            return Nothing("a host is known already")
        if known.private_dns_enabled is False:
            return Nothing("the endpoint has private DNS turned off")
        if address_check(self._policy, self._lock, service) == "eni" and not known.addresses:
            return Nothing(
                "address_check is eni and no source named the endpoint's addresses, "
                "so an answer could not be told from a public one"
            )
        host = private_dns_name(service, self._policy.region)
        return EndpointFacts(source=self.name, host=host)
