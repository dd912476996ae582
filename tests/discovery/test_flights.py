"""Threads that ask for the same thing at once share one search."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from secure_bedrock.discovery.flights import Flights
from secure_bedrock.errors import DeadlineExceeded
from secure_bedrock.transport.call_deadline import within
from secure_bedrock.values import Deadline

LIMIT_S = 10.0


def test_threads_that_ask_meanwhile_share_one_outcome() -> None:
    flights: Flights[str, object] = Flights()
    started, go = threading.Event(), threading.Event()
    runs: list[int] = []

    def compute() -> object:
        runs.append(1)
        started.set()
        assert go.wait(LIMIT_S)
        return object()

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(flights.join, "key", compute)
        assert started.wait(LIMIT_S)
        others = [pool.submit(flights.join, "key", compute) for _ in range(7)]
        _let_them_wait(pool)
        go.set()
        outcomes = {id(each.result(LIMIT_S)) for each in [first, *others]}

    assert len(outcomes) == len(
        runs
    )  # whoever came after landing flew again, with an outcome of its own
    assert len(runs) < 8


def test_an_error_is_shared_and_not_kept() -> None:
    flights: Flights[str, str] = Flights()

    def fail() -> str:
        raise LookupError("nobody knows")

    with pytest.raises(LookupError):
        flights.join("key", fail)

    assert flights.join("key", lambda: "found") == "found"


def test_waiting_threads_get_the_error_of_the_one_that_searched() -> None:
    flights: Flights[str, str] = Flights()
    started, go = threading.Event(), threading.Event()

    def fail() -> str:
        started.set()
        assert go.wait(LIMIT_S)
        raise LookupError("nobody knows")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.join, "key", fail)
        assert started.wait(LIMIT_S)
        waiting = pool.submit(flights.join, "key", fail)
        _let_them_wait(pool)
        go.set()
        assert isinstance(first.exception(LIMIT_S), LookupError)
        assert isinstance(waiting.exception(LIMIT_S), LookupError)


def test_an_interrupted_search_leaves_the_others_to_search_themselves() -> None:
    flights: Flights[str, str] = Flights()
    started, go = threading.Event(), threading.Event()

    def interrupted() -> str:
        started.set()
        assert go.wait(LIMIT_S)
        raise KeyboardInterrupt

    caught: list[BaseException] = []

    def leader() -> None:
        try:
            flights.join("key", interrupted)
        except KeyboardInterrupt as interrupt:
            caught.append(interrupt)

    thread = threading.Thread(target=leader)
    thread.start()
    assert started.wait(LIMIT_S)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flights.join, "key", lambda: "found")
        _let_them_wait(pool)
        go.set()
        assert waiting.result(LIMIT_S) == "found"
    thread.join(LIMIT_S)

    assert len(caught) == 1


def test_who_waits_does_so_until_its_own_deadline() -> None:
    flights: Flights[str, str] = Flights()
    started, go = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert go.wait(LIMIT_S)
        return "found"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flights.join, "key", slow)
        assert started.wait(LIMIT_S)
        begun = time.monotonic()
        with within(Deadline.after(0.1)), pytest.raises(DeadlineExceeded, match="endpoint"):
            flights.join("key", lambda: "of one's own")
        waited_s = time.monotonic() - begun
        go.set()

        assert first.result(LIMIT_S) == "found"
    assert 0.1 <= waited_s < LIMIT_S / 2


def test_a_search_that_its_callers_deadline_ended_is_no_outcome_for_the_others() -> None:
    flights: Flights[str, str] = Flights()
    started, go = threading.Event(), threading.Event()

    def cut_short() -> str:
        started.set()
        assert go.wait(LIMIT_S)
        raise DeadlineExceeded("of this caller")

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(flights.join, "key", cut_short)
        assert started.wait(LIMIT_S)
        others = [pool.submit(flights.join, "key", lambda: "found") for _ in range(8)]
        _let_them_wait(pool)
        go.set()

        assert isinstance(first.exception(LIMIT_S), DeadlineExceeded)
        assert [each.result(LIMIT_S) for each in others] == ["found"] * 8


def test_other_keys_do_not_wait() -> None:
    flights: Flights[str, str] = Flights()
    inner: Callable[[], str] = lambda: flights.join("b", lambda: "inner")  # noqa: E731

    assert flights.join("a", inner) == "inner"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_threads() -> None:
    flights: Flights[str, str] = Flights()
    started, go = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert go.wait(LIMIT_S)
        return "parent"

    thread = threading.Thread(target=flights.join, args=("key", slow))
    thread.start()
    assert started.wait(LIMIT_S)
    child = os.fork()
    if child == 0:
        # An alarm, because a child that waits would wait for ever.
        import signal

        signal.alarm(5)
        os._exit(0 if flights.join("key", lambda: "child") == "child" else 1)
    _, status = os.waitpid(child, 0)
    go.set()
    thread.join(LIMIT_S)

    assert os.waitstatus_to_exitcode(status) == 0


def _let_them_wait(pool: ThreadPoolExecutor) -> None:
    """Give submitted work the time to reach its wait; a late one only makes the test weaker, never wrong."""
    del pool
    threading.Event().wait(0.05)
