"""One message of a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models.blocks import Block, parse_block
from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.text_blocks import CitationsBlock, TextBlock
from secure_bedrock.models.tool_blocks import ToolUseBlock
from secure_bedrock.models.wire import list_of, malformed, text_of

Part = str | Block | Mapping[str, Any]
"""Something that can stand in a message: text, a block, or a block in wire form."""


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Message:
    """What one side said; `role` is user, assistant or system.

    `content` may be given as a str, a block or a list of parts, and is a tuple of blocks. Raises InvalidRequest for
    anything else.
    """

    role: str
    content: tuple[Block, ...]

    def __init__(self, role: str, content: Part | Sequence[Part]) -> None:
        if not isinstance(role, str):
            raise InvalidRequest("a message's role must be a str", rule="message-role")
        parts = [content] if isinstance(content, str | Mapping | Block) else content
        if not isinstance(parts, list | tuple):
            raise InvalidRequest(_EXPECTED, rule="message-content")
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "content", tuple(_block_of(part) for part in parts))

    @classmethod
    def user(cls, *parts: Part) -> Self:
        """What the user says."""
        return cls("user", parts)

    @classmethod
    def assistant(cls, *parts: Part) -> Self:
        """What the model said, or is to have said."""
        return cls("assistant", parts)

    @classmethod
    def from_wire(cls, raw: Mapping[str, Any]) -> Self:
        """The message in an answer; IncompleteResponse where a required member is missing, or a block is none."""
        message = object.__new__(cls)
        object.__setattr__(message, "role", text_of(raw, "role"))
        blocks = tuple([_answered(block) for block in list_of(raw, "content")])
        object.__setattr__(message, "content", blocks)
        return message

    def to_wire(self) -> dict[str, Any]:
        """The message under botocore's member names; InvalidRequest for a block that can't be sent."""
        return {"role": self.role, "content": [block.to_wire() for block in self.content]}

    @property
    def texts(self) -> list[str]:
        """The texts of the message's text blocks, cited text included, reasoning not."""
        return [
            block.text for block in self.content if isinstance(block, TextBlock | CitationsBlock)
        ]

    @property
    def text(self) -> str:
        """All texts, joined."""
        return "".join(self.texts)

    @property
    def tool_uses(self) -> list[ToolUseBlock]:
        """The tools that the message asks for."""
        return [block for block in self.content if isinstance(block, ToolUseBlock)]

    @never_raises
    def __repr__(self) -> str:
        role = self.role if self.role in _ROLES else "?"
        return f"Message({role}, {list(self.content)!r})"


# Source: enum ConversationRole in bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
_ROLES = frozenset({"user", "assistant", "system"})
_EXPECTED = "a message's content must be a str, a block, a block as a dict, or a list of these"


def _answered(raw: object) -> Block:
    """A block of an answer: a union, so it has exactly one member, known or of tomorrow."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise malformed("content")
    return parse_block(raw)


def _block_of(part: object) -> Block:
    if isinstance(part, str):
        return TextBlock(part)
    if isinstance(part, Block):
        return part
    if isinstance(part, Mapping) and len(part) == 1:
        return parse_block(part)
    raise InvalidRequest(_EXPECTED, rule="message-content")
