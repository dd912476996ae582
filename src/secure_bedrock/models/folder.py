"""Puts the events of a stream back together into the answer that Converse would have given."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models.blocks import Block, parse_block
from secure_bedrock.models.message import Message
from secure_bedrock.models.message_order import MessageOrder
from secure_bedrock.models.open_block import OpenBlock
from secure_bedrock.models.response import ConverseResponse
from secure_bedrock.models.stream import (
    BlockStart,
    BlockStop,
    MessageStart,
    MessageStop,
    Metadata,
    OtherDelta,
    ReasoningDelta,
    StreamEvent,
    TextDelta,
    ToolInputDelta,
    ToolUseStart,
)

# Members of these events that Converse's answer has under the same names (service-2.json, botocore 1.44.5, 2026-11-20).
_FROM_STOP: Final = ("additionalModelResponseFields",)
_FROM_METADATA: Final = ("usage", "metrics", "trace", "performanceConfig", "serviceTier")

# What the order of events asks about; every other event of a message is of its content.
_NAMES: Final[dict[type, str]] = {MessageStart: "messageStart", MessageStop: "messageStop"}


class StreamFolder:
    """Takes events in the order of their arrival; blocks are told apart by their index. Used by one thread.

    Metadata may come before or after the message's end. Raises IncompleteResponse for events that don't belong
    together, with what had arrived as its `partial`.
    """

    __slots__ = ("_blocks", "_metadata", "_order", "_role", "_stop")

    def __init__(self) -> None:
        self._order = MessageOrder()
        self._role: str | None = None
        self._blocks: dict[int, OpenBlock] = {}
        self._stop: MessageStop | None = None
        self._metadata: Metadata | None = None

    @property
    def complete(self) -> bool:
        """True once the message's end has arrived."""
        return self._stop is not None

    def add(self, event: StreamEvent) -> None:
        """Take the next event."""
        kind = type(event)
        fold = self._folds.get(kind)
        if fold is None:
            return
        try:
            if kind is not Metadata:
                self._order.take(_NAMES.get(kind, "contentBlockDelta"))
            fold(self, event)
        except IncompleteResponse as problem:
            if problem.partial is None:
                problem.partial = self.partial()
            raise

    def partial(self) -> Message | None:
        """What has arrived so far, without blocks that can't be read; None before the first content."""
        blocks: list[Block] = []
        for _, block in sorted(self._blocks.items()):
            with suppress(IncompleteResponse):
                blocks.append(parse_block(block.to_wire()))
        return Message(self._role or "assistant", blocks) if blocks else None

    def response(self, *, request_id: str | None = None) -> ConverseResponse:
        """The whole answer; IncompleteResponse when the message's end has not arrived."""
        if self._stop is None or self._role is None:
            raise self._broken("the stream ended before the message did", rule="stream-cut")
        try:
            raw = self._raw(self._role, self._stop)
            return ConverseResponse.from_wire(raw, request_id=request_id, usage_required=False)
        except IncompleteResponse as problem:
            problem.partial = self.partial()
            raise

    def _raw(self, role: str, stop: MessageStop) -> dict[str, Any]:
        content = [block.to_wire() for _, block in sorted(self._blocks.items())]
        raw: dict[str, Any] = {
            "output": {"message": {"role": role, "content": content}},
            "stopReason": stop.stop_reason,
        }
        for names, event in ((_FROM_STOP, stop), (_FROM_METADATA, self._metadata)):
            if event is not None:
                raw.update({name: event.raw[name] for name in names if name in event.raw})
        return raw

    def _broken(self, reason: str, *, rule: str = "malformed-stream") -> IncompleteResponse:
        return IncompleteResponse(reason, partial=self.partial(), rule=rule)

    def _block(self, index: int, kind: str) -> OpenBlock:
        block = self._blocks.get(index)
        if block is None:
            if kind == "toolUse":  # its name and id come with its start
                raise self._broken("a tool's input came before its start")
            block = self._blocks[index] = OpenBlock(kind)
        return block

    def _open(self, index: int, block: OpenBlock) -> None:
        if index in self._blocks:
            raise self._broken("a content block began twice")
        self._blocks[index] = block

    def _message_start(self, event: MessageStart) -> None:
        self._role = event.role

    def _block_start(self, event: BlockStart) -> None:
        self._open(event.index, OpenBlock(event.kind, event.start))

    def _tool_start(self, event: ToolUseStart) -> None:
        start = {"toolUseId": event.tool_use_id, "name": event.name}
        if event.type is not None:
            start["type"] = event.type
        self._open(event.index, OpenBlock("toolUse", start))

    def _text(self, event: TextDelta) -> None:
        self._block(event.index, "text").add_text("text", event.text)

    def _tool_input(self, event: ToolInputDelta) -> None:
        self._block(event.index, "toolUse").add_text("toolUse", event.input)

    def _reasoning(self, event: ReasoningDelta) -> None:
        block = self._block(event.index, "reasoningContent")
        block.add_reasoning(event.text, event.signature, event.redacted)

    def _other(self, event: OtherDelta) -> None:
        self._block(event.index, event.kind).add_other(event.kind, event.value)

    def _block_stop(self, event: BlockStop) -> None:
        """It adds nothing; a block may end without it."""

    def _message_stop(self, event: MessageStop) -> None:
        self._stop = event

    def _take_metadata(self, event: Metadata) -> None:
        self._metadata = event

    _folds: ClassVar[dict[type, Callable[[Any, Any], None]]] = {
        MessageStart: _message_start,
        BlockStart: _block_start,
        ToolUseStart: _tool_start,
        TextDelta: _text,
        ToolInputDelta: _tool_input,
        ReasoningDelta: _reasoning,
        OtherDelta: _other,
        BlockStop: _block_stop,
        MessageStop: _message_stop,
        Metadata: _take_metadata,
    }
