"""JSON of an answer or of an event in a stream, read so that no error holds a piece of it."""

import json
from typing import Any, Final

BROKEN: Final = object()
"""What `parsed` gives for bytes that are no JSON."""


def parsed(raw: bytes) -> Any:
    """The document, or `BROKEN`: the decoder's own error holds it whole, and would hang on one raised there."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return BROKEN


def object_in(raw: bytes) -> dict[str, Any]:
    """The JSON object that an error is told in; {} for anything else."""
    document = parsed(raw)
    return document if isinstance(document, dict) else {}
