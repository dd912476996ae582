"""Addresses that no VPC would give an endpoint: outside the private ranges and outside every CIDR of the policy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from secure_bedrock.policy.file.shape import Path
from secure_bedrock.policy.file.syntax import address, cidr
from secure_bedrock.values.addresses import Network, lies_within, network_in, parse_cidr
from secure_bedrock.values.vpc_cidrs import is_loopback

# Ranges that a VPC's CIDRs usually come from: RFC 1918, RFC 6598, RFC 4193. A CIDR elsewhere may be right (bring your
# own addresses), and it may also be AWS's public range.
_USUAL: Final = tuple(
    map(parse_cidr, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)

_MESSAGE: Final = (
    "{} is no private address; if the endpoint's VPC owns it, name that VPC's CIDR in cidrs as well"
)


def is_usual(network: Network) -> bool:
    """True inside a range that VPCs' CIDRs usually come from, and for loopback, which only tests name."""
    return is_loopback(network) or any(lies_within(network, usual) for usual in _USUAL)


def is_usual_or_owned(network: Network, owned: Iterable[Network]) -> bool:
    """True where an endpoint may have the address: in a usual range, or inside one of the policy's own CIDRs."""
    return is_usual(network) or any(lies_within(network, outer) for outer in owned)


def public_addresses(plain: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """A problem for each public address that no CIDR holds; what is no address or CIDR is reported elsewhere."""
    network = _table(plain.get("network"))
    for service, written in _table(network.get("endpoints")).items():
        endpoint = _table(written)
        written_cidrs = (network.get("cidrs"), endpoint.get("cidrs"))
        owned = [one for items in written_cidrs for one in _parsed(cidr, items).values()]
        for place, one in _parsed(address, endpoint.get("addresses")).items():
            if not is_usual_or_owned(one, owned):
                path = ("network", "endpoints", service, "addresses", place)
                yield path, _MESSAGE.format(one.network_address)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _parsed(parse: Callable[[str], str], items: object) -> dict[int, Network]:
    """The networks in a list by their places, less what `parse` refuses; an address is a network of one."""
    found = {}
    for place, text in enumerate(items if isinstance(items, list) else ()):
        with suppress(ValueError):
            if isinstance(text, str):
                found[place] = network_in(parse(text))
    return found
