"""Each process has its own, made once."""

import os
import threading

import pytest

from secure_bedrock.values import PerProcess

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


def test_a_process_gets_the_same_every_time() -> None:
    own = PerProcess(threading.Lock)

    assert own() is own()


def test_threads_that_ask_at_once_get_the_same() -> None:
    barrier = threading.Barrier(2, timeout=5)

    def make() -> object:
        barrier.wait()  # both threads are past the first look
        return object()

    own = PerProcess(make)
    given: list[object] = []
    threads = [threading.Thread(target=lambda: given.append(own())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert len(given) == 2
    assert given[0] is given[1]


@forks
def test_a_forked_child_gets_its_own() -> None:
    own = PerProcess(threading.Lock)
    with own():
        child = os.fork()
        if child == 0:
            os._exit(0 if own().acquire(blocking=False) else 1)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
