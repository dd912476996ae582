"""One computation at a time for each key: threads that ask meanwhile wait and share its outcome."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, wait
from typing import Generic, TypeVar

from secure_bedrock.errors import DeadlineExceeded
from secure_bedrock.transport.call_deadline import time_left
from secure_bedrock.values import PerProcess

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class _Tower(Generic[K, T]):
    """The flights of one process, and the lock over them."""

    __slots__ = ("lock", "running")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[K, Future[T]] = {}


class Flights(Generic[K, T]):
    """Shares a running computation's result or exception; keeps neither once it has ended.

    Thread-safe. A forked child starts with none: the thread that would have landed a flight lives in the parent.
    """

    def __init__(self) -> None:
        self._tower: PerProcess[_Tower[K, T]] = PerProcess(_Tower)

    def join(self, key: K, compute: Callable[[], T]) -> T:
        """The outcome of `compute()`, run by this thread or by the one that was first.

        Who waits does so until the deadline of its own call, and then gets DeadlineExceeded. That the other one's
        deadline passed is no outcome for anybody else.
        """
        tower = self._tower()
        while True:
            with tower.lock:
                flight = tower.running.get(key)
                if flight is None:
                    mine = tower.running[key] = Future[T]()
                    break
            wait((flight,), time_left(before="its endpoint was found"))
            if not flight.done():
                continue  # to be told that it is late
            try:
                return flight.result()
            except (CancelledError, DeadlineExceeded):
                continue  # the other thread was interrupted or is late, which is no outcome: fly ourselves
        return self._fly(key, mine, compute)

    def _fly(self, key: K, flight: Future[T], compute: Callable[[], T]) -> T:
        try:
            result = compute()
        except Exception as error:
            self._land(key)
            flight.set_exception(error)
            raise
        except BaseException:
            self._land(key)
            flight.cancel()
            flight.set_running_or_notify_cancel()  # `wait` is woken by this, not by the cancelling
            raise
        self._land(key)
        flight.set_result(result)
        return result

    def _land(self, key: K) -> None:
        tower = self._tower()
        with tower.lock:
            tower.running.pop(key, None)
