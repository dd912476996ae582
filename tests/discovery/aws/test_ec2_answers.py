"""EC2's answers are parsed once; what does not parse is an error, never a fact."""

from typing import Any

import pytest

from secure_bedrock.discovery.aws.ec2_answers import (
    Unreadable,
    addresses_in,
    cidrs_in,
    endpoint_in,
    is_available_interface,
)
from secure_bedrock.values import Region

VPC = "vpc-0123456789abcdef0"
ASKED = ("eni-1", "eni-2")


def test_an_endpoint_is_read_whole(endpoint: Any) -> None:
    seen = endpoint_in(endpoint())

    assert seen.vpc_endpoint_id == "vpce-0abc123def4567890"
    assert seen.vpc_id == VPC
    assert seen.service_region == Region("eu-west-1")
    assert seen.interface_ids == ("eni-1", "eni-2")
    assert seen.private_dns_enabled is True
    assert len(seen.names) == 3


def test_wildcard_names_are_left_out(endpoint: Any) -> None:
    seen = endpoint_in(endpoint(DnsEntries=[{"DnsName": "*.x.example.com"}, {"HostedZoneId": "Z"}]))

    assert seen.names == frozenset()


def test_a_service_region_may_be_left_out(endpoint: Any) -> None:
    assert endpoint_in(endpoint(ServiceRegion=None)).service_region is None


UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"VpcEndpointId": None}, "VpcEndpointId"),
    "an id with a newline": ({"VpcEndpointId": "vpce-1\nx"}, "VpcEndpointId"),
    "an id with an escape": ({"VpcEndpointId": "vpce-\x1b[31m"}, "VpcEndpointId"),
    "an id in another script": ({"VpcEndpointId": "vpce-\u0430"}, "VpcEndpointId"),
    "no VPC": ({"VpcId": 7}, "VpcId"),
    "names that are no list": ({"DnsEntries": "x"}, "DnsEntries"),
    "names that are no structures": ({"DnsEntries": ["x"]}, "DnsEntries"),
    "interfaces that are no list": ({"NetworkInterfaceIds": "eni-1"}, "NetworkInterfaceIds"),
    "an interface that is no text": ({"NetworkInterfaceIds": [1]}, "NetworkInterfaceIds"),
    "a Region that is none": ({"ServiceRegion": "EU_WEST"}, "ServiceRegion"),
}


@pytest.mark.parametrize(("changes", "member"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_endpoint_that_does_not_parse_is_unreadable(
    endpoint: Any, changes: dict[str, Any], member: str
) -> None:
    with pytest.raises(Unreadable, match=f"^{member}$"):
        endpoint_in(endpoint(**changes))


STATES = {
    "available": ("Interface", "available", True),
    "Available, as the reference spells it": ("Interface", "Available", True),
    "pending": ("Interface", "pending", False),
    "rejected": ("Interface", "rejected", False),
    "a gateway": ("Gateway", "available", False),
    "no state": ("Interface", None, False),
}


@pytest.mark.parametrize(("kind", "state", "expected"), STATES.values(), ids=STATES)
def test_only_available_interface_endpoints_count(
    endpoint: Any, kind: str, state: object, expected: bool
) -> None:
    assert is_available_interface(endpoint(VpcEndpointType=kind, State=state)) is expected


def test_addresses_of_both_families_come_once_and_in_order(interface: Any) -> None:
    first = interface(
        "eni-1",
        "10.20.1.10",
        PrivateIpAddresses=[{"PrivateIpAddress": "10.20.1.10"}, {"PrivateIpAddress": "10.20.1.11"}],
        Ipv6Addresses=[{"Ipv6Address": "2600:1f14::a"}],
        Association={"PublicIp": "52.94.0.10"},
    )
    second = interface("eni-2", "10.20.2.10", PrivateIpAddresses=[])

    assert addresses_in([first, second], asked=ASKED, vpc_id=VPC) == (
        "10.20.1.10",
        "10.20.1.11",
        "2600:1f14::a",
        "10.20.2.10",
    )


BAD_ADDRESSES = ("10.20.1.010", "::ffff:10.20.1.10%eth0", "ten", 7, "")


@pytest.mark.parametrize("text", BAD_ADDRESSES, ids=repr)
def test_an_address_that_does_not_parse_is_unreadable(interface: Any, text: object) -> None:
    with pytest.raises(Unreadable, match="an address of a network interface"):
        addresses_in([interface("eni-1", text)], asked=ASKED, vpc_id=VPC)


def test_an_interface_of_another_vpc_is_unreadable(interface: Any) -> None:
    with pytest.raises(Unreadable, match="VpcId of a network interface"):
        addresses_in([interface("eni-1", "10.20.1.10", VpcId="vpc-other")], asked=ASKED, vpc_id=VPC)


@pytest.mark.parametrize("stranger", ["eni-666", "", None, 7])
def test_an_interface_that_was_not_asked_for_is_unreadable(interface: Any, stranger: Any) -> None:
    both = [interface("eni-1", "10.20.1.10"), interface(stranger, "10.20.9.9")]
    with pytest.raises(Unreadable, match="NetworkInterfaceId of a network interface"):
        addresses_in(both, asked=ASKED, vpc_id=VPC)


def test_only_associated_cidrs_count(vpc: Any) -> None:
    assert cidrs_in(vpc()) == ("10.20.0.0/16", "2600:1f14::/56")


def test_a_cidr_with_host_bits_is_unreadable(vpc: Any) -> None:
    odd = {"CidrBlock": "10.20.0.1/16", "CidrBlockState": {"State": "associated"}}

    with pytest.raises(Unreadable, match="a CIDR of the VPC"):
        cidrs_in(vpc(CidrBlockAssociationSet=[odd]))


def test_an_association_without_a_state_does_not_count(vpc: Any) -> None:
    assert cidrs_in(vpc(CidrBlockAssociationSet=[{"CidrBlock": "10.0.0.0/16"}])) == (
        "2600:1f14::/56",
    )
