"""Credentials are held against the policy's identity before they sign; AWS is asked once where they tell too little."""

import threading
import time
from typing import Any, ClassVar

import pytest

from secure_bedrock.errors import DeadlineExceeded, EndpointNotFound, IdentityDenied
from secure_bedrock.policy import Policy
from secure_bedrock.transport.call_deadline import within
from secure_bedrock.transport.credentials import FrozenCredentials
from secure_bedrock.transport.credentials.identity import IdentityCheck
from secure_bedrock.values import Deadline

OWN, OTHER = "609629065308", "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/me"
TEMPORARY = FrozenCredentials("ASIAY34FZKBOKMUTVV7A", "s3cret", "t0ken")
TOLD = FrozenCredentials("ASIAY34FZKBOKMUTVV7A", "s3cret", "t0ken", principal=SESSION)
OLD = FrozenCredentials("AKIAIOSFODNN7EXAMPLE", "s3cret")
Identity = dict[str, Any]


def policy(**identity: Any) -> Policy:
    return Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        network={"cidrs": ["10.0.0.0/16"]},
        identity=identity,
    )


class Aws:
    """Answers GetCallerIdentity, and counts how often."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked = 0

    def __call__(self, _values: FrozenCredentials) -> object:
        self.asked += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class ClientError(Exception):
    """Shaped as botocore's."""

    response: ClassVar[Any] = {"Error": {"Code": "AccessDenied", "Message": f"{ROLE} with hush"}}


ROWS: dict[str, tuple[Identity, FrozenCredentials, object, str, int]] = {
    # what: (identity, credentials, what AWS answers, the refusal's rule, how often it is asked)
    "nothing is written": ({}, OLD, SESSION, "", 0),
    "the key tells the account": ({"accounts": [OWN]}, TEMPORARY, SESSION, "", 0),
    "the key tells another account": ({"accounts": [OTHER]}, TEMPORARY, SESSION, "account", 0),
    "the key tells nothing and AWS the account": ({"accounts": [OWN]}, OLD, SESSION, "", 1),
    "the root user is of its account": (
        {"accounts": [OWN]},
        OLD,
        f"arn:aws:iam::{OWN}:root",
        "",
        1,
    ),
    "AWS tells another account": ({"accounts": [OTHER]}, OLD, SESSION, "account", 1),
    "the provider told the role": ({"principals": [ROLE]}, TOLD, None, "", 0),
    "the provider told another role": ({"principals": [ROLE + "2"]}, TOLD, ROLE, "principal", 0),
    "AWS tells the role": ({"principals": [ROLE]}, TEMPORARY, SESSION, "", 1),
    "AWS tells another role": ({"principals": [ROLE + "2"]}, TEMPORARY, SESSION, "principal", 1),
    "a wrong account is refused without a question": (
        {"accounts": [OTHER], "principals": [ROLE]},
        TEMPORARY,
        SESSION,
        "account",
        0,
    ),
    "AWS answers with something else": (
        {"principals": [ROLE]},
        TEMPORARY,
        "hello",
        "identity-unknown",
        1,
    ),
    "AWS answers with nothing": ({"accounts": [OWN]}, OLD, None, "identity-unknown", 1),
    "AWS can't be asked": (
        {"principals": [ROLE]},
        TEMPORARY,
        EndpointNotFound("no table for sts", attempts=()),
        "identity-unknown",
        1,
    ),
    "AWS refuses": ({"principals": [ROLE]}, TEMPORARY, ClientError(), "identity-unknown", 1),
    "the network fails": (
        {"principals": [ROLE]},
        TEMPORARY,
        OSError("hush"),
        "identity-unknown",
        1,
    ),
    "a long-lived key": ({"long_lived_keys": "deny"}, OLD, SESSION, "long-lived-key", 0),
    "a temporary key where no other may": ({"long_lived_keys": "deny"}, TEMPORARY, None, "", 0),
}


@pytest.mark.parametrize("sentence", ROWS)
def test_credentials_pass_or_are_refused(sentence: str) -> None:
    identity, values, answer, rule, asked = ROWS[sentence]
    aws = Aws(answer)
    check = IdentityCheck(policy(**identity), aws)

    if rule:
        with pytest.raises(IdentityDenied) as caught:
            check.require(values)
        assert caught.value.rule == rule
        assert caught.value.next_step or rule == "identity-unknown"
        told = repr(caught.value) + str(caught.value)
        for secret in ("s3cret", "t0ken", values.access_key[4:], "hush", "/me"):
            assert secret not in told
        assert caught.value.__context__ is None
    else:
        check.require(values)
        check.require(values)
    assert aws.asked == asked


