"""What to say where no provider has credentials: who was asked, and the ways that the policy leaves open."""

from collections.abc import Mapping, Sequence

from secure_bedrock.errors import CredentialPathDenied

_KEYS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for temporary ones AWS_SESSION_TOKEN as well)"
)
_FILES = "write a profile into ~/.aws/config or ~/.aws/credentials"
_ROLE = "attach a role to the instance, task or pod"
_LIST_ENV = "let the environment's keys be used: list env in identity.credentials"
_DROP_PROFILE = "let the environment's keys be used: leave profile_name out"
_PASS = "pass credentials="  # noqa: S105 - the name of an argument
_MACHINE = frozenset({"container-role", "iam-role"})


def no_credentials(
    listed: Sequence[str], *, profile: str | None, environ: Mapping[str, str]
) -> CredentialPathDenied:
    """The refusal; `profile` is the one that the caller named, because of which the environment was not asked."""
    skipped = profile is not None and "env" in listed
    asked = [name for name in listed if name != "env" or not skipped]
    reason = "no listed provider of credentials has any"
    reason += f"; asked: {', '.join(asked)}" if asked else ""
    if skipped:
        reason += f"; env was not asked, because the profile {profile!r} was named"
    ways = _ways(asked)
    if environ.get("AWS_ACCESS_KEY_ID") and "env" not in asked:
        ways.insert(0, _DROP_PROFILE if skipped else _LIST_ENV)
    return CredentialPathDenied(
        reason, rule="no-credentials", next_step=", or ".join([*ways, _PASS])
    )


def _ways(asked: Sequence[str]) -> list[str]:
    ways = []
    if "env" in asked:
        ways.append(_KEYS)
    if any(name not in _MACHINE and name != "env" for name in asked):
        ways.append(_FILES)
    if _MACHINE.intersection(asked):
        ways.append(_ROLE)
    return ways
