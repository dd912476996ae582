"""`init` writes a policy that loads, marks its examples, and overwrites nothing unasked."""

import itertools
import json
import pathlib
from collections.abc import Iterator

import pytest

from secure_bedrock.cli.main import main
from secure_bedrock.cli.starter import EXAMPLE, Answers, starter
from secure_bedrock.policy import Policy

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    monkeypatch.chdir(tmp_path)
    return iter([tmp_path])


def test_without_arguments_every_needed_value_is_a_marked_example(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0

    text = (tmp_path / "secure-bedrock.toml").read_text()
    policy = Policy.load()
    assert policy.region == "eu-west-1"
    assert policy.network.cidrs == ("10.20.0.0/16",)
    assert text.count(EXAMPLE) == 3
    err = capsys.readouterr().err
    assert err == (
        "wrote secure-bedrock.toml\n"
        "next: replace the examples in it (region, models.allow, network.cidrs)\n"
    )


def test_what_is_given_is_written(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["init", "--region", "eu-west-1", "--model", MODEL, "--model", "amazon.nova-lite-v1:0"]
    argv += ["--cidr", "10.20.0.0/16", "--cidr", "10.30.0.0/16", "--vpc-endpoint-id", ID]
    argv += ["--host", HOST, "--address", "10.20.1.10", "--address", "10.30.1.10"]

    assert main([*argv, "--policy", "mine.toml"]) == 0

    policy = Policy.load("mine.toml")
    endpoint = policy.network.endpoint("bedrock-runtime")
    assert policy.models.allow == (MODEL, "amazon.nova-lite-v1:0")
    assert policy.network.cidrs == ("10.20.0.0/16", "10.30.0.0/16")
    assert endpoint is not None
    assert (endpoint.vpc_endpoint_id, endpoint.host) == (ID, HOST)
    assert endpoint.addresses == ("10.20.1.10", "10.30.1.10")
    assert EXAMPLE not in (tmp_path / "mine.toml").read_text()
    assert capsys.readouterr().err.endswith(
        "next: secure-bedrock policy check --policy mine.toml\n"
    )


def test_an_existing_file_is_left_as_it_is(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "secure-bedrock.toml"
    path.write_text("mine")

    assert main(["init"]) == 2
    assert path.read_text() == "mine"
    assert "exists and was left as it is" in capsys.readouterr().err

    assert main(["init", "--force"]) == 0
    assert Policy.load().region == "eu-west-1"


def test_stdout_writes_no_file(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--stdout"]) == 0

    out, err = capsys.readouterr()
    assert Policy.from_toml(out).region == "eu-west-1"
    assert err == ""
    assert list(tmp_path.iterdir()) == []


def test_json_names_the_file_and_its_examples(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--region", "us-east-1", "--output", "json"]) == 0

    assert json.loads(capsys.readouterr().out) == {
        "schema": "secure_bedrock.init/1",
        "file": "secure-bedrock.toml",
        "examples": ["models.allow", "network.cidrs"],
        "policy": (tmp_path / "secure-bedrock.toml").read_text(),
    }


def test_json_holds_the_text_where_no_file_is_written(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--stdout", "--output", "json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "schema": "secure_bedrock.init/1",
        "file": None,
        "examples": ["region", "models.allow", "network.cidrs"],
        "policy": starter(Answers()),
    }
    assert err == ""
    assert list(tmp_path.iterdir()) == []


BAD = {
    "a Region that is none": (["--region", "Europe"], "region"),
    "a model that does not parse": (["--model", "*"], "models.allow"),
    "a CIDR with host bits": (["--cidr", "10.20.0.1/16"], "network.cidrs"),
    "everything": (["--cidr", "0.0.0.0/0"], ""),
    "a host of another Region": (["--host", HOST, "--region", "us-east-1"], ""),
    "a public host": (["--host", "bedrock.example.com"], ""),
    "an address that is none": (["--address", "localhost"], "addresses"),
    "a quote in an argument": (["--region", 'eu-west-1"\nmode = "x'], "printable ASCII"),
    "a quote that could end the string": (["--region", 'eu-west-1" # x'], "region"),
    "another script": (["--model", "\u0430mazon.nova-lite-v1:0"], "printable ASCII"),
}


@pytest.mark.parametrize(("argv", "named"), BAD.values(), ids=BAD)
def test_arguments_that_make_no_policy_write_nothing(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], argv: list[str], named: str
) -> None:
    assert main(["init", *argv]) == 2

    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert named in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--policy", "none/here.toml"]) == 2
    assert "none/here.toml: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_a_path_that_is_none_is_usage(capsys: pytest.CaptureFixture[str], path: str) -> None:
    assert main(["init", "--policy", path]) == 2
    assert capsys.readouterr().err.startswith("error: --policy names no file")


def test_force_and_stdout_exclude_each_other() -> None:
    assert main(["init", "--force", "--stdout"]) == 2


REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1", "ap-southeast-2", "ca-central-1")


@pytest.mark.parametrize("region", REGIONS)
def test_the_starter_loads_in_every_combination(region: str) -> None:
    for with_cidr, with_address, with_id, with_model in itertools.product((True, False), repeat=4):
        text = starter(
            Answers(
                region=region,
                cidrs=("10.20.0.0/16",) if with_cidr else (),
                addresses=("10.20.1.10",) if with_address else (),
                vpc_endpoint_id=ID if with_id else None,
                models=("amazon.nova-lite-v1:0",) if with_model else (),
            )
        )
        assert Policy.from_toml(text).region == region


def test_everything_that_is_commented_out_would_load_too() -> None:
    """What the file teaches must not be refused when a reader removes the comment sign."""
    opened = []
    for line in starter(Answers()).split("\n"):
        body = line.removeprefix("# ")
        is_setting = body.startswith("[") or " = " in body.partition("#")[0]
        opened.append(body if line.startswith("# ") and is_setting else line)

    policy = Policy.from_toml("\n".join(opened))

    assert policy.name == "claims-assistant"
    assert policy.network.endpoint("ec2") is not None
    assert policy.network.endpoint("bedrock-runtime") is not None
