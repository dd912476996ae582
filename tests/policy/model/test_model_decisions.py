"""Decisions over models: verdict, rule and the way out, as a table of sentences."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from secure_bedrock.errors import ModelDenied, PolicyInvalid
from secure_bedrock.policy import Policy
from secure_bedrock.values import Evidence

OWN, FOREIGN = "111122223333", "999988887777"
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
FM = "arn:aws:bedrock:eu-west-1::foundation-model/"
PROFILE_ARN = f"arn:aws:bedrock:eu-west-1:{OWN}:inference-profile/"
PROVISIONED = f"arn:aws:bedrock:eu-west-1:{OWN}:provisioned-model/a1b2c3d4e5f6"


@dataclass(frozen=True)
class Row:
    allow: list[str]
    asked: object
    rule: str
    next_step: str = ""
    deny: list[str] = field(default_factory=list)
    allow_global: bool = False
    region: str = "eu-west-1"


class Models(StrEnum):
    SONNET = SONNET


class Liar(str):
    """Claims to be something that is allowed."""

    __slots__ = ()

    def __str__(self) -> str:
        return SONNET


CASES = {
    "a listed base id is allowed": Row([SONNET], SONNET, "model-listed"),
    "a string enum is what it holds": Row([SONNET], Models.SONNET, "model-listed"),
    "a string that prints as another is what it holds": Row(
        [SONNET], Liar("zai.glm-4.6"), "model-not-listed"
    ),
    "a listed profile is allowed": Row([f"eu.{SONNET}"], f"eu.{SONNET}", "model-listed"),
    "a base id does not imply its profile, and is suggested": Row(
        [SONNET],
        f"eu.{SONNET}",
        "model-not-listed",
        f"the base id that models.allow admits: {SONNET}",
    ),
    "a profile does not imply its base id, and is suggested": Row(
        [f"eu.{SONNET}"],
        SONNET,
        "model-not-listed",
        f"the profile that models.allow lists: eu.{SONNET}",
    ),
    "global. is never suggested": Row(
        [f"global.{SONNET}"], SONNET, "model-not-listed", "add the identifier", allow_global=True
    ),
    "a denied profile is not suggested": Row(
        [f"eu.{SONNET}"], SONNET, "model-not-listed", "add the identifier", deny=[f"eu.{SONNET}"]
    ),
    "a listed profile is suggested for one of another geography": Row(
        [f"us.{SONNET}"],
        f"eu.{SONNET}",
        "model-not-listed",
        f"the profile that models.allow lists: us.{SONNET}",
    ),
    "a listed profile is suggested before the base id": Row(
        [SONNET, f"us.{SONNET}"], f"eu.{SONNET}", "model-not-listed", f"lists: us.{SONNET}"
    ),
    "a denied profile's base id is suggested": Row(
        [SONNET, f"us.{SONNET}"],
        f"eu.{SONNET}",
        "model-not-listed",
        f"admits: {SONNET}",
        deny=[f"us.{SONNET}"],
    ),
    "a profile's own kin is suggested for its ARN too": Row(
        [f"us.{SONNET}"], f"{PROFILE_ARN}eu.{SONNET}", "model-not-listed", f"lists: us.{SONNET}"
    ),
    "global. is not suggested for a profile either": Row(
        [f"global.{SONNET}"],
        f"eu.{SONNET}",
        "model-not-listed",
        "add the identifier",
        allow_global=True,
    ),
    "a profile of another partition is not suggested": Row(
        [f"us-gov.{SONNET}"], f"eu.{SONNET}", "model-not-listed", "add the identifier"
    ),
    "a slip of the pen is suggested": Row(
        [SONNET], SONNET.replace("0929", "0992"), "model-not-listed", f"did you mean {SONNET}"
    ),
    "us. does not imply global., and is suggested": Row(
        [f"us.{SONNET}"],
        f"global.{SONNET}",
        "model-not-listed",
        f"lists: us.{SONNET}",
        allow_global=True,
    ),
    "global. needs allow_global, even when listed": Row(
        [f"global.{SONNET}"], f"global.{SONNET}", "model-global", "use a profile of one geography"
    ),
    "global. inside an ARN needs allow_global": Row(
        [f"global.{SONNET}"],
        f"{PROFILE_ARN}global.{SONNET}",
        "model-global",
        "use a profile of one geography",
    ),
    "a narrower listed profile is suggested for global.": Row(
        [f"eu.{SONNET}"], f"global.{SONNET}", "model-global", f"lists: eu.{SONNET}"
    ),
    "global. is allowed when listed and allow_global": Row(
        [f"global.{SONNET}"], f"global.{SONNET}", "model-listed", allow_global=True
    ),
    "a foundation-model ARN of the own Region is its base id": Row(
        [SONNET], FM + SONNET, "model-listed"
    ),
    "a base id is its foundation-model ARN of the own Region": Row(
        [FM + SONNET], SONNET, "model-listed"
    ),
    "a foundation-model ARN of the own Region suggests the profile too": Row(
        [f"eu.{SONNET}"], FM + SONNET, "model-not-listed", f"lists: eu.{SONNET}"
    ),
    "a foundation-model ARN of another Region is refused": Row(
        [SONNET], FM.replace("eu-west-1", "eu-west-2") + SONNET, "model-region", "own Region"
    ),
    "a profile's ARN is its id": Row([f"eu.{SONNET}"], f"{PROFILE_ARN}eu.{SONNET}", "model-listed"),
    "a profile's id is its ARN": Row([f"{PROFILE_ARN}eu.{SONNET}"], f"eu.{SONNET}", "model-listed"),
    "a profile's ARN of a foreign account is refused": Row(
        [f"eu.{SONNET}"],
        f"{PROFILE_ARN.replace(OWN, FOREIGN)}eu.{SONNET}",
        "model-account",
        "models.accounts",
    ),
    "a profile's ARN of a foreign account does not stand for the id": Row(
        [f"{PROFILE_ARN.replace(OWN, FOREIGN)}eu.{SONNET}"], f"eu.{SONNET}", "model-not-listed"
    ),
    "a profile of another partition is refused": Row(
        [f"us-gov.{SONNET}"], f"us-gov.{SONNET}", "model-partition"
    ),
    "an ARN of another partition is refused": Row(
        [SONNET], f"arn:aws-cn:bedrock:cn-north-1::foundation-model/{SONNET}", "model-partition"
    ),
    "a listed opaque ARN is allowed": Row([PROVISIONED], PROVISIONED, "model-listed"),
    "an opaque ARN is never implied": Row(
        [SONNET], PROVISIONED, "model-not-listed", "add the identifier"
    ),
    "an opaque ARN of a foreign account is refused even when listed": Row(
        [PROVISIONED.replace(OWN, FOREIGN)], PROVISIONED.replace(OWN, FOREIGN), "model-account"
    ),
    "base:* reaches versions and contexts": Row(
        ["amazon.titan-embed-text-v1:*"], "amazon.titan-embed-text-v1:2:8k", "model-listed-glob"
    ),
    "base:* needs the colon": Row(
        ["amazon.titan-embed-text-v1:*"], "amazon.titan-embed-text-v1", "model-not-listed"
    ),
    "base:version:* reaches the version's contexts": Row(
        ["amazon.titan-embed-text-v1:2:*"], "amazon.titan-embed-text-v1:2:8k", "model-listed-glob"
    ),
    "base:version:* does not reach another version": Row(
        ["amazon.titan-embed-text-v1:2:*"], "amazon.titan-embed-text-v1:3:8k", "model-not-listed"
    ),
    "an open glob reaches base ids": Row(
        ["anthropic.claude-sonnet-4-5-*"], SONNET, "model-listed-glob"
    ),
    "an open glob reaches the ARN of the own Region": Row(
        ["anthropic.claude-sonnet-4-5-*"], FM + SONNET, "model-listed-glob"
    ),
    "an open glob does not reach profiles, and its base id is suggested": Row(
        ["anthropic.claude-sonnet-4-5-*"],
        f"eu.{SONNET}",
        "model-not-listed",
        f"admits: {SONNET}",
    ),
    "a base id is suggested for global.": Row(
        [SONNET], f"global.{SONNET}", "model-global", f"admits: {SONNET}"
    ),
    "an open glob does not reach other models": Row(
        ["anthropic.claude-sonnet-4-5-*"],
        "anthropic.claude-opus-4-1-20250805-v1:0",
        "model-not-listed",
    ),
    "deny wins over the same entry": Row([SONNET], SONNET, "model-denied", deny=[SONNET]),
    "deny reaches the ARN of what it names": Row(
        [SONNET], FM + SONNET, "model-denied", deny=[SONNET]
    ),
    "deny reaches the id of the ARN it names": Row(
        [SONNET], SONNET, "model-denied", deny=[FM + SONNET]
    ),
    "a denying glob wins": Row([SONNET], SONNET, "model-denied", deny=["anthropic.claude-*"]),
    "None is refused": Row([SONNET], None, "model-type"),
    "bytes are refused": Row([SONNET], SONNET.encode(), "model-type"),
    "a glob that is asked for is refused": Row(
        ["amazon.titan-embed-text-v1:*"], "amazon.titan-embed-text-v1:*", "model-id"
    ),
    "an over-long identifier is refused": Row(
        [SONNET], SONNET + "0" * 3000, "model-id", "exactly as Bedrock"
    ),
}


def policy_of(row: Row) -> Policy:
    return Policy(
        region=row.region,
        models={"allow": row.allow, "deny": row.deny, "accounts": [OWN]},
        residency={"allow_global": row.allow_global},
    )


@pytest.mark.parametrize("sentence", CASES)
def test_a_model_is_decided(sentence: str) -> None:
    row = CASES[sentence]
    decision = policy_of(row).decide_model(row.asked)
    assert decision.rule == row.rule, decision
    assert decision.allowed is row.rule.startswith("model-listed")
    assert row.next_step in decision.next_step
    assert "global." not in decision.next_step


def test_what_was_allowed_names_the_entry_as_it_was_written() -> None:
    decision = policy_of(
        CASES["a base id is its foundation-model ARN of the own Region"]
    ).decide_model(SONNET)
    assert decision.evidence == (Evidence("entry", FM + SONNET, "models.allow"),)


def test_a_denial_becomes_an_error_with_its_rule() -> None:
    with pytest.raises(ModelDenied) as denial:
        policy_of(CASES["deny wins over the same entry"]).decide_model(
            SONNET, operation="InvokeModel"
        ).or_raise(ModelDenied)
    assert denial.value.rule == "model-denied"


def test_the_account_section_names_whose_arns_may_be_used() -> None:
    policy = Policy(region="eu-west-1", models=[PROVISIONED], account={"account_id": OWN})
    assert policy.models.accounts == (OWN,)
    assert policy.decide_model(PROVISIONED).allowed


@pytest.mark.parametrize("accounts", [[], [FOREIGN]])
def test_written_accounts_win_over_the_account_section(accounts: list[str]) -> None:
    policy = Policy(
        region="eu-west-1",
        models={"allow": [PROVISIONED], "accounts": accounts},
        account={"account_id": OWN},
    )
    assert policy.decide_model(PROVISIONED).rule == "model-account"


INVALID_ENTRIES = [
    "*",
    "anthropic.*",
    "anthropic.claude*",
    "us.anthropic.claude-*",
    "eu.claude-*",
    "uk.anthropic.claude-*",
    "anthropic.claude-*-v1:0",
    "anthropic.claude-**",
    "us.anthropic.claude-sonnet-4-20250514-v1:*",
    "amazon.titan-embed-text-v1:2:8k:*",
    "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-*",
    "arn:aws:bedrock:eu-west-1::foundation-model/*",
    "anthropic.claude-" + "a" * 128 + "*",
    "ANTHROPIC.CLAUDE-3",
    " anthropic.claude-3",
    "",
]


@pytest.mark.parametrize("key", ["allow", "deny"])
@pytest.mark.parametrize("entry", INVALID_ENTRIES)
def test_an_entry_that_is_too_wide_or_no_identifier_is_invalid(entry: str, key: str) -> None:
    with pytest.raises(PolicyInvalid) as error:
        Policy(region="eu-west-1", models={"allow": [SONNET], key: [entry]})
    assert [problem.key for problem in error.value.problems] == [f"models.{key}[0]"]


def test_a_profiles_versions_glob_is_refused_because_profiles_are_listed_exactly() -> None:
    with pytest.raises(PolicyInvalid, match=r"provider\.name"):
        Policy(region="eu-west-1", models=["us.anthropic.claude-v1:*"])


class Hostile:
    """An object whose every special method fails."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __str__(self) -> str:
        raise AssertionError

    __repr__ = __str__


class Pretender:
    """Claims to be a string."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return str


@pytest.mark.parametrize("asked", [Hostile(), [SONNET], {SONNET: 1}, object, 1.5])
def test_any_object_gets_an_answer(asked: Any) -> None:
    assert policy_of(CASES["a listed base id is allowed"]).decide_model(asked).rule == "model-type"


def test_an_object_that_claims_to_be_a_string_is_none() -> None:
    judge = policy_of(CASES["a listed base id is allowed"])
    assert judge.decide_model(Pretender()).rule == "model-type"
    assert judge.decide_operation(Pretender(), "Converse").rule == "operation-type"  # type: ignore[arg-type]
