"""AWS's error codes become the errors of this library; AWS's messages are looked at and dropped."""

import re
from collections.abc import Mapping
from typing import Final

from secure_bedrock.errors import (
    AccessDenied,
    InvalidRequest,
    ModelFailed,
    ModelNotReady,
    ModelTimeout,
    NotFound,
    QuotaExceeded,
    ServiceError,
    Throttled,
    Unavailable,
)

# Codes of bedrock-runtime's model, botocore's list of throttling codes (retries/standard.py) and the codes that
# AWS's front door gives for any service (botocore 1.44.5; "Common error types", AWS docs; read 2026-11-20).
_CLASSES: Final[Mapping[type[ServiceError], str]] = {
    Throttled: """ThrottlingException Throttling ThrottledException RequestThrottledException RequestThrottled
        TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded LimitExceededException SlowDown
        PriorRequestNotComplete EC2ThrottledException ProvisionedThroughputExceededException
        TransactionInProgressException""",
    QuotaExceeded: "ServiceQuotaExceededException",
    ModelNotReady: "ModelNotReadyException",
    ModelTimeout: "ModelTimeoutException",
    ModelFailed: "ModelErrorException ModelStreamErrorException",
    AccessDenied: """AccessDeniedException AccessDenied UnauthorizedOperation UnauthorizedException AuthFailure
        ExpiredTokenException ExpiredToken RequestExpired InvalidClientTokenId UnrecognizedClientException
        InvalidSignatureException SignatureDoesNotMatch IncompleteSignature IncompleteSignatureException
        MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized OptInRequired""",
    NotFound: "ResourceNotFoundException UnknownOperationException",
    InvalidRequest: "ValidationException ValidationError ConflictException SerializationException",
    Unavailable: """InternalServerException InternalServerError InternalFailure InternalError
        ServiceUnavailableException ServiceUnavailable RequestTimeout RequestTimeoutException""",
}
_BY_CODE: Final = {code: kind for kind, codes in _CLASSES.items() for code in codes.split()}

# What says that the signature was not accepted, before any policy was asked.
_SIGNING: Final = frozenset(
    """ExpiredTokenException ExpiredToken RequestExpired InvalidClientTokenId UnrecognizedClientException
        InvalidSignatureException SignatureDoesNotMatch""".split()
)
_SIGNING_STEP: Final = "check the access key, the session token and the clock"
_VALIDATION: Final = frozenset({"ValidationException", "ValidationError"})
_VALIDATION_STEP: Final = (
    "AWS's message is withheld, because it may repeat the request; usual reasons: the model is called only by an "
    "inference profile, it does not take an option or a kind of content, the input or max_tokens is more than it "
    "takes, or the messages do not begin with the user's and alternate"
)

_BY_STATUS: Final[Mapping[int, type[ServiceError]]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    408: Unavailable,
    429: Throttled,
}

# A code is a name; anything else could be content of the request that a peer repeats.
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]{0,99}")
_PER_DAY: Final = re.compile(r"\bper[ -]day\b|\bdaily\b", re.IGNORECASE)

# Source: AWS IAM User Guide, "Troubleshoot access denied error messages" (read 2026-11-20). A message
# names one of them; should it name two, the one that an account's administrator holds comes first.
_LAYERS: Final = (
    ("service control policy", "service-control-policy"),
    ("resource control policy", "resource-control-policy"),
    ("vpc endpoint policy", "vpc-endpoint-policy"),
    ("permissions boundary", "permissions-boundary"),
    ("session policy", "session-policy"),
    ("resource-based policy", "resource-based-policy"),
    ("identity-based policy", "identity-based-policy"),
)


def clean_code(code: object) -> str:
    """The bare name of `namespace#Name`, `Name:uri` or `name`; empty where it is no name."""
    if not isinstance(code, str):
        return ""
    bare = code.split(":", 1)[0].rsplit("#", 1)[-1]
    return bare if _CODE.fullmatch(bare) else ""


def service_error(
    code: str,
    *,
    http_status: int | None,
    message: str = "",
    request_id: str | None = None,
    retry_after_s: float | None = None,
) -> ServiceError:
    """The error for a code as `clean_code` gives it; `message` is inspected only.

    `http_status` is None inside a stream, where codes begin with a small letter.
    """
    kind = _kind_of(code, http_status)
    if kind is Throttled and _PER_DAY.search(message):
        kind = QuotaExceeded
    error = kind(
        _reason(code, http_status),
        code=code,
        http_status=http_status,
        request_id=request_id,
        retry_after_s=retry_after_s,
        next_step=_step(code[:1].upper() + code[1:]),
    )
    if isinstance(error, AccessDenied):
        error.likely_layer = likely_layer(message)
    return error


def _step(code: str) -> str:
    if code in _SIGNING:
        return _SIGNING_STEP
    return _VALIDATION_STEP if code in _VALIDATION else ""


def _reason(code: str, http_status: int | None) -> str:
    # botocore gives the status as the code of an answer that has none, such as a balancer's page.
    coded = code and code != str(http_status)
    if http_status is None:
        return f"AWS answered {code or 'an error without a code'} inside the stream"
    if not coded:
        return f"the endpoint answered HTTP status {http_status} without an error code"
    return f"AWS answered {code} with HTTP status {http_status}"


def likely_layer(message: str) -> str | None:
    """Which policy AWS's message blames, or None where it does not say."""
    folded = message.lower()
    return next((layer for words, layer in _LAYERS if words in folded), None)


def _kind_of(code: str, status: int | None) -> type[ServiceError]:
    known = _BY_CODE.get(code[:1].upper() + code[1:])
    if known is not None or status is None:
        return known or ServiceError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Unavailable if status >= 500 else InvalidRequest
