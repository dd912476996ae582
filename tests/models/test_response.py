"""An answer is complete or it is an error."""

import copy
import pickle
from typing import Any

import pytest

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import ConverseResponse, Message, Metrics, ToolUseBlock, Usage

RAW: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "secret thought"}}},
                {"text": "secret "},
                {"text": "answer"},
                {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "secret"}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {
        "inputTokens": 10,
        "outputTokens": 20,
        "totalTokens": 30,
        "cacheReadInputTokens": 5,
        "cacheWriteInputTokens": 7,
    },
    "metrics": {"latencyMs": 312},
}


def test_a_complete_answer_can_be_read() -> None:
    reply = ConverseResponse.from_wire(RAW, request_id="r-1")

    assert (reply.text, reply.texts) == ("secret answer", ["secret ", "answer"])
    assert (reply.stop_reason, reply.request_id, reply.event) == ("tool_use", "r-1", None)
    assert reply.tool_uses == [ToolUseBlock("t", "weather", {"city": "secret"})]
    assert [block.text for block in reply.reasoning] == ["secret thought"]
    assert reply.usage == Usage(10, 20, 30, 5, 7)
    assert reply.usage.billed_input_tokens == 22
    assert reply.metrics == Metrics(312)
    assert reply.raw is RAW
    assert not reply.usage_missing
    assert reply.to_message().to_wire() == RAW["output"]["message"]


def test_the_repr_tells_lengths_only() -> None:
    shown = repr(ConverseResponse.from_wire(RAW))

    assert shown == (
        "ConverseResponse(tool_use, Message(assistant, [ReasoningBlock(14 characters),"
        " TextBlock(7 characters), TextBlock(6 characters), ToolUseBlock(1 members)]))"
    )


def test_an_answer_may_be_given_its_event_and_be_pickled() -> None:
    reply = ConverseResponse.from_wire(RAW).with_event("event")

    assert reply.event == "event"
    assert reply == ConverseResponse.from_wire(RAW)
    assert pickle.loads(pickle.dumps(reply)) == reply
    assert reply != ConverseResponse.from_wire({**RAW, "stopReason": "end_turn"})


@pytest.mark.parametrize(
    ("reason", "truncated", "blocked"),
    [
        ("end_turn", False, False),
        ("max_tokens", True, False),
        ("model_context_window_exceeded", True, False),
        ("guardrail_intervened", False, True),
        ("content_filtered", False, True),
        ("a reason of tomorrow", False, False),
    ],
)
def test_why_the_model_stopped(reason: str, *, truncated: bool, blocked: bool) -> None:
    reply = ConverseResponse.from_wire({**RAW, "stopReason": reason})

    assert (reply.truncated, reply.blocked) == (truncated, blocked)


# path of the member to take away or to spoil
REQUIRED = [
    ("output",),
    ("output", "message"),
    ("output", "message", "role"),
    ("output", "message", "content"),
    ("stopReason",),
    ("usage",),
    ("usage", "inputTokens"),
    ("usage", "outputTokens"),
    ("usage", "totalTokens"),
]


@pytest.mark.parametrize("path", REQUIRED, ids=".".join)
@pytest.mark.parametrize("value", ["gone", None, 3.5, True, -1])
def test_without_a_required_member_it_is_incomplete(path: tuple[str, ...], value: object) -> None:
    raw = copy.deepcopy(RAW)
    members = raw
    for name in path[:-1]:
        members = members[name]
    if value == "gone":
        del members[path[-1]]
    else:
        members[path[-1]] = value

    with pytest.raises(IncompleteResponse) as caught:
        ConverseResponse.from_wire(raw)

    arrived = "message" in str(raw.get("output")) and isinstance(raw["output"]["message"], dict)
    assert caught.value.partial is (raw if arrived else None)
    assert "secret" not in str(caught.value) + repr(caught.value)
    assert b"secret" not in pickle.dumps(caught.value)


@pytest.mark.parametrize("raw", [{}, None, [], "<html>secret</html>"])
def test_what_is_no_answer_is_incomplete(raw: object) -> None:
    with pytest.raises(IncompleteResponse) as caught:
        ConverseResponse.from_wire(raw)
    assert caught.value.partial is None


def test_metrics_are_not_worth_an_error() -> None:
    for metrics in ({}, None, "x", {"latencyMs": "x"}):
        assert ConverseResponse.from_wire({**RAW, "metrics": metrics}).metrics is None


def test_an_empty_answer_that_ended_is_an_answer() -> None:
    raw = {**RAW, "output": {"message": {"role": "assistant", "content": []}}}
    reply = ConverseResponse.from_wire(raw)

    assert (reply.text, reply.tool_uses, reply.message) == ("", [], Message("assistant", []))


def test_only_a_folded_stream_may_lack_its_usage() -> None:
    raw = {name: value for name, value in RAW.items() if name != "usage"}
    reply = ConverseResponse.from_wire(raw, usage_required=False)

    assert (reply.usage, reply.usage_missing) == (None, True)
    with pytest.raises(IncompleteResponse):
        ConverseResponse.from_wire({**raw, "usage": {"inputTokens": 1}}, usage_required=False)


@pytest.mark.parametrize("name", ["cacheReadInputTokens", "cacheWriteInputTokens"])
def test_a_cache_count_that_is_none_is_incomplete(name: str) -> None:
    with pytest.raises(IncompleteResponse):
        ConverseResponse.from_wire({**RAW, "usage": {**RAW["usage"], name: "x"}})
