"""Whether one call may try again after a failure: a pure decision per failure, state per call, no sleeping."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from secure_bedrock.resilience.backoff import cost_of, wait_of
from secure_bedrock.resilience.failure import Failure, FailureKind
from secure_bedrock.resilience.quota import RetryQuota
from secure_bedrock.resilience.settings import RetrySettings
from secure_bedrock.values import Deadline

StopReason = Literal["deadline", "quota", "attempts", "fatal"]


@dataclass(frozen=True, slots=True)
class RetryNote:
    """One retry that is about to be waited for; `attempt` is the number of the one that failed."""

    attempt: int
    wait_s: float
    failure: Failure


class RetryJudge:
    """Judges the failures of one call, in order; used by one thread."""

    __slots__ = ("_deadline", "_jitter", "_quota", "_retried", "_settings", "last_cost")

    def __init__(
        self,
        settings: RetrySettings,
        quota: RetryQuota,
        deadline: Deadline,
        jitter: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._quota = quota
        self._deadline = deadline
        self._jitter = jitter
        self._retried: dict[FailureKind, int] = {}
        self.last_cost = 0

    def judge(self, failure: Failure, attempt: int) -> RetryNote | StopReason:
        """The wait before the next attempt, paid for from the quota, or why there is none."""
        if stop := self._exhausted(failure.kind, attempt):
            return stop
        wait = wait_of(failure, attempt, self._settings, self._jitter())
        left = self._deadline.remaining()
        if left is not None and wait + self._settings.min_attempt_s > left:
            return "deadline"
        cost = cost_of(failure, self._settings)
        # Asked last, so that nothing is taken for a retry that won't be.
        if not self._quota.take(cost):
            return "quota"
        self.last_cost = cost
        self._retried[failure.kind] = self._retried.get(failure.kind, 0) + 1
        return RetryNote(attempt, wait, failure)

    def _exhausted(self, kind: FailureKind, attempt: int) -> StopReason | None:
        settings = self._settings
        if kind == "fatal" or (kind == "timeout" and not settings.max_timeout_retries):
            return "fatal"
        limit = settings.max_attempts
        if kind == "not_ready" and limit > 1:  # 1 means: never again, whatever AWS says
            limit = max(limit, settings.not_ready_max_attempts)
        retried = self._retried.get(kind, 0)
        if kind == "timeout" and retried >= settings.max_timeout_retries:
            return "attempts"
        if kind == "incomplete" and retried >= settings.max_incomplete_retries:
            return "attempts"
        return "attempts" if attempt >= limit else None
