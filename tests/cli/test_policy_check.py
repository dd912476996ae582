"""`policy check` prints every problem, then warnings, then what the policy says."""

import json
import pathlib
from typing import Any

import pytest

from secure_bedrock.cli.main import main

ID = "vpce-0d1e2f3a4b5c60789"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"

GOOD = f"""\
region = "eu-west-1"
models = ["amazon.nova-lite-v1:0"]

[network]
cidrs = ["10.20.0.0/16"]

[network.endpoints.bedrock-runtime]
host = "{HOST}"
addresses = ["10.20.1.10"]

[network.endpoints.sts]
"""

BAD = """\
region = "Europe"
models = ["*"]
colour = "red"

[network]
cidrs = ["10.20.0.1/16"]
"""


pytestmark = pytest.mark.usefixtures("empty_directory")


def write(text: str | bytes) -> None:
    data = text.encode() if isinstance(text, str) else text
    pathlib.Path("secure-bedrock.toml").write_bytes(data)


def as_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_good_policy_passes_with_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD)

    assert main(["policy", "check"]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\npass\n")
    assert "region      eu-west-1" in out
    assert "mode        enforce" in out
    assert "s3_buckets" not in out
    assert "models      amazon.nova-lite-v1:0" in out
    assert f"https://{HOST}" in out
    assert "sts              cidr   https://sts.eu-west-1.amazonaws.com" in out


def test_all_problems_come_at_once_with_file_line_and_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(BAD)

    assert main(["policy", "check"]) == 1

    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("problem: ") == 4
    for place in ("toml:1: region:", "toml:2: models", "toml:3: colour:", "toml:6: network.cidrs"):
        assert place in out.replace("\n  ", " ")
    assert out.endswith("4 problems\n")


def test_problems_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    write(BAD)

    assert main(["policy", "check", "--output", "json"]) == 1

    found = as_json(capsys)
    assert found["schema"] == "secure_bedrock.policy_check/1"
    assert found["valid"] is False
    assert {problem["line"] for problem in found["problems"]} == {1, 2, 3, 6}
    assert all(problem["file"].endswith("secure-bedrock.toml") for problem in found["problems"])


def test_the_summary_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD)

    assert main(["policy", "check", "--output", "json"]) == 0

    found = as_json(capsys)
    assert (found["valid"], found["region"], found["problems"]) == (True, "eu-west-1", [])
    assert found["models"] == {"allow": ["amazon.nova-lite-v1:0"], "deny": []}
    assert "bedrock-runtime:Converse" in found["operations"]
    routes = {route["service"]: route for route in found["routes"]}
    assert routes["bedrock-runtime"]["address_check"] == "eni"
    assert routes["bedrock-runtime"]["addresses"] == ["10.20.1.10"]
    assert routes["sts"] == {
        "service": "sts",
        "url": "https://sts.eu-west-1.amazonaws.com",
        "address_check": "cidr",
        "addresses": [],
        "cidrs": ["10.20.0.0/16"],
        "found": True,
        "text": "https://sts.eu-west-1.amazonaws.com inside 10.20.0.0/16",
    }


def test_a_mode_that_refuses_less_is_seen_and_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write('mode = "report"\n' + GOOD)

    assert main(["policy", "check"]) == 0

    out = capsys.readouterr().out
    assert "mode        report" in out
    assert "toml:1: mode: report: models, operations and Regions off" in out.replace("\n  ", " ")
    assert main(["policy", "check", "--output", "json"]) == 0
    assert as_json(capsys)["mode"] == "report"


def test_the_buckets_that_requests_may_name_are_in_the_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(GOOD + '[operations]\ns3_buckets = ["claims-in", "claims-out"]\n')

    assert main(["policy", "check"]) == 0
    out = capsys.readouterr().out
    assert "s3_buckets  claims-in\n            claims-out" in out
    assert main(["policy", "check", "--output", "json"]) == 0
    assert as_json(capsys)["s3_buckets"] == ["claims-in", "claims-out"]


def test_an_open_entry_is_a_warning_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    write(GOOD.replace("amazon.nova-lite-v1:0", "amazon.nova-*"))

    assert main(["policy", "check"]) == 0

    out = capsys.readouterr().out
    assert "warning: " in out
    assert "admits models that do not exist yet" in out.replace("\n  ", " ")


