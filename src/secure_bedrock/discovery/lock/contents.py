"""What a lock says: of each endpoint what AWS described, of each listed profile where it leads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from secure_bedrock.values import Region, ServiceName

VERSION: Final = 1

Over = Literal["private", "public-control-plane", "file"]
"""Over which path AWS was asked: private endpoints, public ones at deploy time, or the AWS CLI's output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedEndpoint:
    """One service's endpoint as AWS described it: complete, every name and every address."""

    service: ServiceName
    vpc_endpoint_id: str
    vpc_id: str
    owner_account: str
    service_region: Region
    private_dns_enabled: bool
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    cidrs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What one run of `secure-bedrock lock` found, for one policy.

    `destinations` are the Regions that each listed profile or router can send a request to. `written_by` is the
    caller's ARN without its session name, None where it was not asked. `written_at` is in UTC, whole seconds.
    """

    policy_digest: str
    region: Region
    written_at: datetime
    written_by: str | None
    written_over: Over
    endpoints: tuple[LockedEndpoint, ...] = ()
    destinations: tuple[tuple[str, tuple[Region, ...]], ...] = ()

    def endpoint(self, service: str) -> LockedEndpoint | None:
        """The service's endpoint, or None where the lock has none."""
        return next((found for found in self.endpoints if found.service == service), None)
