"""The providers `lock` and `ssm`: what a lock says of an endpoint, wherever it is kept."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery import EndpointFacts, Nothing, RouteFinder
from secure_bedrock.discovery.address_check import ASKED_FIRST, address_check
from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.lock.contents import Lock, LockedEndpoint
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.file import lock_text
from secure_bedrock.discovery.providers import LockProvider, SsmProvider
from secure_bedrock.errors import EndpointDenied, LockMismatch
from secure_bedrock.policy import Policy
from secure_bedrock.values import BEDROCK_RUNTIME, AddressCheck, parse_region, parse_service

UNKNOWN = EndpointFacts(source="nothing")
ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PRIVATE = "bedrock-runtime.eu-west-1.amazonaws.com"


def policy_with(**network: Any) -> Policy:
    return Policy(region="eu-west-1", models=["amazon.nova-lite-v1:0"], network=network)


def a_lock(policy: Policy, **changes: Any) -> Lock:
    endpoint = LockedEndpoint(
        service=BEDROCK_RUNTIME,
        vpc_endpoint_id=ID,
        vpc_id="vpc-0123456789abcdef0",
        owner_account="111122223333",
        service_region=parse_region("eu-west-1"),
        private_dns_enabled=True,
        names=(PRIVATE, HOST),
        addresses=("10.20.1.10", "10.20.2.10"),
        cidrs=("10.20.0.0/16",),
    )
    lock = Lock(
        policy_digest=policy_digest(policy),
        region=policy.region,
        written_at=datetime(2026, 11, 20, tzinfo=UTC),
        written_by=None,
        written_over="private",
        endpoints=(endpoint,),
    )
    return dataclasses.replace(lock, **changes)


def reading(text: str) -> Callable[[str], str]:
    def read(name: str) -> str:
        assert name == "/app/lock"
        return text

    return read


def test_the_lock_gives_observed_facts() -> None:
    found = LockProvider(a_lock(policy_with())).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == EndpointFacts(
        source="lock",
        names=frozenset({HOST, PRIVATE}),
        addresses=("10.20.1.10", "10.20.2.10"),
        cidrs=("10.20.0.0/16",),
        vpc_endpoint_id=ID,
        private_dns_enabled=True,
        service_region=parse_region("eu-west-1"),
        observed=True,
    )


def test_a_service_that_is_not_in_it_is_nothing() -> None:
    found = LockProvider(a_lock(policy_with())).find(parse_service("sts"), UNKNOWN)

    assert found == Nothing("the lock has no endpoint for sts")


def test_the_parameter_gives_the_same_facts() -> None:
    policy = policy_with(ssm_parameter="/app/lock", endpoints={"ssm": {}})
    lock = a_lock(policy)

    found = SsmProvider(policy, reading(lock_text(lock))).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.source == "ssm"
    assert found.addresses == ("10.20.1.10", "10.20.2.10")


@pytest.mark.parametrize(
    ("network", "service", "why"),
    [
        ({"endpoints": {"ssm": {}}}, "bedrock-runtime", "network.ssm_parameter is not written"),
        (
            {"ssm_parameter": "/app/lock"},
            "bedrock-runtime",
            "the policy has no route for ssm, so it was not asked",
        ),
        (
            {"ssm_parameter": "/app/lock", "endpoints": {"ssm": {}, "sts": {}}},
            "sts",
            "the route of sts is needed before a parameter can be read",
        ),
    ],
)
def test_without_a_way_to_it_nobody_is_asked(
    network: dict[str, Any], service: str, why: str
) -> None:
    def read(_name: str) -> str:
        raise AssertionError("it was asked")

    found = SsmProvider(policy_with(**network), read).find(parse_service(service), UNKNOWN)

    assert found == Nothing(why)


def test_a_failed_call_is_nothing() -> None:
    def read(_name: str) -> str:
        raise CallFailed("AWS refused ssm:GetParameter")

    policy = policy_with(ssm_parameter="/app/lock", endpoints={"ssm": {}})

    assert SsmProvider(policy, read).find(BEDROCK_RUNTIME, UNKNOWN) == Nothing(
        "AWS refused ssm:GetParameter"
    )


@pytest.mark.parametrize("text", ["", "no lock", lock_text(a_lock(policy_with()))])
def test_a_parameter_that_holds_no_lock_of_this_policy_is_refused(text: str) -> None:
    policy = policy_with(ssm_parameter="/app/lock", endpoints={"ssm": {}})

    with pytest.raises(LockMismatch, match=r"SSM parameter /app/lock|the lock has 1 problem"):
        SsmProvider(policy, reading(text)).find(BEDROCK_RUNTIME, UNKNOWN)


def test_a_host_of_the_policy_picks_one_of_the_locks_names() -> None:
    policy = policy_with(endpoints={"bedrock-runtime": {"host": PRIVATE}})

    route = RouteFinder(policy, lock=a_lock(policy), environ={}).route("bedrock-runtime")

    assert route.host == PRIVATE
    assert route.names == {HOST, PRIVATE}


@pytest.mark.parametrize(
    "table",
    [
        {"vpc_endpoint_id": "vpce-0fff123def4567890"},
        {"host": HOST.replace("a1b2c3d4", "z1b2c3d4")},
        {"addresses": ["10.20.3.10"]},
        {"cidrs": ["10.21.0.0/16"]},
    ],
)
def test_what_the_policy_says_otherwise_is_a_conflict(table: dict[str, Any]) -> None:
    policy = policy_with(endpoints={"bedrock-runtime": table})

    with pytest.raises(EndpointDenied, match="two sources disagree"):
        RouteFinder(policy, lock=a_lock(policy), environ={}).route("bedrock-runtime")


def test_the_environment_may_choose_among_the_locks_names_and_no_other() -> None:
    variable = "SECURE_BEDROCK_ENDPOINT_BEDROCK_RUNTIME"
    policy = policy_with()
    lock = a_lock(policy)

    chosen = RouteFinder(policy, lock=lock, environ={variable: PRIVATE})
    assert chosen.route("bedrock-runtime").host == PRIVATE

    other = HOST.replace("a1b2c3d4", "z1b2c3d4")
    with pytest.raises(EndpointDenied):
        RouteFinder(policy, lock=lock, environ={variable: other}).route("bedrock-runtime")


CHECKS: dict[str, tuple[dict[str, Any], bool, str, AddressCheck]] = {
    "a lock's addresses make it eni": ({"cidrs": ["10.20.0.0/16"]}, True, "bedrock-runtime", "eni"),
    "what is written stays": (
        {"cidrs": ["10.20.0.0/16"], "address_check": "cidr"},
        True,
        "bedrock-runtime",
        "cidr",
    ),
    "a service that the lock has not stays as it was": (
        {"cidrs": ["10.20.0.0/16"]},
        True,
        "sts",
        "cidr",
    ),
    "without a lock CIDRs make it cidr": (
        {"cidrs": ["10.20.0.0/16"]},
        False,
        "bedrock-runtime",
        "cidr",
    ),
    "a parameter that is to bring addresses makes it eni": (
        {"cidrs": ["10.20.0.0/16"], "ssm_parameter": "/app/lock"},
        False,
        "bedrock-runtime",
        "eni",
    ),
    "a parameter that is not asked changes nothing": (
        {"cidrs": ["10.20.0.0/16"], "ssm_parameter": "/app/lock", "discovery": ["ec2"]},
        False,
        "bedrock-runtime",
        "cidr",
    ),
    "what is needed to read the parameter stays as it was": (
        {"cidrs": ["10.20.0.0/16"], "ssm_parameter": "/app/lock"},
        False,
        "ssm",
        "cidr",
    ),
    "nothing known is eni": ({}, False, "bedrock-runtime", "eni"),
}


@pytest.mark.parametrize(("network", "locked", "service", "expected"), CHECKS.values(), ids=CHECKS)
def test_how_addresses_are_checked(
    network: dict[str, Any], locked: bool, service: str, expected: AddressCheck
) -> None:
    policy = policy_with(**network)

    assert address_check(policy, a_lock(policy) if locked else None, service) == expected


def test_ec2_and_what_credentials_need_is_asked_first() -> None:
    """Each of these is on the way to a parameter: a lock that brings it would have to be there before."""
    assert {"ssm", "ec2", "sts", "sso", "sso-oidc", "signin"} == ASKED_FIRST
