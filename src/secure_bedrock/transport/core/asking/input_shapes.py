"""Which members each typed operation takes, of what type, and where they stand in the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Types = tuple[type, ...]

_TEXT: Final[Types] = (str,)
_LIST: Final[Types] = (list, tuple)
_DICT: Final[Types] = (dict,)
_BLOB: Final[Types] = (bytes, bytearray, str)  # text is sent as UTF-8, as botocore does
_JSON: Final[Types] = (dict, list, str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputShape:
    """One operation's input: `labels` stand in the path, `headers` maps members to header names, the rest in the body.

    With `payload` that member's bytes are the body; otherwise the body is a JSON object.
    """

    types: Mapping[str, Types]
    required: frozenset[str]
    labels: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    payload: str | None = None


def _converse() -> InputShape:
    types: dict[str, Types] = {
        "modelId": _TEXT,
        "messages": _LIST,
        "system": _LIST,
        "inferenceConfig": _DICT,
        "toolConfig": _DICT,
        "guardrailConfig": _DICT,
        "additionalModelRequestFields": _JSON,
        "promptVariables": _DICT,
        "additionalModelResponseFieldPaths": _LIST,
        "requestMetadata": _DICT,
        "performanceConfig": _DICT,
        "serviceTier": _DICT,
        "outputConfig": _DICT,
    }
    model = frozenset({"modelId"})
    return InputShape(types=types, required=model, labels=model)


def _invoke(accept: str) -> InputShape:
    headers = {
        "contentType": "Content-Type",
        "accept": accept,
        "trace": "X-Amzn-Bedrock-Trace",
        "guardrailIdentifier": "X-Amzn-Bedrock-GuardrailIdentifier",
        "guardrailVersion": "X-Amzn-Bedrock-GuardrailVersion",
        "performanceConfigLatency": "X-Amzn-Bedrock-PerformanceConfig-Latency",
        "serviceTier": "X-Amzn-Bedrock-Service-Tier",
        "requestMetadata": "X-Amzn-Bedrock-Request-Metadata",
    }
    types: dict[str, Any] = {"modelId": _TEXT, "body": _BLOB} | dict.fromkeys(headers, _TEXT)
    model = frozenset({"modelId"})
    return InputShape(types=types, required=model, labels=model, headers=headers, payload="body")


# Source: bedrock-runtime 2023-09-30, service-2.json of botocore 1.44.5 (read 2026-11-20); a test compares.
INPUT_SHAPES: Final[Mapping[str, InputShape]] = {
    "Converse": _converse(),
    "ConverseStream": _converse(),
    "InvokeModel": _invoke("Accept"),
    "InvokeModelWithResponseStream": _invoke("X-Amzn-Bedrock-Accept"),
    "CountTokens": InputShape(
        types={"modelId": _TEXT, "input": _DICT},
        required=frozenset({"modelId", "input"}),
        labels=frozenset({"modelId"}),
    ),
    "ApplyGuardrail": InputShape(
        types={
            "guardrailIdentifier": _TEXT,
            "guardrailVersion": _TEXT,
            "source": _TEXT,
            "content": _LIST,
            "outputScope": _TEXT,
        },
        required=frozenset({"guardrailIdentifier", "guardrailVersion", "source", "content"}),
        labels=frozenset({"guardrailIdentifier", "guardrailVersion"}),
    ),
}