def test_what_aws_answered_is_remembered_for_these_credentials_also_where_it_refuses() -> None:
    aws = Aws(SESSION)
    check = IdentityCheck(policy(principals=[ROLE + "2"]), aws)
    for _ in range(3):
        with pytest.raises(IdentityDenied):
            check.require(TEMPORARY)
    assert aws.asked == 1
    with pytest.raises(IdentityDenied):
        check.require(FrozenCredentials(TEMPORARY.access_key, "s3cret", "another"))
    assert aws.asked == 2


def test_other_credentials_under_the_key_id_of_some_that_passed_are_judged_anew() -> None:
    aws = Aws(SESSION)
    check = IdentityCheck(policy(principals=[ROLE]), aws)
    check.require(TEMPORARY)
    aws.answer = SESSION.replace("/app/", "/other/")
    with pytest.raises(IdentityDenied):
        check.require(FrozenCredentials(TEMPORARY.access_key, "forged", "t0ken"))


def test_a_failure_to_ask_is_not_remembered() -> None:
    aws = Aws(OSError())
    check = IdentityCheck(policy(principals=[ROLE]), aws)
    with pytest.raises(IdentityDenied, match=r"asking AWS failed: OSError.*network.endpoints.sts"):
        check.require(TEMPORARY)
    aws.answer = SESSION
    check.require(TEMPORARY)


def test_without_anybody_to_ask_the_unknown_is_refused() -> None:
    with pytest.raises(IdentityDenied) as caught:
        IdentityCheck(policy(principals=[ROLE])).require(TEMPORARY)
    assert caught.value.rule == "identity-unknown"
    assert "[network.endpoints.sts]" in caught.value.next_step


def test_a_deadline_that_passes_meanwhile_is_a_deadline() -> None:
    check = IdentityCheck(policy(principals=[ROLE]), Aws(DeadlineExceeded("late")))
    with pytest.raises(DeadlineExceeded):
        check.require(TEMPORARY)


def test_calls_that_find_endpoints_ask_nobody() -> None:
    aws = Aws(SESSION)
    IdentityCheck(policy(principals=[ROLE]), aws).require_told(TEMPORARY)
    IdentityCheck(policy(), aws).require_told(OLD)
    with pytest.raises(IdentityDenied) as caught:
        IdentityCheck(policy(accounts=[OTHER], principals=[ROLE]), aws).require_told(TEMPORARY)
    assert caught.value.rule == "account"
    assert aws.asked == 0


def test_many_credentials_leave_few_behind() -> None:
    aws = Aws(SESSION)
    check = IdentityCheck(policy(principals=[ROLE]), aws)
    for number in range(40):
        check.require(FrozenCredentials(f"ASIA{number}", "s", "t"))
    assert len(check._passed) == len(check._asked) == 16
    check.require(FrozenCredentials("ASIA39", "s", "t"))
    assert aws.asked == 40


def test_its_repr_shows_nothing() -> None:
    check = IdentityCheck(policy(accounts=[OWN]))
    check.require(TEMPORARY)
    assert repr(check) == "IdentityCheck()"


def test_threads_that_begin_together_ask_once() -> None:
    class Slow(Aws):
        def __call__(self, values: FrozenCredentials) -> object:
            time.sleep(0.05)
            return super().__call__(values)

    aws = Slow(SESSION)
    check = IdentityCheck(policy(principals=[ROLE]), aws)
    threads = [threading.Thread(target=check.require, args=(TEMPORARY,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert aws.asked == 1


def test_waiting_for_another_threads_question_ends_with_the_calls_deadline() -> None:
    begun, go = threading.Event(), threading.Event()

    def ask(_values: FrozenCredentials) -> str:
        begun.set()
        go.wait(10)
        return SESSION

    check = IdentityCheck(policy(principals=[ROLE]), ask)
    first = threading.Thread(target=check.require, args=(TEMPORARY,))
    first.start()
    begun.wait(10)
    try:
        with within(Deadline.after(0.02)), pytest.raises(DeadlineExceeded):
            check.require(TEMPORARY)
    finally:
        go.set()
        first.join(10)
