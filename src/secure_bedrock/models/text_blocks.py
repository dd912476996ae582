"""Blocks that hold text: what was said, what was reasoned, and what was cited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.wire import (
    bytes_of,
    malformed,
    optional_text_of,
    rest_of,
    struct_of,
    text_of,
)

_REASONING_TEXT: Final = frozenset({"text", "signature"})
_CITATIONS: Final = frozenset({"content", "citations"})

# Names and required members are those of bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
# `extra` keeps members that these classes don't know, so that a block can be sent back as it came.


@dataclass(frozen=True, slots=True, repr=False)
class TextBlock:
    """Text that was said."""

    text: str

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        return {"text": self.text}

    @never_raises
    def __repr__(self) -> str:
        return f"TextBlock({len(self.text)} characters)"


@dataclass(frozen=True, slots=True, repr=False)
class ReasoningBlock:
    """The model's reasoning: `text` and its `signature`, or `redacted` bytes that only AWS can read."""

    text: str | None = None
    signature: str | None = None
    redacted: bytes | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        if self.redacted is not None:
            return {"reasoningContent": {"redactedContent": self.redacted}}
        members = {**self.extra, "text": self.text or ""}
        if self.signature is not None:
            members["signature"] = self.signature
        return {"reasoningContent": {"reasoningText": members}}

    @never_raises
    def __repr__(self) -> str:
        size = len(self.text or "") if self.redacted is None else len(self.redacted)
        return f"ReasoningBlock({size} {'characters' if self.redacted is None else 'bytes'})"


@dataclass(frozen=True, slots=True, repr=False)
class CitationsBlock:
    """Text together with the places it is taken from, both in wire form."""

    content: Sequence[Mapping[str, Any]]
    citations: Sequence[Mapping[str, Any]]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text without its citations."""
        return "".join(item["text"] for item in self.content if isinstance(item.get("text"), str))

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        members = {"content": list(self.content), "citations": list(self.citations)}
        return {"citationsContent": {**self.extra, **members}}

    @never_raises
    def __repr__(self) -> str:
        return f"CitationsBlock({len(self.text)} characters, {len(self.citations)} citations)"


def reasoning_of(members: Mapping[str, Any]) -> ReasoningBlock | None:
    """The reasoning in an answer's block; None where it is of a form that nobody knows."""
    if len(members) == 1:
        if "redactedContent" in members:
            redacted = bytes_of(members["redactedContent"], "redactedContent")
            return ReasoningBlock(redacted=redacted)
        if "reasoningText" in members:
            inner = struct_of(members, "reasoningText")
            return ReasoningBlock(
                text_of(inner, "text"),
                optional_text_of(inner, "signature"),
                extra=rest_of(inner, _REASONING_TEXT),
            )
    return None


def citations_of(members: Mapping[str, Any]) -> CitationsBlock:
    """The text and its citations in an answer's block."""
    content, citations = members.get("content", []), members.get("citations", [])
    if not isinstance(content, list) or not isinstance(citations, list):
        raise malformed("citationsContent")
    if not all(isinstance(item, Mapping) for item in content):
        raise malformed("citationsContent")
    return CitationsBlock(content, citations, rest_of(members, _CITATIONS))
