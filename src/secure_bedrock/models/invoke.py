"""The answer of InvokeModel: bytes in the model's own format."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.usage import Usage
from secure_bedrock.models.wire import shown

# Source: headers of InvokeModel answers as bedrock-runtime sends them; they are not in service-2.json (2026-11-20).
_INPUT_TOKENS: Final = "x-amzn-bedrock-input-token-count"
_OUTPUT_TOKENS: Final = "x-amzn-bedrock-output-token-count"
_MAX_DIGITS: Final = 15  # as wire.COUNT_LIMIT


@dataclass(frozen=True, slots=True, repr=False)
class InvokeModelResponse:
    """A complete answer; `usage` is None where AWS did not count. `event` is the call's InvocationEvent."""

    body: bytes
    content_type: str | None = None
    request_id: str | None = None
    usage: Usage | None = None
    event: Any = field(default=None, compare=False)

    @classmethod
    def from_wire(
        cls, body: bytes, headers: Mapping[str, str], *, request_id: str | None = None
    ) -> Self:
        """The answer; `headers` have lower-case names. IncompleteResponse when the body is empty."""
        if not body:
            raise IncompleteResponse("the answer's body is empty", rule="empty")
        return cls(body, headers.get("content-type"), request_id, usage_of(headers))

    def json(self) -> Any:
        """The body, parsed; IncompleteResponse when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass  # and not raised in here: the decoder's error holds the whole body, and would hang on ours
        raise IncompleteResponse(
            "the answer's body is not JSON", partial=self.body, rule="not-json"
        )

    def with_event(self, event: object) -> Self:
        """The same answer with the call's event."""
        return replace(self, event=event)

    @never_raises
    def __repr__(self) -> str:
        return f"InvokeModelResponse({len(self.body)} bytes, content_type={shown(self.content_type)!r})"


def usage_of(headers: Mapping[str, str]) -> Usage | None:
    """The tokens that InvokeModel's headers (lower-case names) count; None unless both counts are readable."""
    given, written = _count(headers, _INPUT_TOKENS), _count(headers, _OUTPUT_TOKENS)
    if given is None or written is None:
        return None
    return Usage(given, written, given + written)


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    readable = text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
    return int(text) if readable else None
