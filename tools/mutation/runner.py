"""Run the tests against one changed module, in a forked process that has everything else imported already."""

import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType
from typing import Final, Literal

import pytest
from hypothesis import HealthCheck, settings

from mutation.rooms import ROOT, Target
from mutation.sites import Mutant

Outcome = Literal["killed", "timeout", "survived"]

# Imported once, before any fork: what the tests need and what imports none of the mutated modules.
_PRELOADED: Final = (
    "hypothesis.strategies", "hypothesis.stateful",
    "_hypothesis_pytestplugin", "hypothesis.extra.pytestplugin", "botocore.session", "botocore.auth",
    "botocore.awsrequest", "cryptography.x509", "trustme", "ssl", "asyncio",
    "secure_bedrock.errors", "secure_bedrock.values", "tomllib",
)  # fmt: skip

# Timers of the tests are well below a second; a mutant that loops is stopped after this and the room's own time.
_GRACE_S: Final = 5.0
_TESTS_FAILED: Final = {
    1,
    2,
}  # pytest.ExitCode: TESTS_FAILED, INTERRUPTED (a module that can't be imported)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant, and how long that took in seconds."""

    mutant: Mutant
    outcome: Outcome
    seconds: float


def preload() -> None:
    """Import what every run needs; then no mutated module may be among it."""
    sys.path.insert(0, str(ROOT / "src"))
    for name in _PRELOADED:
        importlib.import_module(name)


def baseline(target: Target) -> float:
    """The seconds that the unchanged file's tests take; RuntimeError where they fail."""
    if target.module in sys.modules:
        raise RuntimeError(f"{target.module} is imported before it is mutated")
    began = time.monotonic()
    for tests in _stages(target):
        status = os.waitstatus_to_exitcode(os.waitpid(_forked(target, None, tests), 0)[1])
        if status != 0:
            raise RuntimeError(
                f"the tests of {target.file} fail on unchanged code (status {status})"
            )
    return time.monotonic() - began


def _stages(target: Target) -> tuple[tuple[str, ...], ...]:
    """The file's own tables first: they take a quarter of a second and notice most. Then the whole room."""
    return ("-m", "not hypothesis", *target.own), (*target.own, *target.room)


@dataclass(frozen=True, slots=True)
class _Run:
    """A mutant under test: its process runs this stage since `began`, and others before it took `spent` seconds."""

    mutant: Mutant
    stage: int
    began: float
    spent: float = 0.0


def run(
    target: Target, mutants: Sequence[Mutant], *, workers: int, limit_s: float
) -> Iterator[Result]:
    """Every mutant's result, as they end; a stage that takes longer than the limit and some grace is stopped."""
    waiting = list(reversed(mutants))
    running: dict[int, _Run] = {}
    stages = _stages(target)
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[_forked(target, mutant, stages[0])] = _Run(mutant, 0, time.monotonic())
        for pid, one in list(running.items()):
            took = time.monotonic() - one.began
            outcome = _ended(pid, took > limit_s + _GRACE_S)
            if outcome is None:
                continue
            del running[pid]
            if outcome == "survived" and one.stage + 1 < len(stages):
                following = _forked(target, one.mutant, stages[one.stage + 1])
                running[following] = _Run(
                    one.mutant, one.stage + 1, time.monotonic(), one.spent + took
                )
            else:
                yield Result(one.mutant, outcome, one.spent + took)
        time.sleep(0.005)


def _ended(pid: int, late: bool) -> Outcome | None:
    """What became of the process; None while it may go on."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        return _outcome(os.waitstatus_to_exitcode(status))
    if late:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return "timeout"
    return None


def _outcome(status: int) -> Outcome:
    # A negative status is a signal: the mutant brought the interpreter down.
    if status in _TESTS_FAILED or status < 0:
        return "killed"
    if status == 0:
        return "survived"
    raise RuntimeError(f"pytest ended with status {status}")


def _forked(target: Target, mutant: Mutant | None, tests: Sequence[str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 70
    loud = os.dup(2)
    try:
        os.setpgid(0, 0)
        _be_silent()
        status = _judge(target, mutant, tests)
    except Exception:  # noqa: BLE001 - what pytest itself ends with: a socket left open, seen after the last test
        os.write(loud, traceback.format_exc().encode() if mutant is None else b"")
        status = 1
    finally:
        os._exit(status)


def _be_silent() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _judge(target: Target, mutant: Mutant | None, tests: Sequence[str]) -> int:
    """The status of pytest with the mutant in the place of its file."""
    if mutant is not None:
        try:
            code = mutant.compiled(str(target.path))
        except (SyntaxError, ValueError):
            return 1
        sys.meta_path.insert(0, _Changed(target, code))
    # The same examples each time, and few: a mutant that only the hundredth example tells apart wants a test.
    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=40,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")
    options = ["-x", "-q", "--assert=plain", "--tb=no", "--noconftest", "--rootdir", str(ROOT)]
    plugins = [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:cov",
        "-p",
        "no:secure_bedrock",
    ]
    return int(pytest.main([*options, *plugins, *tests]))


class _Changed(MetaPathFinder, Loader):
    """Gives out the changed module in place of the file."""

    def __init__(self, target: Target, code: CodeType) -> None:
        self._target = target
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The changed module's spec; None for every other module."""
        del path, target
        if fullname != self._target.module:
            return None
        return spec_from_loader(fullname, self, origin=str(self._target.path))

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code in the module."""
        exec(self._code, module.__dict__)  # noqa: S102 - running the changed module is the point
