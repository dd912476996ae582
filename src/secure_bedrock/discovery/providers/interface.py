"""What every source of endpoint facts looks like to the finder."""

from typing import Protocol

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.values import ServiceName


class Provider(Protocol):
    """One source of facts. Thread-safe; a call may ask the network unless `stated` is True."""

    @property
    def name(self) -> str:
        """The name that `network.discovery` uses."""
        ...

    @property
    def stated(self) -> bool:
        """True where a person states the facts: always asked, so that no conflict is overlooked."""
        ...

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """What this source knows of the service's endpoint, given what earlier sources said.

        Raises:
            Denied: the source names something that is not that service's private endpoint.
        """
        ...
