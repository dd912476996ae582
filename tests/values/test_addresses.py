"""Addresses and CIDRs are parsed strictly, and alike on every Python."""

import traceback
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.values.addresses import (
    Address,
    lies_within,
    network_in,
    network_of,
    parse_address,
    parse_cidr,
    spelled,
)


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


# Each begins well enough to reach Python's own parsers, whose messages repeat what they are given.
QUIET: dict[str, tuple[Callable[[object], object], str]] = {
    "an address": (parse_address, "10.0.0.256"),
    "an IPv6 address": (parse_address, "fd12::10.0.0.256"),
    "a CIDR with host bits": (parse_cidr, "10.0.0.256/16"),
    "a CIDR too long": (parse_cidr, "10.0.256.0/999"),
}


@pytest.mark.parametrize(("grammar", "text"), QUIET.values(), ids=QUIET.keys())
def test_a_traceback_does_not_repeat_the_text(
    grammar: Callable[[object], object], text: str
) -> None:
    with pytest.raises(ValueError) as caught:
        grammar(text)

    assert "256" not in "".join(traceback.format_exception(caught.value))


def test_host_bits_and_long_prefixes_are_refused_without_python_s_message() -> None:
    for text in ("10.0.0.1/16", "10.0.0.0/33", "fd12::1/64"):
        with pytest.raises(ValueError, match="too long, or host bits are set") as caught:
            parse_cidr(text)
        assert caught.value.__suppress_context__


def test_a_cidr_without_a_length_is_told_how_one_ends() -> None:
    with pytest.raises(ValueError, match="ends in '/'"):
        parse_cidr("10.0.0.0")


def test_a_network_is_a_cidrs_or_an_addresss_own() -> None:
    assert network_in("10.20.0.0/16") == ip_network("10.20.0.0/16")
    assert network_in("10.20.0.1") == ip_network("10.20.0.1/32")
    assert network_in("fd12::1") == network_of(IPv6Address("fd12::1")) == ip_network("fd12::1/128")
    for text in ("10.20.0.1/16", "10.20.0.1/", "vpc", ""):
        with pytest.raises(ValueError, match=r"address|prefix"):
            network_in(text)


WITHIN: dict[str, tuple[str, str, bool]] = {
    "itself": ("10.20.0.0/16", "10.20.0.0/16", True),
    "its first half": ("10.20.0.0/17", "10.20.0.0/16", True),
    "its second half": ("10.20.128.0/17", "10.20.0.0/16", True),
    "its last address": ("10.20.255.255/32", "10.20.0.0/16", True),
    "the address before it": ("10.19.255.255/32", "10.20.0.0/16", False),
    "the address behind it": ("10.21.0.0/32", "10.20.0.0/16", False),
    "a wider one that begins with it": ("10.20.0.0/15", "10.20.0.0/16", False),
    "a wider one that ends with it": ("10.20.0.0/15", "10.21.0.0/16", False),
    "another family of the same number": ("::/128", "0.0.0.0/0", False),
    "the other family": ("0.0.0.0/32", "::/0", False),
    "IPv6 in IPv6": ("fd12:0:0:1::/64", "fd12::/48", True),
}


@pytest.mark.parametrize(("inner", "outer", "expected"), WITHIN.values(), ids=WITHIN)
def test_a_network_lies_within_another_with_all_its_addresses(
    inner: str, outer: str, expected: bool
) -> None:
    assert lies_within(parse_cidr(inner), parse_cidr(outer)) is expected


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.integers(0, 128), st.integers(0, 128))
def test_of_two_prefixes_of_one_address_the_longer_lies_within_the_shorter(
    address: Address, one: int, two: int
) -> None:
    short, long = sorted((one % (address.max_prefixlen + 1), two % (address.max_prefixlen + 1)))
    outer, inner = (ip_network((address, length), strict=False) for length in (short, long))

    assert lies_within(inner, outer)
    assert lies_within(outer, inner) == (short == long)
