"""Addresses and CIDRs are parsed strictly, and the never-set answers by the project's own tables."""

import json
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.network import Address, never, parse_address, parse_cidr
from secure_bedrock.network.addresses import never_range, spelled
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
    "upper case at the end": "fd12::1A",
    "white space after IPv6": "fd12::1 ",
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


SPELLINGS: dict[str, Address] = {
    "10.0.1.10": IPv4Address("10.0.1.10"),
    "fd12:3456::10": IPv6Address("fd12:3456::10"),
    "::a00:10a": IPv6Address("::10.0.1.10"),
    "::ffff:10.0.1.10": IPv6Address("::ffff:a00:10a"),
    "::ffff:0.0.0.0": IPv6Address("::ffff:0:0"),
}


@pytest.mark.parametrize(("text", "address"), SPELLINGS.items(), ids=SPELLINGS.keys())
def test_an_address_is_spelled_in_one_way_on_every_python(text: str, address: Address) -> None:
    assert spelled(address) == text
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
DATA = Path(__file__).parents[1] / "data" / "never.json"
NEVER: dict[str, str | None] = json.loads(DATA.read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize(("text", "why"), NEVER.items(), ids=NEVER.keys())
def test_the_never_set_names_why(text: str, why: str | None) -> None:
    assert never(parse_address(text)) == why


# Each has a narrower range in front that takes a part of it, so a wider one would refuse the same addresses.
WITHIN = {
    "224.0.0.1": "224.0.0.0/4",
    "::": "::/128",
    "100::1": "100::/64",
    "fe00::1": "fe00::/9",
    "fe80::1": "fe80::/10",
    "::ffff:10.0.0.1": "::ffff:0:0/96",
}


@pytest.mark.parametrize(("text", "cidr"), WITHIN.items(), ids=WITHIN.keys())
def test_a_refusal_names_the_range_as_its_registry_writes_it(text: str, cidr: str) -> None:
    row = never_range(parse_address(text))

    assert row is not None
    assert (row.cidr, row.network) == (cidr, ip_network(cidr))


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
