"""Network namespaces of this run: made, entered, and removed with everything that runs in them."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from .claims import claimed, run_of

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000  # setns(2), linux/sched.h
_NAMESPACES = Path("/run/netns")  # where iproute2 keeps their names
_FILES = Path("/etc/netns")  # what `ip netns exec` lays over /etc
_NAME = re.compile(r"sb[0-9a-f]{8}-[a-z0-9_]+")
_COMMAND_S = 20.0
_END_S = 5.0


class TestbedError(Exception):
    """The testbed itself failed; nothing was measured."""

    __test__ = False  # not a test class, whatever its name begins with


def run(command: Sequence[str], *, stdin: str = "") -> str:
    """The command's standard output; TestbedError with what it complained about."""
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, timeout=_COMMAND_S
    )
    if done.returncode != 0:
        raise TestbedError(f"{' '.join(command[:6])}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Namespace:
    """One network namespace; its name begins with the testbed's, so that two runs never meet."""

    def __init__(self, testbed: str, role: str) -> None:
        self.name = f"{testbed}-{role}"

    def make(self) -> None:
        """Make it, with its loopback up."""
        run(["ip", "netns", "add", self.name])
        self.ip("link set lo up")

    def remove(self) -> None:
        """End what runs in it and take it away; a second time it does nothing."""
        remove(self.name)

    def ip(self, *commands: str) -> None:
        """Run `ip` commands inside."""
        run(["ip", "-n", self.name, "-batch", "-"], stdin="\n".join(commands) + "\n")

    def run(self, command: Sequence[str], *, stdin: str = "") -> str:
        """The standard output of a command that runs inside."""
        return self.enter(lambda: run(command, stdin=stdin))

    def lay_over(self, name: str, text: str) -> None:
        """Set what a program started by `command` reads as `/etc/<name>`, where this host has such a file."""
        if not Path("/etc", name).exists():
            return
        directory = _FILES / self.name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that starts a program inside, with the files laid over."""
        return ["ip", "netns", "exec", self.name, *command]

    def enter(self, work: Callable[[], T]) -> T:
        """Do the work on a thread inside: the sockets that it makes, and the programs it starts, stay there."""
        done: list[T] = []
        failed: list[BaseException] = []

        def inside() -> None:
            try:
                _set_namespace(_NAMESPACES / self.name)
                done.append(work())
            except BaseException as error:
                failed.append(error)

        # A thread of its own, which ends: setns(2) moves one thread, and nothing must run on it later.
        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return done[0]


def standing() -> list[str]:
    """The names of all testbeds' namespaces, and of their files, that exist on this host."""
    places = [place for place in (_NAMESPACES, _FILES) if place.is_dir()]
    names = {entry.name for place in places for entry in place.iterdir()}
    return sorted(filter(_NAME.fullmatch, names))


def sweep() -> None:
    """Remove what a run left whose process died without its clean-up."""
    for name in standing():
        with claimed(run_of(name)) as ours:
            if ours:
                remove(name)
    for directory in filter(_is_ours, Path(tempfile.gettempdir()).iterdir()):
        with claimed(run_of(directory.name)) as ours:
            if ours:
                shutil.rmtree(directory, ignore_errors=True)


def _is_ours(directory: Path) -> bool:
    return _NAME.fullmatch(directory.name) is not None


def remove(name: str) -> None:
    """End what runs in the namespace and take it away; a second time it does nothing."""
    if (_NAMESPACES / name).exists():
        try:
            _end_all(name)
            run(["ip", "netns", "del", name])
        except TestbedError:
            # Two runs that start together sweep the same remains: what the other took is gone, as it should be.
            if (_NAMESPACES / name).exists():
                raise
    shutil.rmtree(_FILES / name, ignore_errors=True)
    with suppress(OSError):  # another run's files are in it, or it is gone
        _FILES.rmdir()


def _end_all(name: str) -> None:
    """Kill whatever runs in the namespace, and wait until nothing does."""
    ends = time.monotonic() + _END_S
    while pids := run(["ip", "netns", "pids", name]).split():
        if time.monotonic() > ends:
            raise TestbedError(f"{name} still runs {', '.join(pids)}")
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.005)


def _set_namespace(path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise TestbedError(f"setns to {path.name}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)
