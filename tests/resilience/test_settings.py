"""Settings that make no sense are refused when they are written."""

import dataclasses

import pytest

from secure_bedrock.errors import ConfigurationError
from secure_bedrock.resilience import RetrySettings


def test_the_defaults_are_aws_s_numbers() -> None:
    settings = RetrySettings()

    assert (settings.max_attempts, settings.quota, settings.not_ready_max_attempts) == (4, 500, 6)
    assert (settings.throttle_cost, settings.transient_cost) == (5, 14)
    assert (settings.throttle_base_s, settings.transient_base_s, settings.max_backoff_s) == (
        1,
        0.05,
        20,
    )


def test_attempts_and_quota_may_be_given_by_position() -> None:
    assert RetrySettings(2, 30) == RetrySettings(max_attempts=2, quota=30)


@pytest.mark.parametrize("field", dataclasses.fields(RetrySettings), ids=lambda field: field.name)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_no_setting_is_negative_or_endless(
    field: "dataclasses.Field[object]", value: float
) -> None:
    changes = {field.name: value}

    with pytest.raises(ConfigurationError, match=field.name):
        RetrySettings(**changes)  # type: ignore[arg-type]  # the point of the test


def test_one_attempt_is_the_least() -> None:
    with pytest.raises(ConfigurationError, match="max_attempts must be a number from 1 up"):
        RetrySettings(max_attempts=0)
