"""A caller is one that the policy names, or is refused; what is not known is refused too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy import IdentityPolicy
from secure_bedrock.policy.identity_rules import (
    Caller,
    account_in,
    decide_identity,
    is_restricted,
    parse_principal,
)

OWN, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/i-0abc"
USER = f"arn:aws:iam::{OWN}:user/team/ann"
APP = parse_principal(ROLE)
IN_ACCOUNT = IdentityPolicy(accounts=(OWN,))
AS_APP = IdentityPolicy(principals=(ROLE,))
NO_KEYS = IdentityPolicy(long_lived_keys="deny")
ALL = IdentityPolicy(accounts=(OWN,), principals=(ROLE, USER), long_lived_keys="deny")

ROWS: dict[str, tuple[IdentityPolicy, Caller, str]] = {
    "nothing is asked of an unknown caller": (IdentityPolicy(), Caller(), "identity"),
    "the account is named": (IN_ACCOUNT, Caller(OWN), "identity"),
    "the account is another": (IN_ACCOUNT, Caller(OTHER), "account"),
    "the account is not known": (IN_ACCOUNT, Caller(None, APP), "identity-unknown"),
    "the role is named": (AS_APP, Caller(None, APP), "identity"),
    "a session of the role": (AS_APP, Caller(OWN, parse_principal(SESSION)), "identity"),
    "another role": (
        AS_APP,
        Caller(OWN, parse_principal(SESSION.replace("/app/", "/application/"))),
        "principal",
    ),
    "the role's name in other letters": (
        AS_APP,
        Caller(OWN, parse_principal(SESSION.replace("/app/", "/App/"))),
        "principal",
    ),
    "a role of that name in another account": (
        AS_APP,
        Caller(OTHER, parse_principal(ROLE.replace(OWN, OTHER))),
        "principal",
    ),
    "a role of that name in another partition": (
        AS_APP,
        Caller(OWN, parse_principal(ROLE.replace("aws:", "aws-cn:", 1))),
        "principal",
    ),
    "a user of the role's name": (
        AS_APP,
        Caller(OWN, parse_principal(ROLE.replace("role", "user"))),
        "principal",
    ),
    "the principal is not known": (AS_APP, Caller(OWN), "identity-unknown"),
    "a long-lived key": (NO_KEYS, Caller(OWN, APP, long_lived=True), "long-lived-key"),
    "a temporary key": (NO_KEYS, Caller(), "identity"),
    "everything fits": (ALL, Caller(OWN, parse_principal(USER)), "identity"),
    "the account is wrong and the principal unknown": (ALL, Caller(OTHER), "account"),
}


@pytest.mark.parametrize("sentence", ROWS)
def test_a_caller_is_named_or_refused(sentence: str) -> None:
    identity, caller, rule = ROWS[sentence]
    decision = decide_identity(identity, caller)
    assert decision.rule == rule
    assert decision.allowed == (rule == "identity")


PRINCIPALS = {
    ROLE: ROLE,
    SESSION: ROLE,
    f"arn:aws:iam::{OWN}:role/service-role/team/app": ROLE,
    USER: USER,
    f"arn:aws:iam::{OWN}:user/ann": f"arn:aws:iam::{OWN}:user/ann",
}
NOT_PRINCIPALS = (
    "",
    "app",
    None,
    b"arn",
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:sts::{OWN}:federated-user/ann",
    f"arn:aws:sts::{OWN}:assumed-role/app",
    f"arn:aws:iam::{OWN}:role/",
    f"arn:aws:iam::{OWN}:role/a b",
    f"arn:aws:iam::{OWN}:role/app\n",
    f"arn:aws:iam::{OWN}:role/ápp",
    "arn:aws:iam::1:role/app",
    f"arn:aws:iam:eu-west-1:{OWN}:role/app",
    f"x{ROLE}",
    ROLE.replace("aws:", "aws-:"),
    ROLE.replace("aws:", "awsome:"),
    ROLE.replace("aws:", "aws-evil:"),
    ROLE.replace("iam", "sts"),
    SESSION.replace("sts", "iam"),
    ROLE.replace(OWN, ""),
    ROLE.replace(OWN, "aws"),
    f"arn:aws:iam::{OWN}:role/{('a' * 63 + '/') * 33}app",
)


@pytest.mark.parametrize("arn", PRINCIPALS)
def test_a_principal_is_a_role_without_its_path_or_a_user_with_it(arn: str) -> None:
    found = parse_principal(arn)
    assert found is not None
    assert found.format() == PRINCIPALS[arn]
    assert account_in(arn) == OWN


@pytest.mark.parametrize("arn", NOT_PRINCIPALS, ids=repr)
def test_nothing_else_is_a_principal(arn: object) -> None:
    assert parse_principal(arn) is None


def test_every_callers_arn_tells_its_account() -> None:
    assert account_in(f"arn:aws:iam::{OWN}:root") == OWN
    assert account_in(f"arn:aws-us-gov:sts::{OWN}:federated-user/ann") == OWN
    assert account_in("arn:aws:s3:::bucket") is None
    assert account_in(f"arn:aws:s3::{OWN}:bucket") is None
    assert account_in(f"arn:aws:iam:eu-west-1:{OWN}:root") is None
    assert account_in(f"arn:aws-evil:sts::{OWN}:federated-user/ann") is None
    assert account_in(None) is None


def test_an_identity_that_asks_nothing_is_not_restricted() -> None:
    assert not is_restricted(IdentityPolicy())
    assert all(map(is_restricted, (IN_ACCOUNT, AS_APP, NO_KEYS)))


@given(
    account=st.sampled_from([None, OWN, OTHER]),
    arn=st.sampled_from([None, ROLE, SESSION, USER, ROLE.replace("app", "b")]),
    long_lived=st.booleans(),
)
def test_knowing_less_never_admits_more(
    account: str | None, arn: str | None, long_lived: bool
) -> None:
    known = Caller(account, parse_principal(arn), long_lived)
    for less in (Caller(None, known.principal, long_lived), Caller(account, None, long_lived)):
        for identity in (IN_ACCOUNT, AS_APP, ALL):
            if decide_identity(identity, less).allowed:
                assert decide_identity(identity, known).allowed
