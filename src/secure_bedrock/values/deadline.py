"""The moment by which a call must be over."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

Clock = Callable[[], float]


class LambdaContext(Protocol):
    """What this library reads of AWS Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock, in seconds; `at` is None where there is no limit."""

    at: float | None = None
    clock: Clock = field(default=time.monotonic, repr=False, compare=False)

    @classmethod
    def after(cls, seconds: float | None, *, clock: Clock = time.monotonic) -> Self:
        """A deadline `seconds` from now; None means never."""
        return cls(None if seconds is None else clock() + seconds, clock)

    @classmethod
    def from_lambda(cls, context: LambdaContext, *, reserve_s: float = 1.0) -> Self:
        """The end of the Lambda invocation less `reserve_s` seconds for the handler's own return."""
        return cls.after(context.get_remaining_time_in_millis() / 1000 - reserve_s)

    def remaining(self) -> float | None:
        """Seconds left, 0.0 when past, None when there is no limit."""
        return None if self.at is None else max(0.0, self.at - self.clock())

    def bounded(self, seconds: float) -> float:
        """`seconds`, or what is left when that is less."""
        left = self.remaining()
        return seconds if left is None else min(seconds, left)

    @property
    def passed(self) -> bool:
        """True once no time is left."""
        return self.at is not None and self.clock() >= self.at
