"""What the process's environment says: one variable for each service, which may select but never widen."""

import os
from collections.abc import Mapping

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.host_check import check_host
from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName

_PREFIX = "SECURE_BEDROCK_ENDPOINT_"


def variable_for(service: ServiceName) -> str:
    """The service's variable: `SECURE_BEDROCK_ENDPOINT_BEDROCK_RUNTIME`."""
    return _PREFIX + service.upper().replace("-", "_")


class EnvironmentProvider:
    """`SECURE_BEDROCK_ENDPOINT_<SERVICE>`: a host name, judged like any other.

    `environ` is read at each call; None means the process's own.
    """

    name = "environment"
    stated = True

    def __init__(self, policy: Policy, environ: Mapping[str, str] | None = None) -> None:
        self._policy = policy
        self._environ = environ

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The named host and the endpoint id inside it; what the policy pins holds against both."""
        variable = variable_for(service)
        host = (os.environ if self._environ is None else self._environ).get(variable)
        if host is None:
            return Nothing(f"{variable} is not set")
        check_host(
            host,
            service,
            self._policy.region,
            vpc_endpoint_id=known.vpc_endpoint_id,
            where=f"environment, {variable}",
        )
        return EndpointFacts(source=self.name, host=host, vpc_endpoint_id=vpc_endpoint_id_of(host))
