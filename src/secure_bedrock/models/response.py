"""The answer of Converse, also when it was put together from a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models.message import Message
from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.text_blocks import ReasoningBlock
from secure_bedrock.models.tool_blocks import ToolUseBlock
from secure_bedrock.models.usage import Metrics, Usage
from secure_bedrock.models.wire import is_count, malformed, shown, struct_of, text_of

# Source: enum StopReason in bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
_TRUNCATED: Final = frozenset({"max_tokens", "model_context_window_exceeded"})
_BLOCKED: Final = frozenset({"guardrail_intervened", "content_filtered"})


@dataclass(frozen=True, slots=True, repr=False)
class ConverseResponse:
    """A complete answer; `raw` is its wire form, by which answers compare equal.

    `usage` is None only for a stream that ended without saying it. `event` is the call's InvocationEvent.
    """

    message: Message = field(compare=False)
    stop_reason: str = field(compare=False)
    usage: Usage | None = field(compare=False)
    metrics: Metrics | None = field(compare=False)
    raw: dict[str, Any]
    request_id: str | None = None
    event: Any = field(default=None, compare=False)

    @classmethod
    def from_wire(
        cls, raw: object, *, request_id: str | None = None, usage_required: bool = True
    ) -> Self:
        """The answer in its wire form, as parsed from JSON or given by botocore.

        Raises IncompleteResponse where a required member is missing or of the wrong type; its `partial` is `raw` once
        there is a message in it, so that what was paid for is not lost.
        """
        if not isinstance(raw, dict):
            raise malformed("body")
        message = struct_of(struct_of(raw, "output"), "message")
        try:
            usage = None
            if usage_required or raw.get("usage") is not None:
                usage = Usage.from_wire(struct_of(raw, "usage"))
            return cls(
                Message.from_wire(message),
                text_of(raw, "stopReason"),
                usage,
                _metrics_of(raw),
                raw,
                request_id,
            )
        except IncompleteResponse as problem:
            problem.partial = raw
            raise

    @property
    def text(self) -> str:
        """All text of the answer, joined; "" where there is none."""
        return self.message.text

    @property
    def texts(self) -> list[str]:
        """The texts of the answer's text blocks."""
        return self.message.texts

    @property
    def tool_uses(self) -> list[ToolUseBlock]:
        """The tools that the model asks for."""
        return self.message.tool_uses

    @property
    def reasoning(self) -> list[ReasoningBlock]:
        """The model's reasoning blocks."""
        return [block for block in self.message.content if isinstance(block, ReasoningBlock)]

    @property
    def truncated(self) -> bool:
        """True where the model had to stop before it was done."""
        return self.stop_reason in _TRUNCATED

    @property
    def blocked(self) -> bool:
        """True where a guardrail or a filter stepped in."""
        return self.stop_reason in _BLOCKED

    @property
    def usage_missing(self) -> bool:
        """True where a stream ended without its usage."""
        return self.usage is None

    def to_message(self) -> Message:
        """The answer as a message of the next request."""
        return self.message

    def with_event(self, event: object) -> Self:
        """The same answer with the call's event."""
        return replace(self, event=event)

    @never_raises
    def __repr__(self) -> str:
        return f"ConverseResponse({shown(self.stop_reason)}, {self.message!r})"


def _metrics_of(raw: Mapping[str, Any]) -> Metrics | None:
    metrics = raw.get("metrics")
    latency = metrics.get("latencyMs") if isinstance(metrics, Mapping) else None
    return Metrics(latency) if is_count(latency) else None
