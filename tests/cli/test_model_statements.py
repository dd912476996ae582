"""The IAM statements that `explain` prints: actions and resources for a model, and nothing wider."""

from typing import Any

import pytest

from secure_bedrock.cli.model_statements import Needs, Statement, needs_of
from secure_bedrock.policy import Policy, parse_model_id

OWN, OTHER = "111122223333", "444455556666"
BASE = "anthropic.claude-3-haiku-20240307-v1:0"
EU, GLOBAL = f"eu.{BASE}", f"global.{BASE}"
ARN = f"arn:aws:bedrock:eu-west-1:{OWN}:"
BOTH = ["eu-west-1", "eu-central-1"]
ASK = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
COUNT = "bedrock:CountTokens"


def foundation(region: str, base: str = BASE) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{base}"


def opaque(kind: str) -> str:
    return f"{ARN}{kind}/a1b2c3d4e5f6"


def needs(asked: str, *, allow: list[str] | None = None, told: bool = True, **keys: Any) -> Needs:
    policy = Policy(
        **{
            "region": "eu-west-1",
            "models": {"allow": allow or [asked], "accounts": [OWN, OTHER]},
            "residency": {"allow_global": True},
            **keys,
        }
    )
    if told:
        policy = policy.with_destinations({EU: BOTH, GLOBAL: ["eu-west-1"]})
    return needs_of(policy, parse_model_id(asked))


@pytest.mark.parametrize("asked", [BASE, foundation("eu-west-1")])
def test_a_base_id_needs_its_foundation_model_here(asked: str) -> None:
    assert needs(asked) == Needs((Statement((COUNT, *ASK), (foundation("eu-west-1"),)),))


@pytest.mark.parametrize("asked", [EU, f"{ARN}inference-profile/{EU}"])
def test_a_profile_needs_itself_and_its_model_in_every_destination_through_it_alone(
    asked: str,
) -> None:
    profile = f"{ARN}inference-profile/{EU}"
    behind = (foundation("eu-central-1"), foundation("eu-west-1"))
    assert needs(asked) == Needs(
        (
            Statement(ASK, (profile,)),
            Statement(ASK, behind, through=profile),
            Statement((COUNT,), (foundation("eu-west-1"),)),
        )
    )


def test_a_profile_whose_destinations_nobody_told_lacks_them() -> None:
    found = needs(EU, told=False)
    assert [each.through for each in found.statements] == ["", ""]
    assert "foundation models behind it" in found.lacking


def test_a_global_profile_needs_the_model_without_a_region_too() -> None:
    _, behind, _ = needs(GLOBAL).statements
    assert behind.resources == (foundation("eu-west-1"), foundation(""))


def test_a_profile_of_no_named_account_is_of_any() -> None:
    found = needs(EU, models=[EU]).statements[0]
    assert found.resources == (f"arn:aws:bedrock:eu-west-1:*:inference-profile/{EU}",)


def test_a_base_id_that_is_only_counted_for_is_not_asked() -> None:
    assert needs(BASE, allow=[EU]).statements == (Statement((COUNT,), (foundation("eu-west-1"),)),)


def test_a_denied_base_id_is_not_counted_for() -> None:
    models = {"allow": [EU], "deny": [BASE]}
    assert COUNT not in [a for each in needs(EU, models=models).statements for a in each.actions]


def test_only_allowed_operations_have_actions() -> None:
    asked = {"allow": ["ConverseStream", "ApplyGuardrail"]}
    assert [each.actions for each in needs(EU, operations=asked).statements] == [
        (ASK[1],),
        (ASK[1],),
    ]
    assert needs(BASE, operations={"allow": ["ApplyGuardrail"]}) == Needs()


@pytest.mark.parametrize("kind", ["provisioned-model", "imported-model", "custom-model-deployment"])
def test_a_model_of_ones_own_needs_its_arn(kind: str) -> None:
    assert needs(opaque(kind)) == Needs((Statement(ASK, (opaque(kind),)),))


@pytest.mark.parametrize("kind", ["application-inference-profile", "prompt-router"])
def test_what_hides_its_models_lacks_them(kind: str) -> None:
    found = needs(opaque(kind))
    assert found.statements == (Statement(ASK, (opaque(kind),)),)
    assert found.lacking


def test_what_is_not_known_is_said() -> None:
    found = needs(f"{ARN}prompt/ABCDEFGHIJ:3")
    assert found == Needs((), "what a prompt needs is not known to this version")


def test_a_statement_is_written_as_iam_reads_it() -> None:
    profile = f"{ARN}inference-profile/{EU}"
    assert Statement(ASK, (foundation("eu-west-1"),), profile).to_dict() == {
        "Effect": "Allow",
        "Action": list(ASK),
        "Resource": [foundation("eu-west-1")],
        "Condition": {"ArnEquals": {"bedrock:InferenceProfileArn": profile}},
    }
    assert "Condition" not in Statement(ASK, (profile,)).to_dict()


def test_another_partition_has_its_own_arns() -> None:
    found = needs(f"us-gov.{BASE}", region="us-gov-west-1", told=False)
    assert all(
        resource.startswith("arn:aws-us-gov:bedrock:us-gov-west-1:")
        for each in found.statements
        for resource in each.resources
    )
