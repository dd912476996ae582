"""P11: what is no message is an error on both front ends, however whole the JSON and the frames around it are."""

from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.testing import Answer, LocalBedrock

ONE_TRY = "[retry]\nmax_attempts = 1\n"
USAGE = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
TEXT = {"text": "the harbour kettle"}


def _answer(message: Any, **changes: Any) -> Answer:
    whole = {
        "output": {"message": message},
        "stopReason": "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 1},
    }
    return Answer.json({**whole, **changes})


def _saying(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


NO_MESSAGE: dict[str, Answer] = {
    "an output without a member": _answer({}, output={}),
    "an output that is text": _answer({}, output="the harbour kettle"),
    "a message without a member": _answer({}),
    "a message that is null": _answer(None),
    "a message without a role": _answer({"content": [TEXT]}),
    "a role that is a number": _answer({"role": 5, "content": [TEXT]}),
    "no content": _answer({"role": "assistant"}),
    "content that is null": _answer({"role": "assistant", "content": None}),
    "content that is text": _answer({"role": "assistant", "content": "the harbour kettle"}),
    "a block that is null": _answer(_saying(None)),
    "a whole block and one that is null": _answer(_saying(TEXT, None)),
    "a block that is text": _answer(_saying("the harbour kettle")),
    "a block without a member": _answer(_saying({})),
    "a block of two members": _answer(_saying({**TEXT, "image": {}})),
    "text that is a number": _answer(_saying({"text": 5})),
    "a tool without a name": _answer(_saying({"toolUse": {"toolUseId": "t", "input": {}}})),
    "a stop reason that is a number": _answer(_saying(TEXT), stopReason=5),
    "no usage": _answer(_saying(TEXT), usage=None),
    "usage without a count": _answer(_saying(TEXT), usage={}),
    "usage without its total": _answer(_saying(TEXT), usage={"inputTokens": 1, "outputTokens": 1}),
    "a count that is text": _answer(_saying(TEXT), usage={**USAGE, "inputTokens": "many"}),
    "a count below nothing": _answer(_saying(TEXT), usage={**USAGE, "outputTokens": -1}),
}

START = ("messageStart", {"role": "assistant"})
DELTA = ("contentBlockDelta", {"contentBlockIndex": 0, "delta": TEXT})
STOP = ("messageStop", {"stopReason": "end_turn"})
COST = ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}})

NO_STREAM: dict[str, list[Any]] = {
    "a stop alone": [STOP],
    "a stop and metadata": [STOP, COST],
    "content before the start": [DELTA, START, STOP],
    "content without a start": [DELTA, STOP],
    "the stop before the start": [STOP, START, DELTA],
    "content after the stop": [START, STOP, DELTA],
    "two starts": [START, START, DELTA, STOP],
    "a second message that never stops": [START, DELTA, STOP, START, DELTA],
    "a second message": [START, DELTA, STOP, START, DELTA, STOP],
    "a start without a role": [("messageStart", {}), DELTA, STOP],
    "a stop without a reason": [START, DELTA, ("messageStop", {})],
    "a delta of nothing": [START, ("contentBlockDelta", {"contentBlockIndex": 0}), STOP],
    "text that is a number": [
        START,
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": 5}}),
        STOP,
    ],
    "content of no block": [START, ("contentBlockDelta", {"delta": TEXT}), STOP],
    "usage without a count": [START, DELTA, STOP, ("metadata", {"usage": {}})],
}


def _refused(front: Any, bedrock: LocalBedrock, ask: Any, operation: str, answer: Answer) -> None:
    bedrock.script(answer)
    with pytest.raises(IncompleteResponse) as caught:
        ask(front.make(ONE_TRY), operation)
    assert "kettle" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("answer", NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_an_answer_without_its_message_is_none(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent], answer: Answer
) -> None:
    _refused(front, bedrock, ask, "Converse", answer)
    assert [event.outcome for event in events] == ["incomplete"]


@pytest.mark.parametrize("sent", NO_STREAM.values(), ids=NO_STREAM)
def test_a_stream_that_is_not_one_message_is_none(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent], sent: list[Any]
) -> None:
    _refused(front, bedrock, ask, "ConverseStream", Answer.events(sent))
    assert [event.outcome for event in events] == ["incomplete"]


@pytest.mark.parametrize(
    "message",
    [_saying(), _saying(TEXT, {"blockOfTomorrow": {"x": 1}}), {**_saying(TEXT), "later": 1}],
    ids=["no block", "a block of tomorrow", "a member of tomorrow"],
)
def test_what_a_later_model_may_say_passes(
    front: Any, bedrock: LocalBedrock, ask: Any, message: Any
) -> None:
    bedrock.script(_answer(message))
    said = "".join(block.get("text", "") for block in message["content"])
    assert ask(front.make(ONE_TRY), "Converse") == said


TOMORROW: dict[str, list[Any]] = {
    "an event": [START, ("eventOfTomorrow", {"x": 1}), DELTA, STOP, ("eventOfTomorrow", {})],
    "a block": [
        START,
        DELTA,
        ("contentBlockStart", {"contentBlockIndex": 1, "start": {"blockOfTomorrow": {"x": 1}}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"blockOfTomorrow": {"x": 1}}}),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        STOP,
        COST,
    ],
    "metadata before the stop": [START, DELTA, COST, STOP],
}


@pytest.mark.parametrize("sent", TOMORROW.values(), ids=TOMORROW)
def test_what_a_later_stream_may_hold_passes(
    front: Any, bedrock: LocalBedrock, ask: Any, sent: list[Any]
) -> None:
    bedrock.script(Answer.events(sent))
    assert ask(front.make(ONE_TRY), "ConverseStream") == TEXT["text"]
