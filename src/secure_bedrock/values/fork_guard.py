"""Imports on a call's way: a fork waits for them, so that no child has a module that nobody in it will finish."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# CPython does not free a module's import lock in a forked child where another thread of the parent held it
# (importlib._bootstrap of 3.11 to 3.13, read 2026-11-20): whoever imports that module there waits for ever.
# The slowest import here takes under a second; after ten a fork goes on, as it would without this.
WAIT_S: Final = 10.0

_lock = threading.RLock()
_forking = threading.local()
_registered = False


@contextmanager
def importing() -> Iterator[None]:
    """Have this process not fork until the imports in here are done. Loaded modules cost next to nothing."""
    hold_forks_for_imports()
    lock = _lock  # a child has another one
    with lock:
        yield


def hold_forks_for_imports() -> None:
    """Have forks of this process wait for `importing()`; idempotent, done with the first client and not at import."""
    global _registered  # noqa: PLW0603 - at most once in a process
    if _registered or not hasattr(os, "register_at_fork"):
        return
    with _lock:
        if not _registered:
            os.register_at_fork(
                before=_before, after_in_parent=_in_parent, after_in_child=_in_child
            )
            _registered = True


def _before() -> None:
    _forking.holds = _lock.acquire(timeout=WAIT_S)


def _in_parent() -> None:
    if getattr(_forking, "holds", False):
        _forking.holds = False
        _lock.release()


def _in_child() -> None:
    global _lock  # noqa: PLW0603 - a thread that is not here may hold the parent's
    _forking.holds = False
    _lock = threading.RLock()
