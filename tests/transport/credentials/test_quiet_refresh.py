"""Credentials that AWS's files describe are refreshed in our way: in time, and without a word in any log."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials, DeferredRefreshableCredentials, RefreshableCredentials

from secure_bedrock.errors import CredentialPathDenied, EndpointNotFound
from secure_bedrock.policy import Policy
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.credentials.botocore_source import guarded, source_of
from secure_bedrock.transport.credentials.chain import credential_source

CANARY = "hunter2"
ROLE = "role_arn=arn:aws:iam::111122223333:role/app\n"


class Home:
    """A home directory whose default profile runs a process that gives credentials once and fails ever after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".aws").mkdir()

    def write(self, config: str) -> None:
        (self.folder / ".aws" / "config").write_text(config, encoding="utf-8")

    def process(self, minutes: float) -> str:
        until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
        script = self.folder / "give"
        script.write_text(
            f"#!/bin/sh\nif [ -e {script}.once ]; then echo {CANARY} >&2; exit 1; fi\n"
            f": > {script}.once\n"
            'echo \'{"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "s", '
            f'"SessionToken": "t", "Expiration": "{until}"}}\'\n',
            encoding="utf-8",
        )
        script.chmod(0o700)
        return f"credential_process={script}\n"

    def source(self, *listed: str, client_for: Any = None) -> CredentialSource:
        policy = Policy(
            region="eu-west-1",
            models=["anthropic.claude-3-haiku-20240307-v1:0"],
            network={"cidrs": ["10.20.0.0/16"]},
            identity={"credentials": list(listed)},
        )
        environ = {"HOME": str(self.folder), "AWS_EC2_METADATA_DISABLED": "true"}
        return credential_source(policy, client_for=client_for, environ=environ)


@pytest.fixture
def home(plain_surroundings: Path) -> Home:
    return Home(plain_surroundings)


@pytest.fixture(autouse=True)
def _warnings_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)


def said(caplog: pytest.LogCaptureFixture) -> str:
    """Every warning that was logged, with its traceback."""
    return caplog.text


class Sts:
    """Gives an assumed role's credentials, for a quarter of an hour and less."""

    def __init__(self) -> None:
        self.failing = False

    def assume_role(self, **_: Any) -> Any:
        if self.failing:
            raise RuntimeError(CANARY)
        until = datetime.now(UTC) + timedelta(minutes=5)
        given = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**given, "Expiration": until}}


def test_a_failed_early_refresh_of_a_process_is_forgiven_in_silence(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.write(f"[default]\n{home.process(12)}")
    source = home.source("custom-process")

    assert source.frozen().access_key == "ASIAPROCESS"
    assert source.frozen().method == "custom-process"
    assert said(caplog) == ""


def test_a_failed_late_refresh_of_a_process_is_raised_in_silence(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.write(f"[default]\n{home.process(5)}")
    source = home.source("custom-process")

    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()

    assert caught.value.rule == "credential-provider"
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None
    assert said(caplog) == ""


def test_the_source_of_an_assumed_role_fails_in_silence_too(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.write(f"[default]\n{ROLE}source_profile=base\n[profile base]\n{home.process(12)}")
    source = home.source("assume-role", "custom-process", client_for=lambda *_: Sts())

    assert source.frozen().access_key == "ASIAROLE"
    assert source.frozen().method == "assume-role"
    assert said(caplog) == ""


def test_a_role_that_another_is_assumed_from_fails_in_silence_too(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    middle = f"[profile middle]\n{ROLE.replace('app', 'middle')}source_profile=base\n"
    base = "[profile base]\naws_access_key_id=AKIABASE\naws_secret_access_key=s\n"
    home.write(f"[default]\n{ROLE}source_profile=middle\n{middle}{base}")
    sts = Sts()
    listed = ("assume-role", "config-file")
    source = home.source(*listed, client_for=lambda *_: sts)
    assert source.frozen().access_key == "ASIAROLE"
    sts.failing = True

    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()

    assert CANARY not in str(caught.value)
    assert said(caplog) == ""


def test_a_process_whose_output_is_no_json_is_refused_without_its_output(home: Home) -> None:
    home.process(60)
    (home.folder / "give").write_text(f"#!/bin/sh\necho {CANARY}\n", encoding="utf-8")
    home.write(f"[default]\ncredential_process={home.folder / 'give'}\n")

    with pytest.raises(CredentialPathDenied, match="JSONDecodeError") as caught:
        home.source("custom-process").frozen()

    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def given(expiry: str | None) -> dict[str, Any]:
    return {"access_key": "ASIANEW", "secret_key": "s", "token": None, "expiry_time": expiry}


REFRESHES: dict[str, tuple[dict[str, Any], str | None]] = {
    "values that last": (given("2999-01-01T00:00:00Z"), None),
    "values that never expire": (given(None), None),
    "values that have expired": (given("2001-01-01T00:00:00Z"), "expired-credentials"),
    "a time without its offset": (given("2999-01-01T00:00:00"), "credential-provider"),
    "no time at all": (given("tomorrow, perhaps"), "credential-provider"),
    "no values": ({}, "credential-provider"),
}


@pytest.mark.parametrize("case", REFRESHES)
def test_what_a_refresh_may_give(case: str) -> None:
    answer, rule = REFRESHES[case]
    source = source_of(DeferredRefreshableCredentials(lambda: answer, "sso"), "sso")

    if rule is None:
        found = source.frozen()
        assert (found.access_key, found.token, found.method) == ("ASIANEW", None, "sso")
        return
    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()
    assert caught.value.rule == rule


def test_values_that_still_last_are_not_fetched_again() -> None:
    def fetch() -> Any:
        raise AssertionError("fetched")

    until = datetime.now(UTC) + timedelta(hours=1)
    found = RefreshableCredentials("ASIAOLD", "s", "t", until, fetch, "login")

    assert source_of(found, "login").frozen().access_key == "ASIAOLD"
    assert source_of(Credentials("AKIA", "s"), "config-file").frozen().token is None


def test_an_error_of_ours_stays_what_it_is() -> None:
    def fail() -> None:
        raise EndpointNotFound("no endpoint of sts")

    with pytest.raises(EndpointNotFound):
        guarded(fail)
