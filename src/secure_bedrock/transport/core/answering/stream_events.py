"""Frames of a model's stream become events; exceptions and errors inside it become ours."""

from typing import Any, NamedTuple

from secure_bedrock.errors import IncompleteResponse, ServiceError
from secure_bedrock.transport.core.answering.answer_json import BROKEN, object_in, parsed
from secure_bedrock.transport.core.answering.error_codes import clean_code, service_error
from secure_bedrock.transport.core.answering.eventstream import Frame
from secure_bedrock.transport.core.answering.json_weight import check_weight
from secure_bedrock.transport.core.blobs import EVENT_BLOBS, decode_blob, decode_blobs
from secure_bedrock.transport.core.http1.framing import MAX_ERROR_BYTES


class StreamEvent(NamedTuple):
    """What one frame said: its event type, and the payload's JSON object or, for `chunk`, a native body's bytes.

    Types and members that this version does not know are kept as they came.
    """

    name: str
    payload: dict[str, Any] | bytes


def event_of(frame: Frame) -> StreamEvent:
    """The frame's event.

    Raises the ServiceError of an exception or error frame (its http_status is None: the stream began with 200),
    IncompleteResponse("misframed") for a frame that is none of the three, ("not-json") for a broken payload.
    """
    headers = frame.headers
    kind = headers.get(":message-type")
    if kind == "event":
        name = headers.get(":event-type")
        if isinstance(name, str):
            return _event(name, frame.payload)
    elif kind in ("exception", "error"):
        raise _error(frame, "exception-type" if kind == "exception" else "error-code")
    raise IncompleteResponse("a frame is no event, exception or error", rule="misframed")


def _event(name: str, raw: bytes) -> StreamEvent:
    check_weight(raw)
    payload = parsed(raw)
    if payload is BROKEN:
        raise IncompleteResponse("an event's payload is not JSON", rule="not-json")
    if not isinstance(payload, dict):
        raise IncompleteResponse("an event's payload is not a JSON object", rule="not-json")
    if name == "chunk":
        return StreamEvent(name, decode_blob(payload.get("bytes", "")))
    if name in EVENT_BLOBS:
        decode_blobs(payload, EVENT_BLOBS[name])
    return StreamEvent(name, payload)


def _error(frame: Frame, header: str) -> ServiceError:
    code = clean_code(frame.headers.get(f":{header}"))
    return service_error(code, http_status=None, message=_message(frame))


def _message(frame: Frame) -> str:
    """AWS's words, for inspection only: an error has them in a header, an exception in its payload."""
    told = frame.headers.get(":error-message")
    if isinstance(told, str):
        return told
    if len(frame.payload) > MAX_ERROR_BYTES:
        return ""
    payload = object_in(frame.payload)
    message = payload.get("message") or payload.get("Message")
    return message if isinstance(message, str) else ""
