"""Errors of set-up: nothing was sent, and a person has to change a file or an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from secure_bedrock.errors.base import SecureBedrockError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a policy: where it stands and what to write instead.

    `key` is the dotted path as TOML writes it; `line` counts from 1 and is None where it is not known.
    """

    message: str
    key: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        return ": ".join(part for part in (place, self.key, self.message) if part)


@dataclass(frozen=True, slots=True)
class DiscoveryAttempt:
    """What one provider was asked for and why it gave nothing (or what it gave)."""

    provider: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.provider}: {self.outcome}"


class ConfigurationError(SecureBedrockError):
    """The policy, the lock or the surroundings do not say what is needed."""

    default_rule = "configuration"


class _InOneFile(ConfigurationError):
    """What the two files share: everything that is wrong in one, not only the first."""

    def __init__(
        self,
        reason: str,
        *,
        problems: tuple[Problem, ...] = (),
        rule: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.problems = problems

    def __str__(self) -> str:
        return _listing(self, self.problems)

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "problems": self.problems}


class PolicyNotFound(ConfigurationError):
    """No policy file was named and none was found."""

    default_rule = "policy-not-found"
    default_next_step = "write one with `secure-bedrock init`, or set SECURE_BEDROCK_POLICY"


class PolicyInvalid(_InOneFile):
    """The policy can't be used; `problems` lists everything that is wrong, not only the first."""

    default_rule = "policy-invalid"
    default_next_step = "mend the lines named above, then run `secure-bedrock policy check`"


class EndpointNotFound(ConfigurationError):
    """No provider could name a private endpoint for the service; `attempts` says what each one gave."""

    default_rule = "endpoint-not-found"
    default_next_step = (
        "add [network.endpoints.<service>] with host and addresses to the policy, "
        "or allow the `ec2` provider a route of its own"
    )

    def __init__(
        self,
        reason: str,
        *,
        attempts: tuple[DiscoveryAttempt, ...] = (),
        rule: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.attempts = attempts

    def __str__(self) -> str:
        return _listing(self, self.attempts)

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "attempts": self.attempts}


class LockMismatch(_InOneFile):
    """The lock can't be used with this policy: it was made from another one, is missing, or is no lock at all.

    `problems` lists everything that is wrong in its text, not only the first.
    """

    default_rule = "lock-mismatch"
    default_next_step = "run `secure-bedrock lock` again"


def _listing(error: ConfigurationError, items: Iterable[object]) -> str:
    """The error's text with a line for each item."""
    listed = "".join(f"\n  {item}" for item in items)
    return f"{error.reason}{listed}\n[{error.rule}] Next: {error.next_step}"
