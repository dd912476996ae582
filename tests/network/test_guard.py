"""The guard approves what the route names, in the order of the address rules, and nothing else."""

import socket
from typing import Any

import pytest

from secure_bedrock.errors import AddressDenied
from secure_bedrock.network import PrivateRoute, RouteGuard
from secure_bedrock.values import BEDROCK_RUNTIME, Region

HOST = "bedrock-runtime.us-east-1.amazonaws.com"

ENI = {"address_check": "eni", "addresses": ("10.0.1.10", "10.0.2.10", "2600:1f18:aaaa::10")}
ENI_IN_CIDRS = {**ENI, "cidrs": ("10.0.0.0/16", "2600:1f18:aaaa::/56")}
CIDR = {"address_check": "cidr", "cidrs": ("10.0.0.0/16", "2600:1f18:aaaa::/56")}
PRIVATE = {"address_check": "private"}


def make_guard(**facts: Any) -> RouteGuard:
    return RouteGuard(
        PrivateRoute(
            service=BEDROCK_RUNTIME,
            region=Region("us-east-1"),
            host=HOST,
            names=frozenset({HOST}),
            **facts,
        )
    )


Row = tuple[dict[str, Any], str, bool, str]

DECISIONS: dict[str, Row] = {
    "eni: an interface address": (ENI, "10.0.1.10", True, "eni-address"),
    "eni: an IPv6 interface address": (ENI, "2600:1f18:aaaa::10", True, "eni-address"),
    "eni: the same address written at length": (
        ENI,
        "2600:1f18:aaaa:0:0:0:0:10",
        True,
        "eni-address",
    ),
    "eni: inside the CIDRs as well": (ENI_IN_CIDRS, "10.0.2.10", True, "eni-address"),
    "eni: IPv6 when only the IPv4 CIDR is known": (
        {**ENI, "cidrs": ("10.0.0.0/16",)},
        "2600:1f18:aaaa::10",
        True,
        "eni-address",
    ),
    "eni: the neighbour": (ENI, "10.0.1.11", False, "not-eni-address"),
    "eni: in the CIDRs but no interface": (ENI_IN_CIDRS, "10.0.3.1", False, "not-eni-address"),
    "eni: a public address": (ENI_IN_CIDRS, "52.94.0.10", False, "not-eni-address"),
    "eni: an interface outside the CIDRs": (
        {**ENI, "cidrs": ("10.9.0.0/16",)},
        "10.0.1.10",
        False,
        "outside-vpc-cidrs",
    ),
    "eni: no address known": (
        {"address_check": "eni", "cidrs": ("10.0.0.0/16",)},
        "10.0.1.10",
        False,
        "nothing-approved",
    ),
    "eni: a metadata address is never one": (
        {"address_check": "eni", "addresses": ("169.254.169.254",)},
        "169.254.169.254",
        False,
        "never-link-local",
    ),
    "eni: a mapped form of an interface address": (
        ENI,
        "::ffff:10.0.1.10",
        False,
        "never-ipv4-mapped",
    ),
    "cidr: inside": (CIDR, "10.0.3.1", True, "vpc-cidr"),
    "cidr: IPv6 inside": (CIDR, "2600:1f18:aaaa:ff::1", True, "vpc-cidr"),
    "cidr: publicly routable, as BYOIP is": (
        {"address_check": "cidr", "cidrs": ("44.10.0.0/16",)},
        "44.10.1.10",
        True,
        "vpc-cidr",
    ),
    "cidr: shared address space": (
        {"address_check": "cidr", "cidrs": ("100.64.0.0/16",)},
        "100.64.1.10",
        True,
        "vpc-cidr",
    ),
    "cidr: just outside": (CIDR, "10.1.0.0", False, "outside-vpc-cidrs"),
    "cidr: IPv6 just outside": (CIDR, "2600:1f18:aaaa:100::", False, "outside-vpc-cidrs"),
    "cidr: public": (CIDR, "52.94.0.10", False, "outside-vpc-cidrs"),
    "cidr: none known": ({"address_check": "cidr"}, "10.0.1.10", False, "nothing-approved"),
    "cidr: a never-range is not opened by a CIDR": (
        {"address_check": "cidr", "cidrs": ("198.18.0.0/16",)},
        "198.18.0.10",
        False,
        "never-benchmarking",
    ),
    "private: ten": (PRIVATE, "10.255.255.255", True, "private-address"),
    "private: one seventy-two": (PRIVATE, "172.31.0.1", True, "private-address"),
    "private: one ninety-two": (PRIVATE, "192.168.1.1", True, "private-address"),
    "private: ULA": (PRIVATE, "fd12:3456::1", True, "private-address"),
    "private: public": (PRIVATE, "52.94.0.10", False, "not-private-address"),
    "private: just outside RFC 1918": (PRIVATE, "172.32.0.1", False, "not-private-address"),
    "private: shared address space": (PRIVATE, "100.64.1.10", False, "not-private-address"),
    "private: IPv6 of a VPC": (PRIVATE, "2600:1f18:aaaa::10", False, "not-private-address"),
    "private: the metadata service": (
        PRIVATE,
        "fd00:ec2::254",
        False,
        "never-instance-services",
    ),
    "private: undefined ULA": (PRIVATE, "fc00::1", False, "never-ula-undefined"),
    "private: this host": (PRIVATE, "0.0.0.0", False, "never-this-network"),
    "private: fake-IP proxies": (PRIVATE, "198.18.0.10", False, "never-benchmarking"),
    "private: NAT64 of a private address": (PRIVATE, "64:ff9b::10.0.1.10", False, "never-nat64"),
    "loopback that only a found fact names": (
        {"address_check": "eni", "addresses": ("127.0.0.1",), "cidrs": ("127.0.0.0/8",)},
        "127.0.0.1",
        False,
        "never-loopback",
    ),
    "loopback that the policy's CIDR names": (
        {"address_check": "cidr", "cidrs": ("127.0.0.0/8",), "own_networks": ("127.0.0.0/8",)},
        "127.0.0.1",
        True,
        "vpc-cidr",
    ),
    "loopback that the policy's address names": (
        {"address_check": "eni", "addresses": ("127.0.0.1",), "own_networks": ("127.0.0.1",)},
        "127.0.0.1",
        True,
        "eni-address",
    ),
    "loopback that the policy names as a network of one": (
        {"address_check": "cidr", "cidrs": ("127.0.0.1/32",), "own_networks": ("127.0.0.1/32",)},
        "127.0.0.1",
        True,
        "vpc-cidr",
    ),
    "another loopback than the policy names": (
        {"address_check": "cidr", "cidrs": ("127.0.0.0/8",), "own_networks": ("127.0.0.1",)},
        "127.0.0.2",
        False,
        "never-loopback",
    ),
    "IPv6 loopback that the policy names": (
        {"address_check": "cidr", "cidrs": ("::1/128",), "own_networks": ("::1",)},
        "::1",
        True,
        "vpc-cidr",
    ),
    "loopback that the policy names, in private": (
        {"address_check": "private", "own_networks": ("127.0.0.0/8",)},
        "127.0.0.1",
        False,
        "not-private-address",
    ),
    "the policy's own networks open nothing but loopback": (
        {
            "address_check": "cidr",
            "cidrs": ("169.254.0.0/16",),
            "own_networks": ("169.254.0.0/16",),
        },
        "169.254.169.254",
        False,
        "never-link-local",
    ),
    "a zone": (CIDR, "fe80::1%eth0", False, "scoped-address"),
    "a zone on an approved address": (CIDR, "2600:1f18:aaaa::10%2", False, "scoped-address"),
    "a name": (CIDR, "localhost", False, "not-an-address"),
    "nothing": (CIDR, "", False, "not-an-address"),
    "octal": (CIDR, "012.0.0.1", False, "not-an-address"),
    "very long": (CIDR, "1" * 100_000, False, "not-an-address"),
}


