"""P08: a call that is interrupted, or whose stream is closed or dropped, leaves its one event too."""

import gc
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.client.parts import Parts
from secure_bedrock.client.typed_calls import TypedCalls
from secure_bedrock.models import converse_params
from secure_bedrock.testing import Answer, Fault, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]
SLOW = Answer.text("one two three four five six seven eight nine ten", pace_s=0.05)


class Interrupting:
    """Raises KeyboardInterrupt wherever it stands: as resolver, as connector, as sink, as credentials."""

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise KeyboardInterrupt

    resolve = connect = emit = frozen = __call__


@pytest.fixture
def interrupt_soon() -> Iterator[Callable[[], object]]:
    """Raises KeyboardInterrupt in this thread after 0.1 s, as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("where", ["head", "body"])
def test_an_interrupt_while_the_answer_comes_leaves_one_event(  # noqa: PLR0917 - fixtures
    where: Any,
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
    interrupt_soon: Callable[[], object],
) -> None:
    client = front.make()
    ask(client, "Converse")
    events.clear()
    bedrock.fault(Fault.stall(3, where=where))
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        ask(client, "Converse")

    assert [(event.outcome, event.error_class) for event in events] == [
        ("cancelled", "KeyboardInterrupt")
    ]
    assert events[0].attempts == 1
    # Over a new connection: on the old one the answer to the first prompt is still under way.
    assert ask(client, "Converse", "Another") == "You said: Another"


def test_an_interrupt_in_the_middle_of_a_stream_leaves_one_event(
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
    interrupt_soon: Callable[[], object],
) -> None:
    client = front.make()
    bedrock.script(SLOW)
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        ask(client, "ConverseStream")
    gc.collect()

    assert [event.outcome for event in events] == ["cancelled"]


def test_an_interrupt_while_it_waits_for_the_next_attempt_leaves_one_event(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make(sleep=Interrupting())
    bedrock.fault(Fault.throttle())
    with pytest.raises(KeyboardInterrupt):
        ask(client, "Converse")

    assert [(event.outcome, event.attempts) for event in events] == [("cancelled", 1)]
    assert len(bedrock.requests) == 1


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
@pytest.mark.parametrize("part", ["resolver", "credentials"])
def test_an_interrupt_before_anything_is_sent_leaves_one_event(  # noqa: PLR0917 - fixtures
    part: str,
    operation: str,
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
) -> None:
    client = front.make(by_name=True, **{part: Interrupting()})
    with pytest.raises(KeyboardInterrupt):
        ask(client, operation)

    assert [(event.outcome, event.peer_ip) for event in events] == [("cancelled", None)]
    assert bedrock.requests == []


def test_an_interrupt_while_it_connects_leaves_one_event(
    bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    parts = Parts(
        bedrock.policy,
        credentials=bedrock.credentials,
        sinks=[events.append],
        connector=Interrupting(),
    )
    with pytest.raises(KeyboardInterrupt):
        TypedCalls(parts).converse(MODEL, lambda: converse_params(MODEL, "Hello"), None)

    assert [event.outcome for event in events] == ["cancelled"]


@pytest.mark.parametrize("sink", [Interrupting(), Interrupting().emit])
def test_an_interrupt_in_a_sink_comes_through_after_the_other_sinks_event(
    sink: Any, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make(sinks=[events.append, sink])
    with pytest.raises(KeyboardInterrupt):
        ask(client, "Converse")

    assert [event.outcome for event in events] == ["ok"]


def stream_of(front: Any) -> Any:
    client = front.make()
    if front.name == "typed":
        return client.converse_stream(MODEL, "Hello")
    return client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]


def closed(stream: Any) -> None:
    next(iter(stream))
    stream.close()
    stream.close()


def closed_unread(stream: Any) -> None:
    stream.close()


def dropped(stream: Any) -> None:
    next(iter(stream))


def dropped_unread(_stream: Any) -> None:
    pass


def left_by_a_generator(stream: Any) -> None:
    pieces = (event for event in stream)
    next(pieces)
    pieces.close()


LEFT = [closed, closed_unread, dropped, dropped_unread, left_by_a_generator]


@pytest.mark.parametrize("leave", LEFT)
@pytest.mark.parametrize("paced", [False, True])
def test_a_stream_that_is_left_counts_as_cancelled_once(
    leave: Callable[[Any], None],
    paced: bool,
    front: Any,
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    if paced:
        bedrock.script(SLOW)
    leave(stream_of(front))
    gc.collect()

    assert [(event.outcome, event.streaming) for event in events] == [("cancelled", True)]
    assert (events[0].peer_ip, events[0].http_status) == ("127.0.0.1", 200)


def test_a_streams_event_comes_at_its_end_and_not_before(
    front: Any, events: list[InvocationEvent]
) -> None:
    stream = stream_of(front)
    for _event in stream:
        assert events == []
    stream.close()

    (event,) = events
    assert (event.outcome, event.stop_reason) == ("ok", "end_turn")
    assert event.total_tokens is not None
