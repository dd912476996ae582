"""Content blocks of messages: what Converse's union ContentBlock holds, and what it may hold one day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models.wire import (
    UNKNOWN_MEMBER,
    bytes_of,
    list_of,
    malformed,
    optional_text_of,
    refuse_lost_members,
    shown,
    struct_of,
    text_of,
)

# Names and required members are those of bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
# `extra` keeps members that these classes don't know, so that a block can be sent back as it came.


@dataclass(frozen=True, slots=True, repr=False)
class TextBlock:
    """Text that was said."""

    text: str

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        return {"text": self.text}

    def __repr__(self) -> str:
        return f"TextBlock({len(self.text)} characters)"


@dataclass(frozen=True, slots=True, repr=False)
class ImageBlock:
    """An image; `format` is png, jpeg, gif or webp, `source` holds `bytes` or `s3Location`."""

    format: str
    source: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """An image whose format is told by its first bytes; InvalidRequest when they tell none."""
        for name, start, at in _IMAGE_STARTS:
            if data[at : at + len(start)] == start:
                return cls(name, {"bytes": bytes(data)})
        raise InvalidRequest("the image is none of png, jpeg, gif and webp", rule="image-format")

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        return {"image": {**self.extra, "format": self.format, "source": dict(self.source)}}

    def __repr__(self) -> str:
        return f"ImageBlock({_size_of(self.source)})"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentBlock:
    """A document; `source` holds `bytes`, `s3Location`, `text` or `content`, `format` is pdf, csv, docx, md …"""

    name: str
    source: Mapping[str, Any]
    format: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        members = {**self.extra, "name": self.name, "source": dict(self.source)}
        if self.format is not None:
            members["format"] = self.format
        return {"document": members}

    def __repr__(self) -> str:
        return f"DocumentBlock({_size_of(self.source)})"


@dataclass(frozen=True, slots=True, repr=False)
class ToolUseBlock:
    """The model asks for a tool; `input` is the JSON object it gave, or its text where that was not JSON."""

    tool_use_id: str
    name: str
    input: Any
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def malformed(self) -> bool:
        """True where the input is not a JSON object: then the tool must not be run."""
        return not isinstance(self.input, Mapping)

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        members = {"toolUseId": self.tool_use_id, "name": self.name, "input": self.input}
        return {"toolUse": {**self.extra, **members}}

    def __repr__(self) -> str:
        size = len(self.input) if isinstance(self.input, Mapping) else 0
        return f"ToolUseBlock({'malformed' if self.malformed else f'{size} members'})"


@dataclass(frozen=True, slots=True, repr=False)
class ToolResultBlock:
    """What a tool answered; `content` is a list in wire form, `status` is success, error or None."""

    tool_use_id: str
    content: Sequence[Mapping[str, Any]]
    status: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, tool_use_id: str, answer: object, *, error: bool = False) -> Self:
        """A tool's answer: text stays text, everything else is sent as JSON."""
        item = {"text": answer} if isinstance(answer, str) else {"json": answer}
        return cls(tool_use_id, [item], "error" if error else "success")

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        members: dict[str, Any] = {
            **self.extra,
            "toolUseId": self.tool_use_id,
            "content": [dict(item) for item in self.content],
        }
        if self.status is not None:
            members["status"] = self.status
        return {"toolResult": members}

    def __repr__(self) -> str:
        return f"ToolResultBlock({len(self.content)} parts, status={shown(self.status)!r})"


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

    def __repr__(self) -> str:
        return f"CitationsBlock({len(self.text)} characters, {len(self.citations)} citations)"


@dataclass(frozen=True, slots=True, repr=False)
class UnknownBlock:
    """A block that these classes don't know; `raw` is its whole wire form."""

    name: str
    raw: Mapping[str, Any]

    def to_wire(self) -> dict[str, Any]:
        """The block as it came; InvalidRequest where botocore had already thrown its content away."""
        refuse_lost_members(self.raw)
        return dict(self.raw)

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
            return parse(value)
        if name == UNKNOWN_MEMBER and isinstance(value, Mapping):
            return UnknownBlock(str(value.get("name")), raw)
        return UnknownBlock(str(name), raw)
    return UnknownBlock("", raw)


def _image(members: Mapping[str, Any]) -> Block:
    return ImageBlock(text_of(members, "format"), _source(members), _rest(members, _IMAGE))


def _document(members: Mapping[str, Any]) -> Block:
    return DocumentBlock(
        text_of(members, "name"),
        _source(members),
        optional_text_of(members, "format"),
        _rest(members, _DOCUMENT),
    )


def _tool_use(members: Mapping[str, Any]) -> Block:
    if "input" not in members:
        raise malformed("input")
    return ToolUseBlock(
        text_of(members, "toolUseId"),
        text_of(members, "name"),
        members["input"],
        _rest(members, _TOOL_USE),
    )


def _tool_result(members: Mapping[str, Any]) -> Block:
    return ToolResultBlock(
        text_of(members, "toolUseId"),
        list_of(members, "content"),
        optional_text_of(members, "status"),
        _rest(members, _TOOL_RESULT),
    )


def _reasoning(members: Mapping[str, Any]) -> Block:
    if len(members) == 1:
        if "redactedContent" in members:
            redacted = bytes_of(members["redactedContent"], "redactedContent")
            return ReasoningBlock(redacted=redacted)
        if "reasoningText" in members:
            inner = struct_of(members, "reasoningText")
            return ReasoningBlock(
                text_of(inner, "text"),
                optional_text_of(inner, "signature"),
                extra=_rest(inner, _REASONING_TEXT),
            )
    return UnknownBlock("reasoningContent", {"reasoningContent": members})


def _citations(members: Mapping[str, Any]) -> Block:
    content, citations = members.get("content", []), members.get("citations", [])
    if not isinstance(content, list) or not isinstance(citations, list):
        raise malformed("citationsContent")
    if not all(isinstance(item, Mapping) for item in content):
        raise malformed("citationsContent")
    return CitationsBlock(content, citations, _rest(members, _CITATIONS))


_PARSERS: Final = {
    "image": _image,
    "document": _document,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _reasoning,
    "citationsContent": _citations,
}
_IMAGE: Final = frozenset({"format", "source"})
_DOCUMENT: Final = frozenset({"format", "name", "source"})
_TOOL_USE: Final = frozenset({"toolUseId", "name", "input"})
_TOOL_RESULT: Final = frozenset({"toolUseId", "content", "status"})
_REASONING_TEXT: Final = frozenset({"text", "signature"})
_CITATIONS: Final = frozenset({"content", "citations"})

# Source: PNG (RFC 2083 §3.1), JPEG (ITU T.81 B.1.1.3), GIF89a specification §17, WebP container (RFC 9649 §2.4).
_IMAGE_STARTS: Final = (
    ("png", b"\x89PNG\r\n\x1a\n", 0),
    ("jpeg", b"\xff\xd8\xff", 0),
    ("gif", b"GIF8", 0),
    ("webp", b"WEBP", 8),
)


def _source(members: Mapping[str, Any]) -> Mapping[str, Any]:
    source = struct_of(members, "source")
    if "bytes" in source:
        return {**source, "bytes": bytes_of(source["bytes"], "bytes")}
    return source


def _rest(members: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in known}


def _size_of(source: Mapping[str, Any]) -> str:
    data = source.get("bytes")
    return f"{len(data)} bytes" if isinstance(data, bytes) else "by reference"
