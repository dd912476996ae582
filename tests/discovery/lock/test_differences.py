"""Comparing two locks, and a lock with what the policy says of its profiles."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery.lock.contents import Lock, LockedEndpoint
from secure_bedrock.discovery.lock.differences import differences, misjudged_profiles
from secure_bedrock.policy import Policy
from secure_bedrock.values import parse_region, parse_service

PROFILE = "eu.amazon.nova-lite-v1:0"
REGION = parse_region("eu-west-1")


@pytest.fixture
def lock() -> Lock:
    """A lock of one endpoint and one profile."""
    found = LockedEndpoint(
        service=parse_service("bedrock-runtime"),
        vpc_endpoint_id="vpce-0abc123def4567890",
        vpc_id="vpc-0123456789abcdef0",
        owner_account="111122223333",
        service_region=REGION,
        private_dns_enabled=True,
        names=("bedrock-runtime.eu-west-1.amazonaws.com",),
        addresses=("10.20.1.10", "10.20.2.10"),
        cidrs=("10.20.0.0/16",),
    )
    return Lock(
        policy_digest="sha256:" + "1" * 64,
        region=REGION,
        written_at=datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC),
        written_by=None,
        written_over="private",
        endpoints=(found,),
        destinations=((PROFILE, (REGION,)),),
    )


def test_two_locks_of_different_times_are_the_same(lock: Lock) -> None:
    later = dataclasses.replace(
        lock,
        written_at=datetime(2027, 1, 1, tzinfo=UTC),
        written_by="arn:aws:iam::111122223333:root",
        written_over="file",
    )

    assert differences(lock, later) == ()


def with_endpoint(lock: Lock, **changes: Any) -> Lock:
    (only,) = lock.endpoints
    return dataclasses.replace(lock, endpoints=(dataclasses.replace(only, **changes),))


E = "endpoints.bedrock-runtime"
CHANGES: dict[str, tuple[Callable[[Lock], Lock], str]] = {
    "policy": (
        lambda lock: dataclasses.replace(lock, policy_digest="sha256:" + "0" * 64),
        "policy",
    ),
    "id": (lambda lock: with_endpoint(lock, vpc_endpoint_id="vpce-0"), f"{E}.vpc_endpoint_id"),
    "addresses": (lambda lock: with_endpoint(lock, addresses=("10.20.1.11",)), f"{E}.addresses"),
    "names": (lambda lock: with_endpoint(lock, names=()), f"{E}.names"),
    "CIDRs": (lambda lock: with_endpoint(lock, cidrs=("10.0.0.0/16",)), f"{E}.cidrs"),
    "owner": (lambda lock: with_endpoint(lock, owner_account="1"), f"{E}.owner_account"),
    "private DNS": (
        lambda lock: with_endpoint(lock, private_dns_enabled=False),
        f"{E}.private_dns_enabled",
    ),
    "destinations": (
        lambda lock: dataclasses.replace(
            lock, destinations=((PROFILE, (parse_region("us-east-1"),)),)
        ),
        f'destinations."{PROFILE}"',
    ),
}


@pytest.mark.parametrize(("change", "key"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_one_difference(lock: Lock, change: Callable[[Lock], Lock], key: str) -> None:
    (difference,) = differences(lock, change(lock))

    assert difference.key == key
    assert difference.locked != difference.found


def test_what_only_one_of_them_says_is_a_difference(lock: Lock) -> None:
    without = dataclasses.replace(lock, endpoints=(), destinations=())

    assert {each.found for each in differences(lock, without)} == {""}
    assert {each.locked for each in differences(without, lock)} == {""}
    assert len(differences(lock, without)) == 9


def test_profiles_of_the_policy_are_compared_by_their_regions(lock: Lock) -> None:
    def policy(*regions: str) -> Policy:
        said = {"profiles": {PROFILE: list(regions)}}
        return Policy(region="eu-west-1", models=[PROFILE], residency=said)

    assert misjudged_profiles(policy("eu-west-1"), lock) == ()
    (difference,) = misjudged_profiles(policy("eu-west-1", "eu-west-3"), lock)
    assert (difference.locked, difference.found) == ("eu-west-1, eu-west-3", "eu-west-1")
