"""What a policy knows of destinations: told by the file or a lock, kept, compared, and no part of its equality."""

import copy
import pickle

import pytest

from secure_bedrock.policy import Destinations, Policy

OWN = "111122223333"
SONNET = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "eu.anthropic.claude-3-haiku-20240307-v1:0"
BASE = "anthropic.claude-3-haiku-20240307-v1:0"
ROUTER = f"arn:aws:bedrock:eu-west-1:{OWN}:prompt-router/a1b2c3d4e5f6"
TEXT = f"""\
region = "eu-west-1"
[models]
allow = ["{SONNET}", "{HAIKU}"]
[residency]
regions = ["eu-west-1", "eu-central-1"]
[residency.profiles]
"{SONNET}" = ["eu-west-1", "eu-central-1"]
"""


@pytest.fixture
def policy() -> Policy:
    return Policy.from_toml(TEXT, file="a.toml")


def test_a_policy_that_knows_more_is_another_object_and_equal(policy: Policy) -> None:
    more = policy.with_destinations({HAIKU: ["eu-west-1"]})
    assert more is not policy
    assert (more, hash(more), more.source) == (policy, hash(policy), "a.toml")
    assert more.decide_model(HAIKU).allowed
    assert policy.decide_model(HAIKU).rule == "residency-unknown"


def test_knowledge_is_pickled_and_copied(policy: Policy) -> None:
    more = policy.with_destinations({HAIKU: ["eu-west-1"]})
    loaded = pickle.loads(pickle.dumps(more))
    assert loaded.decide_model(HAIKU) == more.decide_model(HAIKU)
    assert loaded.warnings() == more.warnings() != policy.warnings()
    assert copy.deepcopy(more).decide_model(HAIKU).allowed


def test_a_subclass_stays_one(policy: Policy) -> None:
    class Ours(Policy):
        """A policy of somebody's own."""

        __slots__ = ()

    assert type(Ours.from_toml(TEXT).with_destinations({})) is Ours


def test_knowledge_adds_up_and_the_same_identifier_is_told_anew(policy: Policy) -> None:
    first = policy.with_destinations({HAIKU: ["us-east-1"]})
    both = first.with_destinations({ROUTER: ["eu-west-1"]})
    assert both.destinations_of(HAIKU) == Destinations(("us-east-1",), "lock")  # type: ignore[arg-type]
    again = both.with_destinations({HAIKU: ["eu-west-1"]})
    assert again.decide_model(HAIKU).allowed
    assert again.destinations_of(ROUTER) is not None


def test_what_is_told_does_not_change_with_the_callers_mapping(policy: Policy) -> None:
    told = {HAIKU: ["eu-west-1"]}
    more = policy.with_destinations(told)
    told[HAIKU].append("us-east-1")
    assert more.decide_model(HAIKU).allowed


@pytest.mark.parametrize(
    "told",
    [
        {HAIKU: []},
        {HAIKU: ["Ireland"]},
        {HAIKU: "eu-west-1"},
        {"eu.claude": ["eu-west-1"]},
        {BASE: ["eu-west-1"]},
        {f"arn:aws:bedrock:eu-west-1:{OWN}:imported-model/a1b2c3d4e5f6": ["eu-west-1"]},
        {f"arn:aws:bedrock:us-east-1::foundation-model/{BASE}": ["us-east-1"]},
    ],
    ids=["none", "no Region", "a string", "no id", "a base id", "an imported model", "an FM ARN"],
)
def test_what_can_not_be_a_destination_is_refused(policy: Policy, told: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        policy.with_destinations(told)


def test_contradictions_are_told(policy: Policy) -> None:
    assert policy.contradicted_destinations() == ()
    agreeing = policy.with_destinations({SONNET: ["eu-central-1", "eu-west-1"]})
    assert agreeing.contradicted_destinations() == ()
    assert agreeing.destinations_of(SONNET) == policy.destinations_of(SONNET)
    other = policy.with_destinations({SONNET: ["eu-west-1"], HAIKU: ["eu-west-1"]})
    assert other.contradicted_destinations() == (SONNET,)
    assert other.destinations_of(SONNET) is None


def test_destinations_are_told_of_every_form(policy: Policy) -> None:
    here = Destinations(("eu-west-1",), "region")  # type: ignore[arg-type]
    assert policy.destinations_of(BASE) == here
    assert policy.destinations_of(SONNET, operation="CountTokens") == here
    assert policy.destinations_of(HAIKU) is None
    us = policy.destinations_of(f"arn:aws:bedrock:us-east-1::foundation-model/{BASE}")
    assert us == Destinations(("us-east-1",), "region")  # type: ignore[arg-type]
    known = policy.destinations_of(SONNET)
    assert known == Destinations(("eu-central-1", "eu-west-1"), "residency.profiles")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="identifier"):
        policy.destinations_of("sonnet")
