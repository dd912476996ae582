"""Where blobs stand in requests, answers and stream events: JSON carries them as base64."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from secure_bedrock.errors import IncompleteResponse

# The paths follow the blob shapes of bedrock-runtime 2023-09-30 (botocore 1.44.5, read 2026-11-20); a test walks
# the installed model. Lists are passed through. Documents (tool inputs, JSON results) are not entered.
BLOB: Final[dict[str, Any]] = {}
_SOURCE: Final = {"source": {"bytes": BLOB}}
_FILES: Final = {"image": _SOURCE, "document": _SOURCE, "video": _SOURCE}
_GUARD: Final = {"guardContent": {"image": _SOURCE}}
_BLOCK: Final = {
    **_FILES,
    **_GUARD,
    "audio": _SOURCE,
    "toolResult": {"content": _FILES},
    "reasoningContent": {"redactedContent": BLOB},
}
_CONVERSATION: Final = {"messages": {"content": _BLOCK}, "system": _GUARD}

INPUT_BLOBS: Final[Mapping[str, dict[str, Any]]] = {
    "Converse": _CONVERSATION,
    "ConverseStream": _CONVERSATION,
    "CountTokens": {"input": {"converse": _CONVERSATION, "invokeModel": {"body": BLOB}}},
    "ApplyGuardrail": {"content": {"image": _SOURCE}},
}
OUTPUT_BLOBS: Final[Mapping[str, dict[str, Any]]] = {
    "Converse": {"output": {"message": {"content": _BLOCK}}},
}
EVENT_BLOBS: Final[Mapping[str, dict[str, Any]]] = {
    "contentBlockDelta": {
        "delta": {"reasoningContent": {"redactedContent": BLOB}, "image": _SOURCE}
    },
    "chunk": {"bytes": BLOB},
}

Holder = tuple[dict[str, Any], str]


def find_blobs(value: object, plan: dict[str, Any], found: list[Holder]) -> None:
    """Add to `found` each (dict, key) under `value` where `plan` says that a blob stands.

    No deeper than the plan: no shape has a list right inside a list.
    """
    if isinstance(value, dict):
        for key, below in value.items():
            sub = plan.get(key)
            if sub is None:
                continue
            if sub is BLOB:
                found.append((value, key))
            else:
                find_blobs(below, sub, found)
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict):
                find_blobs(item, plan, found)


def decode_blobs(value: object, plan: dict[str, Any]) -> None:
    """Replace, in place, the base64 text of each blob under `value` by its bytes."""
    found: list[Holder] = []
    find_blobs(value, plan, found)
    for holder, key in found:
        holder[key] = decode_blob(holder[key])


def decode_blob(text: object) -> bytes:
    """The bytes of base64 `text`; IncompleteResponse where it is not exactly base64."""
    try:
        return b64decode(text, validate=True)  # type: ignore[arg-type]
    except (TypeError, ValueError, binascii.Error):
        pass  # and not raised in here, so that no piece of the answer hangs on the error
    raise IncompleteResponse("a blob in the answer is not base64", rule="not-base64")
