"""May a socket be opened to this address?"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final, assert_never

from secure_bedrock.errors import AddressDenied
from secure_bedrock.network.addresses import never_range
from secure_bedrock.network.ranges import LOOPBACK, PRIVATE, AddressRange
from secure_bedrock.network.route import PrivateRoute
from secure_bedrock.values import AddressCheck, Decision, Evidence
from secure_bedrock.values.addresses import (
    Address,
    Network,
    network_of,
    parse_address,
    parse_cidr,
    spelled,
)
from secure_bedrock.values.vpc_cidrs import widest_instead_of

# An endpoint has one address per Availability Zone and family, and the largest Region has six zones (us-east-1,
# 2026-11-20): more than 16 answers are someone else's DNS.
MAX_ANSWERS: Final = 16

_LONGEST_TEXT: Final = 64
_CACHED_DECISIONS: Final = 256
_FAMILY: Final = {4: socket.AF_INET, 6: socket.AF_INET6}


@dataclass(frozen=True, slots=True)
class _Approval:
    """What a route approves, parsed once."""

    check: AddressCheck
    addresses: frozenset[Address]
    cidrs: tuple[Network, ...]
    own: tuple[Network, ...]


class RouteGuard:
    """Judges addresses against one route; immutable and thread-safe.

    Making one raises AddressDenied when an address or CIDR of the route does not parse, or a CIDR is wider than /16
    (IPv4) or /44 (IPv6); loopback's /8 may stand, for tests. A repeated `judge` costs well under a microsecond.
    """

    __slots__ = ("_cached", "_families", "_route")

    def __init__(self, route: PrivateRoute) -> None:
        approval = _Approval(
            check=route.address_check,
            addresses=frozenset(_parsed_address(text) for text in route.addresses),
            cidrs=tuple(_parsed_cidr(text) for text in route.cidrs),
            own=tuple(_own_network(text) for text in route.own_networks),
        )
        self._route = route
        self._cached = lru_cache(_CACHED_DECISIONS)(partial(_decide, approval))
        self._families = _families(approval)

    def __repr__(self) -> str:
        return f"RouteGuard({self._route.host!r}, address_check={self._route.address_check!r})"

    @property
    def route(self) -> PrivateRoute:
        """The route that is judged against."""
        return self._route

    @property
    def families(self) -> frozenset[socket.AddressFamily]:
        """The address families with an approved entry; DNS is asked for no other."""
        return self._families

    def judge(self, address: str) -> Decision:
        """Decide about one address; every input gets a decision, also what is no address."""
        if type(address) is not str or len(address) > _LONGEST_TEXT:
            return _no_address("not an address: not text, or too long")
        return self._cached(address)

    def judge_answers(self, answers: Sequence[str]) -> Decision:
        """Decide about all answers of one name together: one that is refused refuses the name."""
        if not answers:
            return Decision(
                False,
                "no-answer",
                f"{self._route.host} has no address of an approved family",
                next_step="turn private DNS on, or name the endpoint's own DNS name or addresses",
            )
        if len(answers) > MAX_ANSWERS:
            return Decision(
                False,
                "too-many-answers",
                f"{self._route.host} has {len(answers)} addresses; an endpoint never has more than {MAX_ANSWERS}",
            )
        decisions = [self.judge(answer) for answer in answers]
        for decision in decisions:
            if not decision.allowed:
                # Skipping the bad one would let a client fail over to it later.
                return replace(decision, reason=f"{decision.reason}; {_unused(len(answers))}")
        evidence = tuple(fact for decision in decisions for fact in decision.evidence)
        return Decision(True, decisions[0].rule, "every answer is approved", evidence)


def _unused(count: int) -> str:
    if count == 1:
        return "so the one answer is not used"
    return f"so none of the {count} answers is used"


def _decide(approval: _Approval, text: str) -> Decision:
    try:
        address = parse_address(text)
    except ValueError as refusal:
        return _no_address(str(refusal), scoped="%" in text)
    reserved = never_range(address)
    if reserved is not None and not _own_loopback(approval, address, reserved):
        return _denied(
            f"never-{reserved.name}",
            address,
            f"{spelled(address)} can't be an endpoint's ({reserved.name}, {reserved.cidr})",
            Evidence("network", reserved.cidr, reserved.source),
        )
    match approval.check:
        case "eni":
            return _decide_eni(approval, address)
        case "cidr":
            return _decide_cidr(approval, address)
        case "private":
            return _decide_private(address)
        case _:
            assert_never(approval.check)


def _decide_eni(approval: _Approval, address: Address) -> Decision:
    if not approval.addresses:
        return _nothing_approved(address, "the endpoint's interface addresses are not known")
    if address not in approval.addresses:
        return _denied(
            "not-eni-address",
            address,
            f"{address} is not one of the endpoint's interface addresses",
        )
    # Cross-check only with CIDRs of the address's own family: a policy may know the VPC's IPv4 CIDR alone.
    matched = _within(address, approval.cidrs)
    if matched is None and any(c.version == address.version for c in approval.cidrs):
        return _outside_cidrs(address)
    known = Evidence("network", str(matched or network_of(address)), "route")
    return _allowed("eni-address", address, "an interface address of the endpoint", known)


def _decide_cidr(approval: _Approval, address: Address) -> Decision:
    if not approval.cidrs:
        return _nothing_approved(address, "the CIDRs of the endpoint's VPC are not known")
    matched = _within(address, approval.cidrs)
    if matched is None:
        return _outside_cidrs(address)
    known = Evidence("network", str(matched), "route")
    return _allowed("vpc-cidr", address, f"inside {matched}", known)


def _decide_private(address: Address) -> Decision:
    for row in PRIVATE:
        if address in row.network:
            known = Evidence("network", str(row.network), row.source)
            return _allowed("private-address", address, f"inside {row.network}", known)
    return _denied("not-private-address", address, f"{address} is neither RFC 1918 nor ULA")


def _own_loopback(approval: _Approval, address: Address, reserved: AddressRange) -> bool:
    """True for a loopback address that the policy itself names: local tests, never a found fact."""
    return reserved.name == LOOPBACK and _within(address, approval.own) is not None


def _within(address: Address, networks: tuple[Network, ...]) -> Network | None:
    return next((network for network in networks if address in network), None)


def _families(approval: _Approval) -> frozenset[socket.AddressFamily]:
    match approval.check:
        case "eni":
            approved = (a for a in approval.addresses if _decide(approval, str(a)).allowed)
            return frozenset(_FAMILY[address.version] for address in approved)
        case "cidr":
            return frozenset(_FAMILY[network.version] for network in approval.cidrs)
        case "private":
            return frozenset(_FAMILY.values())
        case _:
            assert_never(approval.check)


def _parsed_address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as refusal:
        raise AddressDenied(f"an address of the route: {refusal}", rule="not-an-address") from None


def _parsed_cidr(text: str) -> Network:
    try:
        network = parse_cidr(text)
    except ValueError as refusal:
        raise AddressDenied(f"a CIDR of the route: {refusal}", rule="not-a-cidr") from None
    widest = widest_instead_of(network)
    if widest is not None:
        raise AddressDenied(
            f"{network} is wider than any VPC's CIDR (/{widest})",
            rule="cidr-too-wide",
            next_step="name the CIDRs of the VPC that owns the endpoint",
        )
    return network


def _own_network(text: str) -> Network:
    is_cidr = type(text) is str and "/" in text
    return _parsed_cidr(text) if is_cidr else network_of(_parsed_address(text))


def _allowed(rule: str, address: Address, reason: str, *facts: Evidence) -> Decision:
    return Decision(True, rule, reason, (Evidence("address", spelled(address)), *facts))


def _denied(rule: str, address: Address, reason: str, *facts: Evidence) -> Decision:
    step = "turn private DNS on for the endpoint, and check its addresses and CIDRs in the policy"
    return Decision(False, rule, reason, (Evidence("address", spelled(address)), *facts), step)


def _outside_cidrs(address: Address) -> Decision:
    return _denied("outside-vpc-cidrs", address, f"{address} is outside the VPC's CIDRs")


def _nothing_approved(address: Address, why: str) -> Decision:
    return _denied("nothing-approved", address, f"{address} can't be approved: {why}")


def _no_address(reason: str, *, scoped: bool = False) -> Decision:
    """The text is not repeated: what is no address may be anything."""
    shown = Evidence("address", "(with a zone)" if scoped else "(not an address)")
    return Decision(False, "scoped-address" if scoped else "not-an-address", reason, (shown,))
