"""The events of a ConverseStream: light values, one per event, without content in their repr."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from secure_bedrock.models.quiet_repr import never_raises, repr_of_members
from secure_bedrock.models.usage import Usage
from secure_bedrock.models.wire import bytes_of, malformed, shown

# Names and required members are those of ConverseStreamOutput in bedrock-runtime's service-2.json (botocore 1.44.5,
# read 2026-11-20). Exceptions inside a stream are errors, and made where frames are read.


class _Quiet:
    """A repr that shows the class alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@dataclass(frozen=True, slots=True, repr=False)
class MessageStart:
    """The answer begins."""

    role: str

    @never_raises
    def __repr__(self) -> str:
        return f"MessageStart(role={shown(self.role)!r})"


@dataclass(frozen=True, slots=True, repr=False)
class BlockStart(_Quiet):
    """A block begins that is not a tool use; `kind` is its name, `start` what is said of it."""

    index: int
    kind: str
    start: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class ToolUseStart(_Quiet):
    """The model begins to ask for a tool; `type` is server_tool_use where AWS runs it."""

    index: int
    tool_use_id: str
    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class TextDelta(_Quiet):
    """More text."""

    index: int
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class ToolInputDelta(_Quiet):
    """More of a tool's input: a piece of JSON text."""

    index: int
    input: str


@dataclass(frozen=True, slots=True, repr=False)
class ReasoningDelta(_Quiet):
    """More reasoning: one of its members is given."""

    index: int
    text: str | None = None
    signature: str | None = None
    redacted: bytes | None = None


@dataclass(frozen=True, slots=True, repr=False)
class OtherDelta(_Quiet):
    """More of another block: citation, image, toolResult, or what is not known yet."""

    index: int
    kind: str
    value: Any


@dataclass(frozen=True, slots=True, repr=False)
class BlockStop:
    """A block is complete."""

    index: int

    def __repr__(self) -> str:
        return repr_of_members(self)


@dataclass(frozen=True, slots=True, repr=False)
class MessageStop(_Quiet):
    """The answer is complete; `raw` is the event's wire form."""

    stop_reason: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Metadata(_Quiet):
    """What the answer cost; `raw` is the event's wire form, with metrics, trace and the rest."""

    usage: Usage | None
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class UnknownEvent(_Quiet):
    """An event that this version does not know."""

    name: str
    payload: Mapping[str, Any]


StreamEvent = (
    MessageStart
    | BlockStart
    | ToolUseStart
    | TextDelta
    | ToolInputDelta
    | ReasoningDelta
    | OtherDelta
    | BlockStop
    | MessageStop
    | Metadata
    | UnknownEvent
)


def stream_event(name: str, payload: Mapping[str, Any]) -> StreamEvent:
    """The event called `name` in its class; IncompleteResponse where a required member is missing or of a wrong type.

    `payload` is the event's parsed JSON, or what botocore made of it.
    """
    parse = _PARSERS.get(name)
    if parse is None:
        return UnknownEvent(name, payload)
    try:
        return parse(payload)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass  # and not raised in here: the caught error could hold a piece of the answer
    raise malformed(name)


def _delta(payload: Mapping[str, Any]) -> StreamEvent:
    ((kind, value),) = payload["delta"].items()
    index = _index(payload)
    if kind == "text":
        return TextDelta(index, _text(value))
    if kind == "toolUse":
        return ToolInputDelta(index, _text(value["input"]))
    if kind == "reasoningContent":
        ((part, said),) = value.items()
        if part == "text":
            return ReasoningDelta(index, text=_text(said))
        if part == "signature":
            return ReasoningDelta(index, signature=_text(said))
        if part == "redactedContent":
            return ReasoningDelta(index, redacted=bytes_of(said, part))
    return OtherDelta(index, kind, value)


def _start(payload: Mapping[str, Any]) -> StreamEvent:
    ((kind, value),) = payload["start"].items()
    index = _index(payload)
    if kind == "toolUse":
        return ToolUseStart(
            index, _text(value["toolUseId"]), _text(value["name"]), value.get("type")
        )
    return BlockStart(index, kind, value)


def _stop(payload: Mapping[str, Any]) -> StreamEvent:
    return BlockStop(_index(payload))


def _message_start(payload: Mapping[str, Any]) -> StreamEvent:
    return MessageStart(_text(payload["role"]))


def _message_stop(payload: Mapping[str, Any]) -> StreamEvent:
    return MessageStop(_text(payload["stopReason"]), payload)


def _metadata(payload: Mapping[str, Any]) -> StreamEvent:
    usage = payload.get("usage")
    return Metadata(None if usage is None else Usage.from_wire(usage), payload)


def _index(payload: Mapping[str, Any]) -> int:
    index = payload["contentBlockIndex"]
    if type(index) is not int or index < 0:
        raise TypeError
    return index


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


_PARSERS: Final[dict[str, Callable[[Mapping[str, Any]], StreamEvent]]] = {
    "contentBlockDelta": _delta,
    "contentBlockStart": _start,
    "contentBlockStop": _stop,
    "messageStart": _message_start,
    "messageStop": _message_stop,
    "metadata": _metadata,
}
