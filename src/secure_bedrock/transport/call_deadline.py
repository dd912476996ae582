"""The deadline of the call that this thread is busy with, for what a call does before it can be sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from secure_bedrock.errors import DeadlineExceeded
from secure_bedrock.values import Deadline

_NONE: Final = Deadline()
_CREDENTIALS: Final = "it had its credentials"
_current: ContextVar[Deadline] = ContextVar("secure_bedrock_call_deadline", default=_NONE)


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Let what happens in here, on this thread or task, end at the deadline."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


def not_after_the_caller(deadline: Deadline) -> Deadline:
    """The deadline, or that of the call for which this one is made when it is earlier."""
    outer = _current.get()
    left, outer_left = deadline.remaining(), outer.remaining()
    if outer_left is None or (left is not None and left <= outer_left):
        return deadline
    return outer


def time_left(*, before: str = _CREDENTIALS) -> float | None:
    """Seconds until the deadline, None where there is none; DeadlineExceeded once it has passed.

    `before` says for people what the call still lacks then.
    """
    if is_late():
        raise _late(before)
    return _current.get().remaining()


def is_late() -> bool:
    """True once the call's deadline has passed."""
    return _current.get().passed


def raise_if_late() -> None:
    """Raise DeadlineExceeded once the call's deadline has passed."""
    if is_late():
        raise _late()


@contextmanager
def held(lock: threading.Lock) -> Iterator[None]:
    """Hold the lock; DeadlineExceeded where others hold it past the deadline."""
    left = time_left()
    if not lock.acquire(timeout=-1 if left is None else left):
        raise _late()
    try:
        yield
    finally:
        lock.release()


def _late(before: str = _CREDENTIALS) -> DeadlineExceeded:
    return DeadlineExceeded(f"the call's deadline passed before {before}")