DENIED = {
    "a host of another Region": GOOD.replace(".eu-west-1.vpce", ".us-east-1.vpce"),
    "a public host": GOOD.replace(HOST, "bedrock.example.com"),
    "a host of another endpoint": GOOD
    + '[network.endpoints.ec2]\nvpc_endpoint_id = "vpce-0123456789abcdef0"\n'
    f'host = "{HOST.replace("bedrock-runtime", "ec2")}"\n',
    "an address that is no endpoint's": GOOD.replace("10.20.1.10", "169.254.169.254"),
    "an address outside the CIDRs": GOOD.replace("10.20.1.10", "10.30.1.10"),
}


@pytest.mark.parametrize("text", DENIED.values(), ids=DENIED)
def test_what_can_be_no_private_route_is_a_problem(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    write(text)

    assert main(["policy", "check", "--output", "json"]) == 1

    found = as_json(capsys)
    assert found["valid"] is False
    assert len(found["problems"]) >= 1
    assert all(each["key"].startswith("network.endpoints.") for each in found["problems"])


WRONG_HOST = GOOD.replace(HOST, "bedrock.example.com")


@pytest.mark.parametrize("other", ["", 'colour = "red"\n'], ids=["alone", "beside another"])
def test_a_wrong_host_is_told_once_with_its_line_whatever_else_is_wrong(
    capsys: pytest.CaptureFixture[str], other: str
) -> None:
    write(other + WRONG_HOST)

    assert main(["policy", "check", "--output", "json"]) == 1

    *before, problem = as_json(capsys)["problems"]
    assert [each["key"] for each in before] == (["colour"] if other else [])
    assert problem["key"] == "network.endpoints.bedrock-runtime.host"
    assert problem["line"] == (9 if other else 8)
    assert problem["message"].startswith("bedrock.example.com: ")


UNJUDGED = {
    "no Region": 'models = []\n[network.endpoints.bedrock-runtime]\nhost = "bedrock.example.com"\n',
    "no TOML": 'region = "eu-west-1"\n[network.endpoints.bedrock-runtime]\nhost = bedrock.example.com\n',
    "a host that is no string": "colour = 1\n[network.endpoints]\nsts = {host = 5}\nec2 = 7\nS3 = {}\n"
    "ssm = {}\n",
    "endpoints that are no table": 'region = "eu-west-1"\nmodels = []\nnetwork = {endpoints = []}\n',
}


@pytest.mark.parametrize("text", UNJUDGED.values(), ids=UNJUDGED)
def test_a_host_that_can_not_be_judged_is_left_to_the_other_problems(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    write(text)

    assert main(["policy", "check", "--output", "json"]) == 1

    assert not any("endpoint's name" in each["message"] for each in as_json(capsys)["problems"])


def test_a_trust_store_that_is_not_there_is_a_warning(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    text = GOOD.replace("[network]", '[network]\nca_bundle = "ca.pem"')
    write(text)
    line = text.split("\n").index('ca_bundle = "ca.pem"') + 1

    assert main(["policy", "check"]) == 0
    told = f":{line}: network.ca_bundle: there is no file at"
    assert told in " ".join(capsys.readouterr().out.split())

    (tmp_path / "ca.pem").touch()
    assert main(["policy", "check"]) == 0
    assert told not in " ".join(capsys.readouterr().out.split())


def test_an_endpoint_without_a_route_is_told_by_the_line_of_its_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = 'region = "eu-west-1"\nmodels = ["amazon.nova-lite-v1:0"]\n\n[network.endpoints.sts]\n'
    write(text)

    main(["policy", "check", "--output", "json"])

    lines = {each["key"]: each["line"] for each in as_json(capsys)["warnings"]}
    assert lines["network.endpoints.sts"] == 4
    assert lines["network.endpoints.bedrock-runtime"] is None  # it has no table


def test_a_denied_route_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    write(DENIED["a host of another Region"])

    assert main(["policy", "check"]) == 1

    out = capsys.readouterr().out
    assert out.startswith("problem: ")
    assert out.endswith("\nproblems found\n")


def test_a_private_check_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        'region = "eu-west-1"\nmodels = ["amazon.nova-lite-v1:0"]\nnetwork = {address_check = "private"}\n'
    )

    assert main(["policy", "check"]) == 0

    out = capsys.readouterr().out
    assert "warning: " in out
    assert "at any RFC 1918 or ULA address" in " ".join(out.split())


FILES: dict[str, tuple[bytes, int]] = {
    "bad TOML": (b"region = \n", 1),
    "an empty file": (b"", 1),
    "no Region": (b'models = ["amazon.nova-lite-v1:0"]\n', 1),
    "wrong types": (b"region = 7\nmodels = 'x'\nnetwork = []\n", 1),
    "not UTF-8": (b"region = '\xff\xfe'\n", 1),
    "binary": (bytes(range(256)), 1),
    "control characters in a key": (b'"a\\u001b[31m" = 1\n', 1),
}


@pytest.mark.parametrize(("data", "status"), FILES.values(), ids=FILES)
def test_bad_files_are_findings_without_a_traceback(
    capsys: pytest.CaptureFixture[str], data: bytes, status: int
) -> None:
    write(data)

    assert main(["policy", "check"]) == status

    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "\x1b" not in out + err
    assert out.startswith("problem: ")


def test_a_file_that_is_not_there_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["policy", "check"], ["policy", "check", "--policy", "none.toml"]):
        assert main(argv) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("error: ")
        assert "\nnext: " in err
        assert "Traceback" not in err


def test_a_directory_is_no_policy(capsys: pytest.CaptureFixture[str]) -> None:
    pathlib.Path("dir.toml").mkdir()

    assert main(["policy", "check", "--policy", "dir.toml"]) == 1

    out, err = capsys.readouterr()
    assert "dir.toml" in out + err
    assert "Traceback" not in out + err


def test_elsewhere_a_bad_policy_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    write(BAD)

    assert main(["explain", "amazon.nova-lite-v1:0"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert ":6: network.cidrs" in err


def test_a_lock_completes_the_route(deployment: Any, capsys: pytest.CaptureFixture[str]) -> None:
    text = deployment.policy_path.read_text().replace('cidrs = ["127.0.0.0/8"]\n', "")
    deployment.policy_path.write_text(text)
    assert main(["lock"]) == 0
    capsys.readouterr()

    main(["policy", "check", "--output", "json"])

    routes = {route["service"]: route for route in as_json(capsys)["routes"]}
    # Loopback counts only where the policy names it; everything else of the route comes from the lock.
    assert "127.0.0.1 can't be an endpoint's" in routes["bedrock-runtime"]["text"]
    assert routes["bedrock-runtime"]["address_check"] == "eni"


def test_the_locks_route_is_shown(deployment: Any, capsys: pytest.CaptureFixture[str]) -> None:
    main(["lock"])
    capsys.readouterr()

    assert main(["policy", "check", "--output", "json"]) == 0

    routes = {route["service"]: route for route in as_json(capsys)["routes"]}
    assert routes["bedrock-runtime"]["addresses"] == ["127.0.0.1"]
    assert routes["bedrock-runtime"]["text"].endswith(" at 127.0.0.1")


def test_what_a_lock_tells_of_a_profile_is_no_longer_warned_of(
    deployment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def warned() -> list[str]:
        capsys.readouterr()
        main(["policy", "check", "--output", "json"])
        messages = (each["message"] for each in as_json(capsys)["warnings"])
        return [message for message in messages if "until a lock tells more" in message]

    deployment.write_policy(residency={"regions": list(deployment.goes)})
    before = warned()
    main(["lock"])

    assert len(before) == 1
    assert warned() == []


def test_a_lock_that_can_not_be_used_is_a_problem(
    deployment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.lock_path.write_text('{"version": 1,\n"region": "mars"}')

    assert main(["policy", "check", "--output", "json"]) == 1

    problems = as_json(capsys)["problems"]
    assert {problem["file"] for problem in problems} == {str(deployment.lock_path)}
    lines = {problem["key"]: problem["line"] for problem in problems}
    assert lines["region"] == 2
    assert lines["written"] is None
    assert problems[-1]["message"].endswith("; write it anew with `secure-bedrock lock`")


def test_a_parameter_that_is_asked_at_run_time_is_a_route(
    deployment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})

    assert main(["policy", "check", "--output", "json"]) == 0

    routes = {route["service"]: route for route in as_json(capsys)["routes"]}
    assert "SSM parameter" in routes["bedrock-runtime"]["text"]
