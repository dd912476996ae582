"""Where inference may run: verdict, rule and the way out, as a table of sentences."""

from dataclasses import dataclass, field
from enum import StrEnum

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import RequestFacts, judge_request
from secure_bedrock.values import Evidence

OWN = "111122223333"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
FM = "arn:aws:bedrock:eu-west-1::foundation-model/"
ARN = f"arn:aws:bedrock:eu-west-1:{OWN}:"
PROFILE_ARN = f"{ARN}inference-profile/eu.{SONNET}"
APPLICATION = f"{ARN}application-inference-profile/a1b2c3d4e5f6"
ROUTER = f"{ARN}prompt-router/a1b2c3d4e5f6"
DEFAULT_ROUTER = f"{ARN}default-prompt-router/anthropic.claude:1"
PROMPT = f"{ARN}prompt/ABCDEFGHIJ:3"
STAYING = {
    "a provisioned model": f"{ARN}provisioned-model/a1b2c3d4e5f6",
    "a custom model": f"{ARN}custom-model/{HAIKU}/a1b2c3d4e5f6",
    "a deployment": f"{ARN}custom-model-deployment/a1b2c3d4e5f6",
    "an imported model": f"{ARN}imported-model/a1b2c3d4e5f6",
    "a marketplace endpoint": f"arn:aws:sagemaker:eu-west-1:{OWN}:endpoint/ours",
    "a base id": HAIKU,
    "a foundation model's ARN": FM + HAIKU,
}
ROAMING = {
    "a system profile": f"eu.{SONNET}",
    "a system profile's ARN": PROFILE_ARN,
    "an application profile": APPLICATION,
    "a prompt router": ROUTER,
    "a default prompt router": DEFAULT_ROUTER,
    "a prompt, which may name a profile": PROMPT,
}
HERE, BOTH, AWAY = ["eu-west-1"], ["eu-west-1", "eu-central-1"], ["eu-central-1"]
Told = dict[str, list[str]]


@dataclass(frozen=True)
class Row:
    asked: str
    rule: str
    allow: list[str] = field(default_factory=list)
    deny: list[str] = field(default_factory=list)
    regions: list[str] | None = None
    profiles: Told = field(default_factory=dict)
    locked: Told = field(default_factory=dict)
    allow_global: bool = False
    operation: str = "Converse"
    next_step: str = ""
    reason: str = ""


