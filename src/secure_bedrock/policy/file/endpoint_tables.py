"""The tables under `network.endpoints`: one per service, named by the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secure_bedrock.policy.file.shape import BAD, Found, Path, Table, attempt
from secure_bedrock.policy.sections import EndpointPolicy
from secure_bedrock.policy.shown import described
from secure_bedrock.values import BEDROCK_RUNTIME, ServiceName, parse_service


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The tables under network.endpoints; bedrock-runtime is there even when it is not written."""

    table: Table

    def read(self, value: object, path: Path, found: Found) -> Any:
        """One EndpointPolicy per service, in the order of the file."""
        if not isinstance(value, Mapping):
            found.append((path, f"expected a table, got {described(value)}"))
            return BAD
        before = len(found)
        read = [self._one(name, table, (*path, name), found) for name, table in value.items()]
        if BEDROCK_RUNTIME not in value:
            read.insert(0, EndpointPolicy(service=BEDROCK_RUNTIME))
        return tuple(read) if len(found) == before else BAD

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
