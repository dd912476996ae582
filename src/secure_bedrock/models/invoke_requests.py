"""The parameters of InvokeModel and its streaming twin under botocore's names, from what callers may write."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypedDict

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models.conversation import expected


class InvokeOptions(TypedDict, total=False):
    """The keyword arguments of `invoke_model` and `invoke_model_stream` beside the payload."""

    content_type: str
    accept: str
    guardrail: Mapping[str, str] | None
    performance: str | None
    service_tier: str | None
    request_metadata: Mapping[str, str] | None


def invoke_params(
    model_id: str,
    payload: object,
    *,
    content_type: str = "application/json",
    accept: str = "application/json",
    guardrail: Mapping[str, str] | None = None,
    performance: str | None = None,
    service_tier: str | None = None,
    request_metadata: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A new dict of parameters; what is None is left out.

    `payload` is a dict or a model with `model_dump_json`, both sent as JSON, or text or bytes, sent as they are.
    `guardrail` has id, version and maybe trace. Raises InvalidRequest, which never holds a value.
    """
    params: dict[str, Any] = {
        "modelId": _text(model_id, "model_id"),
        "body": _body(payload),
        "contentType": _text(content_type, "content_type"),
        "accept": _text(accept, "accept"),
    }
    if guardrail is not None:
        params.update(_guardrail(guardrail))
    if performance is not None:
        params["performanceConfigLatency"] = _text(performance, "performance")
    if service_tier is not None:
        params["serviceTier"] = _text(service_tier, "service_tier")
    if request_metadata is not None:
        params["requestMetadata"] = _tags(request_metadata)
    return params


def _body(payload: object) -> bytes:
    if isinstance(payload, bytes | bytearray):
        return bytes(payload)
    if isinstance(payload, str):
        return _utf8(payload)
    if isinstance(payload, Mapping):
        return _json(dict(payload))
    if callable(getattr(payload, "model_dump_json", None)):
        return _dumped(payload)
    raise expected("payload", "a dict, str, bytes, or a pydantic model")


def _dumped(payload: Any) -> bytes:
    options: dict[str, Any] = {"by_alias": True, "exclude_none": True}
    if hasattr(type(payload), "__pydantic_serializer__"):
        options["warnings"] = False  # pydantic's warnings repeat the values
    text = None
    with suppress(Exception):  # whatever it is, it may hold the value
        text = str(payload.model_dump_json(**options))
    if text is None:
        raise InvalidRequest("the payload can't be written as JSON", rule="not-json")
    return _utf8(text)


def _json(members: dict[str, Any]) -> bytes:
    try:
        return json.dumps(members, allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        pass  # and not raised in here: the encoder's error holds the value, and would hang on ours
    raise InvalidRequest("a value stands in the payload that JSON can't carry", rule="not-json")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass  # it holds the whole text
    raise expected("payload", "text that UTF-8 can carry")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise expected(name, "a str that is not empty")
    return value


def _guardrail(value: object) -> dict[str, str]:
    named: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
    wire: dict[str, Any] = {_GUARDRAIL.get(name, name): item for name, item in named.items()}
    # A misspelt member would be ignored on the way, and the guardrail with it: so nothing unknown is let through.
    if (
        not _GUARDRAIL_REQUIRED <= wire.keys() <= _GUARDRAIL_MEMBERS
        or len(wire) != len(named)
        or not all(isinstance(item, str) for item in wire.values())
    ):
        raise expected("guardrail", "a dict of str with id, version and maybe trace")
    return wire


def _tags(value: object) -> str:
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) for pair in value.items() for text in pair
    ):
        raise expected("request_metadata", "a dict of str to str")
    return json.dumps(dict(value))


# Source: InvokeModelRequest in bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
# The short names are ours.
_GUARDRAIL: Final = {"id": "guardrailIdentifier", "version": "guardrailVersion"}
_GUARDRAIL_REQUIRED: Final = frozenset(_GUARDRAIL.values())
_GUARDRAIL_MEMBERS: Final = _GUARDRAIL_REQUIRED | {"trace"}
