"""Which destinations and names an allowance admits: one table each."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.network import PrivateRoute, RouteGuard
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.values import parse_region, parse_service


def route(service: str, name: str, **facts: Any) -> PrivateRoute:
    return PrivateRoute(
        service=parse_service(service),
        region=parse_region("eu-west-1"),
        host=name,
        names=frozenset({name, f"zonal.{name}"}),
        **facts,
    )


ENI = route(
    "bedrock-runtime",
    "eni.example",
    address_check="eni",
    addresses=("10.20.1.10", "2600:1f18::10"),
    cidrs=("10.20.0.0/16",),
)
CIDR = route("sts", "cidr.example", address_check="cidr", cidrs=("10.30.0.0/16",), port=8443)
OWN = route(
    "ec2", "own.example", address_check="cidr", cidrs=("127.0.0.0/8",), own_networks=("127.0.0.7",)
)
ALLOWANCE = Allowance.of(
    [ENI, CIDR, OWN], exact=[("169.254.169.254", 80), ("fd00:ec2::254", 80)], own_names=["Own_Name"]
)
WITH_LOOPBACK = Allowance.of([ENI], loopback=True)


class Text(str):
    """A str that is none of the plain ones."""

    __slots__ = ()


class Number(int):
    """An int that is none of the plain ones."""


DESTINATIONS: dict[str, tuple[object, object, str]] = {
    "an interface address": ("10.20.1.10", 443, "eni-address"),
    "the same in bytes": (b"10.20.1.10", 443, "eni-address"),
    "an interface address of IPv6": ("2600:1f18::10", 443, "eni-address"),
    "the same, written out": ("2600:1f18:0:0:0:0:0:10", 443, "eni-address"),
    "an interface address on another port": ("10.20.1.10", 80, "destination-not-listed"),
    "an interface address on another service's port": (
        "10.20.1.10",
        8443,
        "destination-not-listed",
    ),
    "the neighbour of an interface address": ("10.20.1.11", 443, "destination-not-listed"),
    "an address in the CIDR": ("10.30.255.255", 8443, "vpc-cidr"),
    "an address in the CIDR on port 443": ("10.30.255.255", 443, "destination-not-listed"),
    "the next address after the CIDR": ("10.31.0.0", 8443, "destination-not-listed"),
    "loopback that the policy names": ("127.0.0.7", 443, "vpc-cidr"),
    "loopback that it does not name": ("127.0.0.1", 443, "destination-not-listed"),
    "where credentials are": ("169.254.169.254", 80, "credential-address"),
    "where credentials are, in IPv6": ("fd00:ec2::254", 80, "credential-address"),
    "where credentials are, with TLS": ("169.254.169.254", 443, "destination-not-listed"),
    "beside where credentials are": ("169.254.169.253", 80, "destination-not-listed"),
    "a public address": ("52.94.0.10", 443, "destination-not-listed"),
    "an address in an IPv4-mapped form": ("::ffff:10.20.1.10", 443, "destination-not-listed"),
    "an address in its NAT64 form": ("64:ff9b::10.20.1.10", 443, "destination-not-listed"),
    "any address": ("0.0.0.0", 443, "destination-not-listed"),
    "a port that is true": ("10.20.1.10", True, "not-a-port"),
    "a port in text": ("10.20.1.10", "443", "not-a-port"),
    "a port of another kind": ("10.20.1.10", Number(443), "not-a-port"),
    "no port": ("10.20.1.10", None, "not-a-port"),
    "an address with a zone": ("2600:1f18::10%1", 443, "not-an-address"),
    "an address with a space": ("10.20.1.10 ", 443, "not-an-address"),
    "an address with a line's end": ("10.20.1.10\n", 443, "not-an-address"),
    "an address with a zero before": ("10.20.1.010", 443, "not-an-address"),
    "an address of two parts": ("10.20", 443, "not-an-address"),
    "an address as a number": (0x0A14010A, 443, "not-an-address"),
    "an address of another kind of text": (Text("10.20.1.10"), 443, "not-an-address"),
    "an address in a bytearray": (bytearray(b"10.20.1.10"), 443, "not-an-address"),
    "an address in bytes that are no text": (b"10.20.1.10\xff", 443, "not-an-address"),
    "a name that may be looked up": ("eni.example", 443, "not-an-address"),
    "nothing": (None, None, "not-an-address"),
    "an empty text": ("", 443, "not-an-address"),
}
ADMITTED = {"eni-address", "vpc-cidr", "credential-address", "loopback"}


@pytest.mark.parametrize("sentence", DESTINATIONS)
def test_a_destination(sentence: str) -> None:
    host, port, rule = DESTINATIONS[sentence]

    decision = ALLOWANCE.decide_destination(host, port)

    assert decision.rule == rule
    assert decision.allowed is (rule in ADMITTED)


LOOPBACK: dict[str, tuple[str, int, str]] = {
    "its first address": ("127.0.0.1", 1, "loopback"),
    "its last address": ("127.255.255.255", 65535, "loopback"),
    "IPv6": ("::1", 9, "loopback"),
    "the address before": ("126.255.255.255", 9, "destination-not-listed"),
    "the address after": ("128.0.0.0", 9, "destination-not-listed"),
    "IPv6, the address after": ("::2", 9, "destination-not-listed"),
    "in an IPv4-mapped form": ("::ffff:127.0.0.1", 9, "destination-not-listed"),
    "a link-local address": ("169.254.0.1", 9, "destination-not-listed"),
    "any address": ("0.0.0.0", 9, "destination-not-listed"),
}


@pytest.mark.parametrize("sentence", LOOPBACK)
def test_loopback_that_was_opted_in_to(sentence: str) -> None:
    address, port, rule = LOOPBACK[sentence]

    decision = WITH_LOOPBACK.decide_destination(address, port)

    assert (decision.rule, decision.allowed) == (rule, rule in ADMITTED)


LOOKUPS: dict[str, tuple[object, str]] = {
    "an endpoint's name": ("eni.example", "listed-name"),
    "the same in bytes": (b"eni.example", "listed-name"),
    "another of its names": ("zonal.eni.example", "listed-name"),
    "another endpoint's name": ("cidr.example", "listed-name"),
    "this machine's name": ("Own_Name", "listed-name"),
    "an address": ("52.94.0.10", "address"),
    "an address of IPv6": ("2600::1", "address"),
    "nothing": (None, "no-name"),
    "a public name": ("bedrock-runtime.eu-west-1.amazonaws.com", "name-not-listed"),
    "an endpoint's name in capitals": ("ENI.example", "name-not-listed"),
    "an endpoint's name with its dot": ("eni.example.", "name-not-listed"),
    "a name below an endpoint's": ("x.eni.example", "name-not-listed"),
    "this machine's name in small letters": ("own_name", "name-not-listed"),
    "loopback's name": ("localhost", "name-not-listed"),
    "an empty text": ("", "name-not-listed"),
    "another kind of text": (Text("eni.example"), "name-not-listed"),
    "a bytearray": (bytearray(b"eni.example"), "name-not-listed"),
    "a number": (7, "name-not-listed"),
    "an address spelt in octal": ("0177.0.0.1", "name-not-listed"),
}


@pytest.mark.parametrize("sentence", LOOKUPS)
def test_a_look_up(sentence: str) -> None:
    host, rule = LOOKUPS[sentence]

    decision = ALLOWANCE.decide_lookup(host)

    assert decision.rule == rule
    assert decision.allowed is (rule != "name-not-listed")


def test_loopback_s_name_may_be_looked_up_when_it_was_opted_in_to() -> None:
    assert WITH_LOOPBACK.decide_lookup("localhost").allowed is True
    assert WITH_LOOPBACK.decide_lookup("localhost.example").allowed is False


def test_an_address_that_is_refused_is_shown_as_a_url_shows_it() -> None:
    assert "at 52.94.0.10:443" in ALLOWANCE.decide_destination("52.94.0.10", 443).reason
    assert "at [2600::1]:443" in ALLOWANCE.decide_destination("2600::1", 443).reason
    assert ALLOWANCE.decide_destination("52.94.0.10", 443).next_step != ""


def test_what_next_is_the_opt_in_for_loopback_and_a_table_for_all_else() -> None:
    for loopback in (
        ALLOWANCE.decide_destination("127.0.0.1", 443),
        ALLOWANCE.decide_destination("::1", 443),
        ALLOWANCE.decide_lookup("localhost"),
    ):
        assert (
            loopback.next_step
            == "call lockdown(policy, allow_loopback=True) where this machine is meant"
        )
    for other in (
        ALLOWANCE.decide_destination("52.94.0.10", 443),
        ALLOWANCE.decide_destination("169.254.0.1", 443),
        ALLOWANCE.decide_destination("s3.amazonaws.com", 443),
        ALLOWANCE.decide_destination("10.20.1.10", "443"),
        ALLOWANCE.decide_lookup("s3.amazonaws.com"),
    ):
        assert "[network.endpoints.<service>]" in other.next_step


def test_an_allowance_is_a_frozen_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ALLOWANCE.loopback = True  # type: ignore[misc]
    assert not hasattr(ALLOWANCE, "__dict__")


@pytest.mark.parametrize("text", ["a prompt", "s3cret/+==", "x" * 300, b"\xffhush", Text("x.y")])
def test_what_is_neither_address_nor_name_is_not_repeated(text: Any) -> None:
    for decision in (ALLOWANCE.decide_lookup(text), ALLOWANCE.decide_destination(text, 443)):
        assert decision.allowed is False
        assert decision.reason.startswith("what was asked for is ")
        assert str(text) not in decision.reason + decision.next_step
        assert "hush" not in decision.reason


def test_a_name_that_is_refused_is_shown() -> None:
    assert "s3.amazonaws.com" in ALLOWANCE.decide_lookup("s3.amazonaws.com").reason
    assert "s3.amazonaws.com" in ALLOWANCE.decide_destination("s3.amazonaws.com", 443).reason


def test_an_allowance_of_nothing_admits_nothing() -> None:
    nothing = Allowance(guards=())

    assert nothing.decide_destination("10.20.1.10", 443).allowed is False
    assert nothing.decide_destination("127.0.0.1", 443).allowed is False
    assert nothing.decide_lookup("eni.example").allowed is False


@given(
    st.one_of(st.ip_addresses().map(str), st.text(), st.binary(), st.integers(), st.none()),
    st.one_of(st.sampled_from([443, 8443, 80]), st.integers(), st.booleans()),
)
def test_everything_gets_an_answer_and_the_guards_are_never_overruled(
    host: object, port: object
) -> None:
    decision = ALLOWANCE.decide_destination(host, port)
    ALLOWANCE.decide_lookup(host)

    if decision.allowed and decision.rule != "credential-address":
        guards = [RouteGuard(each) for each in (ENI, CIDR, OWN) if each.port == port]
        assert any(guard.judge(str(host)).allowed for guard in guards)
