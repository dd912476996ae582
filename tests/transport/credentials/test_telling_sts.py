"""What STS says of the credentials that it gives is remembered by their key, for as many as are in use."""

from typing import Any

import pytest

from secure_bedrock.transport.credentials.telling_sts import TellingSts

ARN = "arn:aws:sts::111122223333:assumed-role/app/me"


class Sts:
    """Answers both operations with what it was given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def assume_role(self, **_: Any) -> Any:
        return self.answer

    assume_role_with_web_identity = assume_role


def answer(key: object = "ASIA", arn: object = ARN) -> Any:
    return {"Credentials": {"AccessKeyId": key}, "AssumedRoleUser": {"Arn": arn}}


@pytest.mark.parametrize("operation", ["assume_role", "assume_role_with_web_identity"])
def test_the_session_is_noted_and_the_answer_is_passed_on(operation: str) -> None:
    told: dict[str, str] = {}
    given = answer()
    assert getattr(TellingSts(Sts(given), told), operation)(RoleArn="r") is given
    assert told == {"ASIA": ARN}


@pytest.mark.parametrize("given", [None, {}, answer(arn=""), answer(key=1), answer(arn=[ARN])])
def test_an_answer_that_does_not_tell_is_passed_on_unnoted(given: Any) -> None:
    told: dict[str, str] = {}
    assert TellingSts(Sts(given), told).assume_role() is given
    assert told == {}


def test_the_oldest_are_forgotten_and_nothing_is_shown() -> None:
    told: dict[str, str] = {}
    for number in range(20):
        TellingSts(Sts(answer(key=f"ASIA{number}")), told).assume_role()
    assert list(told) == [f"ASIA{number}" for number in range(4, 20)]
    assert repr(TellingSts(Sts(None), told)) == "TellingSts()"
