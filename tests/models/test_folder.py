"""Streams are folded to the answer, and what does not fit together is not an answer."""

import time
from typing import Any

import pytest

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import (
    BlockStart,
    BlockStop,
    CitationsBlock,
    Message,
    MessageStart,
    MessageStop,
    Metadata,
    OtherDelta,
    ReasoningDelta,
    StreamEvent,
    StreamFolder,
    TextDelta,
    ToolInputDelta,
    ToolUseBlock,
    ToolUseStart,
    UnknownBlock,
    UnknownEvent,
    Usage,
)

BEGIN = MessageStart("assistant")
END = MessageStop("end_turn", {"stopReason": "end_turn"})
USAGE = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
COST = Metadata(Usage(1, 2, 3), {"usage": USAGE, "metrics": {"latencyMs": 5}})


def fold(*events: StreamEvent) -> StreamFolder:
    folder = StreamFolder()
    for event in events:
        folder.add(event)
    return folder


def content(*events: StreamEvent) -> list[Any]:
    raw = fold(BEGIN, *events, END, COST).response().raw
    blocks: list[Any] = raw["output"]["message"]["content"]
    return blocks


def test_an_answer_is_folded() -> None:
    folder = fold(BEGIN, TextDelta(0, "Hel"), TextDelta(0, "lo"), BlockStop(0))
    before = folder.complete
    folder.add(END)
    folder.add(COST)
    reply = folder.response(request_id="r-1")

    assert (before, folder.complete) == (False, True)
    assert reply.raw == {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
        "stopReason": "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 5},
    }
    assert (reply.text, reply.request_id, reply.usage) == ("Hello", "r-1", Usage(1, 2, 3))


