"""Making a lock from answers that AWS would seldom give."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.destinations import ProfileType
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.writer import Asked, Voice, make_lock
from secure_bedrock.errors import EndpointNotFound, LockMismatch, SecureBedrockError
from secure_bedrock.policy import Policy

Make = Callable[..., Any]
PROFILE = "eu.amazon.nova-lite-v1:0"
NOW = datetime(2026, 11, 20, 12, 30, 15, 999, tzinfo=UTC)
OWNED = {"OwnerId": "111122223333"}
NAMED = {
    "inferenceProfileId": PROFILE,
    "inferenceProfileArn": f"arn:aws:bedrock:eu-west-1:111122223333:inference-profile/{PROFILE}",
}


class Profiles:
    """Bedrock's listings, or what they fail with."""

    def __init__(self, answers: Sequence[Mapping[str, Any]] = (), fails: str = "") -> None:
        self._answers = answers
        self._fails = fails

    def profiles(self, kind: ProfileType) -> Sequence[Mapping[str, Any]]:
        if self._fails:
            raise CallFailed(self._fails)
        return self._answers

    def routers(self) -> Sequence[Mapping[str, Any]]:
        return ()


@dataclasses.dataclass
class Heard:
    """What was said while AWS was asked."""

    progress: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def voice(self) -> Voice:
        return Voice(self.progress.append, self.notes.append)


def policy_with(models: Sequence[str] = ("amazon.nova-lite-v1:0",), **more: Any) -> Policy:
    return Policy(region="eu-west-1", models=list(models), **more)


def asked_of(ec2: Any, profiles: Profiles | None = None, caller: Any = None) -> Asked:
    return Asked(over="private", ec2=ec2, profiles=profiles, caller=caller, unasked="nobody")


def lock_of(policy: Policy, ec2: Any, **asked: Any) -> Lock:
    return make_lock(policy, asked_of(ec2, **asked), now=NOW, voice=Heard().voice)


def failures(policy: Policy, ec2: Any, **asked: Any) -> dict[str, str]:
    with pytest.raises(EndpointNotFound) as caught:
        lock_of(policy, ec2, **asked)
    assert caught.value.rule == "lock-incomplete"
    return {attempt.provider: attempt.outcome for attempt in caught.value.attempts}


def test_the_time_has_whole_seconds(listed_ec2: Make, endpoint: Make) -> None:
    lock = lock_of(policy_with(), listed_ec2([endpoint(**OWNED)]))

    assert lock.written_at == datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)


def test_nobody_is_asked_where_the_policy_has_every_address(listed_ec2: Make) -> None:
    ec2, heard = listed_ec2(), Heard()
    table = {"bedrock-runtime": {"addresses": ["10.20.1.10"]}}
    policy = policy_with(network={"endpoints": table})

    lock = make_lock(policy, asked_of(ec2), now=NOW, voice=heard.voice)

    assert lock.endpoints == ()
    assert ec2.asked == []
    assert heard.notes == ["ec2 is not asked: the policy names every endpoint's addresses"]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no owner": ({}, "EC2's answer could not be read: OwnerId"),
    "no id": ({**OWNED, "VpcEndpointId": None}, "EC2's answer could not be read: VpcEndpointId"),
    "no interface": (
        {**OWNED, "NetworkInterfaceIds": []},
        "vpce-0abc123def4567890 has no network interface",
    ),
}


@pytest.mark.parametrize(("changes", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_endpoint_that_is_not_described_whole_is_not_locked(
    listed_ec2: Make, endpoint: Make, changes: dict[str, Any], why: str
) -> None:
    assert failures(policy_with(), listed_ec2([endpoint(**changes)])) == {"bedrock-runtime": why}


def test_what_a_client_would_refuse_is_not_locked(
    listed_ec2: Make, endpoint: Make, interface: Make
) -> None:
    """An interface outside the VPC's CIDRs, and one at a metadata address."""
    outside = [interface("eni-1", "10.21.1.10"), interface("eni-2", "169.254.169.254")]

    with pytest.raises(LockMismatch) as caught:
        lock_of(policy_with(), listed_ec2([endpoint(**OWNED)], interfaces=outside))

    assert caught.value.rule == "lock-invalid"
    assert {problem.file for problem in caught.value.problems} == {"AWS's answers"}


@pytest.mark.parametrize(
    ("profiles", "why"),
    [
        (Profiles(fails="AWS refused"), "AWS refused"),
        (
            Profiles([NAMED]),
            "the answer could not be read: models",
        ),
    ],
)
def test_listings_that_fail_leave_no_lock(
    listed_ec2: Make, endpoint: Make, profiles: Profiles, why: str
) -> None:
    found = failures(policy_with([PROFILE]), listed_ec2([endpoint(**OWNED)]), profiles=profiles)

    assert found == {"bedrock": why}


def test_a_note_is_left_out_where_the_policy_tells_the_destinations(
    listed_ec2: Make, endpoint: Make
) -> None:
    heard = Heard()
    residency = {"regions": ["eu-west-1"], "profiles": {PROFILE: ["eu-west-1"]}}
    policy = policy_with([PROFILE], residency=residency)
    ec2 = listed_ec2([endpoint(**OWNED)])

    make_lock(policy, asked_of(ec2, Profiles()), now=NOW, voice=heard.voice)

    assert heard.notes == []
    assert heard.progress == [
        "asking EC2 for the endpoint of bedrock-runtime",
        "asking Bedrock where the listed profiles lead",
    ]


def test_a_caller_who_can_not_be_told_is_left_out(listed_ec2: Make, endpoint: Make) -> None:
    def unknown() -> str | None:
        raise CallFailed("AWS refused")

    lock = lock_of(policy_with(), listed_ec2([endpoint(**OWNED)]), caller=unknown)

    assert lock.written_by is None


def test_the_error_travels_with_its_problems(listed_ec2: Make, endpoint: Make) -> None:
    import pickle

    with pytest.raises(LockMismatch) as caught:
        lock_of(policy_with(), listed_ec2([endpoint(**OWNED, DnsEntries=[])]))

    copied: SecureBedrockError = pickle.loads(pickle.dumps(caught.value))
    assert str(copied) == str(caught.value)
    assert "names" in str(copied)


def test_a_public_address_is_not_written_where_no_client_would_take_it(
    listed_ec2: Make, endpoint: Make, interface: Make
) -> None:
    """AWS's IPv6 ranges are public: a policy whose endpoint has such addresses names the VPC's CIDRs."""
    ipv6 = interface("eni-1", "10.20.1.10", Ipv6Addresses=[{"Ipv6Address": "2600:1f14::10"}])
    ec2 = listed_ec2(
        endpoints=[endpoint(NetworkInterfaceIds=["eni-1"], **OWNED)], interfaces=[ipv6]
    )

    with pytest.raises(LockMismatch, match="2600:1f14::10 is not private") as caught:
        lock_of(policy_with(), ec2)
    named = policy_with(network={"cidrs": ["10.20.0.0/16", "2600:1f14::/56"]})

    assert caught.value.rule == "lock-public-address"
    assert lock_of(named, ec2).endpoints[0].addresses == ("10.20.1.10", "2600:1f14::10")
