"""What a lock tells of who asked: the ARN, without the name that a person chose for the session."""

import pytest

from secure_bedrock.discovery.caller_arn import without_session

CALLERS = {
    "arn:aws:sts::111122223333:assumed-role/deploy/me@example.com": (
        "arn:aws:sts::111122223333:assumed-role/deploy"
    ),
    "arn:aws:sts::111122223333:federated-user/me": "arn:aws:sts::111122223333:federated-user",
    "arn:aws:iam::111122223333:user/build/ci": "arn:aws:iam::111122223333:user/build/ci",
    "arn:aws:iam::111122223333:root": "arn:aws:iam::111122223333:root",
    "arn:aws-cn:sts::111122223333:assumed-role/a/b": "arn:aws-cn:sts::111122223333:assumed-role/a",
    "arn:aws:s3:::bucket": None,
    "arn:aws-evil:iam::111122223333:root": None,
    "arn:aws:iam::111122223333:assumed-role/a/b": "arn:aws:iam::111122223333:assumed-role/a/b",
    "arn:aws:sts::111122223333:assumed-role/a/b c": None,
    "me": None,
}


@pytest.mark.parametrize(("arn", "told"), CALLERS.items())
def test_a_callers_session_is_not_told(arn: str, told: str | None) -> None:
    assert without_session(arn) == told


def test_a_caller_that_is_no_text_is_none() -> None:
    assert without_session(None) is None