CASES = {
    **{
        f"{what} runs in its own Region, which is named": Row(asked, "model-listed", regions=HERE)
        for what, asked in STAYING.items()
    },
    **{
        f"{what} runs in its own Region, which is not named": Row(
            asked, "residency-region", regions=AWAY, reason="may run in eu-west-1"
        )
        for what, asked in STAYING.items()
    },
    **{
        f"{what} goes where nobody has told": Row(
            asked, "residency-unknown", regions=BOTH, next_step="[residency.profiles]"
        )
        for what, asked in ROAMING.items()
    },
    **{
        f"{what} goes where the policy allows": Row(
            asked, "model-listed", regions=BOTH, profiles={asked: AWAY}
        )
        for what, asked in ROAMING.items()
    },
    **{
        f"{what} goes where the lock says, and the policy allows": Row(
            asked, "model-listed", regions=BOTH, locked={asked: BOTH}
        )
        for what, asked in ROAMING.items()
    },
    **{
        f"{what} goes to one Region too many": Row(
            asked,
            "residency-region",
            regions=HERE,
            locked={asked: BOTH},
            next_step="add the Region",
            reason="may run in eu-central-1, which residency.regions",
        )
        for what, asked in ROAMING.items()
    },
    **{
        f"{what} may go anywhere where no Region is named": Row(asked, "model-listed")
        for what, asked in ROAMING.items()
    },
    **{
        f"{what} goes where two disagree": Row(
            asked,
            "residency-conflict",
            regions=BOTH,
            profiles={asked: HERE},
            locked={asked: BOTH},
            next_step="lock --check",
            reason="residency.profiles and lock name different destinations",
        )
        for what, asked in ROAMING.items()
    },
    "a disagreement is denied though no Region is named": Row(
        f"eu.{SONNET}",
        "residency-conflict",
        profiles={f"eu.{SONNET}": HERE},
        locked={f"eu.{SONNET}": BOTH},
    ),
    "a disagreement inside the file is one too": Row(
        f"eu.{SONNET}",
        "residency-conflict",
        regions=BOTH,
        profiles={f"eu.{SONNET}": HERE, PROFILE_ARN: BOTH},
    ),
    "the order and number of destinations are no disagreement": Row(
        f"eu.{SONNET}",
        "model-listed",
        regions=BOTH,
        profiles={f"eu.{SONNET}": ["eu-west-1", "eu-central-1", "eu-west-1"]},
        locked={f"eu.{SONNET}": ["eu-central-1", "eu-west-1"]},
    ),
    "what is told of an ARN holds for its id": Row(
        f"eu.{SONNET}", "model-listed", regions=BOTH, locked={PROFILE_ARN: BOTH}
    ),
    "what is told of an id holds for its ARN": Row(
        PROFILE_ARN, "model-listed", regions=BOTH, locked={f"eu.{SONNET}": BOTH}
    ),
    "what is told of one profile does not hold for another": Row(
        f"us.{SONNET}", "residency-unknown", regions=BOTH, locked={f"eu.{SONNET}": BOTH}
    ),
    "global. needs allow_global though its destinations are inside": Row(
        f"global.{SONNET}", "model-global", regions=BOTH, locked={f"global.{SONNET}": BOTH}
    ),
    "global. with allow_global goes anywhere": Row(
        f"global.{SONNET}", "residency-global", regions=BOTH, allow_global=True
    ),
    "global. with allow_global where no Region is named": Row(
        f"global.{SONNET}", "model-listed", allow_global=True
    ),
    "global. with allow_global and destinations inside": Row(
        f"global.{SONNET}",
        "model-listed",
        regions=BOTH,
        locked={f"global.{SONNET}": BOTH},
        allow_global=True,
    ),
    "global. with allow_global and destinations outside": Row(
        f"global.{SONNET}",
        "residency-region",
        regions=BOTH,
        profiles={f"global.{SONNET}": ["us-east-1"]},
        allow_global=True,
    ),
    "what is not listed is denied for that, wherever it goes": Row(
        f"eu.{SONNET}", "model-not-listed", allow=[HAIKU], regions=HERE
    ),
    "deny wins over residency": Row(
        f"eu.{SONNET}", "model-denied", deny=[f"eu.{SONNET}"], regions=HERE
    ),
    "another account's ARN is denied for that": Row(
        APPLICATION.replace(OWN, "999988887777"), "model-account", regions=HERE
    ),
    "a base id outside names the profile inside": Row(
        HAIKU,
        "residency-region",
        allow=[HAIKU, f"us.{HAIKU}", f"eu.{HAIKU}"],
        regions=AWAY,
        locked={f"us.{HAIKU}": ["us-east-1"], f"eu.{HAIKU}": AWAY},
        next_step=f"models.allow lists: eu.{HAIKU}",
    ),
    "an unlisted base id names the profile inside, not the first": Row(
        HAIKU,
        "model-not-listed",
        allow=[f"us.{HAIKU}", f"global.{HAIKU}", f"eu.{HAIKU}"],
        regions=BOTH,
        locked={f"us.{HAIKU}": ["us-east-1"], f"global.{HAIKU}": BOTH, f"eu.{HAIKU}": BOTH},
        allow_global=True,
        next_step=f"models.allow lists: eu.{HAIKU}",
    ),
    "a profile whose destinations are unknown is not suggested": Row(
        HAIKU,
        "model-not-listed",
        allow=[f"eu.{HAIKU}"],
        regions=BOTH,
        next_step="add the identifier",
    ),
    "a profile outside names the base id inside": Row(
        f"us.{HAIKU}",
        "residency-region",
        allow=[f"us.{HAIKU}", HAIKU],
        regions=HERE,
        locked={f"us.{HAIKU}": ["us-east-1"]},
        next_step=f"models.allow admits: {HAIKU}",
    ),
    "a misspelt profile is not guessed to be one outside": Row(
        f"us.{HAIKU[:-1]}1",
        "model-not-listed",
        allow=[f"us.{HAIKU}"],
        regions=HERE,
        locked={f"us.{HAIKU}": ["us-east-1"]},
        next_step="add the identifier",
    ),
    "tokens are counted for a listed base id": Row(
        HAIKU, "model-listed", regions=HERE, operation="CountTokens"
    ),
    "tokens are counted for the base id of a listed profile": Row(
        SONNET, "model-listed-for-counting", allow=[f"eu.{SONNET}"], operation="CountTokens"
    ),
    "tokens are counted for its foundation-model ARN": Row(
        FM + SONNET, "model-listed-for-counting", allow=[f"eu.{SONNET}"], operation="CountTokens"
    ),
    "tokens are counted by the profile's listed ARN": Row(
        SONNET, "model-listed-for-counting", allow=[PROFILE_ARN], operation="CountTokens"
    ),
    "tokens are counted here, wherever the profile goes": Row(
        SONNET,
        "model-listed-for-counting",
        allow=[f"eu.{SONNET}"],
        regions=HERE,
        locked={f"eu.{SONNET}": BOTH},
        operation="CountTokens",
    ),
    "tokens are not counted where the own Region is not named": Row(
        SONNET,
        "residency-region",
        allow=[f"eu.{SONNET}"],
        regions=AWAY,
        locked={f"eu.{SONNET}": AWAY},
        operation="CountTokens",
        next_step="add the Region",
    ),
    "tokens of a profile are counted in the own Region": Row(
        f"eu.{SONNET}", "model-listed", regions=HERE, operation="CountTokens"
    ),
    "tokens are not counted for a denied base id": Row(
        SONNET, "model-denied", allow=[f"eu.{SONNET}"], deny=[SONNET], operation="CountTokens"
    ),
    "tokens are not counted for a denied profile's base id": Row(
        SONNET,
        "model-not-listed",
        allow=[f"eu.{SONNET}"],
        deny=[f"eu.{SONNET}"],
        operation="CountTokens",
    ),
    "tokens are not counted for the base id of a global. profile": Row(
        SONNET, "model-not-listed", allow=[f"global.{SONNET}"], operation="CountTokens"
    ),
    "tokens are not counted for another model": Row(
        HAIKU, "model-not-listed", allow=[f"eu.{SONNET}"], operation="CountTokens"
    ),
    "a listed application profile tells no base id to count for": Row(
        SONNET, "model-not-listed", allow=[APPLICATION], operation="CountTokens"
    ),
    "the base id of a listed profile is not asked": Row(
        SONNET,
        "model-not-listed",
        allow=[f"eu.{SONNET}"],
        operation="InvokeModel",
        next_step=f"models.allow lists: eu.{SONNET}",
    ),
}


