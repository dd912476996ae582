"""A request for a private endpoint, signed with example keys at one moment: what the gate's tests start from."""

from dataclasses import dataclass
from datetime import UTC, datetime

from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import FrozenCredentials

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
KEYS = FrozenCredentials("AKIDEXAMPLE", "secret", "session-token")
LASTING = FrozenCredentials("AKIDEXAMPLE", "secret")
"""Keys that need no token."""


@dataclass(frozen=True)
class Route:
    """Where a request goes, as the gate sees it: the service's endpoint in a network, or the host named."""

    service: str = "bedrock-runtime"
    host: str = ""
    region: str = "eu-west-1"

    @property
    def authority(self) -> str:
        return self.host or f"vpce-0abc-1.{self.service}.{self.region}.vpce.amazonaws.com"


def signed_for(
    route: Route,
    target: str,
    body: bytes = b"{}",
    *headers: tuple[str, str],
    method: str = "POST",
    ours: bool = False,
    keys: FrozenCredentials = KEYS,
    region: str = "",
    signing_name: str = "",
) -> WireRequest:
    """The request with the route's host before its headers, signed for the route unless told otherwise."""
    return sign(
        WireRequest(method, target, (("Host", route.authority), *headers), body, ours),
        credentials=keys,
        region=region or route.region,
        signing_name=signing_name or operation_table(route.service).signing_name,
        now=NOW,
    )
