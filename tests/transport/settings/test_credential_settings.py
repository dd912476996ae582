"""Settings that say where credentials come from: over approved paths, or a refusal and not one connection."""

import getpass
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.credentials
import pytest
from botocore.credentials import AssumeRoleProvider, SSOProvider
from botocore.tokens import SSOTokenProvider

from secure_bedrock import Policy
from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.settings import SETTINGS

AWAY = "http://52.94.0.10/x"
ROLE = "role_arn = arn:aws:iam::111122223333:role/app\n"
BASE = "source_profile = base\n"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAELSE", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
SSO = (
    "sso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n[sso-session s]\n"
    "sso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n"
)
OLD_SSO = (
    "sso_account_id = 111122223333\nsso_role_name = r\nsso_region = eu-west-1\n"
    "sso_start_url = https://x.awsapps.com/start\n"
)
WEB = {
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/app",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "{home}/token",
    "AWS_ROLE_SESSION_NAME": "me",
    "AWS_STS_REGIONAL_ENDPOINTS": "legacy",
    "AWS_ENDPOINT_URL_STS": "https://127.0.0.1:{trap}",
}
ECS = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials"}


@dataclass(frozen=True)
class Case:
    """What is set, the policy's list of providers (all of them: None), and the rule that refuses."""

    rule: str
    env: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    listed: tuple[str, ...] | None = None


def no_route(config: str) -> Case:
    return Case("no-private-route", config=f"[default]\n{config}")


ASSUMED = no_route(ROLE + BASE)
SSO_CASE, OLD_SSO_CASE = no_route(SSO), no_route(OLD_SSO)
LOGIN = Case(
    # Nobody is logged in; a botocore without that provider finds nothing at all.
    "credential-provider" if hasattr(botocore.credentials, "LoginProvider") else "no-credentials",
    {"AWS_LOGIN_CACHE_DIRECTORY": "{home}/login"},
    "[default]\nlogin_session = arn:aws:iam::111122223333:user/me\n",
)
MACHINE_ONLY = ("iam-role",)
HOSTILE: Mapping[str, Case] = {
    **dict.fromkeys(KEYS, Case("no-credentials", KEYS, listed=MACHINE_ONLY)),
    "AWS_SECURITY_TOKEN": Case(
        "no-credentials", KEYS | {"AWS_SECURITY_TOKEN": "t"}, listed=MACHINE_ONLY
    ),
    "AWS_CREDENTIAL_EXPIRATION": Case(
        "expired-credentials", KEYS | {"AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z"}
    ),
    "AWS_PROFILE": Case("profile-missing", KEYS | {"AWS_PROFILE": "nobody"}),
    "AWS_DEFAULT_PROFILE": Case("profile-missing", KEYS | {"AWS_DEFAULT_PROFILE": "nobody"}),
    "AWS_CONFIG_FILE": Case("no-private-route", {"AWS_CONFIG_FILE": "{home}/other"}),
    "AWS_SHARED_CREDENTIALS_FILE": Case(
        "no-credentials", {"AWS_SHARED_CREDENTIALS_FILE": "{home}/program"}
    ),
    "AWS_ROLE_ARN": Case("no-private-route", WEB),
    "AWS_ROLE_SESSION_NAME": Case("no-private-route", WEB),
    "AWS_WEB_IDENTITY_TOKEN_FILE": Case("no-private-route", WEB),
    "AWS_EC2_METADATA_DISABLED": Case("no-credentials", {"AWS_EC2_METADATA_DISABLED": "true"}),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": Case(
        "metadata-address",
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": AWAY, "AWS_EC2_METADATA_DISABLED": "false"},
    ),
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": Case(
        "metadata-mode",
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "dual", "AWS_EC2_METADATA_DISABLED": "false"},
    ),
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": Case(
        "container-address", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "//127.0.0.1:{trap}/x"}
    ),
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": Case(
        "container-address", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://127.0.0.1:{trap}/x"}
    ),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": Case(
        "metadata-answer", ECS | {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nHost: elsewhere"}
    ),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": Case(
        "metadata-answer", ECS | {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "{home}/nothing"}
    ),
    **{
        f"{key} in AWS's files": Case(
            "no-credentials",
            config="[default]\naws_access_key_id = AKIAELSE\naws_secret_access_key = s\n"
            "aws_session_token = t\n",
            listed=("shared-credentials-file", "env"),
        )
        for key in ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    },
    "credential_process in AWS's files": Case(
        "no-credentials", config="[default]\ncredential_process = {home}/run\n"
    ),
    "role_arn in AWS's files": ASSUMED,
    "source_profile in AWS's files": ASSUMED,
    "credential_source in AWS's files": Case(
        "container-address",
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": AWAY},
        f"[default]\n{ROLE}credential_source = EcsContainer\n",
        ("assume-role", "container-role"),
    ),
    "web_identity_token_file in AWS's files": no_route(
        ROLE + "web_identity_token_file = {home}/token\n"
    ),
    **{
        f"{key} in AWS's files": no_route(f"{ROLE}{BASE}{key} = {value}\n")
        for key, value in {
            "role_session_name": "me",
            "external_id": "x",
            "duration_seconds": "900",
        }.items()
    },
    "mfa_serial in AWS's files": no_route(f"{ROLE}{BASE}mfa_serial = arn:aws:iam::1:mfa/me\n"),
    "sso_session in AWS's files": SSO_CASE,
    **{
        f"{key} in AWS's files": OLD_SSO_CASE
        for key in ("sso_start_url", "sso_region", "sso_account_id", "sso_role_name")
    },
    "login_session in AWS's files": LOGIN,
    "AWS_LOGIN_CACHE_DIRECTORY": LOGIN,
}
ROWS = [row.label for row in SETTINGS if row.verdict == "judged"]
Call = Callable[[Policy], str]


