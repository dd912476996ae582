"""What each process has for itself: a forked child must not wait for a lock that a thread of its parent held."""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Gives what `make` made for this process, on first use there; thread-safe, and nothing is registered for it.

    `make` must be cheap and without effect: two threads may both call it, and both get what the first of them stored.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[int, T] = {}

    def __call__(self) -> T:
        """The calling process's own. Keep what was given for as long as it is held: the next call may be in a child."""
        pid = os.getpid()
        made = self._made.get(pid)
        if made is None:
            # `setdefault` is atomic, so two threads of a child can't end up with two locks.
            made = self._made.setdefault(pid, self._make())
        return made