def policy_of(row: Row) -> Policy:
    residency: dict[str, object] = {"allow_global": row.allow_global, "profiles": row.profiles}
    if row.regions is not None:
        residency["regions"] = row.regions
    return Policy(
        region="eu-west-1",
        models={"allow": row.allow or [row.asked], "deny": row.deny, "accounts": [OWN]},
        residency=residency,
    ).with_destinations(row.locked)


@pytest.mark.parametrize("sentence", CASES)
def test_where_a_model_runs_is_decided(sentence: str) -> None:
    row = CASES[sentence]
    decision = policy_of(row).decide_model(row.asked, operation=row.operation)
    assert decision.rule == row.rule, decision
    assert decision.allowed is row.rule.startswith("model-listed")
    assert row.next_step in decision.next_step
    assert row.reason in decision.reason
    assert "global." not in decision.next_step


class Models(StrEnum):
    SONNET = SONNET


def test_a_string_enum_is_counted_for_as_what_it_holds() -> None:
    policy = policy_of(CASES["tokens are counted for the base id of a listed profile"])
    decision = policy.decide_model(Models.SONNET, operation="CountTokens")
    assert decision.rule == "model-listed-for-counting"


def test_a_decision_names_the_destinations_that_it_rests_on() -> None:
    asked = f"eu.{SONNET}"
    told = {asked: BOTH}
    inside = policy_of(Row(asked, "", regions=BOTH, locked=told)).decide_model(asked)
    assert inside.evidence[1:] == (Evidence("destinations", "eu-central-1, eu-west-1", "lock"),)
    outside = policy_of(Row(asked, "", regions=HERE, profiles=told)).decide_model(asked)
    assert outside.evidence == (
        Evidence("destinations", "eu-central-1, eu-west-1", "residency.profiles"),
    )
    anywhere = policy_of(Row(asked, "", locked=told)).decide_model(asked)
    assert [each.name for each in anywhere.evidence] == ["entry"]


def test_a_conflict_shows_both_sides() -> None:
    asked = f"eu.{SONNET}"
    row = Row(asked, "", regions=BOTH, profiles={asked: HERE}, locked={asked: AWAY})
    assert policy_of(row).decide_model(asked).evidence == (
        Evidence("destinations", "eu-west-1", "residency.profiles"),
        Evidence("destinations", "eu-central-1", "lock"),
    )


@pytest.mark.parametrize(("regions", "rule"), [(HERE, "model-listed"), (AWAY, "residency-region")])
def test_a_sagemaker_endpoint_runs_in_its_region_by_whatever_name(
    regions: list[str], rule: str
) -> None:
    row = Row(STAYING["a marketplace endpoint"], rule, regions=regions)
    assert policy_of(row).decide_endpoint("ours").rule == rule


