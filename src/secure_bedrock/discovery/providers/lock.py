"""What the lock says of a service's endpoint."""

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.values import ServiceName


class LockProvider:
    """The endpoints of the lock beside the policy; final, so that neither EC2 nor SSM is asked where it is there."""

    name = "lock"
    stated = True

    def __init__(self, lock: Lock) -> None:
        self._lock = lock

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The locked endpoint's facts: AWS's own, as they were when the lock was written."""
        del known  # a conflict with what others say is found where all facts come together
        return locked_facts(self._lock, service, source=self.name)


def locked_facts(lock: Lock, service: ServiceName, *, source: str) -> EndpointFacts | Nothing:
    """What a lock says of a service."""
    found = lock.endpoint(service)
    if found is None:
        return Nothing(f"the lock has no endpoint for {service}")
    return EndpointFacts(
        source=source,
        names=frozenset(found.names),
        addresses=found.addresses,
        cidrs=found.cidrs,
        vpc_endpoint_id=found.vpc_endpoint_id,
        private_dns_enabled=found.private_dns_enabled,
        service_region=found.service_region,
        observed=True,
    )
