"""Laws of the guard: it is total, never admits the never-set, one bad answer refuses all, private is private."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secure_bedrock.errors import AddressDenied
from secure_bedrock.network import Address, Network, PrivateRoute, RouteGuard, never, parse_cidr
from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6
from secure_bedrock.values import BEDROCK_RUNTIME, AddressCheck, Region

HOST = "bedrock-runtime.us-east-1.amazonaws.com"


def addresses_of(first: int, last: int, version: int) -> st.SearchStrategy[Address]:
    kind: type[Address] = IPv4Address if version == 4 else IPv6Address
    return st.integers(first, last).map(kind)


# As many addresses from each special range, and from its edges, as from everywhere else.
SPECIAL = st.sampled_from(NEVER_V4 + NEVER_V6).flatmap(
    lambda row: addresses_of(row.first, row.last, row.network.version)
)
EDGES = st.sampled_from(NEVER_V4 + NEVER_V6).flatmap(
    lambda row: st.sampled_from([row.network[0], row.network[-1]])
)
ADDRESSES = st.ip_addresses(v=4) | st.ip_addresses(v=6) | SPECIAL | EDGES
TEXTS = ADDRESSES.map(str) | st.text(max_size=70)


def around(address: Address, length: int) -> str:
    return str(ip_network((address, length), strict=False))


CIDRS = ADDRESSES.flatmap(
    lambda address: st.integers(16 if address.version == 4 else 44, address.max_prefixlen).map(
        lambda length: around(address, length)
    )
)


def make_guard(check: AddressCheck, **facts: Any) -> RouteGuard:
    return RouteGuard(
        PrivateRoute(
            service=BEDROCK_RUNTIME,
            region=Region("us-east-1"),
            host=HOST,
            names=frozenset({HOST}),
            address_check=check,
            **facts,
        )
    )


GUARDS = st.builds(
    make_guard,
    st.sampled_from(get_args(AddressCheck)),
    addresses=st.lists(ADDRESSES.map(str), max_size=4).map(tuple),
    cidrs=st.lists(CIDRS, max_size=3).map(tuple),
    own_networks=st.lists(CIDRS | ADDRESSES.map(str), max_size=3).map(tuple),
)


def first_of(text: str) -> Address:
    return ip_network(text)[0]


def names_it(own_networks: tuple[str, ...], address: Address) -> bool:
    networks: list[Network] = [ip_network(text) for text in own_networks]
    return any(address in network for network in networks)


@given(GUARDS, TEXTS)
def test_every_text_gets_a_decision_with_a_rule(guard: RouteGuard, text: str) -> None:
    decision = guard.judge(text)

    assert decision.rule
    assert decision.rule == decision.rule.lower().replace(" ", "-")
    assert decision.evidence


@given(GUARDS, st.data())
def test_nothing_in_the_never_set_is_approved_but_loopback_that_the_policy_names(
    guard: RouteGuard, data: st.DataObject
) -> None:
    route = guard.route
    candidates = SPECIAL | EDGES
    if route.addresses:
        candidates |= st.sampled_from(route.addresses).map(first_of)
    address = data.draw(candidates)
    why = never(address)
    assume(why is not None)

    if guard.judge(str(address)).allowed:
        assert why == "loopback"
        assert names_it(route.own_networks, address)


@given(SPECIAL | EDGES)
def test_the_never_set_is_refused_even_where_every_fact_names_it(address: Address) -> None:
    assume(never(address) not in {None, "loopback"})
    alone = f"{address}/{address.max_prefixlen}"

    for check in get_args(AddressCheck):
        guard = make_guard(check, addresses=(str(address),), cidrs=(alone,), own_networks=(alone,))
        assert guard.judge(str(address)).rule == f"never-{never(address)}"


@given(ADDRESSES)
def test_private_admits_only_rfc_1918_and_ula(address: Address) -> None:
    private = [ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")]
    inside = any(address in network for network in private)
    instance_services = address in ip_network("fd00::/16")

    assert make_guard("private").judge(str(address)).allowed == (inside and not instance_services)


@given(GUARDS, ADDRESSES)
def test_what_is_approved_is_named_by_the_route_or_private(
    guard: RouteGuard, address: Address
) -> None:
    route = guard.route
    allowed = guard.judge(str(address)).allowed
    if allowed and route.address_check == "eni":
        assert address in set(map(first_of, route.addresses))
    if allowed and route.address_check == "cidr":
        assert any(address in parse_cidr(cidr) for cidr in route.cidrs)


@given(GUARDS, st.lists(ADDRESSES.map(str), min_size=1, max_size=16), st.data())
def test_a_bad_answer_refuses_the_good_ones_wherever_it_stands(
    guard: RouteGuard, answers: list[str], data: st.DataObject
) -> None:
    good = [answer for answer in answers if guard.judge(answer).allowed][:15]
    bad = [answer for answer in answers if not guard.judge(answer).allowed]
    assume(bad)
    position = data.draw(st.integers(0, len(good)))

    mixed = [*good[:position], bad[0], *good[position:]]

    assert not guard.judge_answers(mixed).allowed
    assert guard.judge_answers(good).allowed == bool(good)


@given(GUARDS, ADDRESSES)
def test_an_approved_address_is_of_a_family_that_is_asked_for(
    guard: RouteGuard, address: Address
) -> None:
    if guard.judge(str(address)).allowed:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        assert family in guard.families


@given(st.ip_addresses(v=4), st.integers(0, 15))
def test_a_cidr_wider_than_a_vpc_is_refused_unless_it_is_loopback(
    address: IPv4Address, length: int
) -> None:
    cidr = around(address, length)
    assume(not IPv4Network(cidr).subnet_of(IPv4Network("127.0.0.0/8")))

    for facts in ({"cidrs": (cidr,)}, {"own_networks": (cidr,)}):
        with pytest.raises(AddressDenied) as caught:
            make_guard("cidr", **facts)
        assert caught.value.rule == "cidr-too-wide"
