"""`explain` decides from the policy alone and says why."""

import json
import pathlib

import pytest

from secure_bedrock.cli.main import main
from secure_bedrock.cli.model_forms import admitted_forms, kind_of
from secure_bedrock.policy import Policy, parse_model_id

ACCOUNT = "111122223333"
BASE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
EU = f"eu.{BASE}"
ROUTER = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:prompt-router/abcdefghijkl"

POLICY = f"""\
region = "eu-west-1"
network = {{ cidrs = ["10.20.0.0/16"] }}
[models]
allow = ["{EU}", "amazon.titan-embed-text-v2:*", "{ROUTER}"]
deny = ["amazon.titan-embed-text-v2:1"]
accounts = ["{ACCOUNT}"]
[operations]
allow = ["Converse", "InvokeModel"]
"""


@pytest.fixture(autouse=True)
def policy_here(empty_directory: pathlib.Path) -> None:
    (empty_directory / "secure-bedrock.toml").write_text(POLICY)


ASKED = {
    "a listed profile": ([EU], 0, "model-listed", "system inference profile, by id"),
    "a version that a glob covers": (
        ["amazon.titan-embed-text-v2:0"],
        0,
        "model-listed-glob",
        "foundation model, by base id",
    ),
    "the base id of a listed profile": (
        [BASE],
        1,
        "model-not-listed",
        "foundation model, by base id",
    ),
    "a denied version": (
        ["amazon.titan-embed-text-v2:1"],
        1,
        "model-denied",
        "foundation model, by base id",
    ),
    "a global profile": ([f"global.{BASE}"], 1, "model-global", "system inference profile, by id"),
    "a listed router": (
        [ROUTER],
        0,
        "model-listed",
        "prompt-router ARN, which does not tell the model behind it",
    ),
    "what is no identifier": (["sonnet please"], 1, "model-id", "not a model identifier"),
    "an operation that is not listed": (
        [EU, "--operation", "ConverseStream"],
        1,
        "operation-not-listed",
        "system inference profile, by id",
    ),
    "an operation that there is not": (
        [EU, "--operation", "Frobnicate"],
        1,
        "operation-unknown",
        "",
    ),
}


@pytest.mark.parametrize(("argv", "status", "rule", "kind"), ASKED.values(), ids=ASKED)
def test_the_decision_is_explained(
    capsys: pytest.CaptureFixture[str], argv: list[str], status: int, rule: str, kind: str
) -> None:
    assert main(["explain", *argv, "--output", "json"]) == status

    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "secure_bedrock.explain/1"
    assert (found["allowed"], found["rule"]) == (status == 0, rule)
    assert found["reason"]
    assert kind in found["kind"]


def test_a_denial_in_the_table_ends_with_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", BASE]) == 1

    out = capsys.readouterr().out
    assert out.startswith("denied\n")
    assert "rule          model-not-listed" in out
    shown = " ".join(out.split())
    assert shown.endswith(f" next ask for the profile that models.allow lists: {EU}")
    assert "also admitted" not in shown


def test_a_denied_profile_names_the_listed_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"us.{BASE}", "--output", "json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["next_step"] == f"ask for the profile that models.allow lists: {EU}"
    assert found["also_admitted"] == []


def test_an_allowed_model_lists_its_other_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", EU, "--output", "json"]) == 0

    arn = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/{EU}"
    assert json.loads(capsys.readouterr().out)["also_admitted"] == [arn]


def test_an_admission_names_the_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", EU]) == 0

    out = capsys.readouterr().out
    assert out.startswith("allowed\n")
    assert f"entry          {EU} (models.allow)" in out


def test_an_identifier_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "\x1b[2Jmodel"]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_the_other_admitted_forms_are_listed() -> None:
    policy = Policy.load()
    arn = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/{EU}"

    assert admitted_forms(policy, parse_model_id(EU), "Converse") == (arn,)
    assert admitted_forms(policy, parse_model_id(arn), "Converse") == (EU,)
    assert set(admitted_forms(policy, parse_model_id(BASE), "Converse")) == {EU, arn}
    foundation = f"arn:aws:bedrock:eu-west-1::foundation-model/{BASE}"
    assert set(admitted_forms(policy, parse_model_id(foundation), "Converse")) == {EU, arn}


