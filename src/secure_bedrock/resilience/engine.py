"""Runs an attempt, and runs it again while the rules allow; the only module that knows tenacity."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING, Generic, TypeVar

from secure_bedrock.errors import DeadlineExceeded
from secure_bedrock.resilience.failure import Failure, classify
from secure_bedrock.resilience.judge import RetryJudge, RetryNote, StopReason
from secure_bedrock.resilience.quota import FIRST_TRY_REFUND, RetryQuota
from secure_bedrock.resilience.settings import RetrySettings
from secure_bedrock.values import Deadline, importing

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

Attempt = Callable[[int], T]
OnRetry = Callable[[RetryNote], None]
OnStop = Callable[[StopReason], None]


class RetryEngine:
    """Repeats attempts with full jitter, under a quota and a deadline; thread-safe, holds no lock while it waits.

    `random` returns a float in [0, 1) and is drawn from the operating system, so that forked processes and
    restored snapshots don't wait in step. Time is read from the deadline's own clock.
    """

    __slots__ = ("_random", "_sleep", "quota", "settings")

    def __init__(
        self,
        settings: RetrySettings | None = None,
        *,
        quota: RetryQuota | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] | None = None,
    ) -> None:
        self.settings = settings or RetrySettings()
        self.quota = quota or RetryQuota(self.settings.quota)
        self._sleep = sleep
        self._random = random or SystemRandom().random

    def call(
        self,
        attempt: Attempt[T],
        *,
        deadline: Deadline,
        failure_of: Callable[[BaseException], Failure] = classify,
        on_retry: OnRetry | None = None,
        on_stop: OnStop | None = None,
    ) -> T:
        """Return what `attempt(number)` returns, number counting from 1; raise its own error when there is no more.

        `on_retry` is told before each wait; `on_stop` why a failing call ended. A deadline that has passed before
        the first attempt is DeadlineExceeded. Only an Exception is ever retried.
        """
        if deadline.passed:
            _tell(on_stop, "deadline")
            raise DeadlineExceeded("the deadline had passed before the first attempt")
        try:
            answer = attempt(1)
        except Exception as error:
            judge = RetryJudge(self.settings, self.quota, deadline, self._random)
            verdict = judge.judge(failure_of(error), 1)
            if not isinstance(verdict, RetryNote):
                _tell(on_stop, verdict)
                raise
            loop = _Loop(judge, attempt, deadline, failure_of, on_retry, on_stop, error, verdict)
        else:
            self.quota.give_back(FIRST_TRY_REFUND)
            return answer
        # Outside the except block, so that later errors don't get the first one as their context.
        try:
            answer = self._repeat(loop)
        finally:
            loop.forget()
        self.quota.give_back(judge.last_cost)
        return answer

    def _repeat(self, loop: "_Loop[T]") -> T:
        # Imported here because it takes 10 to 30 ms that a call without a failure should not pay (3.11 and 3.12,
        # measured 2026-11-20).
        with importing():
            from tenacity import Retrying  # noqa: PLC0415

        retrying = Retrying(
            sleep=self._sleep,
            wait=loop.wait,
            retry=loop.should_retry,
            before_sleep=loop.before_sleep,
            reraise=True,
        )
        return retrying(loop.run)


@dataclass(slots=True, eq=False, repr=False)
class _Loop(Generic[T]):
    """What tenacity calls: its first "attempt" replays the failure that was already judged, then new ones are made."""

    judge: RetryJudge
    attempt: Attempt[T]
    deadline: Deadline
    failure_of: Callable[[BaseException], Failure]
    on_retry: OnRetry | None
    on_stop: OnStop | None
    error: Exception | None
    verdict: RetryNote | StopReason
    number: int = 0
    overslept: bool = False

    def run(self) -> T:
        self.number += 1
        self.overslept = self.number > 1 and self.deadline.passed
        if self.error is not None and (self.number == 1 or self.overslept):
            raise self.error  # when overslept no attempt is started, and the last error stands
        return self.attempt(self.number)

    def should_retry(self, state: "RetryCallState") -> bool:
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, Exception):
            return False  # a success, or a KeyboardInterrupt and its like
        if self.number > 1:
            self.error = error
            self.verdict = self._judged(error)
            if not isinstance(self.verdict, RetryNote):
                _tell(self.on_stop, self.verdict)
        return isinstance(self.verdict, RetryNote)

    def _judged(self, error: Exception) -> RetryNote | StopReason:
        if self.overslept:
            return "deadline"
        return self.judge.judge(self.failure_of(error), self.number)

    def wait(self, _: "RetryCallState") -> float:
        return self.verdict.wait_s if isinstance(self.verdict, RetryNote) else 0.0

    def before_sleep(self, _: "RetryCallState") -> None:
        if self.on_retry is not None and isinstance(self.verdict, RetryNote):
            self.on_retry(self.verdict)

    def forget(self) -> None:
        """Let go of the last error: its traceback holds this call's frames, which hold this loop."""
        self.error = None


def _tell(on_stop: OnStop | None, reason: StopReason) -> None:
    if on_stop is not None:
        on_stop(reason)
