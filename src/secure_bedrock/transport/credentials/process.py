"""A profile's `credential_process`, which ends with the call that waits for it, or after a minute."""

import subprocess
from contextlib import suppress
from typing import Any, Final

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.call_deadline import raise_if_late, time_left

# Time for a person to be asked for a second factor, too. Source: `DefaultTimeout` of processcreds in AWS's SDK for Go
# v2, read 2026-11-20; botocore has no limit.
PROCESS_S: Final = 60.0
# Nothing survives SIGKILL but what belongs to another user (sudo), which is left to itself.
_KILL_S: Final = 1.0


class CredentialProcess:
    """A started program, as botocore's provider asks `subprocess.Popen` for it.

    Raises DeadlineExceeded, and starts nothing, where the call's deadline has passed.
    """

    def __init__(self, command: list[str], **pipes: Any) -> None:
        left = time_left()
        self._limit_s = PROCESS_S if left is None else min(PROCESS_S, left)
        # The policy lists the provider, and the profile names the program.
        self._process: subprocess.Popen[bytes] = subprocess.Popen(command, **pipes)  # noqa: S603

    @property
    def returncode(self) -> int | None:
        """How it ended."""
        return self._process.returncode

    def communicate(self) -> tuple[bytes, bytes]:
        """All that it wrote.

        Where its time is over it is killed: DeadlineExceeded when that was the call's, else CredentialPathDenied.
        """
        try:
            return self._process.communicate(timeout=self._limit_s)
        except subprocess.TimeoutExpired:
            pass  # and nothing is raised in here: it holds what was written
        finally:
            self._end()
        raise_if_late()
        raise CredentialPathDenied(
            f"the credential_process was killed, for it took longer than {PROCESS_S:g} seconds",
            rule="credential-process",
            next_step="run the profile's credential_process by hand, and see what it waits for",
        )

    def _end(self) -> None:
        """Kill it if it still runs. What it has started itself is not ours to end, and may hold the pipes."""
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        with suppress(PermissionError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(_KILL_S)
