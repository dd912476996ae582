"""Credentials tell their account by the access key id, and their principal where the provider told it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy.identity_rules import parse_principal
from secure_bedrock.transport.credentials import FrozenCredentials, freeze
from secure_bedrock.transport.credentials.told import account_of_key, is_long_lived, told_by
from secure_bedrock.values import parse_region

REGION = parse_region("eu-west-1")
# Key ids that were published together with their account: the two articles that told.py names, and the documentation
# of a local AWS (LocalStack), read 2026-11-20. None of them works.
PUBLISHED = {
    "ASIAY34FZKBOKMUTVV7A": "609629065308",
    "ASIAQNZGKIQY56JQ7WML": "029608264753",
    "AKIARZPUZDIKGB2VALC4": "123456789012",
}
TELL_NOTHING = {
    "the documentation's key, of the old format": "AKIAIOSFODNN7EXAMPLE",
    "another old one": "AKIAJOSFODNN7EXAMPLE",
    "the example of a role's id": "AROAY34FZKBOKMUTVV7A",
    "too short": "ASIAY34FZKBOKMUTVV7",
    "too long": "ASIAY34FZKBOKMUTVV7AA",
    "a character that base32 has not": "ASIAY34FZKBOKMUTVV71",
    "small letters": "asiay34fzkbokmutvv7a",
    "a line end": "ASIAY34FZKBOKMUTVV7A\n",
    "digits that are no ASCII": "ASIAY٣٤FZKBOKMUTVV7A",
    "more than twelve digits": "ASIA7777777777777777",
    "nothing": "",
    "the local Bedrock's": "LOCALBEDROCKEXAMPLEKEY",
}
ASIA, OWN = "ASIAY34FZKBOKMUTVV7A", "609629065308"


@pytest.mark.parametrize("key", PUBLISHED)
def test_a_published_key_id_tells_the_account_that_was_published_with_it(key: str) -> None:
    assert account_of_key(key) == PUBLISHED[key]


@pytest.mark.parametrize("sentence", TELL_NOTHING)
def test_a_key_id_of_another_format_tells_nothing(sentence: str) -> None:
    assert account_of_key(TELL_NOTHING[sentence]) is None


@given(account=st.integers(0, 999_999_999_999), rest=st.integers(0, (1 << 39) - 1))
def test_the_account_is_found_whatever_the_rest_of_the_id_is(account: int, rest: int) -> None:
    bits = 1 << 79 | account << 39 | rest
    key = "AKIA" + base64.b32encode(bits.to_bytes(10, "big")).decode()
    assert account_of_key(key) == f"{account:012}"


@given(st.text(max_size=24))
def test_a_text_tells_an_account_or_nothing(key: str) -> None:
    account = account_of_key(key)
    assert account is None or (len(account) == 12 and account.isdecimal())


LONG = {
    ("AKIARZPUZDIKGB2VALC4", None): True,
    ("AKIARZPUZDIKGB2VALC4", "t"): True,
    ("ASIAY34FZKBOKMUTVV7A", None): True,
    ("XXXXY34FZKBOKMUTVV7A", "t"): True,
    ("ASIAY34FZKBOKMUTVV7A", "t"): False,
}


@pytest.mark.parametrize(("key", "token"), LONG)
def test_a_key_is_long_lived_unless_it_is_temporary_and_has_a_token(
    key: str, token: str | None
) -> None:
    assert is_long_lived(FrozenCredentials(key, "s", token)) is LONG[key, token]


SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/me"
CALLERS: dict[str, tuple[str, str | None, str | None, str | None]] = {
    "the key alone": (ASIA, None, OWN, None),
    "the key, and a session that STS told": (ASIA, SESSION, OWN, f"arn:aws:iam::{OWN}:role/app"),
    "the key, and a role's name": (ASIA, "role/app", OWN, f"arn:aws:iam::{OWN}:role/app"),
    "a role's name without an account": ("ASIAOLD", "role/app", None, None),
    "a session without a key that tells": ("OLD", SESSION, OWN, f"arn:aws:iam::{OWN}:role/app"),
    "what is no ARN": (ASIA, "hello", OWN, None),
    "two accounts": (ASIA, SESSION.replace(OWN, "111122223333"), None, None),
}


@pytest.mark.parametrize("sentence", CALLERS)
def test_the_caller_is_what_key_and_provider_tell_together(sentence: str) -> None:
    key, principal, account, arn = CALLERS[sentence]
    caller = told_by(FrozenCredentials(key, "s", "t", principal=principal), REGION)
    assert (caller.account, caller.principal) == (account, parse_principal(arn))


def test_a_class_of_the_callers_own_tells_what_its_key_tells() -> None:
    class Given:
        access_key, secret_key, token = ASIA, "s", "t"

    caller = told_by(freeze(Given()).frozen(), REGION)
    assert (caller.account, caller.principal) == (OWN, None)


def test_a_role_is_of_the_regions_partition() -> None:
    values = FrozenCredentials(ASIA, "s", "t", principal="role/app")
    caller = told_by(values, parse_region("cn-north-1"))
    assert caller.principal is not None
    assert caller.principal.partition == "aws-cn"
