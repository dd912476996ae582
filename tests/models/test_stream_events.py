"""Stream events are light, typed and silent."""

from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import (
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
    UnknownEvent,
    Usage,
    stream_event,
)
from secure_bedrock.models.stream import _PARSERS

USAGE = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
STOP = {"stopReason": "end_turn"}
COST = {"usage": USAGE, "metrics": {"latencyMs": 5}}


def delta(value: object, index: object = 2) -> dict[str, Any]:
    return {"delta": value, "contentBlockIndex": index}


def start(value: object) -> dict[str, Any]:
    return {"start": value, "contentBlockIndex": 2}


EVENTS: dict[str, tuple[str, dict[str, Any], StreamEvent]] = {
    "the beginning": ("messageStart", {"role": "assistant"}, MessageStart("assistant")),
    "a tool": (
        "contentBlockStart",
        start({"toolUse": {"toolUseId": "t", "name": "secret"}}),
        ToolUseStart(2, "t", "secret"),
    ),
    "a tool that AWS runs": (
        "contentBlockStart",
        start({"toolUse": {"toolUseId": "t", "name": "n", "type": "server_tool_use"}}),
        ToolUseStart(2, "t", "n", "server_tool_use"),
    ),
    "an image": (
        "contentBlockStart",
        start({"image": {"format": "png"}}),
        BlockStart(2, "image", {"format": "png"}),
    ),
    "text": ("contentBlockDelta", delta({"text": "secret"}), TextDelta(2, "secret")),
    "a tool's input": (
        "contentBlockDelta",
        delta({"toolUse": {"input": '{"secret'}}),
        ToolInputDelta(2, '{"secret'),
    ),
    "a thought": (
        "contentBlockDelta",
        delta({"reasoningContent": {"text": "secret"}}),
        ReasoningDelta(2, text="secret"),
    ),
    "a thought's signature": (
        "contentBlockDelta",
        delta({"reasoningContent": {"signature": "secret"}}),
        ReasoningDelta(2, signature="secret"),
    ),
    "a hidden thought": (
        "contentBlockDelta",
        delta({"reasoningContent": {"redactedContent": "aGk="}}),
        ReasoningDelta(2, redacted=b"hi"),
    ),
    "a thought of tomorrow": (
        "contentBlockDelta",
        delta({"reasoningContent": {"dream": "secret"}}),
        OtherDelta(2, "reasoningContent", {"dream": "secret"}),
    ),
    "a citation": (
        "contentBlockDelta",
        delta({"citation": {"title": "secret"}}),
        OtherDelta(2, "citation", {"title": "secret"}),
    ),
    "a delta of tomorrow": (
        "contentBlockDelta",
        delta({"hologram": "secret"}),
        OtherDelta(2, "hologram", "secret"),
    ),
    "the end of a block": ("contentBlockStop", {"contentBlockIndex": 2}, BlockStop(2)),
    "the end": ("messageStop", STOP, MessageStop("end_turn", STOP)),
    "the cost": ("metadata", COST, Metadata(Usage(1, 2, 3), COST)),
    "a cost that is not told": ("metadata", {}, Metadata(None, {})),
    "an event of tomorrow": (
        "hologram",
        {"x": "secret"},
        UnknownEvent("hologram", {"x": "secret"}),
    ),
}


@pytest.mark.parametrize(("name", "payload", "event"), EVENTS.values(), ids=EVENTS)
def test_an_event_has_its_class(name: str, payload: dict[str, Any], event: StreamEvent) -> None:
    made = stream_event(name, payload)

    assert made == event
    assert type(made) is type(event)
    assert "secret" not in repr(made) + str(made)
    assert not hasattr(made, "__dict__")


MALFORMED: dict[str, tuple[str, Any]] = {
    "no role": ("messageStart", {}),
    "a role of a wrong type": ("messageStart", {"role": 7}),
    "no delta": ("contentBlockDelta", {"contentBlockIndex": 1}),
    "an empty delta": ("contentBlockDelta", delta({})),
    "two deltas in one": ("contentBlockDelta", delta({"text": "secret", "toolUse": {}})),
    "text that is none": ("contentBlockDelta", delta({"text": 7})),
    "no index": ("contentBlockDelta", {"delta": {"text": "secret"}}),
    "an index that is none": ("contentBlockDelta", delta({"text": "secret"}, True)),
    "an index below nothing": ("contentBlockDelta", delta({"text": "secret"}, -1)),
    "a tool's input that is none": (
        "contentBlockDelta",
        delta({"toolUse": {"input": {"a": "secret"}}}),
    ),
    "a thought that is none": ("contentBlockDelta", delta({"reasoningContent": "secret"})),
    "a hidden thought that is no base64": (
        "contentBlockDelta",
        delta({"reasoningContent": {"redactedContent": "secret!"}}),
    ),
    "a tool without a name": ("contentBlockStart", start({"toolUse": {"toolUseId": "t"}})),
    "no start": ("contentBlockStart", {"contentBlockIndex": 0}),
    "no stop reason": ("messageStop", {}),
    "a cost that is none": ("metadata", {"usage": {"inputTokens": "secret"}}),
    "a payload that is none": ("messageStop", ["secret"]),
}


@pytest.mark.parametrize(("name", "payload"), MALFORMED.values(), ids=MALFORMED)
def test_an_event_without_what_it_requires_is_an_incomplete_answer(name: str, payload: Any) -> None:
    with pytest.raises(IncompleteResponse) as caught:
        stream_event(name, payload)

    assert caught.value.rule == "malformed-answer"
    assert "secret" not in str(caught.value) + repr(caught.value)
    assert caught.value.__context__ is None


def test_every_event_of_botocore_s_model_is_known() -> None:
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    shape = model.shape_for("ConverseStreamOutput")

    assert isinstance(shape, StructureShape)
    assert set(_PARSERS) == {name for name in shape.members if not name.endswith("Exception")}
