"""What EC2 said about endpoints, interfaces and VPCs, parsed once into values; anything unexpected is an error."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from secure_bedrock.network import parse_address, parse_cidr
from secure_bedrock.values import Region, parse_region

Answer = Mapping[str, object]
"""One member of EC2's answer, as botocore parsed it."""


class Unreadable(ValueError):
    """EC2's answer lacks a member or holds one that does not parse; the text names the member, not its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEndpoint:
    """One interface endpoint as DescribeVpcEndpoints lists it."""

    vpc_endpoint_id: str
    vpc_id: str
    service_name: str
    names: frozenset[str]
    interface_ids: tuple[str, ...]
    private_dns_enabled: bool
    service_region: Region | None
    owner_account: str | None


def is_available_interface(answer: Answer) -> bool:
    """True for an interface endpoint in state `available`. EC2 documents the state in both spellings of its case."""
    state = answer.get("State")
    return (
        answer.get("VpcEndpointType") == "Interface"
        and isinstance(state, str)
        and state.lower() == "available"
    )


def endpoint_in(answer: Answer) -> SeenEndpoint:
    """The endpoint, or Unreadable. Wildcard names are left out: no request can be sent to one."""
    region = answer.get("ServiceRegion")
    entries = _members(answer, "DnsEntries")
    names = (_text(entry, "DnsName") for entry in entries if "DnsName" in entry)
    try:
        service_region = None if region is None else parse_region(region)
    except ValueError as error:
        raise Unreadable("ServiceRegion") from error
    return SeenEndpoint(
        vpc_endpoint_id=_text(answer, "VpcEndpointId"),
        vpc_id=_text(answer, "VpcId"),
        service_name=_text(answer, "ServiceName"),
        names=frozenset(name for name in names if "*" not in name),
        interface_ids=_texts(answer, "NetworkInterfaceIds"),
        private_dns_enabled=answer.get("PrivateDnsEnabled") is True,
        service_region=service_region,
        owner_account=None if answer.get("OwnerId") is None else _text(answer, "OwnerId"),
    )


def addresses_in(
    interfaces: Iterable[Answer], *, asked: Collection[str], vpc_id: str
) -> tuple[str, ...]:
    """The interfaces' private IPv4 and IPv6 addresses, each once, in EC2's order; Unreadable when one does not parse.

    Unreadable too is an interface that is not among those `asked` for, or of another VPC. Public addresses that an
    interface may carry (Association) are not read: an endpoint is not reached by them.
    """
    found: dict[str, None] = {}
    for interface in interfaces:
        if interface.get("NetworkInterfaceId") not in asked:
            raise Unreadable("NetworkInterfaceId of a network interface")
        if interface.get("VpcId") != vpc_id:
            raise Unreadable("VpcId of a network interface")
        # The primary address comes first, and is the only one where EC2 leaves out the list.
        spoken = [interface.get("PrivateIpAddress")]
        spoken += [
            each.get("PrivateIpAddress") for each in _members(interface, "PrivateIpAddresses")
        ]
        spoken += [each.get("Ipv6Address") for each in _members(interface, "Ipv6Addresses")]
        for text in spoken:
            if text is not None:
                found[_address(text)] = None
    return tuple(found)


def cidrs_in(vpc: Answer) -> tuple[str, ...]:
    """The VPC's IPv4 and IPv6 CIDRs whose association is in state `associated`."""
    found: dict[str, None] = {}
    for listed, block, state in (
        ("CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"),
        ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState"),
    ):
        for association in _members(vpc, listed):
            condition = association.get(state)
            if isinstance(condition, Mapping) and condition.get("State") == "associated":
                found[_cidr(association.get(block))] = None
    return tuple(found)


def _address(text: object) -> str:
    try:
        return str(parse_address(text))
    except ValueError as error:
        raise Unreadable("an address of a network interface") from error


def _cidr(text: object) -> str:
    try:
        return str(parse_cidr(text))
    except ValueError as error:
        raise Unreadable("a CIDR of the VPC") from error


def _text(answer: Answer, member: str) -> str:
    value = answer.get(member)
    # Ids and names are printable ASCII; they go into messages and must not carry a terminal's control characters.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise Unreadable(member)
    return value


def _texts(answer: Answer, member: str) -> tuple[str, ...]:
    value = answer.get(member, ())
    if not isinstance(value, list | tuple):
        raise Unreadable(member)
    return tuple(_text({member: each}, member) for each in value)


def _members(answer: Answer, member: str) -> tuple[Answer, ...]:
    value = answer.get(member, ())
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise Unreadable(member)
    return tuple(value)
