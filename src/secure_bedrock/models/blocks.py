"""A content block: one of those that Converse's union ContentBlock holds, or may hold one day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from secure_bedrock.models.media_blocks import DocumentBlock, ImageBlock, document_of, image_of
from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.text_blocks import (
    CitationsBlock,
    ReasoningBlock,
    TextBlock,
    citations_of,
    reasoning_of,
)
from secure_bedrock.models.tool_blocks import (
    ToolResultBlock,
    ToolUseBlock,
    tool_result_of,
    tool_use_of,
)
from secure_bedrock.models.wire import UNKNOWN_MEMBER, malformed, refuse_lost_members, shown


@dataclass(frozen=True, slots=True, repr=False)
class UnknownBlock:
    """A block that these classes don't know; `raw` is its whole wire form."""

    name: str
    raw: Mapping[str, Any]

    def to_wire(self) -> dict[str, Any]:
        """The block as it came; InvalidRequest where botocore had already thrown its content away."""
        refuse_lost_members(self.raw)
        return dict(self.raw)

    @never_raises
    def __repr__(self) -> str:
        # A member's name is the API's, but a caller's dict can have anything as its key.
        return f"UnknownBlock({shown(self.name)})"


Block = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | ToolUseBlock
    | ToolResultBlock
    | ReasoningBlock
    | CitationsBlock
    | UnknownBlock
)

_PARSERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Block | None]]] = {
    "image": image_of,
    "document": document_of,
    "toolUse": tool_use_of,
    "toolResult": tool_result_of,
    "reasoningContent": reasoning_of,
    "citationsContent": citations_of,
}


def parse_block(raw: object) -> Block:
    """The block in its class.

    An unknown name, and a union with another number of members than one, is an UnknownBlock. A known one without its
    required members is IncompleteResponse.
    """
    if not isinstance(raw, Mapping):
        raise malformed("content")
    if len(raw) == 1:
        ((name, value),) = raw.items()
        if name == "text":
            if not isinstance(value, str):
                raise malformed("text")
            return TextBlock(value)
        parse = _PARSERS.get(name)
        if parse is not None:
            if not isinstance(value, Mapping):
                raise malformed(name)
            return parse(value) or UnknownBlock(name, raw)
        if name == UNKNOWN_MEMBER and isinstance(value, Mapping):
            return UnknownBlock(str(value.get("name")), raw)
        return UnknownBlock(str(name), raw)
    return UnknownBlock("", raw)
