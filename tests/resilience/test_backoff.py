"""How long is waited, and what a retry-after header may do to it."""

import pytest

from secure_bedrock.resilience import Failure, FailureKind, RetrySettings
from secure_bedrock.resilience.backoff import ceiling_of, cost_of, wait_of

SETTINGS = RetrySettings()

CEILINGS = {
    "a throttle starts at a second": ("throttle", "", 1, 1.0),
    "and doubles": ("throttle", "", 3, 4.0),
    "and ends at twenty": ("throttle", "", 9, 20.0),
    "even after a thousand attempts": ("throttle", "", 1000, 20.0),
    "a model that loads is waited for like a throttle": ("not_ready", "", 2, 2.0),
    "a fault starts at 50 ms": ("transient", "", 1, 0.05),
    "and doubles too": ("transient", "InternalServerException", 2, 0.1),
    "missing capacity starts at a second": ("transient", "ServiceUnavailableException", 1, 1.0),
    "a cut answer starts at 50 ms": ("incomplete", "", 1, 0.05),
    "a time-out starts at 50 ms": ("timeout", "", 1, 0.05),
}


@pytest.mark.parametrize(("kind", "code", "attempt", "seconds"), CEILINGS.values(), ids=CEILINGS)
def test_the_ceiling_doubles_up_to_the_cap(
    kind: FailureKind, code: str, attempt: int, seconds: float
) -> None:
    assert ceiling_of(Failure(kind, code), attempt, SETTINGS) == pytest.approx(seconds)


COSTS: dict[FailureKind, int] = {
    "throttle": 5,
    "not_ready": 5,
    "transient": 14,
    "incomplete": 14,
    "timeout": 14,
}


@pytest.mark.parametrize(("kind", "cost"), COSTS.items())
def test_a_retry_costs_what_its_kind_costs(kind: FailureKind, cost: int) -> None:
    assert cost_of(Failure(kind), SETTINGS) == cost


# sentence → (asked, jitter, wait); the ceiling is 1 s
ASKED = {
    "nothing asked": (None, 0.5, 0.5),
    "less asked than would be waited": (0.25, 0.5, 0.5),
    "more asked": (2.0, 0.5, 2.0),
    "an hour asked": (3600.0, 0.5, 5.5),
    "not a number": (float("nan"), 0.5, 0.5),
    "for ever": (float("inf"), 0.5, 0.5),
    "negative": (-1.0, 0.5, 0.5),
}


@pytest.mark.parametrize(("asked", "jitter", "wait"), ASKED.values(), ids=ASKED)
def test_retry_after_is_a_lower_bound_within_five_seconds(
    asked: float | None, jitter: float, wait: float
) -> None:
    assert wait_of(Failure("throttle", "", asked), 1, SETTINGS, jitter) == pytest.approx(wait)