# sentence → (events, blocks)
FOLDED: dict[str, tuple[list[StreamEvent], list[dict[str, Any]]]] = {
    "a tool with input in pieces": (
        [ToolUseStart(0, "t", "n"), ToolInputDelta(0, '{"a"'), ToolInputDelta(0, ":1}")],
        [{"toolUse": {"toolUseId": "t", "name": "n", "input": {"a": 1}}}],
    ),
    "a tool without input": (
        [ToolUseStart(0, "t", "n", "server_tool_use")],
        [{"toolUse": {"toolUseId": "t", "name": "n", "type": "server_tool_use", "input": {}}}],
    ),
    "a thought with its signature": (
        [
            ReasoningDelta(0, text="h"),
            ReasoningDelta(0, text="m"),
            ReasoningDelta(0, signature="s"),
        ],
        [{"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}],
    ),
    "a hidden thought": (
        [ReasoningDelta(0, redacted=b"a"), ReasoningDelta(0, redacted=b"b")],
        [{"reasoningContent": {"redactedContent": b"ab"}}],
    ),
    "cited text": (
        [TextDelta(0, "a"), OtherDelta(0, "citation", {"title": "t"}), TextDelta(0, "b")],
        [{"citationsContent": {"content": [{"text": "ab"}], "citations": [{"title": "t"}]}}],
    ),
    "a citation before its text": (
        [OtherDelta(0, "citation", {"title": "t"}), TextDelta(0, "b")],
        [{"citationsContent": {"content": [{"text": "b"}], "citations": [{"title": "t"}]}}],
    ),
    "a tool's answer": (
        [
            BlockStart(0, "toolResult", {"toolUseId": "t", "status": "success"}),
            OtherDelta(0, "toolResult", [{"text": "a"}]),
            OtherDelta(0, "toolResult", [{"json": 1}]),
        ],
        [
            {
                "toolResult": {
                    "toolUseId": "t",
                    "status": "success",
                    "content": [{"text": "a"}, {"json": 1}],
                }
            }
        ],
    ),
    "an image in pieces": (
        [
            BlockStart(0, "image", {"format": "png"}),
            OtherDelta(0, "image", {"source": {"bytes": b"a"}}),
            OtherDelta(0, "image", {"source": {"bytes": "Yg=="}}),
            OtherDelta(0, "image", {"error": {"message": "m"}}),
        ],
        [
            {
                "image": {
                    "format": "png",
                    "source": {"bytes": b"ab"},
                    "error": {"message": "m"},
                }
            }
        ],
    ),
    "blocks in the order of their index": (
        [TextDelta(1, "b"), TextDelta(0, "a"), TextDelta(1, "c")],
        [{"text": "a"}, {"text": "bc"}],
    ),
    "a block that ended without a word is none": (
        [BlockStop(0), TextDelta(1, "a")],
        [{"text": "a"}],
    ),
    "events of tomorrow are passed over": (
        [UnknownEvent("x", {}), TextDelta(0, "a")],
        [{"text": "a"}],
    ),
}


@pytest.mark.parametrize(("events", "blocks"), FOLDED.values(), ids=FOLDED)
def test_pieces_are_put_together(events: list[StreamEvent], blocks: list[dict[str, Any]]) -> None:
    assert content(*events) == blocks


@pytest.mark.parametrize(
    "text", ['{"a":', "NaN", "[" * 100_000, "1" * 5000, "not json", '{"a": Infinity}']
)
def test_a_tool_s_input_that_is_no_json_is_kept_as_it_came(text: str) -> None:
    reply = fold(BEGIN, ToolUseStart(0, "t", "n"), ToolInputDelta(0, text), END, COST).response()

    assert reply.tool_uses == [ToolUseBlock("t", "n", text)]
    assert reply.tool_uses[0].malformed


def test_a_block_of_tomorrow_is_kept_but_can_t_be_sent_back() -> None:
    reply = fold(BEGIN, OtherDelta(0, "hologram", {"depth": 1}), END, COST).response()
    block = reply.message.content[0]

    assert isinstance(block, UnknownBlock)
    assert block.name == "hologram"
    assert block.raw["SDK_UNKNOWN_MEMBER"]["deltas"] == [{"depth": 1}]


def test_the_cost_may_come_before_the_end_and_other_members_come_along() -> None:
    stop = MessageStop("end_turn", {"additionalModelResponseFields": {"a": 1}, "x": 1})
    cost = Metadata(None, {"trace": {"t": 1}, "serviceTier": {"type": "flex"}, "y": 1})
    reply = fold(BEGIN, cost, TextDelta(0, "a"), stop).response()

    assert {
        name: reply.raw[name] for name in reply.raw if name not in {"output", "stopReason"}
    } == {
        "additionalModelResponseFields": {"a": 1},
        "trace": {"t": 1},
        "serviceTier": {"type": "flex"},
    }
    assert reply.usage_missing


def test_without_a_cost_the_answer_stands_and_says_so() -> None:
    reply = fold(BEGIN, TextDelta(0, "a"), END).response()

    assert (reply.text, reply.usage, reply.usage_missing) == ("a", None, True)


# sentence → events of which the last does not fit
BROKEN: dict[str, list[StreamEvent]] = {
    "it begins twice": [BEGIN, BEGIN],
    "a block begins twice": [BEGIN, ToolUseStart(0, "t", "n"), BlockStart(0, "image", {})],
    "input for a tool that has not begun": [BEGIN, ToolInputDelta(0, "{}")],
    "text for a tool": [BEGIN, ToolUseStart(0, "t", "n"), TextDelta(0, "a")],
    "input for text": [BEGIN, TextDelta(0, "a"), ToolInputDelta(0, "{}")],
    "a thought for text": [BEGIN, TextDelta(0, "a"), ReasoningDelta(0, text="b")],
    "a part of an image for text": [BEGIN, TextDelta(0, "a"), OtherDelta(0, "image", {})],
    "more after the end": [BEGIN, END, TextDelta(0, "a")],
    "two ends": [BEGIN, END, END],
}


@pytest.mark.parametrize("events", BROKEN.values(), ids=BROKEN)
def test_events_that_don_t_belong_together_are_an_incomplete_answer(
    events: list[StreamEvent],
) -> None:
    folder = fold(*events[:-1])

    with pytest.raises(IncompleteResponse) as caught:
        folder.add(events[-1])

    assert caught.value.partial == folder.partial()


UNREADABLE: dict[str, list[StreamEvent]] = {
    "a tool's answer without its id": [BlockStart(0, "toolResult", {})],
    "a tool's answer in a wrong type": [
        BlockStart(0, "toolResult", {"toolUseId": "t"}),
        OtherDelta(0, "toolResult", "x"),
    ],
    "an image without a source": [BlockStart(0, "image", {"format": "png"})],
    "an image in a wrong type": [OtherDelta(0, "image", "x")],
}


@pytest.mark.parametrize("events", UNREADABLE.values(), ids=UNREADABLE)
def test_a_block_that_can_t_be_read_makes_the_answer_incomplete(events: list[StreamEvent]) -> None:
    folder = fold(BEGIN, *events, TextDelta(1, "a"), END, COST)

    with pytest.raises(IncompleteResponse) as caught:
        folder.response()

    assert caught.value.partial == Message.assistant("a")


@pytest.mark.parametrize("events", [[], [BEGIN], [BEGIN, COST], [COST]], ids=str)
def test_before_the_first_content_there_is_nothing_to_hand_over(events: list[StreamEvent]) -> None:
    with pytest.raises(IncompleteResponse) as caught:
        fold(*events).response()

    assert (caught.value.rule, caught.value.partial) == ("stream-cut", None)


def test_what_had_arrived_is_handed_over() -> None:
    folder = fold(BEGIN, TextDelta(0, "a"), ToolUseStart(1, "t", "n"), ToolInputDelta(1, '{"a'))

    with pytest.raises(IncompleteResponse) as caught:
        folder.response()

    assert caught.value.partial == Message.assistant("a", ToolUseBlock("t", "n", '{"a'))


def test_cited_text_is_text() -> None:
    reply = fold(BEGIN, OtherDelta(0, "citation", {}), TextDelta(0, "b"), END, COST).response()

    assert isinstance(reply.message.content[0], CitationsBlock)
    assert reply.text == "b"


def test_an_image_in_thousands_of_pieces_is_joined_once() -> None:
    """Joined at each piece it would be 128 GB of copying: half a minute, not an eye's blink."""
    piece = OtherDelta(0, "image", {"source": {"bytes": b"x" * 4096}})
    began = time.thread_time()
    blocks = content(BlockStart(0, "image", {"format": "png"}), *[piece] * 8000)

    assert len(blocks[0]["image"]["source"]["bytes"]) == 8000 * 4096
    assert time.thread_time() - began < 3.0


def test_a_place_that_comes_after_an_images_pieces_holds() -> None:
    place = {"s3Location": {"uri": "s3://b/k"}}
    data = OtherDelta(0, "image", {"format": "png", "source": {"bytes": b"a"}})
    other = OtherDelta(0, "image", {"source": place})
    folded = [
        content(*pieces)[0]["image"]["source"]
        for pieces in ([data], [data, other], [data, other, data])
    ]

    assert folded == [{"bytes": b"a"}, place, {"bytes": b"aa"}]
