"""P10: a stream is tried again until its first event, and never after content was delivered."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EventStreamError

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import IncompleteResponse, StreamInterrupted, Throttled
from secure_bedrock.models import Message
from secure_bedrock.testing import Answer, Fault, LocalBedrock, frames
from secure_bedrock.testing.reply import Reply, Steps

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
FAULTS = Fault.all()


def at_once(kind: str) -> Fault:
    """An exception as the stream's first event."""

    def effect(reply: Reply) -> Steps:
        return replace(reply, events=(frames.exception(kind, "At once."),)).steps()

    return Fault(f"at-once-{kind}", "stream", effect)


def ends_at_once(reply: Reply) -> Steps:
    return replace(reply, events=()).steps()


RETRIED = [
    "throttlingException",
    "internalServerException",
    "serviceUnavailableException",
    "modelStreamErrorException",
]


@pytest.mark.parametrize("kind", RETRIED)
@pytest.mark.parametrize("operation", ["ConverseStream", "InvokeModelWithResponseStream"])
def test_an_exception_before_the_first_event_is_an_attempts_failure(  # noqa: PLR0917 - fixtures
    kind: str,
    operation: str,
    make: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
) -> None:
    bedrock.fault(at_once(kind), times=2)

    assert ask(make(), operation) == "You said: Hello there"
    assert len(bedrock.requests) == 3
    assert [(event.outcome, event.attempts) for event in events] == [("ok", 3)]


@pytest.mark.parametrize("kind", ["validationException", "modelTimeoutException"])
def test_one_that_no_repetition_mends_is_not(
    kind: str, make: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    bedrock.fault(at_once(kind), times=None)
    with pytest.raises(Exception, match=kind):
        ask(make(), "ConverseStream")

    assert len(bedrock.requests) == 1


def test_at_the_last_attempt_it_is_the_services_error(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(at_once("throttlingException"), times=None)
    with pytest.raises(Throttled):
        make().converse_stream(MODEL, "Hello there")

    assert len(bedrock.requests) == 4
    assert [(e.outcome, e.error_code) for e in events] == [("error", "throttlingException")]


def test_a_stream_without_any_event_is_asked_for_once_more(
    make: Any, bedrock: LocalBedrock
) -> None:
    bedrock.fault(Fault("ends-at-once", "stream", ends_at_once), times=None)
    with pytest.raises(IncompleteResponse):
        make().converse_stream(MODEL, "Hello there")

    assert len(bedrock.requests) == 2


@pytest.mark.parametrize("kind", RETRIED)
def test_an_exception_after_content_is_never_tried_again(
    kind: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(FAULTS[f"stream-{kind}"])
    stream = make().converse_stream(MODEL, "Hello there, dear model")
    seen: list[str] = []
    with pytest.raises(StreamInterrupted) as caught:
        seen.extend(stream.text_stream)

    assert len(bedrock.requests) == 1
    assert caught.value.retryable
    assert caught.value.code == kind
    assert isinstance(caught.value.partial, Message)
    assert caught.value.partial.text == "".join(seen) != ""
    assert [(event.outcome, event.attempts) for event in events] == [("incomplete", 1)]


@pytest.mark.parametrize(
    "name", ["cut", "cut-in-event", "end-early", "bad-message-crc", "bad-prelude-crc"]
)
def test_a_stream_that_breaks_after_content_is_never_tried_again(
    name: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make()
    bedrock.script(Answer.text("one two three four five six seven eight nine ten"))
    bedrock.fault(FAULTS[name])
    with pytest.raises(Exception, match=r"."):
        ask(client, "ConverseStream")

    assert len(bedrock.requests) == 1
    assert [(event.outcome, event.attempts) for event in events] == [("incomplete", 1)]


def test_a_hardened_stream_is_botocores_and_tries_nothing_again(
    make_hardened: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    """botocore gives the stream out before its first event, so that this is the reader's to see."""
    bedrock.fault(at_once("throttlingException"), times=None)
    with pytest.raises(EventStreamError):
        ask(make_hardened(), "ConverseStream")

    assert len(bedrock.requests) == 1


def test_a_cut_answer_that_held_content_is_asked_for_once_more_when_nobody_saw_it(
    front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    """A whole answer is delivered whole or not at all, so a cut one was delivered to nobody."""
    bedrock.fault(FAULTS["cut"], times=None)
    with pytest.raises(IncompleteResponse):
        ask(front.make(), "Converse")

    assert len(bedrock.requests) == 2
