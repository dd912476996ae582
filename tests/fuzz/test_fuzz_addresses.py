"""Any text is an address, a CIDR and an approved answer only where the C library and `ipaddress` agree that it is."""

import os
import socket
from ipaddress import IPv4Address, ip_address, ip_network
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import AddressDenied
from secure_bedrock.network import Address, PrivateRoute, RouteGuard, parse_address, parse_cidr
from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6
from secure_bedrock.values import BEDROCK_RUNTIME, AddressCheck, Region
from tests.splicing import spliced

FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "250")), deadline=None)
HOST = "bedrock-runtime.us-east-1.amazonaws.com"

PLAIN = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
SPECIAL = st.sampled_from(NEVER_V4 + NEVER_V6).flatmap(
    lambda row: st.integers(row.first, row.last).map(
        lambda number: str(type(row.network[0])(number))
    )
)
PIECES = st.sampled_from(
    ["0", "00", "010", "1", "10", "127", "169.254", "255", "256", "0x7f", "fd12", "FFFF", "::", ":", ".", "..", "%", "%1",
     "%eth0", "/", "A", "aB", "/16", "/33", "/016", "/-1", " ", "\n", "\0", "-", "+1", "_", "e", "\u0661", "\uff11", "\u3002", "[", "]"]
)  # fmt: skip


def around(text: str, length: int) -> str:
    address = ip_address(text)
    return str(ip_network((address, min(length, address.max_prefixlen)), strict=False))


def near(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(spliced, texts, st.integers(0, 50), PIECES, st.integers(0, 2))


TEXTS = st.one_of(
    PLAIN,
    SPECIAL,
    near(PLAIN | SPECIAL),
    st.lists(PIECES, max_size=8).map("".join),
    st.text(max_size=50),
)
NETWORKS = st.builds(around, PLAIN | SPECIAL, st.integers(0, 128))
CIDRS = NETWORKS | near(NETWORKS) | st.builds("{}/{}".format, TEXTS, st.integers(-1, 130))


def by_the_c_library(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


@FUZZ
@given(TEXTS)
def test_an_address_is_one_to_the_c_library_too(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return

    assert by_the_c_library(text) == address.packed
    assert ip_address(text) == address
    assert parse_address(str(address)) == address
    assert text.isascii()
    assert text == text.strip().lower()
    if isinstance(address, IPv4Address):
        assert str(address) == text


@FUZZ
@given(CIDRS)
def test_a_cidr_is_an_address_and_a_length_without_host_bits(text: str) -> None:
    try:
        network = parse_cidr(text)
    except ValueError:
        return

    first, _, length = text.partition("/")
    number = int.from_bytes(by_the_c_library(first), "big")
    host_bits = network.max_prefixlen - int(length)
    assert str(int(length)) == length
    assert number >> host_bits << host_bits == number
    assert (int(network[0]), network.prefixlen) == (number, int(length))
    assert ip_network(text, strict=True) == network
    assert parse_cidr(str(network)) == network


def is_special(address: Address) -> bool:
    """What Python itself calls special; narrower than the library's own tables, and never wider in what it admits."""
    embeds = address.version == 6 and (address.ipv4_mapped or address.sixtofour or address.teredo)
    return bool(
        address.is_multicast or address.is_link_local or address.is_unspecified or address.is_loopback or embeds
    )  # fmt: skip


@st.composite
def routes_and_answers(draw: st.DrawFn) -> tuple[PrivateRoute, list[str]]:
    """A route and answers that lie in its networks, among its addresses, or anywhere."""
    anchors = draw(
        st.lists(
            PLAIN | SPECIAL | st.sampled_from(["10.0.1.10", "fd12:3456::10"]),
            min_size=1,
            max_size=2,
        )
    )
    lengths = draw(st.lists(st.integers(12, 128), min_size=len(anchors), max_size=len(anchors)))
    networks = [around(text, length) for text, length in zip(anchors, lengths, strict=True)]
    own = ["127.0.0.0/8", "127.0.0.1", "::1", *networks, *anchors]
    route = PrivateRoute(
        service=BEDROCK_RUNTIME,
        region=Region("us-east-1"),
        host=HOST,
        names=frozenset({HOST}),
        address_check=draw(st.sampled_from(get_args(AddressCheck))),
        addresses=tuple(draw(st.lists(st.sampled_from(anchors), max_size=3))),
        cidrs=tuple(draw(st.lists(st.sampled_from(networks), max_size=2))),
        own_networks=tuple(draw(st.lists(st.sampled_from(own), max_size=1))),
    )
    few = st.lists(st.sampled_from(anchors), max_size=3)
    return route, draw(few | st.lists(TEXTS | st.sampled_from(anchors), max_size=18))


@FUZZ
@given(routes_and_answers())
def test_answers_are_approved_only_where_each_is_named_by_the_route(
    drawn: tuple[PrivateRoute, list[str]],
) -> None:
    route, answers = drawn
    try:
        guard = RouteGuard(route)
    except AddressDenied as refusal:
        assert refusal.rule == "cidr-too-wide"  # noqa: PT017 - both outcomes have an oracle
        return

    decision = guard.judge_answers(answers)

    assert decision.rule
    if not decision.allowed:
        return
    assert 1 <= len(answers) <= 16
    for answer in map(ip_address, answers):
        if is_special(answer):
            assert answer.is_loopback
            assert any(answer in ip_network(text) for text in route.own_networks)
        if route.address_check == "eni":
            assert answer in set(map(ip_address, route.addresses))
        if route.address_check == "cidr":
            assert any(answer in ip_network(text) for text in route.cidrs)
        if route.address_check == "private":
            assert answer.is_private
