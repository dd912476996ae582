"""P11: an answer that ends at any byte before its last is an error, on both front ends."""

import gc
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import ConnectFailed, IncompleteResponse
from secure_bedrock.testing import Answer, Fault, LocalBedrock
from secure_bedrock.testing.reply import HangUp, Reply, Send, Steps

ONE_TRY = "[retry]\nmax_attempts = 1\n"
NOT_AN_ANSWER = (IncompleteResponse, ConnectFailed, ConnectionClosedError)

USAGE = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
WHOLE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "ok"}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 1},
}
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ok"}}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": USAGE}),
]
NATIVE = {"type": "message", "content": [{"type": "text", "text": "ok"}]}
CHUNKS: list[dict[str, Any]] = [
    {"type": "content_block_delta", "delta": {"text": "ok"}},
    {"type": "message_stop"},
]

ANSWERS: dict[str, Answer] = {
    "Converse": Answer.json(WHOLE),
    "ConverseStream": Answer.events(EVENTS[:-1]),
    "InvokeModel": Answer.json(NATIVE),
    "InvokeModelWithResponseStream": Answer.chunks(CHUNKS),
}


# A cut costs a connection. `dev.py exhaustive` cuts at every byte, each other run where something begins or ends and at
# some of the rest.
SOME = 7
PRELUDE = 12
CHECKSUM = 4


def every_byte(raw: bytes) -> list[int]:
    return list(range(len(raw)))


def about_the_seams(raw: bytes) -> list[int]:
    """The ends of lines and chunks, of the head, and each byte of a frame's prelude and checksum, which stand there."""
    head = raw.index(b"\r\n\r\n") + 4
    near = set(range(0, len(raw), SOME)) | set(range(len(raw) - 2 * CHECKSUM, len(raw)))
    for end in re.finditer(rb"\r\n", raw):
        chunk = end.start() >= head - 2
        before, after = (CHECKSUM + 1, PRELUDE + 1) if chunk else (1, 1)
        near.update(range(end.start() - before, end.end() + after))
    return sorted(at for at in near if 0 <= at < len(raw))


class Cuts:
    """Cuts the raw answer at one place after the other."""

    def __init__(self, places: Callable[[bytes], list[int]]) -> None:
        self._places = places
        self.length = 0
        self.at = 0
        self.ahead: list[int] | None = None

    def __call__(self, reply: Reply) -> Steps:
        raw = reply.raw()
        if self.ahead is None:
            self.ahead, self.length = self._places(raw), len(raw)
        assert len(raw) == self.length
        self.at = self.ahead.pop(0)
        return Send(raw[: self.at]), HangUp()


def raises_not_an_answer(call: Callable[[], str]) -> bool:
    try:
        call()
    except NOT_AN_ANSWER:
        return True
    return False


@pytest.mark.parametrize(
    "places",
    [about_the_seams, pytest.param(every_byte, marks=pytest.mark.exhaustive)],
    ids=lambda places: places.__name__,
)
@pytest.mark.parametrize("operation", ANSWERS)
def test_an_answer_cut_at_any_byte_is_an_error(  # noqa: PLR0917 - fixtures
    operation: str,
    places: Callable[[bytes], list[int]],
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
) -> None:
    client, cuts = front.make(ONE_TRY), Cuts(places)
    bedrock.script_for(operation, ANSWERS[operation])
    assert ask(client, operation) == "ok"
    events.clear()

    bedrock.fault(Fault("cut-anywhere", "answer", cuts), times=None)
    bedrock.script_for(operation, ANSWERS[operation])  # a cut one is kept for the next request
    accepted, tried = [], []
    while cuts.ahead != []:
        if not raises_not_an_answer(lambda: ask(client, operation)):
            accepted.append(cuts.at)
        tried.append(cuts.at)

    assert accepted == []
    assert cuts.length > 200
    assert (tried[0], tried[-1]) == (0, cuts.length - 1)
    assert {event.outcome for event in events} == {"error", "incomplete"}
    assert len(events) == len(tried) >= cuts.length // SOME


def test_a_converse_answer_with_a_length_that_fits_its_half_is_an_error(
    front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    """Here HTTP counts right, so that the JSON alone shows what is missing."""
    client = front.make(ONE_TRY)
    body = json.dumps(WHOLE).encode()
    for at in range(len(body)):
        bedrock.script(Answer.raw(200, (("Content-Type", "application/json"),), body[:at]))
        with pytest.raises(IncompleteResponse):
            ask(client, "Converse")


def test_a_native_answer_with_a_length_that_fits_its_half_is_seen_at_once_or_when_it_is_read(
    make: Any, bedrock: LocalBedrock
) -> None:
    """Its ends are looked at, the rest when it is parsed: a megabyte of numbers is not parsed twice."""
    client = make(ONE_TRY)
    body = json.dumps(NATIVE).encode()
    for at in range(len(body)):
        bedrock.script(Answer.raw(200, (("Content-Type", "application/json"),), body[:at]))
        with pytest.raises(IncompleteResponse):
            client.invoke_model("anthropic.claude-3-haiku-20240307-v1:0", {}).json()


@pytest.mark.parametrize("kept", range(1, len(EVENTS)))
def test_a_stream_that_ends_properly_after_some_events_is_whole_from_its_stop_on(
    kept: int, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    """Only what the answer cost may be missing, and then the event says so."""
    client = front.make(ONE_TRY)
    bedrock.script(Answer.events(EVENTS[:kept]))
    if ("messageStop", {"stopReason": "end_turn"}) in EVENTS[:kept]:
        assert ask(client, "ConverseStream") == "ok"
        assert [(event.outcome, event.usage_missing) for event in events] == [("ok", True)]
    else:
        with pytest.raises(IncompleteResponse):
            ask(client, "ConverseStream")
        assert [event.outcome for event in events] == ["incomplete"]
    gc.collect()