@pytest.mark.parametrize(
    ("facts", "address", "allowed", "rule"), DECISIONS.values(), ids=DECISIONS.keys()
)
def test_an_address_is_decided(
    facts: dict[str, Any], address: str, allowed: bool, rule: str
) -> None:
    decision = make_guard(**facts).judge(address)

    assert (decision.allowed, decision.rule) == (allowed, rule)
    assert decision.reason
    assert decision.evidence[0].name == "address"


@pytest.mark.parametrize("value", [None, 167772161, b"10.0.0.1", ["10.0.0.1"], True])
def test_what_is_not_text_is_refused(value: Any) -> None:
    decision = make_guard(**CIDR).judge(value)

    assert (decision.allowed, decision.rule) == (False, "not-an-address")


MATCHED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "eni": (ENI, "10.0.1.10", "10.0.1.10/32", "route"),
    "eni in a CIDR": (ENI_IN_CIDRS, "10.0.1.10", "10.0.0.0/16", "route"),
    "cidr": (CIDR, "10.0.1.10", "10.0.0.0/16", "route"),
    "private": (PRIVATE, "10.0.1.10", "10.0.0.0/8", "RFC 1918 section 3, 1996-02"),
    "never": (CIDR, "127.0.0.1", "127.0.0.0/8", "IANA registry: RFC 1122 section 3.2.1.3, 1981-09"),
    "mapped": (CIDR, "::ffff:10.0.1.10", "::ffff:0:0/96", "IANA registry: RFC 4291, 2006-02"),
}


