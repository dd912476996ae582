"""Where nobody has credentials, the refusal says who was asked and what the policy leaves to do."""

from pathlib import Path

import pytest

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.policy import Policy
from secure_bedrock.policy.sections import CREDENTIALS
from secure_bedrock.transport.credentials.chain import credential_source

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "a-secret-that-is-not-told"}
SET = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for temporary ones AWS_SESSION_TOKEN as well)"
)
FILES = "write a profile into ~/.aws/config or ~/.aws/credentials"
ROLE = "attach a role to the instance, task or pod"
ENV = "let the environment's keys be used: list env in identity.credentials"


def refusal(
    home: Path, *listed: str, profile: str | None = None, **environ: str
) -> CredentialPathDenied:
    policy = Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        network={"cidrs": ["10.20.0.0/16"]},
        identity={"credentials": list(listed)} if listed else {},
    )
    files = {"AWS_CONFIG_FILE": str(home / "config"), "AWS_EC2_METADATA_DISABLED": "true"}
    source = credential_source(policy, profile_name=profile, environ={**files, **environ})
    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()
    assert caught.value.rule == "no-credentials"
    return caught.value


CASES: dict[str, tuple[tuple[str, ...], dict[str, str], str, list[str]]] = {
    "everything is listed": (
        (),
        {},
        ", ".join(CREDENTIALS),
        [SET, FILES, ROLE],
    ),
    "the environment alone": (("env",), {}, "env", [SET]),
    "the machine alone": (("iam-role",), {}, "iam-role", [ROLE]),
    "the machine, and keys in the environment": (("iam-role",), KEYS, "iam-role", [ENV, ROLE]),
    "files alone": (("config-file", "sso"), {}, "config-file, sso", [FILES]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_next_step_holds_what_the_listed_providers_read(case: str, tmp_path: Path) -> None:
    listed, environ, asked, ways = CASES[case]

    error = refusal(tmp_path, *listed, **environ)

    assert error.reason == f"no listed provider of credentials has any; asked: {asked}"
    assert error.next_step == ", or ".join([*ways, "pass credentials="])
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(error)


def test_a_named_profile_explains_why_the_environment_was_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[profile empty]\nregion = eu-west-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    error = refusal(tmp_path, "env", "config-file", profile="empty", **KEYS)

    assert error.reason == (
        "no listed provider of credentials has any; asked: config-file; "
        "env was not asked, because the profile 'empty' was named"
    )
    assert error.next_step.startswith(
        "let the environment's keys be used: leave profile_name out, or write a profile"
    )
