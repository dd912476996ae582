"""Addresses and CIDRs are parsed strictly, and the never-set answers by the project's own tables."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.network import Address, never, parse_address, parse_cidr
from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6, PRIVATE


class Deceiver(str):
    """A str that prints as another address than it holds."""

    __slots__ = ()

    def __str__(self) -> str:
        return "10.0.0.1"


NOT_ADDRESSES: dict[str, object] = {
    "an integer": 167772161,
    "a bool": True,
    "None": None,
    "bytes": b"10.0.0.1",
    "a packed address": b"\x0a\x00\x00\x01",
    "an address object": IPv4Address("10.0.0.1"),
    "a list": ["10.0.0.1"],
    "a subclass of str": Deceiver("52.94.0.10"),
    "nothing": "",
    "white space before": " 10.0.0.1",
    "white space after": "10.0.0.1 ",
    "a newline after": "10.0.0.1\n",
    "a NUL after": "10.0.0.1\x00",
    "a leading zero": "010.0.0.1",
    "octal": "0012.0.0.1",
    "hexadecimal": "0x0a.0.0.1",
    "one number": "167772161",
    "three parts": "10.0.1",
    "five parts": "10.0.0.0.1",
    "an empty part": "10..0.1",
    "a part above 255": "10.0.0.256",
    "a sign": "10.0.0.+1",
    "an underscore": "1_0.0.0.1",
    "full-width digits": "\uff11\uff10.0.0.1",
    "Arabic-Indic digits": "\u0661\u0660.0.0.1",
    "an ideographic dot": "10\u30020.0.1",
    "a prefix length": "10.0.0.1/32",
    "a port": "10.0.0.1:443",
    "a host name": "localhost",
    "brackets": "[fd12::1]",
    "upper case": "FD12::1",
    "a zone": "fe80::1%eth0",
    "a numeric zone": "fe80::1%1",
    "an empty zone": "fd12::1%",
    "a zone on IPv4": "10.0.0.1%eth0",
    "two gaps": "fd12::1::2",
    "nine groups": "1:2:3:4:5:6:7:8:9",
    "five digits in a group": "fd12::12345",
    "one colon": ":",
    "no colon": "fd12",
    "an embedded leading zero": "::ffff:010.0.0.1",
    "an embedded address in front": "10.0.0.1::",
    "IPv6 with a prefix length": "fd12::/64",
    "very long": "fd12:" * 100,
}


@pytest.mark.parametrize("text", NOT_ADDRESSES.values(), ids=NOT_ADDRESSES.keys())
def test_what_is_not_exactly_an_address_is_refused(text: object) -> None:
    with pytest.raises(ValueError) as caught:
        parse_address(text)

    assert str(caught.value) in {
        "an address is given as text",
        "an address with a zone ('%') is never an endpoint's",
        "not an IP address in its usual spelling",
    }


def test_a_zone_is_refused_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="zone"):
        parse_address("fe80::1%eth0")


ADDRESSES: dict[str, Address] = {
    "0.0.0.0": IPv4Address(0),
    "10.0.1.10": IPv4Address(0x0A00010A),
    "255.255.255.255": IPv4Address(2**32 - 1),
    "::": IPv6Address(0),
    "::1": IPv6Address(1),
    "fd12:3456::10": IPv6Address(0xFD123456 << 96 | 0x10),
    "2600:1f18:aaaa::10": IPv6Address(0x26001F18AAAA << 80 | 0x10),
    "2600:1f18:aaaa:0:0:0:0:10": IPv6Address(0x26001F18AAAA << 80 | 0x10),
    "::ffff:52.94.0.10": IPv6Address(0xFFFF << 32 | 0x345E000A),
    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255": IPv6Address(2**128 - 1),
}


@pytest.mark.parametrize(("text", "address"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_an_address_is_what_it_spells(text: str, address: Address) -> None:
    assert parse_address(text) == address


@given(st.ip_addresses())
def test_parsing_the_text_of_an_address_gives_it_back(address: Address) -> None:
    assert parse_address(str(address)) == address
    assert type(parse_address(str(address))) is type(address)


@given(st.text(max_size=50) | st.from_regex(r"[0-9a-f:.%]{1,45}", fullmatch=True))
def test_every_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return

    assert parse_address(str(address)) == address


NOT_CIDRS: dict[str, object] = {
    "None": None,
    "bytes": b"10.0.0.0/16",
    "a tuple": ("10.0.0.0", 16),
    "a subclass of str": Deceiver("10.0.0.0/16"),
    "no prefix length": "10.0.0.0",
    "an empty prefix length": "10.0.0.0/",
    "a netmask": "10.0.0.0/255.255.0.0",
    "a host mask": "10.0.0.0/0.0.255.255",
    "a leading zero": "10.0.0.0/016",
    "a sign": "10.0.0.0/+16",
    "an underscore": "10.0.0.0/1_6",
    "Unicode digits": "10.0.0.0/\uff11\uff16",
    "a space": "10.0.0.0/ 16",
    "a newline": "10.0.0.0/16\n",
    "host bits": "10.0.0.1/16",
    "a prefix too long": "10.0.0.0/33",
    "an IPv6 prefix too long": "fd12::/129",
    "IPv6 host bits": "fd12::1/64",
    "two slashes": "10.0.0.0/16/16",
    "a zone": "fe80::%eth0/64",
    "nothing but a length": "/16",
}


@pytest.mark.parametrize("text", NOT_CIDRS.values(), ids=NOT_CIDRS.keys())
def test_what_is_not_exactly_a_cidr_is_refused(text: object) -> None:
    with pytest.raises(ValueError) as caught:
        parse_cidr(text)

    assert "10.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "10.20.0.0/16", "10.0.0.1/32", "::/0", "2600:1f18:aaaa::/56", "::1/128"]
)
def test_a_cidr_is_what_it_spells(text: str) -> None:
    assert parse_cidr(text) == ip_network(text)
    assert str(parse_cidr(text)) == text


# First and last address of every range, and the neighbours on both sides.
NEVER: dict[str, str | None] = {
    "0.0.0.0": "this-network",
    "0.255.255.255": "this-network",
    "1.0.0.0": None,
    "9.255.255.255": None,
    "10.0.1.10": None,
    "44.10.1.10": None,
    "52.94.0.10": None,
    "100.63.255.255": None,
    "100.64.0.1": None,
    "100.127.255.255": None,
    "126.255.255.255": None,
    "127.0.0.0": "loopback",
    "127.0.0.1": "loopback",
    "127.255.255.255": "loopback",
    "128.0.0.0": None,
    "169.253.255.255": None,
    "169.254.0.0": "link-local",
    "169.254.169.254": "link-local",
    "169.254.170.2": "link-local",
    "169.254.170.23": "link-local",
    "169.254.255.255": "link-local",
    "169.255.0.0": None,
    "172.16.0.1": None,
    "172.31.255.255": None,
    "191.255.255.255": None,
    "192.0.0.0": "ietf-protocol",
    "192.0.0.8": "ietf-protocol",
    "192.0.0.170": "ietf-protocol",
    "192.0.1.0": None,
    "192.0.2.1": "documentation",
    "192.0.3.0": None,
    "192.31.196.1": "as112",
    "192.52.193.1": "amt",
    "192.88.98.255": None,
    "192.88.99.1": "6to4-relay",
    "192.88.100.0": None,
    "192.168.1.1": None,
    "192.175.48.1": "as112",
    "198.17.255.255": None,
    "198.18.0.0": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.20.0.0": None,
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "223.255.255.255": None,
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.254": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::2": "ipv4-compatible",
    "::52.94.0.10": "ipv4-compatible",
    "::ffff:0.0.0.0": "ipv4-mapped",
    "::ffff:10.0.1.10": "ipv4-mapped",
    "::ffff:127.0.0.1": "ipv4-mapped",
    "::ffff:52.94.0.10": "ipv4-mapped",
    "::ffff:0:10.0.1.10": "ipv4-translated",
    "64:ff9b::10.0.1.10": "nat64",
    "64:ff9b::52.94.0.10": "nat64",
    "64:ff9b:1::a00:10a": "nat64-local",
    "64:ff9b:1:ffff::1": "nat64-local",
    "64:ff9b:2::1": "unassigned",
    "64:ff9c::1": "unassigned",
    "100::1": "discard-only",
    "100:0:0:1::1": "dummy",
    "100:0:0:2::1": "unassigned",
    "1fff:ffff::1": "unassigned",
    "2000::1": None,
    "2001::1": "teredo",
    "2001:0:345e:a::1": "teredo",
    "2001:1::1": "ietf-protocol",
    "2001:2::1": "ietf-protocol",
    "2001:20::1": "ietf-protocol",
    "2001:1ff:ffff::1": "ietf-protocol",
    "2001:200::1": None,
    "2001:db8::1": "documentation",
    "2001:db9::1": None,
    "2002:345e:a::1": "6to4",
    "2003::1": None,
    "2600:1f18:aaaa::10": None,
    "2620:4f:8000::1": "as112",
    "3fff::1": "documentation",
    "3fff:fff:ffff::1": "documentation",
    "3fff:1000::1": None,
    "4000::1": "unassigned",
    "5f00::1": "srv6-sid",
    "6000::1": "unassigned",
    "8000::1": "unassigned",
    "c000::1": "unassigned",
    "e000::1": "unassigned",
    "f000::1": "unassigned",
    "f800::1": "unassigned",
    "fbff::1": "unassigned",
    "fc00::1": "ula-undefined",
    "fcff:ffff::1": "ula-undefined",
    "fd00::10": "instance-services",
    "fd00:ec2::254": "instance-services",
    "fd00:ec2::23": "instance-services",
    "fd00:ffff::1": "instance-services",
    "fd01::1": None,
    "fd12:3456::1": None,
    "fdff:ffff::1": None,
    "fe00::1": "unassigned",
    "fe7f::1": "unassigned",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "feff::1": "site-local",
    "ff00::1": "multicast",
    "ff02::1": "multicast",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "multicast",
}


@pytest.mark.parametrize(("text", "why"), NEVER.items(), ids=NEVER.keys())
def test_the_never_set_names_why(text: str, why: str | None) -> None:
    assert never(parse_address(text)) == why


def test_a_zoned_address_object_is_judged_by_its_number() -> None:
    assert never(ip_address("fe80::1%eth0")) == "link-local"


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_the_integer_bounds_agree_with_the_networks(address: Address) -> None:
    rows = NEVER_V4 if address.version == 4 else NEVER_V6
    named = next((row.name for row in rows if address in row.network), None)

    assert never(address) == named


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_can_be_is_global_unicast_or_ula(address: IPv6Address) -> None:
    if never(address) is None:
        assert address in ip_network("2000::/3") or address in ip_network("fd00::/8")


def test_every_range_names_its_source_and_date_and_none_stands_behind_a_wider_one() -> None:
    for rows in (NEVER_V4, NEVER_V6, PRIVATE):
        for position, row in enumerate(rows):
            _, _, date = row.source.rpartition(", ")
            assert date[:2] in {"19", "20"}
            assert len(date) in {7, 10}
            hidden = [a for a in rows[:position] if a.first <= row.first and row.last <= a.last]
            assert hidden == []
