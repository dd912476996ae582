"""What a restored snapshot of this process must not go on using: Lambda SnapStart wakes one process up many times."""

import threading
from importlib import import_module
from typing import Any, Final, Protocol
from weakref import WeakSet

from secure_bedrock.values.per_process import PerProcess

# Lambda's managed runtimes have this module where SnapStart can be turned on, and run what is registered with it
# (snapshot-restore-py 1.0.0; AWS Lambda developer guide, "Runtime hooks for Python", read 2026-11-20).
HOOKS_MODULE: Final = "snapshot_restore_py"


class Forgetful(Protocol):
    """What holds something of the moment: sockets, routes, credentials."""

    def forget_moment(self) -> None:
        """Drop it, so that the next use makes it anew; other threads may be using it meanwhile."""
        ...


_things: WeakSet[Any] = WeakSet()
_lock: Final = PerProcess(threading.Lock)
_looked = False


def forget_at_snapshot(thing: Forgetful) -> None:
    """Have `thing` forget before a snapshot is taken and after one is restored; it is only held weakly.

    Lambda's hooks are looked for with the first thing, once. Where there are none this costs that look.
    """
    global _looked
    with _lock():
        _things.add(thing)
        first, _looked = not _looked, True
    if first:
        _register()


def _register() -> None:
    try:
        hooks: Any = import_module(HOOKS_MODULE)
    except ImportError:
        return
    # Before as well, so that no credential and no half-read answer lies in the snapshot.
    hooks.register_before_snapshot(forget_all)
    hooks.register_after_restore(forget_all)


def forget_all() -> None:
    """What the hooks call; thread-safe."""
    with _lock():
        things = list(_things)
    for thing in things:
        thing.forget_moment()
