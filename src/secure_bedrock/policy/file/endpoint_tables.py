"""The tables under `network.endpoints`: one per service, named by the service."""

from dataclasses import dataclass
from typing import Any

from secure_bedrock.policy.file.shape import BAD, Found, Path, Table, attempt, read_each
from secure_bedrock.policy.sections import EndpointPolicy
from secure_bedrock.values import BEDROCK_RUNTIME, ServiceName, parse_service


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The tables under network.endpoints; bedrock-runtime is there even when it is not written."""

    table: Table

    def read(self, value: object, path: Path, found: Found) -> Any:
        """One EndpointPolicy per service, in the order of the file."""
        read = read_each(value, path, found, self._one)
        if read is BAD or any(endpoint.service == BEDROCK_RUNTIME for endpoint in read):
            return read
        return (EndpointPolicy(service=BEDROCK_RUNTIME), *read)

    def _one(self, name: str, table: object, path: Path, found: Found) -> Any:
        service = attempt(lambda: parse_service(name), path, found)
        facts = self.table.read(table, path, found)
        if service is BAD or facts is BAD:
            return BAD
        return attempt(lambda: _endpoint(service, facts), path, found)


def _endpoint(service: ServiceName, facts: dict[str, Any]) -> EndpointPolicy:
    """The endpoint; a host that carries an endpoint's id has to carry this one's."""
    endpoint = EndpointPolicy(service=service, **facts)
    host, own_id = endpoint.host or "", endpoint.vpc_endpoint_id
    if own_id is not None and host.startswith("vpce-") and not host.startswith(f"{own_id}-"):
        raise ValueError("host is the name of another endpoint than vpc_endpoint_id")
    return endpoint
