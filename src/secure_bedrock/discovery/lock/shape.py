"""What each member of a lock may hold, and what has to hold between them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from secure_bedrock.discovery.caller_arn import caller_arn
from secure_bedrock.discovery.lock.contents import VERSION, Lock, LockedEndpoint
from secure_bedrock.network import judge_host, never
from secure_bedrock.policy.file import syntax
from secure_bedrock.policy.file.shape import (
    BAD,
    Flag,
    Found,
    ListOf,
    OneOf,
    Path,
    Shape,
    Table,
    Text,
    Whole,
    attempt,
)
from secure_bedrock.policy.model.residency import roaming_id
from secure_bedrock.values import Region, ServiceName, parse_region, parse_service
from secure_bedrock.values.addresses import parse_address, parse_cidr

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def lock_in(document: object) -> Lock | Found:
    """The lock that a JSON document holds, or everything that is wrong with it: path and message."""
    found: Found = []
    lock = _LOCK.read(document, (), found)
    if not isinstance(lock, Lock):
        return found
    problems: Found = [
        (("endpoints", endpoint.service, *path), message)
        for endpoint in lock.endpoints
        for path, message in _contradictions(endpoint, lock.region)
    ]
    return problems or lock


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("expected sha256: and 64 hexadecimal digits in lower case")
    return text


def _instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise ValueError("expected a time in UTC such as 2026-11-20T12:00:00Z")


def _address(text: str) -> str:
    why = never(parse_address(syntax.address(text)))
    if why not in (None, "loopback"):  # loopback only counts where the policy itself names it
        raise ValueError(f"can't be an endpoint's address ({why})")
    return text


@dataclass(frozen=True, slots=True)
class _Named:
    """An object whose names are parsed too; read into pairs, in the order of the file."""

    name: Callable[[str], Any]
    inner: Shape

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The pairs of parsed name and value."""
        if not isinstance(value, Mapping):
            found.append((path, "expected an object"))
            return BAD
        before = len(found)
        pairs = tuple(
            (
                attempt(lambda key=key: self.name(key), (*path, key), found),  # type: ignore[misc]
                self.inner.read(item, (*path, key), found),
            )
            for key, item in value.items()
        )
        return pairs if len(found) == before else BAD


@dataclass(frozen=True, slots=True)
class _Several:
    """A list of one item or more, each once."""

    inner: ListOf

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The items as a tuple."""
        items = self.inner.read(value, path, found)
        if items is not BAD and len(set(items)) != len(items):
            found.append((path, "names something twice"))
            return BAD
        return items


def _several(of: str, parse: Callable[[str], Any]) -> _Several:
    return _Several(ListOf(Text(parse), of, least=1))


_ENDPOINT_SHAPES: Final[Mapping[str, Shape]] = {
    "vpc_endpoint_id": Text(syntax.vpc_endpoint_id),
    "vpc_id": Text(syntax.vpc_id),
    "owner_account": Text(syntax.account_id),
    "service_region": Text(parse_region),
    "private_dns_enabled": Flag(),
    "names": _several("host names", syntax.host_name),
    "addresses": _several("IP addresses", _address),
    "cidrs": _several("CIDRs", syntax.cidr),
}
_ENDPOINT = Table(_ENDPOINT_SHAPES, dict, required=tuple(_ENDPOINT_SHAPES))
_WRITTEN = Table(
    {
        "at": Text(_instant),
        "by": Text(caller_arn),
        "over": OneOf(("private", "public-control-plane", "file")),
    },
    dict,
    required=("at", "over"),
)


def _build(
    *,
    version: int,
    policy: str,
    region: Region,
    written: Mapping[str, Any],
    endpoints: tuple[tuple[ServiceName, dict[str, Any]], ...],
    destinations: tuple[tuple[str, tuple[Region, ...]], ...],
) -> Lock:
    del version  # there is one
    return Lock(
        policy_digest=policy,
        region=region,
        written_at=written["at"],
        written_by=written.get("by"),
        written_over=written["over"],
        endpoints=tuple(LockedEndpoint(service=name, **facts) for name, facts in endpoints),
        destinations=destinations,
    )


_LOCK_SHAPES: Final[Mapping[str, Shape]] = {
    "version": Whole(VERSION, VERSION),
    "policy": Text(_digest),
    "region": Text(parse_region),
    "written": _WRITTEN,
    "endpoints": _Named(parse_service, _ENDPOINT),
    "destinations": _Named(roaming_id, _several("Regions", parse_region)),
}
_LOCK = Table(_LOCK_SHAPES, _build, required=tuple(_LOCK_SHAPES))


def _contradictions(endpoint: LockedEndpoint, region: Region) -> list[tuple[Path, str]]:
    """What can't hold together: another Region's service, a name of another endpoint, an address outside the VPC."""
    found: list[tuple[Path, str]] = []
    if endpoint.service_region != region:
        found.append((("service_region",), f"the lock is of {region}"))
    for number, name in enumerate(endpoint.names):
        decision = judge_host(
            name,
            service=endpoint.service,
            region=region,
            vpc_endpoint_id=endpoint.vpc_endpoint_id,
            private_dns=endpoint.private_dns_enabled,
        )
        if not decision.allowed:
            found.append((("names", number), decision.reason))
    networks = [parse_cidr(cidr) for cidr in endpoint.cidrs]
    for number, text in enumerate(endpoint.addresses):
        address = parse_address(text)
        if not any(address in network for network in networks):
            found.append((("addresses", number), "outside the CIDRs of the endpoint's VPC"))
    return found
