"""Making a lock from answers that AWS would seldom give, and comparing two."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery.aws_calls import CallFailed
from secure_bedrock.discovery.caller import without_session
from secure_bedrock.discovery.destinations import ProfileType
from secure_bedrock.discovery.lock_file import Lock
from secure_bedrock.discovery.lock_writer import (
    Asked,
    Voice,
    differences,
    make_lock,
    misjudged_profiles,
)
from secure_bedrock.discovery.ssm_calls import parameter_over, write_parameter
from secure_bedrock.errors import EndpointNotFound, LockMismatch, SecureBedrockError
from secure_bedrock.policy import Policy
from secure_bedrock.values import parse_region

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


@pytest.fixture
def lock(listed_ec2: Make, endpoint: Make) -> Lock:
    arn = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"
    profile = {**NAMED, "models": [{"modelArn": arn}]}
    profiles = Profiles([profile])
    return lock_of(policy_with([PROFILE]), listed_ec2([endpoint(**OWNED)]), profiles=profiles)


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
        return policy_with([PROFILE], residency={"profiles": {PROFILE: list(regions)}})

    assert misjudged_profiles(policy("eu-west-1"), lock) == ()
    (difference,) = misjudged_profiles(policy("eu-west-1", "eu-west-3"), lock)
    assert (difference.locked, difference.found) == ("eu-west-1, eu-west-3", "eu-west-1")


CALLERS = {
    "arn:aws:sts::111122223333:assumed-role/deploy/me@example.com": (
        "arn:aws:sts::111122223333:assumed-role/deploy"
    ),
    "arn:aws:sts::111122223333:federated-user/me": "arn:aws:sts::111122223333:federated-user",
    "arn:aws:iam::111122223333:user/build/ci": "arn:aws:iam::111122223333:user/build/ci",
    "arn:aws:iam::111122223333:root": "arn:aws:iam::111122223333:root",
    "arn:aws-cn:sts::111122223333:assumed-role/a/b": "arn:aws-cn:sts::111122223333:assumed-role/a",
    "arn:aws:s3:::bucket": None,
    "arn:aws-evil:iam::111122223333:root": None,
    "arn:aws:iam::111122223333:assumed-role/a/b": "arn:aws:iam::111122223333:assumed-role/a/b",
    "arn:aws:sts::111122223333:assumed-role/a/b c": None,
    "me": None,
}


@pytest.mark.parametrize(("arn", "told"), CALLERS.items())
def test_a_callers_session_is_not_told(arn: str, told: str | None) -> None:
    assert without_session(arn) == told


def test_a_caller_that_is_no_text_is_none() -> None:
    assert without_session(None) is None


class Ssm:
    """An SSM client that answers with what it was given."""

    def __init__(self, value: object = None) -> None:
        self.value = value
        self.put: dict[str, Any] = {}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 botocore's own names
        assert Name
        return {"Parameter": {"Value": self.value}}

    def put_parameter(self, **parameter: Any) -> None:
        self.put = parameter

    @contextmanager
    def open(self, service: str, grants: frozenset[str]) -> Any:
        assert service == "ssm"
        assert len(grants) == 1
        yield self


@pytest.mark.parametrize(
    ("size", "tier"), [(1, "Standard"), (4096, "Standard"), (4097, "Advanced"), (8192, "Advanced")]
)
def test_the_smallest_tier_that_holds_it_is_taken(size: int, tier: str) -> None:
    ssm = Ssm()

    assert write_parameter(ssm.open, "/a", "x" * size) == tier
    assert ssm.put["Tier"] == tier
    assert ssm.put["Overwrite"] is True


def test_a_lock_that_no_parameter_holds_is_not_sent() -> None:
    ssm = Ssm()

    with pytest.raises(CallFailed, match="8193 bytes"):
        write_parameter(ssm.open, "/a", "x" * 8193)
    assert ssm.put == {}


def test_a_parameter_without_text_is_a_failed_call() -> None:
    with pytest.raises(CallFailed, match="gave no text"):
        parameter_over(Ssm(7).open)("/a")


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
