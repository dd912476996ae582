"""Whose a testbed's name is: the process that holds its lock, whatever PID namespace that is in."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Process numbers would not do: another run may be in another PID namespace and share this /run, and then it has the
# same numbers, or none that we can see. The kernel drops a lock with its process, and keeps it till then.
_LOCKS = Path("/run/secure-bedrock-testbed")


class Claim:
    """A name for one testbed, unlike that of any other on this host, held until `release` or the process's end."""

    def __init__(self) -> None:
        self.name = f"sb{secrets.token_hex(4)}"
        _LOCKS.mkdir(exist_ok=True)
        self._lock = os.open(_path(self.name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def release(self) -> None:
        """Give the name back; a second time it does nothing."""
        if self._lock >= 0:
            _path(self.name).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = -1


def run_of(name: str) -> str:
    """The testbed's name, out of that of a namespace or a directory of it."""
    return name.partition("-")[0]


@contextmanager
def claimed(name: str) -> Iterator[bool]:
    """Whether the name was nobody's, and is ours while the block runs."""
    _LOCKS.mkdir(exist_ok=True)
    lock = os.open(_path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        ours = _lock_at_once(lock)
        yield ours
        if ours:
            _path(name).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _lock_at_once(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(name: str) -> Path:
    return _LOCKS / f"{name}.lock"
