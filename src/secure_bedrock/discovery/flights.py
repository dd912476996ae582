"""One computation at a time for each key: threads that ask meanwhile wait and share its outcome."""

import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """Shares a running computation's result or exception; keeps neither once it has ended.

    Thread-safe. A forked child starts with none: the thread that would have landed a flight lives in the parent.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[K, Future[T]] = {}
        self._pid = os.getpid()

    def join(self, key: K, compute: Callable[[], T]) -> T:
        """The outcome of `compute()`, run by this thread or by the one that was first."""
        if self._pid != os.getpid():
            self._start()
        while True:
            with self._lock:
                flight = self._running.get(key)
                if flight is None:
                    mine = self._running[key] = Future[T]()
                    break
            try:
                return flight.result()
            except CancelledError:
                continue  # the other thread was interrupted, which is no outcome: fly ourselves
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
            raise
        self._land(key)
        flight.set_result(result)
        return result

    def _land(self, key: K) -> None:
        with self._lock:
            self._running.pop(key, None)
