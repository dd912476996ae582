"""The tables that say which failures are worth another attempt."""

import pytest

from secure_bedrock import errors
from secure_bedrock.resilience import Failure, classify
from secure_bedrock.transport.core.answering.error_codes import service_error

# sentence → (code, status, kind); facts: bedrock-runtime's service model, botocore 1.44.5
ANSWERS = {
    "throttling is a throttle": ("ThrottlingException", 429, "throttle"),
    "a code inside a stream starts in lower case": ("throttlingException", None, "throttle"),
    "EC2 throttles by another name": ("RequestLimitExceeded", 503, "throttle"),
    "an unknown code at 429 is a throttle": ("SomethingNew", 429, "throttle"),
    "a model that is being loaded is not a throttle": ("ModelNotReadyException", 429, "not_ready"),
    "an internal error is transient": ("InternalServerException", 500, "transient"),
    "an internal error inside a stream is transient": (
        "internalServerException",
        None,
        "transient",
    ),
    "no capacity is transient": ("ServiceUnavailableException", 503, "transient"),
    "a model that failed while it answered is transient": (
        "ModelStreamErrorException",
        424,
        "transient",
    ),
    "a bad gateway without a code is transient": ("", 502, "transient"),
    "a gateway's time-out is transient": ("", 504, "transient"),
    "the model's time-out is a time-out": ("ModelTimeoutException", 408, "timeout"),
    "a quota at 400 is fatal": ("ServiceQuotaExceededException", 400, "fatal"),
    "a quota at 429 is fatal too": ("ServiceQuotaExceededException", 429, "fatal"),
    "a model's own error is fatal": ("ModelErrorException", 424, "fatal"),
    "DynamoDB's throttle is a throttle": (
        "ProvisionedThroughputExceededException",
        400,
        "throttle",
    ),
    "a request that AWS waited for too long is transient": ("RequestTimeout", 400, "transient"),
    "validation is fatal": ("ValidationException", 400, "fatal"),
    "no access is fatal": ("AccessDeniedException", 403, "fatal"),
    "an unknown code without a status is fatal": ("", None, "fatal"),
    "501 is fatal": ("", 501, "fatal"),
}


@pytest.mark.parametrize(("code", "status", "kind"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_classified_by_code_then_by_status(
    code: str, status: int | None, kind: str
) -> None:
    assert classify(service_error(code, http_status=status)).kind == kind


def test_a_day_s_quota_is_fatal_although_it_is_a_throttle() -> None:
    message = "Too many tokens per day, please wait before trying again."
    error = service_error("ThrottlingException", http_status=429, message=message)

    assert classify(error) == Failure("fatal", "ThrottlingException")


ERRORS = {
    "throttled": (errors.Throttled("x", code="ThrottlingException", http_status=429), "throttle"),
    "throttled for the day": (errors.QuotaExceeded("x", http_status=429), "fatal"),
    "model not ready": (errors.ModelNotReady("x"), "not_ready"),
    "model time-out": (errors.ModelTimeout("x"), "timeout"),
    "unavailable": (errors.Unavailable("x", http_status=503), "transient"),
    "connection failed": (errors.ConnectFailed("x"), "transient"),
    "attempt timed out": (errors.AttemptTimeout("x"), "timeout"),
    "nothing arrived": (errors.IncompleteResponse("x"), "incomplete"),
    "something arrived": (errors.IncompleteResponse("x", partial={}), "fatal"),
    "a stream broke after delivery": (errors.StreamInterrupted("x", retryable=True), "fatal"),
    "the model failed": (errors.ModelFailed("x", code="ModelErrorException"), "fatal"),
    "the model failed while streaming": (
        errors.ModelFailed("x", code="ModelStreamErrorException"),
        "transient",
    ),
    "an unknown service error at 500": (errors.ServiceError("x", http_status=500), "transient"),
    "an unknown service error at 418": (errors.ServiceError("x", http_status=418), "fatal"),
    "an unknown transport error": (errors.TransportError("x"), "fatal"),
    "quota": (errors.QuotaExceeded("x", http_status=429), "fatal"),
    "invalid request": (errors.InvalidRequest("x", http_status=500), "fatal"),
    "no access": (errors.AccessDenied("x", http_status=403), "fatal"),
    "not found": (errors.NotFound("x", http_status=404), "fatal"),
    "denied": (errors.Denied("x"), "fatal"),
    "address denied": (errors.AddressDenied("x"), "fatal"),
    "TLS denied": (errors.TlsDenied("x"), "fatal"),
    "configuration": (errors.EndpointNotFound("x"), "fatal"),
    "deadline": (errors.DeadlineExceeded("x"), "fatal"),
    "no audit": (errors.AuditUnavailable("x"), "fatal"),
    "a foreign error": (OSError("x"), "fatal"),
    "an interrupt": (KeyboardInterrupt(), "fatal"),
}


@pytest.mark.parametrize(("error", "kind"), ERRORS.values(), ids=ERRORS)
def test_an_error_of_our_tree_is_classified_by_its_type(error: BaseException, kind: str) -> None:
    assert classify(error).kind == kind


def test_every_denial_is_fatal() -> None:
    pending = [errors.Denied]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()

        assert classify(kind("x")).kind == "fatal"


def test_what_aws_asked_for_and_its_code_come_along() -> None:
    error = errors.Throttled("x", code="ThrottlingException", http_status=429, retry_after_s=2.5)

    assert classify(error) == Failure("throttle", "ThrottlingException", 2.5)