@pytest.mark.parametrize(
    ("facts", "address", "network", "source"), MATCHED.values(), ids=MATCHED.keys()
)
def test_the_evidence_is_the_address_and_the_matched_network(
    facts: dict[str, Any], address: str, network: str, source: str
) -> None:
    shown, matched = make_guard(**facts).judge(address).evidence

    assert (shown.name, shown.value) == ("address", address)
    assert (matched.name, matched.value, matched.source) == ("network", network, source)


def test_the_reason_spells_a_mapped_address_and_its_range_in_one_way() -> None:
    decision = make_guard(**CIDR).judge("::ffff:a00:10a")

    assert decision.reason == "::ffff:10.0.1.10 can't be an endpoint's (ipv4-mapped, ::ffff:0:0/96)"


@pytest.mark.parametrize(("length", "rule"), [(64, "scoped-address"), (65, "not-an-address")])
def test_a_text_of_more_than_64_characters_is_not_even_looked_at(length: int, rule: str) -> None:
    """It would be kept by the cache, however long."""
    text = "fe80::1%".ljust(length, "x")

    assert make_guard(**CIDR).judge(text).rule == rule


def test_what_is_no_address_is_not_repeated() -> None:
    decision = make_guard(**CIDR).judge("my-secret-token")

    assert "my-secret-token" not in repr(decision)


ANSWERS: dict[str, tuple[dict[str, Any], tuple[str, ...], bool, str]] = {
    "all good": (ENI, ("10.0.1.10", "10.0.2.10"), True, "eni-address"),
    "good, then public": (ENI, ("10.0.1.10", "52.94.0.10"), False, "not-eni-address"),
    "public, then good": (ENI, ("52.94.0.10", "10.0.1.10"), False, "not-eni-address"),
    "good, then a zone": (ENI, ("10.0.1.10", "fe80::1%eth0"), False, "scoped-address"),
    "none": (ENI, (), False, "no-answer"),
    "sixteen": (CIDR, tuple(f"10.0.3.{n}" for n in range(16)), True, "vpc-cidr"),
    "seventeen": (CIDR, tuple(f"10.0.3.{n}" for n in range(17)), False, "too-many-answers"),
    "the first refusal is named": (
        PRIVATE,
        ("10.0.1.10", "127.0.0.1", "52.94.0.10"),
        False,
        "never-loopback",
    ),
}


@pytest.mark.parametrize(
    ("facts", "answers", "allowed", "rule"), ANSWERS.values(), ids=ANSWERS.keys()
)
def test_answers_are_decided_together(
    facts: dict[str, Any], answers: tuple[str, ...], allowed: bool, rule: str
) -> None:
    decision = make_guard(**facts).judge_answers(answers)

    assert (decision.allowed, decision.rule) == (allowed, rule)


UNUSED = {
    "one answer": (["10.0.9.9"], "so the one answer is not used"),
    "two answers": (["10.0.1.10", "10.0.9.9"], "so none of the 2 answers is used"),
}


@pytest.mark.parametrize(("answers", "told"), UNUSED.values(), ids=UNUSED)
def test_a_refused_name_is_told_with_the_number_of_its_answers(
    answers: list[str], told: str
) -> None:
    decision = make_guard(**ENI).judge_answers(answers)

    assert decision.reason == (f"10.0.9.9 is not one of the endpoint's interface addresses; {told}")


