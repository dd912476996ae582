"""What every error of this library carries, and how it travels between processes."""

from collections.abc import Callable
from typing import Any, ClassVar


class SecureBedrockError(Exception):
    """The root of every exception that this library raises on purpose.

    `rule` names what decided (stable, kebab-case, fit for matching), `reason` says what was found, `next_step`
    says what to do about it. None of them ever holds a prompt, an answer or a credential. Match on the type and
    on `rule`, never on the text.
    """

    default_rule: ClassVar[str] = "error"
    default_next_step: ClassVar[str] = ""

    def __init__(self, reason: str, *, rule: str = "", next_step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule or self.default_rule
        self.next_step = next_step or self.default_next_step

    def __str__(self) -> str:
        if self.next_step:
            return f"{self.reason} [{self.rule}]. Next: {self.next_step}"
        return f"{self.reason} [{self.rule}]"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rule={self.rule!r}, reason={self.reason!r})"

    def _facts(self) -> dict[str, Any]:
        """The keyword arguments that survive pickling; subclasses add theirs, never content."""
        return {"rule": self.rule, "next_step": self.next_step}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _rebuild, (type(self), self.reason, self._facts())


def _rebuild(
    kind: type[SecureBedrockError], reason: str, facts: dict[str, Any]
) -> SecureBedrockError:
    return kind(reason, **facts)
