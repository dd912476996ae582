"""A trail delivers, counts what was not accepted, and never breaks a call."""

import gc
import logging
import os
import threading

import pytest

from secure_bedrock.audit import AuditTrail, CallRecord, InvocationEvent
from secure_bedrock.errors import ConfigurationError


def begin(trail: AuditTrail) -> CallRecord:
    return trail.begin(service="bedrock-runtime", operation="Converse")


class Moody:
    """A sink that fails while it is told to."""

    def __init__(self) -> None:
        self.events: list[InvocationEvent] = []
        self.failing = False
        self.is_ready = True
        self.done: list[str] = []

    def ready(self) -> bool:
        return self.is_ready

    def emit(self, event: InvocationEvent) -> None:
        if self.failing:
            raise OSError(f"disk full while writing {event}")
        self.events.append(event)

    def flush(self) -> None:
        self.done.append("flush")

    def close(self) -> None:
        self.done.append("close")
        raise OSError("can't close")


def test_every_sink_gets_every_event_in_order() -> None:
    first: list[InvocationEvent] = []
    second = Moody()
    trail = AuditTrail([first.append, second])

    for _ in range(3):
        begin(trail).finish("ok")

    assert len(first) == 3
    assert second.events == first
    assert trail.dropped == 0


def test_a_trail_without_sinks_is_allowed() -> None:
    assert begin(AuditTrail()).finish("ok") is not None


def test_a_failing_sink_is_counted_and_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    moody, others = Moody(), list[InvocationEvent]()
    trail = AuditTrail([moody, others.append], clock=lambda: now)
    moody.failing = True
    for moment in (0.0, 1.0, 59.0, 61.0, 62.0):
        now = moment
        begin(trail).finish("ok")
    moody.failing = False
    begin(trail).finish("ok")
    begin(trail).finish("ok")

    assert trail.dropped == 5
    assert [event.dropped_before for event in moody.events] == [5, None]
    assert [event.dropped_before for event in others] == [None] * 7
    assert [record.getMessage() for record in caplog.records] == [
        "audit sink Moody failed with OSError; 1 events not accepted so far",
        "audit sink Moody failed with OSError; 4 events not accepted so far",
    ]
    assert {record.name for record in caplog.records} == {"secure_bedrock.audit.trail"}
    assert {record.exc_info for record in caplog.records} == {None}


def test_a_sink_that_is_not_ready_is_counted_without_a_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moody = Moody()
    trail = AuditTrail([moody])
    moody.is_ready = False
    begin(trail).finish("ok")
    moody.is_ready, moody.failing = True, True
    begin(trail).finish("ok")
    caplog.clear()
    moody.failing = False
    begin(trail).finish("ok")

    assert [event.dropped_before for event in moody.events] == [2]
    assert caplog.records == []


def test_an_interrupt_in_a_sink_comes_out_and_is_counted() -> None:
    def interrupt(_: InvocationEvent) -> None:
        raise KeyboardInterrupt

    trail = AuditTrail([interrupt])

    with pytest.raises(KeyboardInterrupt):
        begin(trail).finish("ok")
    assert trail.dropped == 1

    with pytest.raises(KeyboardInterrupt):  # the trail still works afterwards
        begin(trail).finish("ok")


def test_a_call_that_is_dropped_inside_a_sink_waits_for_its_turn() -> None:
    """The sink's lock is not re-entrant: delivering in its midst would stop this thread for ever."""
    lock, events = threading.Lock(), list[InvocationEvent]()
    cycles: list[list[object]] = []

    def locked(event: InvocationEvent) -> None:
        assert lock.acquire(blocking=False), "delivered in the midst of a delivery"
        cycles.clear()
        gc.collect()
        events.append(event)
        lock.release()

    trail = AuditTrail([locked])
    cycle: list[object] = [begin(trail)]
    cycle.append(cycle)
    cycles.append(cycle)
    del cycle
    begin(trail).finish("ok")

    assert [event.outcome for event in events] == ["ok", "cancelled"]
    assert trail.dropped == 0


def test_threads_lose_no_count() -> None:
    moody = Moody()
    moody.failing = True
    trail = AuditTrail([moody])

    def work() -> None:
        for _ in range(100):
            begin(trail).finish("ok")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moody.failing = False
    begin(trail).finish("ok")

    assert trail.dropped == 800
    assert moody.events[0].dropped_before == 800


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_does_not_wait_for_a_lock_that_its_parent_held() -> None:
    moody = Moody()
    moody.failing = True
    trail = AuditTrail([moody])
    with trail._outlets[0]._lock():
        child = os.fork()
        if child == 0:
            begin(trail).finish("ok")
            os._exit(0 if trail.dropped == 1 else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_flush_and_close_reach_the_sinks_that_have_them(caplog: pytest.LogCaptureFixture) -> None:
    moody = Moody()
    trail = AuditTrail([moody, lambda _: None])

    trail.flush()
    trail.close()

    assert moody.done == ["flush", "close"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_mode_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'required' is not supported yet"):
        AuditTrail([], "required")
