"""A profile's `credential_process`, which ends with the call that waits for it, or after a minute."""

import os
import selectors
import subprocess
import time
from contextlib import suppress
from typing import Any, Final

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.call_deadline import raise_if_late, time_left

# Time for a person to be asked for a second factor, too. Source: `DefaultTimeout` of processcreds in AWS's SDK for Go
# v2, read 2026-11-20; botocore has no limit.
PROCESS_S: Final = 60.0
# What it gives is one JSON object of five short members, 1 to 2 KB with a session token (AWS CLI user guide, "Sourcing
# credentials with an external process", read 2026-11-20); AWS sets no limit. This is a hundred times that.
OUTPUT_BYTES: Final = 256 * 1024
# All that an ended program wrote is in its pipe by then; this is for what it left in the background, a logger say,
# which may pass some of it on, and may hold the pipe for ever.
LINGER_S: Final = 0.5
# Nothing survives SIGKILL but what belongs to another user (sudo), which is left to itself.
_KILL_S: Final = 1.0
# How often it is looked whether the program has ended, as `subprocess` itself does.
_LOOK_S: Final = 0.05
_CHUNK_BYTES: Final = 64 * 1024


class CredentialProcess:
    """A started program, as botocore's provider asks `subprocess.Popen` for it.

    Raises DeadlineExceeded, and starts nothing, where the call's deadline has passed.
    """

    def __init__(self, command: list[str], **pipes: Any) -> None:
        left = time_left()
        self._limit_s = PROCESS_S if left is None else min(PROCESS_S, left)
        # The policy lists the provider, and the profile names the program.
        process: Any = subprocess.Popen(command, **pipes)  # noqa: S603
        self._process: subprocess.Popen[bytes] = process

    @property
    def returncode(self) -> int | None:
        """How it ended."""
        return self._process.returncode

    def communicate(self) -> tuple[bytes, bytes]:
        """What it wrote to its output; what it wrote to its error output is read, and kept nowhere.

        Where its time is over, or its output too long, it is killed: DeadlineExceeded when that time was the call's,
        else CredentialPathDenied.
        """
        try:
            written = _Output(self._process, self._limit_s).read()
        finally:
            self._end()
        if written is None:
            raise_if_late()
            raise _killed(f"it took longer than {PROCESS_S:g} seconds", "what it waits for")
        if len(written) > OUTPUT_BYTES:
            del written  # who shows a traceback's variables shows none of it
            raise _killed(f"it wrote more than {OUTPUT_BYTES} bytes", "what it writes")
        return written, b""

    def _end(self) -> None:
        """Kill it if it still runs. What it has started itself is not ours to end, and may hold the pipes."""
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        with suppress(PermissionError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(_KILL_S)


class _Output:
    """Reads a program's pipes while it runs, and for a moment after: it ends when it has, whoever else holds them."""

    def __init__(self, process: "subprocess.Popen[bytes]", limit_s: float) -> None:
        self._process = process
        self._ends_at = time.monotonic() + limit_s
        self._ended = False
        self._written = bytearray()

    def read(self) -> bytes | None:
        """Its output, with more than `OUTPUT_BYTES` where that was too long; None where its time was over first."""
        with selectors.DefaultSelector() as pipes:
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipes.register(pipe, selectors.EVENT_READ)
            while pipes.get_map() and not self._is_too_long and (left := self._left()) > 0:
                for key, _ in pipes.select(min(left, _LOOK_S)):
                    self._take(pipes, key.fileobj)
        if self._is_too_long or self._ends():
            return bytes(self._written)
        return None

    @property
    def _is_too_long(self) -> bool:
        return len(self._written) > OUTPUT_BYTES

    def _left(self) -> float:
        """Seconds until the reading is over; few from when the program is seen to have ended."""
        now = time.monotonic()
        if not self._ended and self._process.poll() is not None:
            self._ended = True
            self._ends_at = min(self._ends_at, now + LINGER_S)
        return self._ends_at - now

    def _take(self, pipes: selectors.BaseSelector, pipe: Any) -> None:
        chunk = os.read(pipe.fileno(), _CHUNK_BYTES)
        if not chunk:
            pipes.unregister(pipe)
        elif pipe is self._process.stdout:
            self._written += chunk

    def _ends(self) -> bool:
        """True once the program has ended, which it may be waited for: its pipes can be closed before."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, self._ends_at - time.monotonic()))
        return self._process.returncode is not None


def _killed(why: str, look: str) -> CredentialPathDenied:
    return CredentialPathDenied(
        f"the credential_process was killed, for {why}",
        rule="credential-process",
        next_step=f"run the profile's credential_process by hand, and see {look}",
    )
