"""What kind of failure an error is: the tables that decide whether a repetition can help."""

from dataclasses import dataclass
from typing import Final, Literal

from secure_bedrock.errors import (
    AttemptTimeout,
    ConnectFailed,
    IncompleteResponse,
    InvalidRequest,
    ModelNotReady,
    ModelTimeout,
    QuotaExceeded,
    SecureBedrockError,
    ServiceError,
    Throttled,
    Unavailable,
)

FailureKind = Literal["throttle", "transient", "not_ready", "incomplete", "timeout", "fatal"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt as the retry rules see it; holds no content.

    `code` is AWS's error code, "" where there is none. `retry_after_s` is what AWS asked for, in seconds.
    """

    kind: FailureKind
    code: str = ""
    retry_after_s: float | None = None


FATAL: Final = Failure("fatal")

# Codes with a kind of their own; every other code is judged by its HTTP status.
# Source: bedrock-runtime's service-2.json and botocore/retries/standard.py (botocore 1.44.5, read 2026-11-20).
_CODES: Final[dict[str, FailureKind]] = {
    "ModelNotReadyException": "not_ready",
    "ModelTimeoutException": "timeout",
    # A model that fails while it answers may answer the next time; nothing was delivered within an attempt.
    "ModelStreamErrorException": "transient",
    "InternalServerException": "transient",
    "ServiceUnavailableException": "transient",
    "RequestTimeout": "transient",
    "RequestTimeoutException": "transient",
    # A quota, not a rate: waiting seconds does not help, whatever the status says.
    "ServiceQuotaExceededException": "fatal",
    **dict.fromkeys(
        (
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ),
        "throttle",
    ),
}

_STATUSES: Final[dict[int, FailureKind]] = {
    429: "throttle",
    500: "transient",
    502: "transient",
    503: "transient",
    504: "transient",
}

# What is not listed is fatal: denials, configuration, TLS, deadlines, foreign exceptions, and everything new.
_ERRORS: Final[dict[type, FailureKind]] = {
    Throttled: "throttle",
    ModelNotReady: "not_ready",
    ModelTimeout: "timeout",
    Unavailable: "transient",
    ConnectFailed: "transient",
    AttemptTimeout: "timeout",
    IncompleteResponse: "incomplete",
    QuotaExceeded: "fatal",
    InvalidRequest: "fatal",
}


def classify_answer(
    code: str, http_status: int | None, *, message_hint: Literal["per-day"] | None = None
) -> Failure:
    """The failure behind an error that AWS answered.

    `code` may be spelled as the event stream does (`throttlingException`). `http_status` is None inside a stream.
    `message_hint` is "per-day" when AWS's message says that the day's tokens are used up: that is not worth a retry.
    """
    code = code[:1].upper() + code[1:]
    if message_hint == "per-day":
        return Failure("fatal", code)
    kind: FailureKind = _CODES.get(code) or _STATUSES.get(http_status or 0, "fatal")
    return Failure(kind, code)


def classify(error: BaseException) -> Failure:
    """The failure behind an error of this library's own tree; every other error is fatal."""
    if not isinstance(error, SecureBedrockError):
        return FATAL
    kind: FailureKind | None = next(
        (_ERRORS[base] for base in type(error).__mro__ if base in _ERRORS), None
    )
    if isinstance(error, ServiceError):
        if "per-day" in error.rule:
            return Failure("fatal", error.code)
        kind = kind or classify_answer(error.code, error.http_status).kind
        return Failure(kind, error.code, error.retry_after_s)
    if isinstance(error, IncompleteResponse) and error.partial is not None:
        return FATAL  # content arrived: the caller gets it in the error, and pays once
    return FATAL if kind is None else Failure(kind)