@pytest.fixture(autouse=True)
def _logged_in(around: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens of SSO sessions that last, where botocore looks (it settled on a home when it was imported)."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for name in ("s", "https://x.awsapps.com/start"):
        file = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        token = {"accessToken": "a", "expiresAt": until, "region": "eu-west-1"}
        around.file(f"sso/{file}.json", json.dumps(token))
    for holder in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(holder, "_SSO_TOKEN_CACHE_DIR", str(around.home / "sso"))


@pytest.fixture(autouse=True)
def _somebody_types_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role with a second factor asks at the terminal, and the suite has none."""
    make: Any = AssumeRoleProvider.__init__
    given = tuple(
        (lambda _prompt: "123456") if value is getpass.getpass else value
        for value in make.__defaults__
    )
    assert given != make.__defaults__
    monkeypatch.setattr(make, "__defaults__", given)


@pytest.fixture
def lay_out(around: Any) -> Callable[[Case], None]:
    """Sets what a case says, with files that it may point to."""

    def lay(case: Case) -> None:
        around.file("token", "web-identity-token")
        around.file("run", "#!/bin/sh\ntouch {home}/ran\n")
        (around.home / "run").chmod(0o700)
        around.file("other", f"[default]\n{ROLE}{BASE}")
        around.file("program", "[default]\ncredential_process = {home}/run\n")
        around.file(".aws/credentials", "[base]\naws_access_key_id=AKIA\naws_secret_access_key=s\n")
        if case.config:
            around.file(".aws/config", case.config)
        around.variables(case.env)

    return lay


def policy(bedrock: LocalBedrock, case: Case) -> Policy:
    listed = "" if case.listed is None else f"[identity]\ncredentials = {list(case.listed)}\n"
    return Policy.from_toml(bedrock.policy_toml() + listed.replace("'", '"'))


@pytest.mark.parametrize("label", ROWS)
def test_credentials_come_over_approved_paths_or_not_at_all(
    label: str, call: Call, bedrock: LocalBedrock, around: Any, lay_out: Any
) -> None:
    case = HOSTILE[label]
    lay_out(case)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        call(policy(bedrock, case))

    assert caught.value.rule == case.rule
    assert log.events == []
    assert around.trap.caught == 0
    assert not (around.home / "ran").exists()
    assert bedrock.requests == []
