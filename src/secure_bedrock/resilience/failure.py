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

# A model that fails while it answers may answer the next time; nothing was delivered within an attempt.
_MODEL_STREAM_ERROR: Final = "ModelStreamErrorException"

# The server errors that may pass; 501, 505 and the like will not.
# Source: botocore/retries/standard.py (botocore 1.44.5, read 2026-11-20).
_PASSING: Final = frozenset({500, 502, 503, 504})

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


def classify(error: BaseException) -> Failure:
    """The failure behind an error of this library's own tree; every other error is fatal."""
    if not isinstance(error, SecureBedrockError):
        return FATAL
    kind: FailureKind | None = next(
        (_ERRORS[base] for base in type(error).__mro__ if base in _ERRORS), None
    )
    if isinstance(error, ServiceError):
        return Failure(_kind_of(error, kind), error.code, error.retry_after_s)
    if isinstance(error, IncompleteResponse) and error.partial is not None:
        return FATAL  # content arrived: the caller gets it in the error, and pays once
    return FATAL if kind is None else Failure(kind)


def _kind_of(error: ServiceError, by_class: FailureKind | None) -> FailureKind:
    """Codes have become classes where the answer was read; here only the exceptions to the class's rule are made."""
    status = error.http_status
    if status is not None and status >= 500 and status not in _PASSING:
        return "fatal"
    if error.code[:1].upper() + error.code[1:] == _MODEL_STREAM_ERROR:
        return "transient"
    return by_class or ("transient" if status in _PASSING else "fatal")
