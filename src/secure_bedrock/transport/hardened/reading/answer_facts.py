"""What an answer tells the audit record: counts, times and identifiers, never content."""

from collections.abc import Mapping
from typing import Any

from secure_bedrock.audit import CallRecord
from secure_bedrock.models.invoke import usage_of
from secure_bedrock.models.wire import is_count
from secure_bedrock.transport.calls.record_facts import note_latency, note_usage

_TOKENS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "totalTokens": "total_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheWriteInputTokens": "cache_write_input_tokens",
}


def note_answer(record: CallRecord | None, answer: Any) -> None:
    """Copy what a whole answer (or the head of a stream, or an error answer) says about itself."""
    if record is None or not isinstance(answer, Mapping):
        return
    metadata = _mapping(answer.get("ResponseMetadata"))
    note_usage(record, usage_of(_mapping(metadata.get("HTTPHeaders"))))
    error = _mapping(answer.get("Error"))
    record.error_code = _text(error.get("Code")) or record.error_code
    _note_shared(record, answer)


def note_event(record: CallRecord | None, event: Mapping[str, Any]) -> None:
    """Copy what one event of a stream says about the call."""
    if record is None:
        return
    _note_shared(record, _mapping(event.get("messageStop")))
    _note_shared(record, _mapping(event.get("metadata")))


def _note_shared(record: CallRecord, part: Mapping[str, Any]) -> None:
    record.stop_reason = _text(part.get("stopReason")) or record.stop_reason
    note_latency(record, part)
    usage = _mapping(part.get("usage"))
    for name, field in _TOKENS.items():
        count = usage.get(name)
        if is_count(count):
            setattr(record, field, count)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
