"""`secure-bedrock lock` writes what AWS says now, and says what has changed since."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.cli.main import main
from secure_bedrock.testing import ConnectLog, Fault, LocalEndpoint, LocalProfile
from secure_bedrock.testing.endpoint_names import ENDPOINT_ID
from secure_bedrock.transport import public_control_plane
from secure_bedrock.transport.public_control_plane import PublicControlPlane

PROFILE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
GOES = ("eu-central-1", "eu-west-1")
CALLER = "arn:aws:sts::111122223333:assumed-role/deploy"
Deployment = Any  # tests/conftest.py
Out = pytest.CaptureFixture[str]


@pytest.fixture
def as_json(capsys: Out) -> Callable[[], dict[str, Any]]:
    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return read


def test_it_writes_endpoints_destinations_and_who_asked(
    deployment: Deployment, capsys: Out
) -> None:
    assert main(["lock"]) == 0

    lock = deployment.lock()
    endpoint = lock["endpoints"]["bedrock-runtime"]
    assert endpoint["vpc_endpoint_id"] == ENDPOINT_ID
    assert endpoint["addresses"] == ["127.0.0.1"]
    assert endpoint["cidrs"] == ["127.0.0.0/8"]
    assert endpoint["owner_account"] == "111122223333"
    assert endpoint["service_region"] == "eu-west-1"
    assert deployment.bedrock.host in endpoint["names"]
    assert lock["destinations"] == {PROFILE: list(GOES)}
    assert lock["written"]["by"] == CALLER
    assert lock["written"]["over"] == "private"
    told = capsys.readouterr()
    assert "127.0.0.1" in told.out
    assert "wrote " in told.err


def test_the_policys_own_addresses_are_final_and_not_looked_up(deployment: Deployment) -> None:
    main(["lock"])

    assert list(deployment.lock()["endpoints"]) == ["bedrock-runtime"]


def test_the_name_of_the_session_is_nowhere(deployment: Deployment, capsys: Out) -> None:
    main(["lock"])

    told = capsys.readouterr()
    assert "session-of-somebody" not in deployment.lock_path.read_text() + told.out + told.err


def test_as_json_it_prints_the_lock(
    deployment: Deployment, as_json: Callable[[], dict[str, Any]]
) -> None:
    assert main(["lock", "--output", "json"]) == 0

    printed = as_json()
    assert printed["schema"] == "secure_bedrock.lock/1"
    assert printed["lock"] == deployment.lock()
    assert printed["file"] == str(deployment.lock_path)


def test_a_lock_just_written_is_up_to_date(deployment: Deployment, capsys: Out) -> None:
    main(["lock"])
    before = deployment.lock_path.read_bytes()

    assert main(["lock", "--check"]) == 0

    assert capsys.readouterr().out.endswith("up to date\n")
    assert deployment.lock_path.read_bytes() == before


def moved(addresses: list[str], *, private_dns: bool = True) -> list[LocalEndpoint]:
    return [
        LocalEndpoint(
            service="bedrock-runtime",
            addresses=addresses,
            endpoint_id=ENDPOINT_ID,
            private_dns=private_dns,
        )
    ]


def test_a_replaced_interface_is_drift(
    deployment: Deployment, as_json: Callable[[], dict[str, Any]], capsys: Out
) -> None:
    main(["lock"])
    deployment.vpc.set_endpoints(moved(["127.0.0.7"]))
    capsys.readouterr()

    assert main(["lock", "--check", "--output", "json"]) == 1

    key = "endpoints.bedrock-runtime.addresses"
    assert as_json() == {
        "schema": "secure_bedrock.lock_check/1",
        "up_to_date": False,
        "differences": [{"key": key, "locked": "127.0.0.1", "found": "127.0.0.7"}],
    }


def test_a_profile_that_leads_elsewhere_is_drift(deployment: Deployment, capsys: Out) -> None:
    main(["lock"])
    further = LocalProfile(name=PROFILE, regions=[*GOES, "eu-north-1"])
    deployment.plane.set_profiles([further])

    assert main(["lock", "--check"]) == 1

    out = capsys.readouterr().out
    assert PROFILE in out
    assert "eu-north-1" in out


def test_another_policy_is_drift(deployment: Deployment, capsys: Out) -> None:
    main(["lock"])
    deployment.write_policy(top={"models": [PROFILE, "amazon.nova-lite-v1:0"]})

    assert main(["lock", "--check"]) == 1

    assert "policy" in capsys.readouterr().out


def test_without_a_lock_check_is_a_usage_error(deployment: Deployment, capsys: Out) -> None:
    assert main(["lock", "--check"]) == 2

    assert "there is no lock at" in capsys.readouterr().err


def test_without_a_lock_check_compares_the_profiles_that_the_policy_tells(
    deployment: Deployment, capsys: Out
) -> None:
    deployment.write_policy(**{"residency.profiles": {f'"{PROFILE}"': ["eu-west-1"]}})

    assert main(["lock", "--check"]) == 1

    told = capsys.readouterr()
    assert f'residency.profiles."{PROFILE}"' in told.out
    assert "only [residency.profiles] is compared" in told.err


def test_profiles_of_the_policy_that_aws_contradicts_leave_no_lock(
    deployment: Deployment, capsys: Out
) -> None:
    deployment.write_policy(**{"residency.profiles": {f'"{PROFILE}"': ["eu-west-1"]}})

    assert main(["lock"]) == 2

    assert "[lock-destinations]" in capsys.readouterr().err
    assert not deployment.lock_path.exists()


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints"),
        ("DescribeVpcs", "ec2:DescribeVpcs"),
        ("ListInferenceProfiles", "bedrock:ListInferenceProfiles"),
    ],
)
def test_a_refused_call_names_the_action_and_leaves_no_lock(
    deployment: Deployment, operation: str, action: str, capsys: Out
) -> None:
    deployment.vpc.deny(operation)
    deployment.plane.deny(operation)

    assert main(["lock"]) == 3

    assert f"AWS refused {action}" in capsys.readouterr().err
    assert not deployment.lock_path.exists()


def test_all_that_is_not_known_is_told_at_once(deployment: Deployment, capsys: Out) -> None:
    deployment.vpc.set_endpoints([])
    deployment.plane.deny("ListInferenceProfiles")

    assert main(["lock"]) == 3

    err = capsys.readouterr().err
    assert "bedrock-runtime: no interface endpoint" in err
    assert "bedrock: AWS refused" in err


def test_a_caller_that_nobody_tells_is_a_note(deployment: Deployment, capsys: Out) -> None:
    deployment.plane.deny("GetCallerIdentity")

    assert main(["lock"]) == 0

    assert "by" not in deployment.lock()["written"]
    assert "note: sts did not tell" in capsys.readouterr().err


def test_an_unlisted_profile_is_a_note(deployment: Deployment, capsys: Out) -> None:
    deployment.plane.set_profiles([])

    assert main(["lock"]) == 0

    assert f"note: not known where {PROFILE} leads" in capsys.readouterr().err
    assert deployment.lock()["destinations"] == {}


def test_a_failed_answer_is_tried_again(deployment: Deployment) -> None:
    deployment.vpc.fault(Fault.status(503))

    assert main(["lock"]) == 0


def test_ssm_gets_the_lock_as_well(deployment: Deployment, capsys: Out) -> None:
    assert main(["lock", "--ssm", "/app/lock"]) == 0

    assert json.loads(deployment.plane.parameters["/app/lock"]) == deployment.lock()
    assert "no client will read it" in capsys.readouterr().err
    assert main(["lock", "--check", "--ssm", "/app/lock"]) == 0


def test_check_compares_the_parameter(deployment: Deployment) -> None:
    main(["lock", "--ssm", "/app/lock"])
    deployment.vpc.set_endpoints(moved(["127.0.0.7"]))
    main(["lock"])

    assert main(["lock", "--check"]) == 0
    assert main(["lock", "--check", "--ssm", "/app/lock"]) == 1


def test_a_parameter_that_is_not_there_could_not_be_determined(
    deployment: Deployment, capsys: Out
) -> None:
    assert main(["lock", "--check", "--ssm", "/app/lock"]) == 3

    assert "ssm:GetParameter failed: ParameterNotFound" in capsys.readouterr().err


def test_a_wrong_parameter_name_is_a_usage_error(deployment: Deployment, capsys: Out) -> None:
    assert main(["lock", "--ssm", "no such name"]) == 2

    assert deployment.asked() == []
    assert "--ssm" in capsys.readouterr().err


def test_it_is_written_where_the_environment_says(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    monkeypatch.setenv("SECURE_BEDROCK_LOCK", str(elsewhere))

    assert main(["lock"]) == 0

    assert elsewhere.exists()
    assert not deployment.lock_path.exists()


def test_a_lock_that_discovery_does_not_list_is_told_of(
    deployment: Deployment, capsys: Out
) -> None:
    deployment.write_policy(network={"discovery": ["ec2"]})

    assert main(["lock"]) == 0

    assert 'does not list "lock"' in capsys.readouterr().err


def test_explain_knows_the_locks_destinations(deployment: Deployment, capsys: Out) -> None:
    deployment.write_policy(residency={"regions": list(GOES)})
    assert main(["explain", PROFILE]) == 1
    main(["lock"])

    assert main(["explain", PROFILE]) == 0

    assert "eu-central-1" in capsys.readouterr().out


def test_over_public_endpoints_the_lock_says_so(
    deployment: Deployment,
    public_names: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Out,
) -> None:
    ca = deployment.bedrock.ca_path
    local = partial(PublicControlPlane, hosts=public_names, ca_bundle=ca)
    monkeypatch.setattr(public_control_plane, "PublicControlPlane", local)

    assert main(["lock", "--public-control-plane"]) == 0

    assert deployment.lock()["written"] == {
        "at": deployment.lock()["written"]["at"],
        "by": CALLER,
        "over": "public-control-plane",
    }
    assert "note: asking AWS over public endpoints" in capsys.readouterr().err


def test_over_public_endpoints_too_the_policy_says_who_asks(
    deployment: Deployment, public_names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = deployment.bedrock.ca_path
    local = partial(PublicControlPlane, hosts=public_names, ca_bundle=ca)
    monkeypatch.setattr(public_control_plane, "PublicControlPlane", local)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIARZPUZDIKGB2VALC4")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with deployment.policy_path.open("a") as policy:
        policy.write('\n[identity]\nlong_lived_keys = "deny"\n')

    with ConnectLog() as log:
        assert main(["lock", "--public-control-plane"]) != 0

    assert log.connects == []
    assert not deployment.lock_path.exists()


def outputs(deployment: Deployment, path: Path) -> None:
    """What the AWS CLI would print of the deployment."""
    from secure_bedrock.cli.lock_asking import Asking
    from secure_bedrock.policy import Policy

    asked = Asking(Policy.load(deployment.policy_path)).asked({}, public=False)
    assert asked.profiles is not None
    with asked.ec2() as calls:
        endpoints = calls.vpc_endpoints({"vpc-endpoint-state": ["available"]})
        interfaces = calls.network_interfaces(list(endpoints[0]["NetworkInterfaceIds"]))  # type: ignore[call-overload]
        vpcs = calls.vpcs([str(endpoints[0]["VpcId"])])
    document = {
        "VpcEndpoints": endpoints,
        "NetworkInterfaces": interfaces,
        "Vpcs": vpcs,
        "inferenceProfileSummaries": asked.profiles.profiles("SYSTEM_DEFINED"),
    }
    path.write_text(json.dumps(document, default=str))
    deployment.clear()


@pytest.mark.parametrize("where", ["file", "stdin"])
def test_from_the_cli_s_output_the_lock_is_the_same_and_nobody_is_asked(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    main(["lock"])
    asked = deployment.lock()
    outputs(deployment, tmp_path / "aws.json")

    with ConnectLog() as log, (tmp_path / "aws.json").open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        assert main(["lock", "--from", "aws.json" if where == "file" else "-"]) == 0

    assert log.connects == []
    assert deployment.lock()["endpoints"] == asked["endpoints"]
    assert deployment.lock()["destinations"] == asked["destinations"]
    assert deployment.lock()["written"]["over"] == "file"


def test_from_without_bedrocks_listings_the_destinations_are_a_note(
    deployment: Deployment, tmp_path: Path, capsys: Out
) -> None:
    outputs(deployment, tmp_path / "aws.json")
    document = json.loads((tmp_path / "aws.json").read_text())
    del document["inferenceProfileSummaries"]
    (tmp_path / "aws.json").write_text(json.dumps(document))
    deployment.write_policy(residency={"regions": list(GOES)})

    assert main(["lock", "--from", "aws.json"]) == 0

    err = capsys.readouterr().err
    assert "nobody was asked where the listed profiles lead: no output of" in err
    assert "residency.regions will deny it" in err


def test_from_a_listing_of_another_region_no_lock_is_written(
    deployment: Deployment, tmp_path: Path, capsys: Out
) -> None:
    """The profile of the same id leads elsewhere from there."""
    outputs(deployment, tmp_path / "aws.json")
    text = (tmp_path / "aws.json").read_text()
    here = ":eu-west-1:111122223333:inference-profile/"
    assert here in text
    (tmp_path / "aws.json").write_text(text.replace(here, here.replace("west-1", "north-1")))

    assert main(["lock", "--from", "aws.json"]) == 3

    err = capsys.readouterr().err
    assert (
        "`aws bedrock list-inference-profiles` is of eu-north-1, and the policy of eu-west" in err
    )
    assert not deployment.lock_path.exists()


@pytest.mark.parametrize(
    ("content", "status"), [(None, 2), (b"no json", 2), (b"\xff\xfe", 2), (b"{}", 2)]
)
def test_a_file_that_is_no_output_is_a_usage_error(
    deployment: Deployment, tmp_path: Path, content: bytes | None, status: int, capsys: Out
) -> None:
    if content is not None:
        (tmp_path / "aws.json").write_bytes(content)

    assert main(["lock", "--from", "aws.json"]) == status

    assert "aws.json" in capsys.readouterr().err


def test_two_ways_of_asking_exclude_each_other(deployment: Deployment) -> None:
    assert main(["lock", "--from", "a", "--public-control-plane"]) == 2


def test_a_lock_that_is_none_is_a_usage_error_with_every_problem(
    deployment: Deployment, capsys: Out
) -> None:
    deployment.lock_path.write_text('{"version": 1, "region": "mars"}')

    assert main(["lock", "--check"]) == 2

    err = capsys.readouterr().err
    assert f"{deployment.lock_path}: region: " in err
    assert f"{deployment.lock_path}: written: required" in err


def test_a_lock_of_another_policy_is_told_by_file_line_and_next_step(
    deployment: Deployment, capsys: Out
) -> None:
    main(["lock"])
    deployment.write_policy(residency={"regions": ["eu-west-1"]})
    capsys.readouterr()

    assert main(["explain", "amazon.nova-lite-v1:0"]) == 2

    err = capsys.readouterr().err
    lines = deployment.lock_path.read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if '"policy"' in text]
    assert f"{deployment.lock_path}:{line}: policy: not that of {deployment.policy_path}" in err
    assert "next: run `secure-bedrock lock` again" in err


def test_answers_that_contradict_each_other_are_told_by_their_file(
    deployment: Deployment, capsys: Out
) -> None:
    path = deployment.directory / "aws.json"
    outputs(deployment, path)
    answers = json.loads(path.read_text())
    answers["VpcEndpoints"][0]["DnsEntries"] = []
    path.write_text(json.dumps(answers))

    assert main(["lock", "--from", str(path)]) == 2

    err = capsys.readouterr().err
    assert "the lock was not written" in err
    assert f"{path}: endpoints.bedrock-runtime.names: " in err
    assert "write it anew" not in err
    assert not deployment.lock_path.exists()


def test_a_directory_that_is_not_there_is_told_by_the_locks_own_path(
    deployment: Deployment, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = deployment.directory / "nowhere" / "a.lock"
    monkeypatch.setenv("SECURE_BEDROCK_LOCK", str(path))

    assert main(["lock"]) == 2

    assert f"error: {path}: No such file" in capsys.readouterr().err


def test_a_policy_without_ec2_says_what_to_do(deployment: Deployment, capsys: Out) -> None:
    text = deployment.policy_path.read_text()
    start = text.index("[network.endpoints.ec2]")
    deployment.policy_path.write_text(text[:start])

    assert main(["lock"]) == 3

    err = capsys.readouterr().err
    assert "ec2: the policy has no endpoint for ec2" in err
    assert "--from" in err


def test_an_endpoint_that_the_policy_contradicts_is_a_finding(
    deployment: Deployment, capsys: Out
) -> None:
    table = "[network.endpoints.bedrock-runtime]\n"
    named = table + 'host = "bedrock-runtime.eu-west-1.amazonaws.com"\n'
    text = deployment.policy_path.read_text().replace(table, named)
    deployment.policy_path.write_text(text)
    deployment.vpc.set_endpoints(moved(["127.0.0.1"], private_dns=False))

    assert main(["lock"]) == 1

    assert "two sources disagree on host" in capsys.readouterr().err


def test_progress_is_for_terminals(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    main(["lock"])
    assert "asking" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    main(["lock"])

    assert "asking EC2 for the endpoint of bedrock-runtime …" in capsys.readouterr().err


def test_a_file_that_can_not_be_written_leaves_the_old_one(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["lock"])
    before = deployment.lock_path.read_bytes()

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device", str(deployment.lock_path))

    monkeypatch.setattr(Path, "replace", full)

    assert main(["lock"]) == 2

    assert deployment.lock_path.read_bytes() == before
    assert [p.name for p in deployment.directory.iterdir() if p.name.startswith(".secure")] == []


def test_a_new_lock_is_not_made_from_the_old_parameter(
    deployment: Deployment, public_names: dict[str, str]
) -> None:
    """Bedrock's control plane is left open too: the way to it comes from EC2."""
    assert public_names
    control = LocalEndpoint(service="bedrock", addresses=["127.0.0.1"], endpoint_id=ENDPOINT_ID)
    deployment.vpc.set_endpoints([*moved(["127.0.0.1"]), control])
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})
    before, table, after = deployment.policy_path.read_text().partition(
        "[network.endpoints.bedrock]"
    )
    opened = after.replace('addresses = ["127.0.0.1"]\n', "", 1)
    deployment.policy_path.write_text(before + table + opened)

    assert main(["lock"]) == 0

    assert "GetParameter" not in deployment.asked()
    assert list(deployment.lock()["endpoints"]) == ["bedrock", "bedrock-runtime"]
