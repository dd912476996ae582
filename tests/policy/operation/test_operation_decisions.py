"""Decisions over operations."""

from enum import StrEnum
from typing import Any

import pytest

from secure_bedrock.policy import Policy


class Operation(StrEnum):
    CONVERSE = "Converse"


DEFAULT = Policy(region="eu-west-1", models=[])
NARROW = Policy(
    region="eu-west-1", models=[], operations={"allow": ["Converse", "sts:GetCallerIdentity"]}
)

CASES: dict[str, tuple[Policy, Any, Any, str, str]] = {
    "Converse is allowed by default": (
        DEFAULT,
        "bedrock-runtime",
        "Converse",
        "operation-listed",
        "",
    ),
    "a name alone means bedrock-runtime": (
        NARROW,
        "bedrock-runtime",
        "Converse",
        "operation-listed",
        "",
    ),
    "a name with its service is that service's": (
        NARROW,
        "sts",
        "GetCallerIdentity",
        "operation-listed",
        "",
    ),
    "STS is not allowed by default": (
        DEFAULT,
        "sts",
        "GetCallerIdentity",
        "operation-not-listed",
        "add it",
    ),
    "what is not listed is denied": (
        NARROW,
        "bedrock-runtime",
        "InvokeModel",
        "operation-not-listed",
        "add it",
    ),
    "the nearest name is told": (
        DEFAULT,
        "bedrock-runtime",
        "converse_stream",
        "operation-unknown",
        'did you mean "ConverseStream"?',
    ),
    "an operation of another service is unknown": (
        DEFAULT,
        "s3",
        "Converse",
        "operation-unknown",
        "no policy can allow it",
    ),
    "an unlike name has no nearest": (
        DEFAULT,
        "bedrock-runtime",
        "Quantise",
        "operation-unknown",
        "no policy can allow it",
    ),
    "case counts": (DEFAULT, "bedrock-runtime", "converse", "operation-unknown", "Converse"),
    "a service in the operation's name is not one": (
        DEFAULT,
        "bedrock-runtime",
        "bedrock-runtime:Converse",
        "operation-unknown",
        "no policy can allow it",
    ),
    "a very long name is denied": (
        DEFAULT,
        "bedrock-runtime",
        "C" * 1000,
        "operation-unknown",
        "no policy can",
    ),
    "a subclass of str is what it holds": (
        DEFAULT,
        "bedrock-runtime",
        Operation.CONVERSE,
        "operation-listed",
        "",
    ),
    "None is denied": (DEFAULT, None, "Converse", "operation-type", ""),
    "a list is denied": (DEFAULT, "bedrock-runtime", ["Converse"], "operation-type", ""),
}


@pytest.mark.parametrize("sentence", CASES)
def test_an_operation_is_decided(sentence: str) -> None:
    policy, service, operation, rule, next_step = CASES[sentence]
    decision = policy.decide_operation(service, operation)
    assert decision.rule == rule, decision
    assert decision.allowed is (rule == "operation-listed")
    assert next_step in decision.next_step
    assert len(decision.reason) < 200


def test_an_empty_list_allows_nothing() -> None:
    policy = Policy(region="eu-west-1", models=[], operations={"allow": []})
    assert policy.decide_operation("bedrock-runtime", "Converse").rule == "operation-not-listed"