GUARDRAIL = "eu.guardrail.v1:0"
GUARDRAIL_ARN = f"{ARN}guardrail-profile/{GUARDRAIL}"
Asked = tuple[str, list[str] | None, Told, bool, str | None]
GUARDRAILS: dict[str, Asked] = {
    "a guardrail is no profile": ("abc123def456", HERE, {}, False, None),
    "a guardrail's ARN is no profile": (f"{ARN}guardrail/abc123def456", HERE, {}, False, None),
    "a profile goes anywhere where no Region is named": (GUARDRAIL, None, {}, False, None),
    "a profile that nobody told of": (GUARDRAIL, HERE, {}, False, "residency-unknown"),
    "a profile's ARN that nobody told of": (GUARDRAIL_ARN, HERE, {}, False, "residency-unknown"),
    "a profile inside": (GUARDRAIL, BOTH, {GUARDRAIL: BOTH}, False, None),
    "a profile's ARN inside": (GUARDRAIL_ARN, BOTH, {GUARDRAIL: BOTH}, False, None),
    "a profile outside": (GUARDRAIL, HERE, {GUARDRAIL: BOTH}, False, "residency-region"),
    "a global. profile": ("global.guardrail.v1:0", None, {}, False, "model-global"),
    "a global. profile that is allowed": ("global.guardrail.v1:0", None, {}, True, None),
    "a profile of another partition": (
        "us-gov.guardrail.v1:0",
        None,
        {},
        False,
        "model-partition",
    ),
    "a profile of a geography that is not known": (
        "uk.guardrail.v1:0",
        None,
        {},
        False,
        "identifier",
    ),
    "a profile's ARN of a geography that is not known": (
        GUARDRAIL_ARN.replace("/eu.", "/uk."),
        None,
        {},
        False,
        "identifier",
    ),
    "a model's id": (HAIKU, None, {}, False, "identifier"),
    "a profile's ARN of another Region": (
        GUARDRAIL_ARN.replace("eu-west-1", "us-east-1"),
        None,
        {},
        False,
        "arn-region",
    ),
}


@pytest.mark.parametrize("sentence", GUARDRAILS)
def test_where_a_guardrail_judges_is_decided(sentence: str) -> None:
    asked, regions, told, allow_global, rule = GUARDRAILS[sentence]
    row = Row(HAIKU, "", regions=regions, profiles=told, allow_global=allow_global)
    refusal = policy_of(row).refuse_place(Kind.GUARDRAIL, asked)
    assert (None if refusal is None else refusal.rule) == rule


def judged(policy: Policy, operation: str, kind: Kind, value: str) -> tuple[str, str]:
    service, _, name = operation.partition(":")
    facts = RequestFacts(service, name, (Reference(kind, value, "member"),), granted=True)
    judgement = judge_request(policy, facts)
    return judgement.family, judgement.decision.rule


def test_every_refusal_of_residency_is_of_its_family() -> None:
    endpoint = STAYING["a marketplace endpoint"]
    policy = policy_of(Row(HAIKU, "", allow=[HAIKU, f"eu.{SONNET}", endpoint], regions=AWAY))
    asked = {
        ("bedrock:CreateInferenceProfile", Kind.MODEL, f"eu.{SONNET}"): "residency-unknown",
        ("bedrock-runtime:Converse", Kind.MODEL, HAIKU): "residency-region",
        ("bedrock:TagResource", Kind.RESOURCE, FM + HAIKU): "residency-region",
        ("bedrock:CreateGuardrail", Kind.GUARDRAIL, GUARDRAIL): "residency-unknown",
        ("sagemaker-runtime:InvokeEndpoint", Kind.ENDPOINT, "ours"): "residency-region",
    }
    for (operation, kind, value), rule in asked.items():
        assert judged(policy, operation, kind, value) == ("residency", rule)


def test_a_model_in_the_fields_for_the_models_own_api_is_held_against_residency_too() -> None:
    policy = policy_of(Row(HAIKU, "", regions=AWAY, allow=[HAIKU]))
    fields = {"fallbacks": [HAIKU]}
    reference = Reference(Kind.DOCUMENT, fields, "additionalModelRequestFields")
    facts = RequestFacts("bedrock-runtime", "Converse", (reference,))
    judgement = judge_request(policy, facts)
    assert (judgement.family, judgement.decision.rule) == ("residency", "residency-region")


def test_a_global_guardrail_profile_is_denied_as_a_global_model_is() -> None:
    policy = policy_of(Row(HAIKU, "", allow=[HAIKU]))
    judgement = judged(policy, "bedrock:CreateGuardrail", Kind.GUARDRAIL, "global.guardrail.v1:0")
    assert judgement == ("model", "model-global")


def test_report_lets_residency_through_and_says_so() -> None:
    policy = Policy(region="eu-west-1", models=[HAIKU], residency={"regions": AWAY}, mode="report")
    facts = RequestFacts("bedrock-runtime", "Converse", (Reference(Kind.MODEL, HAIKU, "modelId"),))
    judgement = judge_request(policy, facts)
    assert judgement.decision.rule == "reported"
    assert judgement.would_deny is not None
    assert judgement.would_deny.rule == "residency-region"
