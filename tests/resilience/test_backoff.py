"""How long is waited, and what a retry-after header may do to it."""

import pytest

from secure_bedrock.resilience import Failure, FailureKind, RetrySettings, retry_after_of
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


HEADERS = {
    "none": ({}, None),
    "milliseconds of AWS": ({"x-amz-retry-after": "1500"}, 1.5),
    "seconds of HTTP": ({"retry-after": " 7 "}, 7.0),
    "AWS's own goes first": ({"x-amz-retry-after": "1500", "retry-after": "7"}, 1.5),
    "a malformed one is passed over": ({"x-amz-retry-after": "NaN", "retry-after": "7"}, 7.0),
    "negative": ({"retry-after": "-1"}, None),
    "huge exponent": ({"retry-after": "1e400"}, None),
    "huge integer": ({"retry-after": "9" * 5000}, None),
    "a fraction": ({"retry-after": "1.5"}, None),
    "a date": ({"retry-after": "Fri, 20 Nov 2026 08:00:00 GMT"}, None),
    "other digits": ({"retry-after": "٣"}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), HEADERS.values(), ids=HEADERS)
def test_a_retry_after_header_is_a_plain_number_or_nothing(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_of(headers) == seconds
