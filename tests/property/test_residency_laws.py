"""Laws of residency: naming one more Region never denies, knowing less never allows, nothing runs outside the list."""

import pickle
from typing import Any, NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from secure_bedrock.policy import OpaqueArn, Policy, parse_model_id
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.values import Decision

OWN = "111122223333"
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1")
ARN = f"arn:aws:bedrock:eu-west-1:{OWN}:"
TELLS_NOTHING = ("application-inference-profile", "prompt-router", "prompt")

bases = st.sampled_from(["anthropic.claude-3-haiku-v1:0", "amazon.nova-pro-v1:0", "zai.glm-4.6"])
profiles = st.builds("{}.{}".format, st.sampled_from(["eu", "us", "global"]), bases)
profile_arns = profiles.map((ARN + "inference-profile/{}").format)
wanderers = st.sampled_from(
    [
        f"{ARN}application-inference-profile/a1b2c3d4e5f6",
        f"{ARN}prompt-router/a1b2c3d4e5f6",
        f"{ARN}prompt/ABCDEFGHIJ:3",
    ]
)
staying = st.sampled_from(
    [
        f"{ARN}imported-model/a1b2c3d4e5f6",
        f"{ARN}provisioned-model/a1b2c3d4e5f6",
        f"arn:aws:sagemaker:eu-west-1:{OWN}:endpoint/ours",
    ]
)
roaming = st.one_of(profiles, profile_arns, wanderers)
identifiers = st.one_of(
    bases, bases.map("arn:aws:bedrock:eu-west-1::foundation-model/{}".format), roaming, staying
)
region_lists = st.lists(st.sampled_from(REGIONS), min_size=1, max_size=3)
told = st.dictionaries(roaming, region_lists, max_size=4)
operations = st.sampled_from(["Converse", "InvokeModel", "CountTokens"])


class Rules(NamedTuple):
    """What a random policy is made of."""

    region: str
    allow: list[str]
    deny: list[str]
    regions: list[str] | None
    written: dict[str, list[str]]
    locked: dict[str, list[str]]
    allow_global: bool


rules = st.builds(
    Rules,
    st.just("eu-west-1"),
    st.lists(identifiers, max_size=4),
    st.lists(identifiers, max_size=1),
    st.one_of(st.none(), region_lists),
    told,
    told,
    st.booleans(),
)


def policy(made: Rules) -> Policy:
    residency: dict[str, Any] = {"allow_global": made.allow_global, "profiles": made.written}
    if made.regions is not None:
        residency["regions"] = made.regions
    return Policy(
        region=made.region,
        models={"allow": made.allow, "deny": made.deny, "accounts": [OWN]},
        residency=residency,
    ).with_destinations(made.locked)


@given(rules, region_lists, identifiers, operations)
def test_naming_one_more_region_never_denies_what_was_allowed(
    made: Rules, more: list[str], asked: str, operation: str
) -> None:
    assume(made.regions is not None)
    before = policy(made).decide_model(asked, operation=operation)
    wider = made._replace(regions=[*(made.regions or ()), *more])
    assert policy(wider).decide_model(asked, operation=operation).allowed or not before.allowed


@given(rules, region_lists, identifiers, operations)
def test_naming_regions_at_all_never_allows_what_was_denied(
    made: Rules, regions: list[str], asked: str, operation: str
) -> None:
    before = policy(made._replace(regions=None)).decide_model(asked, operation=operation)
    after = policy(made._replace(regions=regions)).decide_model(asked, operation=operation)
    assert before.allowed or not after.allowed


@given(rules, identifiers, identifiers, operations)
def test_adding_an_allow_entry_never_denies_what_was_allowed(
    made: Rules, more: str, asked: str, operation: str
) -> None:
    before = policy(made).decide_model(asked, operation=operation)
    after = policy(made._replace(allow=[*made.allow, more]))
    assert after.decide_model(asked, operation=operation).allowed or not before.allowed


@given(rules, identifiers, operations)
def test_deny_wins(made: Rules, asked: str, operation: str) -> None:
    denying = made._replace(allow=[*made.allow, asked], deny=[asked])
    assert policy(denying).decide_model(asked, operation=operation).rule == "model-denied"


@given(rules, identifiers)
def test_what_is_allowed_runs_in_the_named_regions_alone(made: Rules, asked: str) -> None:
    """By an own account of what was told: of each identifier and of its ARN, and of nothing else."""
    assume(made.regions is not None)
    if not policy(made).decide_model(asked).allowed:
        return
    short = asked.removeprefix(f"{ARN}inference-profile/")
    entries = [*made.written.items(), *made.locked.items()]
    goes = [
        set(to) for name, to in entries if name.removeprefix(f"{ARN}inference-profile/") == short
    ]
    model = parse_model_id(short)
    if isinstance(model, OpaqueArn) and model.kind in TELLS_NOTHING:
        assert goes
    if short.startswith(("eu.", "us.", "global.")):
        assert goes
    for regions in goes or [{made.region}]:
        assert regions <= set(made.regions or ())
        assert regions == (goes or [regions])[0]


@given(rules, bases, st.sampled_from(["", f"{ARN}inference-profile/"]), operations)
def test_global_is_never_allowed_without_allow_global(
    made: Rules, base: str, head: str, operation: str
) -> None:
    asked = f"{head}global.{base}"
    judge = policy(made._replace(allow=[*made.allow, asked], allow_global=False))
    assert not judge.decide_model(asked, operation=operation).allowed


@given(rules, identifiers, operations)
def test_a_suggestion_would_be_allowed_and_is_never_global(
    made: Rules, asked: str, operation: str
) -> None:
    judge = policy(made)
    hint = judge.decide_model(asked, operation=operation).next_step
    assert "global." not in hint.replace("allow_global", "")
    for marker in ("models.allow lists: ", "models.allow admits: ", "did you mean "):
        if marker in hint:
            assert judge.decide_model(hint.partition(marker)[2].partition(",")[0]).allowed


@given(rules, bases)
def test_counting_admits_a_base_id_only_with_a_listed_one(made: Rules, base: str) -> None:
    decision = policy(made).decide_model(base, operation="CountTokens")
    if decision.allowed:
        assert decision.evidence[0].value in made.allow
        assert base in decision.evidence[0].value
        assert made.regions is None or made.region in made.regions


anything = st.one_of(st.none(), st.integers(), st.binary(), st.text(), identifiers)


@given(rules, anything, anything)
@settings(max_examples=300)
def test_every_object_gets_a_decision_and_the_same_one_again(
    made: Rules, model: Any, operation: Any
) -> None:
    judge = policy(made)
    decision = judge.decide_model(model, operation=operation)
    assert isinstance(decision, Decision)
    assert decision == judge.decide_model(model, operation=operation)
    assert decision == pickle.loads(pickle.dumps(judge)).decide_model(model, operation=operation)
    assert decision.allowed or decision.rule.startswith(("model-", "residency-"))


guardrails = st.one_of(
    st.builds("{}.guardrail.v1:0".format, st.sampled_from(["eu", "us", "global", "uk", ""])),
    st.sampled_from(
        ["abc123", f"{ARN}guardrail/abc123", f"{ARN}guardrail-profile/eu.guardrail.v1:0"]
    ),
    st.text(),
)


@given(rules, guardrails)
def test_no_guardrail_profile_is_named_whose_destinations_nobody_told(
    made: Rules, asked: str
) -> None:
    refusal = policy(made).refuse_place(Kind.GUARDRAIL, asked)
    assert refusal is None or not refusal.allowed
    if made.regions is not None and "guardrail.v1" in asked:
        assert refusal is not None
