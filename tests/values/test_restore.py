"""What registers itself forgets at a snapshot, through Lambda's hooks where there are some."""

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from secure_bedrock.values import forget_at_snapshot, restore


class Thing:
    """Counts how often it forgot."""

    def __init__(self) -> None:
        self.forgot = 0

    def forget_moment(self) -> None:
        self.forgot += 1


Hooks = list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]


class LambdaHooks(ModuleType):
    """snapshot_restore_py 1.0.0, which only keeps what is registered; Lambda itself reads it and runs it."""

    def __init__(self) -> None:
        super().__init__(restore.HOOKS_MODULE)
        self.before: Hooks = []
        self.after: Hooks = []

    def register_before_snapshot(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        self.before.append((func, args, kwargs))
        return func

    def register_after_restore(
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Callable[..., Any]:
        self.after.append((func, args, kwargs))
        return func


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has not looked for hooks yet."""
    monkeypatch.setattr(restore, "_looked", False)


@pytest.fixture
def hooks(untouched: None, monkeypatch: pytest.MonkeyPatch) -> LambdaHooks:
    made = LambdaHooks()
    monkeypatch.setitem(sys.modules, restore.HOOKS_MODULE, made)
    return made


def run(registered: Hooks) -> None:
    for func, args, kwargs in registered:
        func(*args, **kwargs)


def test_the_hooks_are_registered_once_and_with_the_first_thing(hooks: LambdaHooks) -> None:
    assert (hooks.before, hooks.after) == ([], [])
    things = [Thing(), Thing()]
    for thing in things:
        forget_at_snapshot(thing)

    assert (len(hooks.before), len(hooks.after)) == (1, 1)
    run(hooks.before)
    assert [thing.forgot for thing in things] == [1, 1]
    run(hooks.after)
    assert [thing.forgot for thing in things] == [2, 2]


def test_threads_that_come_at_once_register_once(hooks: LambdaHooks) -> None:
    barrier = threading.Barrier(16, timeout=10)
    kept: list[Thing] = []

    def come() -> None:
        barrier.wait()
        kept.append(Thing())
        forget_at_snapshot(kept[-1])

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (len(hooks.before), len(hooks.after)) == (1, 1)


def test_without_hooks_a_thing_forgets_when_it_is_told(
    untouched: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, restore.HOOKS_MODULE, None)  # importing it is an ImportError
    thing = Thing()
    forget_at_snapshot(thing)
    restore.forget_all()

    assert thing.forgot == 1


def test_a_thing_is_held_weakly(hooks: LambdaHooks) -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    forget_at_snapshot(thing)
    del thing
    gc.collect()

    assert gone() is None
    run(hooks.after)