def test_a_router_has_no_other_form() -> None:
    router = parse_model_id(ROUTER)

    assert admitted_forms(Policy.load(), router, "Converse") == ()
    assert kind_of(router).startswith("prompt-router ARN")


def test_forms_stay_in_the_policys_partition() -> None:
    policy = Policy(
        region="us-gov-west-1",
        models=[f"us-gov.{BASE}", BASE],
        network={"cidrs": ["10.20.0.0/16"]},
    )

    assert set(admitted_forms(policy, parse_model_id(BASE), "Converse")) == {
        f"us-gov.{BASE}",
        f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{BASE}",
    }


RESIDENT = """\
[residency]
regions = ["eu-west-1", "eu-central-1"]
[residency.profiles]
"{profile}" = ["eu-west-1", "{other}"]
"""


def resident(directory: pathlib.Path, other: str) -> None:
    text = POLICY + RESIDENT.format(profile=EU, other=other)
    (directory / "secure-bedrock.toml").write_text(text)


def test_destinations_and_statements_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    resident(tmp_path, "eu-central-1")
    assert main(["explain", EU, "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    regions = ["eu-central-1", "eu-west-1"]
    assert found["destinations"] == {"regions": regions, "source": "residency.profiles"}
    assert found["statements"][1]["Resource"] == [
        f"arn:aws:bedrock:{region}::foundation-model/{BASE}" for region in regions
    ]
    assert found["statements_lacking"] == ""

    assert main(["explain", EU]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    arn = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/{EU}"
    assert shown.count("destinations eu-central-1, eu-west-1 (residency.profiles)") == 1
    assert f"needs bedrock:InvokeModel on {arn} needs" in shown
    assert shown.endswith(f"through {arn}")


def test_a_profile_that_runs_outside_is_denied_with_its_destinations(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    resident(tmp_path, "eu-north-1")
    assert main(["explain", EU]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "rule residency-region" in shown
    assert "destinations eu-north-1, eu-west-1 (residency.profiles)" in shown
    assert "needs" not in shown


def test_what_nobody_told_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", EU]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "destinations not known" in shown
    assert shown.endswith(
        "and the foundation models behind it, in every Region they may answer from"
    )


def test_a_denied_model_has_no_statements(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", BASE, "--output", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["destinations"] == {"regions": ["eu-west-1"], "source": "region"}
    assert (found["statements"], found["statements_lacking"]) == ([], "")


def test_what_is_no_identifier_runs_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "sonnet please", "--output", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["destinations"] is None


LISTED = """\
[operations]
allow = ["Converse", "InvokeModel"]
"""
AGENT = "bedrock-agent-runtime:RetrieveAndGenerate"


def test_an_operation_of_another_service_is_asked_for_by_its_whole_name(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    asked = ["explain", EU, "--operation", AGENT, "--output", "json"]

    assert main(asked) == 1
    assert json.loads(capsys.readouterr().out)["rule"] == "operation-not-listed"

    listed = LISTED.replace('"Converse"', f'"{AGENT}"')
    (tmp_path / "secure-bedrock.toml").write_text(POLICY.replace(LISTED, listed))
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["operation"], found["rule"]) == (AGENT, "model-listed")


LET_THROUGH = {
    "a model that is not listed": ([f"us.{BASE}"], True),
    "an operation that is not listed": ([EU, "--operation", "ConverseStream"], True),
    "an operation that no table has": ([EU, "--operation", "Frobnicate"], False),
    "what is no identifier": (["sonnet please"], False),
}


@pytest.mark.parametrize(("argv", "let_through"), LET_THROUGH.values(), ids=LET_THROUGH)
def test_mode_report_is_told_and_stays_a_finding(
    argv: list[str],
    let_through: bool,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    (tmp_path / "secure-bedrock.toml").write_text('mode = "report"\n' + POLICY)

    assert main(["explain", *argv]) == 1
    first, _, _ = capsys.readouterr().out.partition("\n")
    assert first == ('denied, but let through: mode is "report"' if let_through else "denied")

    assert main(["explain", *argv, "--output", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["allowed"], found["let_through"]) == (False, let_through)


def test_without_mode_report_nothing_is_let_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", f"us.{BASE}", "--output", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["let_through"] is False
