"""When to try again and when to stop; tenacity is imported when the first failure is to be retried."""

from secure_bedrock.resilience.engine import RetryEngine
from secure_bedrock.resilience.failure import FATAL, Failure, FailureKind, classify
from secure_bedrock.resilience.judge import RetryNote, StopReason
from secure_bedrock.resilience.quota import RetryQuota
from secure_bedrock.resilience.settings import RetrySettings

__all__ = [
    "FATAL",
    "Failure",
    "FailureKind",
    "RetryEngine",
    "RetryNote",
    "RetryQuota",
    "RetrySettings",
    "StopReason",
    "classify",
]
