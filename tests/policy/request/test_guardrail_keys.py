"""The keys of [guardrail] and [limits]: what may be written, and what is a problem."""

from typing import Any

import pytest

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy

ID = "abc123def456"
ARN = f"arn:aws:bedrock:eu-west-1:111122223333:guardrail/{ID}"


def policy(**sections: Any) -> Policy:
    models = {"allow": ["amazon.nova-lite-v1:0"], "accounts": ["111122223333"]}
    return Policy(region="eu-west-1", models=models, **sections)


def guardrail(**written: Any) -> Policy:
    return policy(guardrail=written)


GOOD: dict[str, dict[str, Any]] = {
    "an id": {"required": True, "id": ID, "version": "3"},
    "an ARN of its own Region and account": {"required": True, "id": ARN, "version": "12345678"},
    "the draft, written so": {"required": True, "id": ID, "version": "DRAFT"},
    "named and not required": {"id": ID, "version": "3"},
    "not required": {"required": False},
}
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "required without an id": ({"required": True, "version": "3"}, "guardrail", "needs id"),
    "required without a version": ({"required": True, "id": ID}, "guardrail", "needs id"),
    "an id that is too short": ({"id": "abc"}, "guardrail.id", "12 letters"),
    "an id in capitals": ({"id": ID.upper()}, "guardrail.id", "12 letters"),
    "an id with a line's end": ({"id": f"{ID}\n"}, "guardrail.id", "12 letters"),
    "digits that are not ASCII": ({"id": "abc123def45٦"}, "guardrail.id", "12 letters"),
    "an ARN of another kind": (
        {"id": ARN.replace("guardrail/", "agent/")},
        "guardrail.id",
        "or its ARN",
    ),
    "an ARN of another Region": (
        {"id": ARN.replace("eu-west-1", "us-east-1")},
        "guardrail.id",
        "not of Region eu-west-1",
    ),
    "an ARN of another partition": (
        {"id": ARN.replace("aws", "aws-cn")},
        "guardrail.id",
        "not of Region eu-west-1",
    ),
    "an ARN of another account": (
        {"id": ARN.replace("1111", "9999")},
        "guardrail.id",
        "not one of models.accounts",
    ),
    "a version that is a number": ({"version": 3}, "guardrail.version", "expected a string"),
    "version 0": ({"version": "0"}, "guardrail.version", '"DRAFT"'),
    "a draft in small letters": ({"version": "draft"}, "guardrail.version", '"DRAFT"'),
    "no flag": ({"required": "yes"}, "guardrail.required", "true or false"),
}


@pytest.mark.parametrize("sentence", GOOD)
def test_what_may_be_written_is_kept(sentence: str) -> None:
    kept = guardrail(**GOOD[sentence]).guardrail
    for name, value in GOOD[sentence].items():
        assert getattr(kept, name) == value


@pytest.mark.parametrize("sentence", BAD)
def test_what_may_not_is_a_problem_at_its_key(sentence: str) -> None:
    written, key, message = BAD[sentence]
    with pytest.raises(PolicyInvalid) as error:
        guardrail(**written)
    (problem,) = error.value.problems
    assert problem.key == key
    assert message in problem.message


def test_the_account_may_be_the_policys_own() -> None:
    kept = Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        account={"account_id": "111122223333"},
        guardrail={"id": ARN},
    )
    assert kept.guardrail.id == ARN


def test_a_problem_of_an_arn_stands_on_its_line() -> None:
    text = f'region = "us-east-1"\nmodels = []\n[guardrail]\nid = "{ARN}"\n'
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(text)
    (problem,) = error.value.problems
    assert problem.line == 4


@pytest.mark.parametrize("key", ["max_tokens", "max_request_bytes"])
@pytest.mark.parametrize("value", [0, -1, True, 1.0, "8192", 10**12])
def test_a_limit_is_a_whole_number_from_1_up(key: str, value: object) -> None:
    with pytest.raises(PolicyInvalid, match=f"limits.{key}"):
        policy(limits={key: value})


def test_limits_are_kept_as_written() -> None:
    kept = policy(limits={"max_tokens": 1, "max_request_bytes": 20_000_000}).limits
    assert (kept.max_tokens, kept.max_request_bytes) == (1, 20_000_000)


WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "named and not required": ({"id": ID, "version": "3"}, "guardrail"),
    "a draft": ({"required": True, "id": ID, "version": "DRAFT"}, "guardrail.version"),
}


@pytest.mark.parametrize("sentence", WARNED)
def test_what_deserves_a_second_look(sentence: str) -> None:
    written, key = WARNED[sentence]
    assert key in [warning.key for warning in guardrail(**written).warnings()]


def test_a_required_version_does_not() -> None:
    warned = guardrail(required=True, id=ID, version="3").warnings()
    assert [each.key for each in warned if each.key.startswith("guardrail")] == []