def test_approved_answers_carry_the_evidence_of_each() -> None:
    decision = make_guard(**ENI).judge_answers(["10.0.1.10", "10.0.2.10"])

    shown = [fact.value for fact in decision.evidence if fact.name == "address"]
    assert shown == ["10.0.1.10", "10.0.2.10"]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({"address_check": "cidr", "cidrs": ("0.0.0.0/0",)}, "cidr-too-wide"),
    "a /15": ({"address_check": "cidr", "cidrs": ("10.0.0.0/15",)}, "cidr-too-wide"),
    "an IPv6 /43": ({"address_check": "cidr", "cidrs": ("2600:1f18:aaa0::/43",)}, "cidr-too-wide"),
    "all of IPv6": ({"address_check": "cidr", "cidrs": ("::/0",)}, "cidr-too-wide"),
    "wide beside a good one": (
        {"address_check": "cidr", "cidrs": ("10.0.0.0/16", "52.0.0.0/8")},
        "cidr-too-wide",
    ),
    "wide in eni mode": ({**ENI, "cidrs": ("10.0.0.0/8",)}, "cidr-too-wide"),
    "a wide network of the policy's own": (
        {**CIDR, "own_networks": ("0.0.0.0/0",)},
        "cidr-too-wide",
    ),
    "a network around loopback": ({**CIDR, "own_networks": ("126.0.0.0/7",)}, "cidr-too-wide"),
    "a network that ends beside loopback": (
        {"address_check": "cidr", "cidrs": ("128.0.0.0/8",)},
        "cidr-too-wide",
    ),
    "a CIDR that is none": ({"address_check": "cidr", "cidrs": ("10.0.0.1/16",)}, "not-a-cidr"),
    "an address for a CIDR": ({"address_check": "cidr", "cidrs": ("10.0.0.1",)}, "not-a-cidr"),
    "an address that is none": ({"address_check": "eni", "addresses": ("a.b",)}, "not-an-address"),
    "a CIDR for an address": (
        {"address_check": "eni", "addresses": ("10.0.0.0/16",)},
        "not-an-address",
    ),
    "an own network that is none": ({**CIDR, "own_networks": ("localhost",)}, "not-an-address"),
    "an own network that is not text": ({**CIDR, "own_networks": (None,)}, "not-an-address"),
    "CIDRs that are one text": ({"address_check": "cidr", "cidrs": "10.0.0.0/16"}, "not-a-cidr"),
}


@pytest.mark.parametrize(("facts", "rule"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_route_that_can_not_be_judged_by_is_refused(facts: dict[str, Any], rule: str) -> None:
    with pytest.raises(AddressDenied) as caught:
        make_guard(**facts)

    assert caught.value.rule == rule


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "2600:1f18:aaa0::/44", "127.0.0.0/8", "::1/128"])
def test_the_widest_cidrs_that_may_stand(cidr: str) -> None:
    assert make_guard(address_check="cidr", cidrs=(cidr,)).route.cidrs == (cidr,)


V4, V6 = socket.AF_INET, socket.AF_INET6

FAMILIES: dict[str, tuple[dict[str, Any], set[socket.AddressFamily]]] = {
    "eni, both": (ENI, {V4, V6}),
    "eni, IPv4 only": ({"address_check": "eni", "addresses": ("10.0.1.10",)}, {V4}),
    "eni, IPv6 only": ({"address_check": "eni", "addresses": ("2600:1f18:aaaa::10",)}, {V6}),
    "eni, an address that is never approved does not count": (
        {"address_check": "eni", "addresses": ("10.0.1.10", "::1")},
        {V4},
    ),
    "eni, an address outside the CIDRs does not count": (
        {"address_check": "eni", "addresses": ("10.9.1.10",), "cidrs": ("10.0.0.0/16",)},
        set(),
    ),
    "eni, none known": ({"address_check": "eni"}, set()),
    "cidr, IPv4 only": ({"address_check": "cidr", "cidrs": ("10.0.0.0/16",)}, {V4}),
    "cidr, both": (CIDR, {V4, V6}),
    "cidr, none known": ({"address_check": "cidr"}, set()),
    "private": (PRIVATE, {V4, V6}),
}


@pytest.mark.parametrize(("facts", "families"), FAMILIES.values(), ids=FAMILIES.keys())
def test_only_families_with_an_approved_entry_are_asked_for(
    facts: dict[str, Any], families: set[socket.AddressFamily]
) -> None:
    assert make_guard(**facts).families == families


def test_a_guard_does_not_change() -> None:
    guard = make_guard(**CIDR)

    with pytest.raises(AttributeError):
        guard.route = guard.route  # type: ignore[misc]
    with pytest.raises(AttributeError):
        guard.open = True  # type: ignore[attr-defined]
    assert repr(guard) == f"RouteGuard({HOST!r}, address_check='cidr')"


def test_a_repeated_judgement_is_the_same_value() -> None:
    guard = make_guard(**CIDR)

    assert guard.judge("10.0.1.10") is guard.judge("10.0.1.10")
