"""The numbers of the retry rules, in one frozen value."""

from dataclasses import dataclass

from secure_bedrock.errors import ConfigurationError

# The source of every default is AWS's "2026 retries" as botocore 1.44.5 ships them (botocore/retries/standard.py,
# read 2026-11-20), unless the field says otherwise.


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How often, how long and at what price a failed attempt is repeated.

    Attempts count the first one, so that `max_attempts=1` turns every retry off. Names ending in `_s` are seconds.
    Raises ConfigurationError for a number that makes no sense.
    """

    # ours: botocore's 3 and one more, since the quota caps the load, not the count
    max_attempts: int = 4
    quota: int = 500
    # "up to 5 times", ModelNotReadyException's documentation, 2026-11-20
    not_ready_max_attempts: int = 6
    max_timeout_retries: int = 0  # ours: the request may still run and be billed
    max_incomplete_retries: int = 1  # ours: a second cut answer is not chance
    throttle_base_s: float = 1.0
    throttle_cost: int = 5
    transient_base_s: float = 0.05
    transient_cost: int = 14
    max_backoff_s: float = 20.0
    retry_after_slack_s: float = 5.0
    # ours: no answer of Bedrock comes sooner, so a later attempt can't end in time
    min_attempt_s: float = 0.25

    def __post_init__(self) -> None:
        for name in ("max_attempts", "not_ready_max_attempts", "throttle_cost", "transient_cost"):
            _require(name, getattr(self, name), at_least=1)
        for name in ("quota", "max_timeout_retries", "max_incomplete_retries"):
            _require(name, getattr(self, name), at_least=0)
        for name in (
            "throttle_base_s",
            "transient_base_s",
            "max_backoff_s",
            "retry_after_slack_s",
            "min_attempt_s",
        ):
            _require(name, getattr(self, name), at_least=0.0)


def _require(name: str, value: float, *, at_least: float) -> None:
    if not at_least <= value < float("inf"):  # also false for NaN
        raise ConfigurationError(f"retry setting {name} must be a number from {at_least:g} up")
