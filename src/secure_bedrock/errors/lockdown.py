"""What `lockdown()` raises into whoever opens another socket."""

from collections.abc import Callable
from typing import ClassVar


class LockdownViolation(BaseException):
    """Raised by `lockdown()`'s audit hook; not an Exception, so that `except Exception` can't swallow it.

    `rule`, `reason` and `next_step` are those of every error of this library. Nothing was sent or asked.
    """

    default_rule: ClassVar[str] = "lockdown"
    default_next_step: ClassVar[str] = ""

    def __init__(self, reason: str, *, rule: str = "", next_step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule or self.default_rule
        self.next_step = next_step or self.default_next_step

    def __str__(self) -> str:
        next_step = f". Next: {self.next_step}" if self.next_step else ""
        return f"{self.reason} [{self.rule}]{next_step}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rule={self.rule!r}, reason={self.reason!r})"

    def __reduce__(self) -> tuple[Callable[..., "LockdownViolation"], tuple[str, str, str]]:
        return _rebuild, (self.reason, self.rule, self.next_step)


def _rebuild(reason: str, rule: str, next_step: str) -> LockdownViolation:
    return LockdownViolation(reason, rule=rule, next_step=next_step)
