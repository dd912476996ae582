"""Whether a lock is the policy's own: it may choose among what the policy leaves open, never widen it."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery import EndpointFacts
from secure_bedrock.discovery.lock.contents import Lock, LockedEndpoint
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.file import lock_text
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.discovery.lock.use import own_lock
from secure_bedrock.discovery.providers import SsmProvider
from secure_bedrock.errors import LockMismatch
from secure_bedrock.policy import Policy
from secure_bedrock.values import BEDROCK_RUNTIME, parse_region

ID = "vpce-0abc123def4567890"
VPC = "vpc-0123456789abcdef0"
ENDPOINT = LockedEndpoint(
    service=BEDROCK_RUNTIME,
    vpc_endpoint_id=ID,
    vpc_id=VPC,
    owner_account="111122223333",
    service_region=parse_region("eu-west-1"),
    private_dns_enabled=True,
    names=(
        "bedrock-runtime.eu-west-1.amazonaws.com",
        f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
    ),
    addresses=("10.20.1.10",),
    cidrs=("10.20.0.0/16", "2600:1f14::/56"),
)
AT_US_EAST_1 = dataclasses.replace(
    ENDPOINT,
    service_region=parse_region("us-east-1"),
    names=("bedrock-runtime.us-east-1.amazonaws.com",),
)


def policy_with(*, vpc_id: str | None = None, **network: Any) -> Policy:
    account = {} if vpc_id is None else {"vpc_id": vpc_id}
    return Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        account=account,
        network={"ssm_parameter": "/app/lock", "endpoints": {"ssm": {}}, **network},
    )


def beside_the_policy(policy: Policy, lock: Lock) -> bool:
    """Whether what was written is what is read."""
    return own_lock(policy, LockText("a.lock", lock_text(lock))) == lock


def in_the_parameter(policy: Policy, lock: Lock) -> bool:
    """Whether the parameter tells something of the endpoint."""
    nothing = EndpointFacts(source="nothing")
    found = SsmProvider(policy, lambda _name: lock_text(lock)).find(BEDROCK_RUNTIME, nothing)
    return isinstance(found, EndpointFacts) and bool(found.names)


Reader = Callable[[Policy, Lock], bool]


@pytest.fixture(params=[beside_the_policy, in_the_parameter])
def read(request: pytest.FixtureRequest) -> Reader:
    found: Reader = request.param
    return found


def a_lock(policy: Policy, *, region: str = "eu-west-1", **changes: Any) -> Lock:
    """A lock with the policy's digest: whoever can write one can write that too."""
    endpoint = ENDPOINT if region == "eu-west-1" else AT_US_EAST_1
    return Lock(
        policy_digest=policy_digest(policy),
        region=parse_region(region),
        written_at=datetime(2026, 11, 20, tzinfo=UTC),
        written_by=None,
        written_over="private",
        endpoints=(dataclasses.replace(endpoint, **changes),),
    )


PUBLIC = {"addresses": ("52.94.5.5",), "cidrs": ("52.94.0.0/16",)}
IPV6 = {"addresses": ("10.20.1.10", "2600:1f14::10")}
OWN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "private addresses of a policy without CIDRs": ({}, {}),
    "the VPC of the policy": ({"vpc_id": VPC}, {}),
    "public addresses that the policy's CIDRs hold": ({"cidrs": ["52.94.0.0/16"]}, PUBLIC),
    "IPv6 addresses that the endpoint's CIDRs hold": (
        {"endpoints": {"ssm": {}, "bedrock-runtime": {"cidrs": ["2600:1f14::/56"]}}},
        IPV6,
    ),
    "a public CIDR beside the policy's, which narrow it": (
        {"cidrs": ["10.20.0.0/16"], "address_check": "cidr"},
        {},
    ),
    "private CIDRs that decide alone": (
        {"address_check": "cidr"},
        {"cidrs": ("10.20.0.0/16",)},
    ),
}
KEY = "endpoints.bedrock-runtime"
WIDER: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "another Region": (
        {},
        {"region": "us-east-1"},
        "lock-mismatch",
        "region: us-east-1, and the policy's is eu-west-1",
    ),
    "another VPC": (
        {"vpc_id": "vpc-0bbbbbbbbbbbbbbbb"},
        {},
        "lock-mismatch",
        f"{KEY}.vpc_id: {VPC}, and the policy's account.vpc_id is vpc-0bbbbbbbbbbbbbbbb",
    ),
    "public addresses": ({}, PUBLIC, "lock-public-address", f"{KEY}.addresses[0]"),
    "public addresses outside the policy's CIDRs": (
        {"cidrs": ["10.20.0.0/16"]},
        PUBLIC,
        "lock-public-address",
        f"{KEY}.addresses[0]",
    ),
    "public IPv6 addresses": ({}, IPV6, "lock-public-address", f"{KEY}.addresses[1]"),
    "public addresses under the private check": (
        {"address_check": "private"},
        PUBLIC,
        "lock-public-address",
        f"{KEY}.addresses[0]",
    ),
    "public CIDRs that decide alone": (
        {"address_check": "cidr"},
        {},
        "lock-public-address",
        f"{KEY}.cidrs[1]",
    ),
}


@pytest.mark.parametrize(("said", "locked"), OWN.values(), ids=OWN)
def test_what_the_policy_admits_is_read(
    said: dict[str, Any], locked: dict[str, Any], read: Reader
) -> None:
    policy = policy_with(**said)

    assert read(policy, a_lock(policy, **locked))


@pytest.mark.parametrize(("said", "locked", "rule", "text"), WIDER.values(), ids=WIDER)
def test_a_lock_that_widens_its_policy_is_refused(
    said: dict[str, Any], locked: dict[str, Any], rule: str, text: str, read: Reader
) -> None:
    policy = policy_with(**said)

    with pytest.raises(LockMismatch) as caught:
        read(policy, a_lock(policy, **locked))

    assert caught.value.rule == rule
    assert text in str(caught.value)


def test_every_public_address_is_told_at_once() -> None:
    policy = policy_with()
    cidrs = ("52.94.0.0/16",)

    with pytest.raises(LockMismatch) as caught:
        beside_the_policy(policy, a_lock(policy, addresses=("52.94.5.5", "52.94.5.6"), cidrs=cidrs))

    assert [(each.key, each.file) for each in caught.value.problems] == [
        (f"{KEY}.addresses[0]", "a.lock"),
        (f"{KEY}.addresses[1]", "a.lock"),
    ]
