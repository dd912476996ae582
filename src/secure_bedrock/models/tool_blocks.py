"""Blocks of tools: what the model asks of one, and what it answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.wire import list_of, malformed, optional_text_of, rest_of, shown, text_of

_TOOL_USE: Final = frozenset({"toolUseId", "name", "input"})
_TOOL_RESULT: Final = frozenset({"toolUseId", "content", "status"})

# Names and required members are those of bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
# `extra` keeps members that these classes don't know, so that a block can be sent back as it came.


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

    @never_raises
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

    @never_raises
    def __repr__(self) -> str:
        return f"ToolResultBlock({len(self.content)} parts, status={shown(self.status)!r})"


def tool_use_of(members: Mapping[str, Any]) -> ToolUseBlock:
    """The request for a tool in an answer's block."""
    if "input" not in members:
        raise malformed("input")
    return ToolUseBlock(
        text_of(members, "toolUseId"),
        text_of(members, "name"),
        members["input"],
        rest_of(members, _TOOL_USE),
    )


def tool_result_of(members: Mapping[str, Any]) -> ToolResultBlock:
    """The tool's answer in a block."""
    return ToolResultBlock(
        text_of(members, "toolUseId"),
        list_of(members, "content"),
        optional_text_of(members, "status"),
        rest_of(members, _TOOL_RESULT),
    )
