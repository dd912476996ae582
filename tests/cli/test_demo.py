"""The demo tells the truth: its figures are those of the servers and of Python's audit hook."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.cli.demo_catalogue import Catalogue
from secure_bedrock.cli.demo_story import MODEL, QUESTIONS, UNLISTED, staged, steps
from secure_bedrock.cli.main import main
from secure_bedrock.policy import Policy
from secure_bedrock.testing import Fault, LocalBedrock

OUTCOMES = ["found", "answered", "answered", "refused", "answered", "refused", "refused"]
RULES = ["", "", "", "AddressDenied: ", "", "ModelDenied: ", "RedirectDenied: "]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["demo", "--output", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_every_step_goes_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys)

    assert document["schema"] == "secure_bedrock.demo/1"
    assert [step["outcome"] for step in document["steps"]] == OUTCOMES
    assert all(step["expected"] for step in document["steps"])
    for step, rule in zip(document["steps"], RULES, strict=True):
        assert step["rule"].startswith(rule)


def test_no_step_tried_anything_but_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys)

    peers = {peer for step in document["steps"] for peer in step["connects"]}
    assert peers
    assert all(peer.startswith("127.0.0.1:") for peer in peers)
    assert {step["public_connects"] for step in document["steps"]} == {0}


def test_the_refusals_by_name_and_by_model_open_no_socket(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = told(capsys)["steps"]

    assert (steps[3]["connects"], steps[5]["connects"]) == ([], [])


def test_every_call_left_one_event_without_content(capsys: pytest.CaptureFixture[str]) -> None:
    document = told(capsys)

    events = document["events"]
    converse = [event["outcome"] for event in events if event["operation"].startswith("Converse")]
    assert converse == ["ok", "ok", "refused", "ok", "refused", "refused"]
    assert "Harbour" not in json.dumps(events)


def test_it_reads_on_a_terminal_of_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert any(line.startswith("7 of 7 steps as promised; 0 connections") for line in lines)


def test_a_step_that_goes_wrong_is_said_and_told_to_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With every model listed the fifth refusal can't happen: the story must not say that it did."""
    from secure_bedrock.cli import demo_story

    def lax(*servers: Any) -> str:
        return policy_text(*servers).replace(f'["{MODEL}"]', f'["{MODEL}", "{UNLISTED}"]')

    policy_text = demo_story.policy_text
    monkeypatch.setattr(demo_story, "policy_text", lax)
    monkeypatch.setattr(demo_story, "UNLISTED", MODEL)

    assert main(["demo"]) == 1
    assert "NOT AS PROMISED" in capsys.readouterr().out


def test_the_servers_saw_what_the_story_tells() -> None:
    with staged() as stage:
        list(steps(stage))
        seen = [(request.operation, request.model_id) for request in stage.bedrock.requests]
        asked = [request.operation for request in stage.vpc.requests]

    streamed = ("ConverseStream", MODEL)
    assert seen == [("Converse", MODEL), streamed, ("Converse", MODEL), ("Converse", MODEL)]
    assert asked == ["DescribeVpcEndpoints", "DescribeNetworkInterfaces", "DescribeVpcs"]


def test_an_outage_in_the_story_is_an_error_and_no_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from secure_bedrock.cli import demo_story

    class Broken(LocalBedrock):
        def start(self) -> Any:
            self.fault(Fault.error("ValidationException", 400), times=None)
            return super().start()

    monkeypatch.setattr(demo_story, "LocalBedrock", Broken)

    assert main(["demo"]) == 3
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["cryptography", "trustme"])
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    assert main(["demo"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: the demo's servers need {package}, which is not installed [usage]\n"
        'next: in a clone of the repository: pip install ".[testing]"\n'
    )


def test_the_story_holds_where_the_surroundings_are_hostile() -> None:
    hostile = {
        "HTTPS_PROXY": "http://52.94.0.10:3128",
        "AWS_ENDPOINT_URL": "https://52.94.0.10",
        "AWS_REGION": "us-east-1",
        "NO_COLOR": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "secure_bedrock.cli", "demo"],
        env={**os.environ, **hostile},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert "0 connections to anything but 127.0.0.1" in ran.stdout


QUESTIONS_AND_PRODUCTS = {
    QUESTIONS[0]: "Harbour Kettle",
    QUESTIONS[1]: "Meadow Bike Trailer",
    "Does the filter remove viruses?": "Stillwater Filter",
    "Which lamp survives a metre of water?": "Field Lamp 210",
    "'; DROP TABLE product; --": None,
    "xyzzy": None,
    "": None,
    "the of and": None,
}


@pytest.mark.parametrize("question", QUESTIONS_AND_PRODUCTS)
def test_the_catalogue_finds_the_product_that_is_asked_about(question: str) -> None:
    catalogue = Catalogue.shipped()

    product = catalogue.look_up(question)

    assert (product and product.name) == QUESTIONS_AND_PRODUCTS[question]
    assert len(catalogue) == 8
    catalogue.close()


def test_the_policy_of_the_demo_is_a_policy() -> None:
    with staged() as stage:
        assert isinstance(stage.policy, Policy)
        assert stage.policy.address_check_for("bedrock-runtime") == "eni"


COMMANDS = {
    "the script of an environment here": (".venv/bin/secure-bedrock", ".venv/bin/secure-bedrock"),
    "a script elsewhere": ("/elsewhere/bin/secure-bedrock", "/elsewhere/bin/secure-bedrock"),
    "a path with a blank": ("a b/secure-bedrock", "'a b/secure-bedrock'"),
    "the module": ("/x/secure_bedrock/cli/__main__.py", "python -m secure_bedrock.cli"),
}


@pytest.mark.parametrize(("started", "command"), COMMANDS.values(), ids=COMMANDS)
def test_the_last_line_names_a_command_that_can_be_typed(
    started: str,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An environment that is not activated has its scripts on nobody's PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [started])

    assert main(["demo"]) == 0

    assert capsys.readouterr().out.endswith(f" Next: {command} init --help\n")


def test_the_last_line_names_the_command_alone_where_path_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secure-bedrock").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert main(["demo"]) == 0

    assert capsys.readouterr().out.endswith(" Next: secure-bedrock init --help\n")
