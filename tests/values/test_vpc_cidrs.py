"""A VPC's CIDR is no wider than AWS makes one; loopback, which only tests name, may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.values.addresses import parse_cidr
from secure_bedrock.values.vpc_cidrs import is_loopback, widest_instead_of

CIDRS: dict[str, tuple[str, int | None]] = {
    "the widest of IPv4": ("10.20.0.0/16", None),
    "one wider": ("10.20.0.0/15", 16),
    "everything of IPv4": ("0.0.0.0/0", 16),
    "the widest of IPv6": ("2600:1f18:aaa0::/44", None),
    "one wider of IPv6": ("2600:1f18:aaa0::/43", 44),
    "everything of IPv6": ("::/0", 44),
    "loopback": ("127.0.0.0/8", None),
    "a part of loopback": ("127.128.0.0/9", None),
    "more than loopback": ("126.0.0.0/7", 16),
    "a wide network beside loopback": ("128.0.0.0/8", 16),
    "loopback of IPv6": ("::1/128", None),
}


@pytest.mark.parametrize(("cidr", "widest"), CIDRS.values(), ids=CIDRS)
def test_what_is_wider_than_a_vpc_is_told_the_shortest_prefix(
    cidr: str, widest: int | None
) -> None:
    assert widest_instead_of(parse_cidr(cidr)) == widest


LOOPBACK = {
    "127.0.0.0/8": True,
    "127.0.0.1/32": True,
    "127.255.255.255/32": True,
    "126.0.0.0/7": False,
    "126.255.255.255/32": False,
    "128.0.0.0/32": False,
    "::1/128": True,
    "::/127": False,
    "::2/128": False,
    "::7f00:1/128": False,
}


@pytest.mark.parametrize(("cidr", "expected"), LOOPBACK.items(), ids=LOOPBACK)
def test_loopback_is_what_lies_wholly_inside_it(cidr: str, expected: bool) -> None:
    assert is_loopback(parse_cidr(cidr)) is expected


@given(st.integers(0, 32))
def test_no_network_of_everything_is_a_vpcs(length: int) -> None:
    expected = 16 if length < 16 else None

    assert widest_instead_of(parse_cidr(f"0.0.0.0/{length}")) == expected
