"""How long to wait before the next attempt: full jitter, and what AWS asked for."""

import math
from typing import Final

from secure_bedrock.resilience.failure import Failure, FailureKind
from secure_bedrock.resilience.settings import RetrySettings

_SLOW: Final[frozenset[FailureKind]] = frozenset({"throttle", "not_ready"})

# AWS documents this code as missing capacity, so it is waited for like a throttle although it costs like a fault.
# Source: Bedrock user guide, "Troubleshooting Amazon Bedrock API error codes", read 2026-11-20.
_NO_CAPACITY: Final = "ServiceUnavailableException"


def cost_of(failure: Failure, settings: RetrySettings) -> int:
    """What one retry after this failure takes from the quota."""
    return settings.throttle_cost if failure.kind in _SLOW else settings.transient_cost


def ceiling_of(failure: Failure, attempt: int, settings: RetrySettings) -> float:
    """The longest wait, in seconds, after attempt number `attempt` (from 1) failed; retry-after not counted."""
    slow = failure.kind in _SLOW or failure.code == _NO_CAPACITY
    base = settings.throttle_base_s if slow else settings.transient_base_s
    # The cap stands before the jitter, as in AWS's SDKs: waits near the cap still spread over the whole range.
    return float(min(base * 2 ** min(attempt - 1, 64), settings.max_backoff_s))


def wait_of(failure: Failure, attempt: int, settings: RetrySettings, jitter: float) -> float:
    """Seconds to wait; `jitter` is uniform in [0, 1).

    What AWS asked for is a lower bound, and at most `retry_after_slack_s` longer than the wait would have been, so
    that a wrong header can't stop a client for an hour.
    """
    wait = ceiling_of(failure, attempt, settings) * jitter
    asked = failure.retry_after_s
    if asked is None or not math.isfinite(asked) or asked <= wait:
        return wait
    return min(asked, wait + settings.retry_after_slack_s)
