"""Whole answers: JSON, native bodies and errors; what is cut, empty or not the answer asked for is an error."""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from secure_bedrock.errors import IncompleteResponse, RedirectDenied, SecureBedrockError
from secure_bedrock.transport.core.answering.answer_json import BROKEN, object_in, parsed
from secure_bedrock.transport.core.answering.error_codes import clean_code, service_error
from secure_bedrock.transport.core.answering.json_weight import check_weight
from secure_bedrock.transport.core.blobs import OUTPUT_BLOBS, decode_blobs

EVENT_STREAM: Final = "application/vnd.amazon.eventstream"

# Without these an answer can't be used. They are among the required members of the output shapes
# (bedrock-runtime 2023-09-30, botocore 1.44.5, read 2026-11-20); a test compares.
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Converse": ("output", "stopReason", "usage"),
    "CountTokens": ("inputTokens",),
    "ApplyGuardrail": ("action", "outputs", "assessments"),
}
# Members of InvokeModel's and InvokeModelWithResponseStream's answers that are headers, same source.
INVOKE_HEADERS: Final = {
    "performanceConfigLatency": "x-amzn-bedrock-performanceconfig-latency",
    "serviceTier": "x-amzn-bedrock-service-tier",
}
_CONTENT_TYPE: Final = "content-type"
_STREAM_CONTENT_TYPE: Final = "x-amzn-bedrock-content-type"

_SECONDS: Final = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?", re.ASCII)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:/+=-]{1,64}", re.ASCII)
_MILLISECONDS: Final = re.compile(r"[0-9]{1,8}", re.ASCII)
MAX_RETRY_AFTER_S: Final = 86_400.0  # a day: what asks for more is ignored


class Fields(Protocol):
    """Header fields by lower-case name: a `ResponseHead` or a dict."""

    def get(self, name: str, /) -> str | None: ...


class Head(Fields, Protocol):
    """What is read of a `ResponseHead`."""

    @property
    def status(self) -> int: ...


def parse_json_answer(operation: str, head: Head, body: bytes) -> dict[str, Any]:
    """The answer's JSON object, blobs decoded and unknown members kept.

    Raises what `error_of` gives unless the status is 200, IncompleteResponse when the answer is not whole.
    """
    check_status(head, body)
    _check_type(head, "application/json")
    answer = _json_object(body)
    missing = [member for member in REQUIRED[operation] if answer.get(member) is None]
    if missing:
        raise IncompleteResponse(f"the answer has no {', '.join(missing)}", rule="missing-member")
    if operation in OUTPUT_BLOBS:
        decode_blobs(answer, OUTPUT_BLOBS[operation])
    return answer


def parse_invoke_answer(head: Head, body: bytes) -> dict[str, Any]:
    """InvokeModel's answer by botocore's member names, `body` as bytes.

    A JSON body is looked at for its ends only: the caller parses it once, and HTTP framing has counted it.
    """
    check_status(head, body)
    content_type = head.get(_CONTENT_TYPE) or ""
    bare = body.strip()
    if not bare:
        raise IncompleteResponse("the answer is empty", rule="empty")
    if not content_type or content_type.lower().startswith("text/html"):
        raise IncompleteResponse("the answer is not a model's", rule="content-type")
    if _essence(content_type) == "application/json" and (bare[:1] + bare[-1:]) not in _ENDS:
        raise IncompleteResponse("the answer is not whole JSON", rule="not-json")
    return {"body": body, "contentType": content_type, **_invoke_members(head)}


def open_stream(operation: str, head: Head, body: bytes = b"") -> dict[str, str]:
    """Check that a stream begins; the members that its head carries.

    `body` is what an error answer holds, for the caller reads it whole when the status is not 200.
    """
    check_status(head, body)
    _check_type(head, EVENT_STREAM)
    if operation != "InvokeModelWithResponseStream":
        return {}
    content_type = head.get(_STREAM_CONTENT_TYPE)
    members = {"contentType": content_type} if content_type is not None else {}
    return {**members, **_invoke_members(head)}


def check_status(head: Head, body: bytes) -> None:
    """Raise the answer's error unless its status is 200, the only one these operations succeed with."""
    if head.status != 200:
        raise error_of(head.status, head, body)


def error_of(status: int, headers: Fields, body: bytes) -> SecureBedrockError:
    """The error of an answer that is not 200; the code as botocore finds it, AWS's message dropped."""
    if 300 <= status < 400:
        return RedirectDenied(f"the endpoint answered with HTTP status {status}")
    if status < 400:
        return IncompleteResponse(
            f"an answer with HTTP status {status} is no answer", rule="status"
        )
    document = object_in(body)
    candidates = (headers.get("x-amzn-errortype"), document.get("code"), document.get("Code"))
    code = next(filter(None, map(clean_code, (*candidates, document.get("__type")))), "")
    message = document.get("message") or document.get("Message")
    return service_error(
        code or str(status),
        http_status=status,
        message=message if isinstance(message, str) else "",
        request_id=request_id_of(headers),
        retry_after_s=retry_after(headers),
    )


def request_id_of(headers: Fields) -> str | None:
    """AWS's id of the request; None where the header holds anything but an identifier."""
    told = headers.get("x-amzn-requestid") or ""
    return told if _REQUEST_ID.fullmatch(told) else None


def retry_after(headers: Fields) -> float | None:
    """Seconds to wait, from `x-amz-retry-after` (milliseconds) or `Retry-After` (seconds); None if malformed."""
    milliseconds = headers.get("x-amz-retry-after") or ""
    seconds = headers.get("retry-after") or ""
    if _MILLISECONDS.fullmatch(milliseconds):
        wait = int(milliseconds) / 1000
    elif _SECONDS.fullmatch(seconds):
        wait = float(seconds)
    else:
        return None
    return wait if wait <= MAX_RETRY_AFTER_S else None


_ENDS: Final = frozenset({b"{}", b"[]"})


def _invoke_members(head: Fields) -> dict[str, str]:
    found = {member: head.get(name) for member, name in INVOKE_HEADERS.items()}
    return {member: value for member, value in found.items() if value is not None}


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _check_type(head: Fields, expected: str) -> None:
    if _essence(head.get(_CONTENT_TYPE) or "") != expected:
        raise IncompleteResponse(f"the answer is not {expected}", rule="content-type")


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise IncompleteResponse("the answer is empty", rule="empty")
    check_weight(body)
    answer = parsed(body)
    if answer is BROKEN:
        raise IncompleteResponse("the answer is not whole JSON", rule="not-json")
    if not isinstance(answer, dict):
        raise IncompleteResponse("the answer is not a JSON object", rule="not-json")
    return answer
