"""Which lock a policy has, and whether it is its own."""

import dataclasses
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.file import lock_text
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.discovery.lock.use import VARIABLE, policy_with_lock, told
from secure_bedrock.errors import LockMismatch
from secure_bedrock.policy import Policy
from secure_bedrock.values import parse_region

PROFILE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
TEXT = f"""\
region = "eu-west-1"
models = ["{PROFILE}", "amazon.nova-lite-v1:0"]

[network]
cidrs = ["10.20.0.0/16", "10.30.0.0/16"]
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    (tmp_path / "secure-bedrock.toml").write_text(TEXT)
    return Policy.load(tmp_path / "secure-bedrock.toml")


def a_lock(policy: Policy, **changes: Any) -> Lock:
    lock = Lock(
        policy_digest=policy_digest(policy),
        region=policy.region,
        written_at=datetime(2026, 11, 20, tzinfo=UTC),
        written_by=None,
        written_over="file",
        destinations=((PROFILE, (parse_region("eu-central-1"), parse_region("eu-west-1"))),),
    )
    return dataclasses.replace(lock, **changes)


def test_beside_the_policy_it_is_found(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "secure-bedrock.lock").write_text(lock_text(a_lock(policy)))

    assert policy_with_lock(policy, {})[1] == a_lock(policy)


def test_a_policy_without_one_stays_as_it_is(policy: Policy) -> None:
    assert policy_with_lock(policy, {}) == (policy, None)
    assert policy_with_lock(policy, {})[0] is policy


def test_the_environment_names_another(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "secure-bedrock.lock").write_text("no lock at all")
    (tmp_path / "other").write_text(lock_text(a_lock(policy)))

    assert policy_with_lock(policy, {VARIABLE: str(tmp_path / "other")})[1] == a_lock(policy)


def test_one_that_is_named_has_to_be_there(policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(LockMismatch) as caught:
        policy_with_lock(policy, {VARIABLE: str(tmp_path / "nowhere")})

    assert caught.value.rule == "lock-not-found"


def test_a_policy_without_a_file_has_the_environments_alone(tmp_path: Path) -> None:
    policy = Policy.from_toml(TEXT)
    (tmp_path / "other").write_text(lock_text(a_lock(policy)))

    assert policy_with_lock(policy, {})[1] is None
    assert policy_with_lock(policy, {VARIABLE: str(tmp_path / "other")})[1] is not None


def test_a_policy_whose_discovery_does_not_list_it_reads_none(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(TEXT + 'discovery = ["ec2"]\n')
    (tmp_path / "secure-bedrock.lock").write_text("no lock at all")

    assert policy_with_lock(Policy.load(tmp_path / "p.toml"), {})[1] is None


def test_the_lock_of_another_policy_is_refused(policy: Policy, tmp_path: Path) -> None:
    text = lock_text(a_lock(policy, policy_digest="sha256:" + "0" * 64))
    (tmp_path / "secure-bedrock.lock").write_text(text)

    with pytest.raises(LockMismatch, match="made from another policy") as caught:
        policy_with_lock(policy, {})

    assert caught.value.rule == "lock-mismatch"
    (problem,) = caught.value.problems
    assert (problem.file, problem.key) == (str(tmp_path / "secure-bedrock.lock"), "policy")
    assert text.splitlines()[(problem.line or 0) - 1].strip().startswith('"policy"')
    assert str(policy.source) in problem.message


@pytest.mark.parametrize("what", ["directory", "pipe", "bytes", "large"])
def test_what_can_not_be_read_as_a_file_is_refused(
    policy: Policy, tmp_path: Path, what: str
) -> None:
    path = tmp_path / "secure-bedrock.lock"
    match what:
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "bytes":
            path.write_bytes(b"\xff\xfe")
        case _:
            path.write_bytes(b" " * (1024 * 1024 + 2))

    with pytest.raises(LockMismatch) as caught:
        policy_with_lock(policy, {})

    assert caught.value.rule == "lock-invalid"
    assert caught.value.problems[0].file == str(path)


def test_destinations_reach_the_policy_and_change_nothing_else(policy: Policy) -> None:
    knowing = told(policy, a_lock(policy), LockText("a.lock"))

    found = knowing.destinations_of(PROFILE)
    assert found is not None
    assert found.regions == ("eu-central-1", "eu-west-1")
    assert found.source == "lock"
    assert knowing == policy
    assert policy_digest(knowing) == policy_digest(policy)


def test_destinations_that_the_policy_tells_otherwise_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(f'{TEXT}\n[residency.profiles]\n"{PROFILE}" = ["eu-west-1"]\n')
    policy = Policy.load(tmp_path / "p.toml")
    text = lock_text(a_lock(policy))
    (tmp_path / "secure-bedrock.lock").write_text(text)

    with pytest.raises(LockMismatch) as caught:
        policy_with_lock(policy, {})

    assert caught.value.rule == "lock-destinations"
    assert PROFILE in caught.value.reason
    (problem,) = caught.value.problems
    assert (problem.file, problem.key) == (
        str(tmp_path / "secure-bedrock.lock"),
        f'destinations."{PROFILE}"',
    )
    assert text.splitlines()[(problem.line or 0) - 1].strip().startswith(f'"{PROFILE}"')


SAME = {
    "a comment": TEXT + "# reviewed\n",
    "a default spelled out": TEXT + "max_pool_connections = 50\n",
    "models in another order": TEXT.replace(
        f'"{PROFILE}", "amazon.nova-lite-v1:0"', f'"amazon.nova-lite-v1:0", "{PROFILE}"'
    ),
    "CIDRs in another order": TEXT.replace(
        '"10.20.0.0/16", "10.30.0.0/16"', '"10.30.0.0/16", "10.20.0.0/16"'
    ),
    "another name": 'name = "other"\n' + TEXT,
    "another time-out": TEXT + "[timeouts]\nread_s = 1.0\n",
    "another mode": 'mode = "report"\n' + TEXT,
    "another CA bundle": TEXT + 'ca_bundle = "ca.pem"\n',
}
OTHER = {
    "another Region": TEXT.replace('"eu-west-1"', '"eu-central-1"'),
    "another model": TEXT.replace("nova-lite", "nova-pro"),
    "one model more": TEXT.replace(':0"]', ':0", "amazon.nova-pro-v1:0"]'),
    "another CIDR": TEXT.replace("10.30", "10.40"),
    "another endpoint": TEXT + "[network.endpoints.sts]\n",
    "another port": TEXT + "[network.endpoints.bedrock-runtime]\nport = 8443\n",
    "another check": TEXT + 'address_check = "eni"\n',
    "Regions for inference": TEXT + '[residency]\nregions = ["eu-west-1"]\n',
    "global profiles": TEXT + "[residency]\nallow_global = true\n",
    "an entry on deny": TEXT.replace("models = ", "[models]\nallow = ").replace(
        "\n\n[network]", '\ndeny = ["amazon.nova-pro-v1:0"]\n\n[network]'
    ),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_the_digest_stays_with(text: str) -> None:
    assert policy_digest(Policy.from_toml(text)) == policy_digest(Policy.from_toml(TEXT))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_the_digest_changes_with(text: str) -> None:
    assert policy_digest(Policy.from_toml(text)) != policy_digest(Policy.from_toml(TEXT))


def test_the_digest_is_the_same_in_every_version() -> None:
    """Locks outlive releases: what is digested is what the policy says, in the form that the reference page gives."""
    said = (
        '{"models":{"allow":["amazon.nova-lite-v1:0"]},"network":{"cidrs":["10.20.0.0/16"],'
        '"endpoints":[{"service":"bedrock-runtime"},{"service":"sts"}]},"region":"eu-west-1",'
        '"residency":{}}'
    )
    network = {"cidrs": ["10.20.0.0/16"], "endpoints": {"sts": {}}}
    policy = Policy(region="eu-west-1", models=["amazon.nova-lite-v1:0"], network=network)

    assert policy_digest(policy) == f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"
