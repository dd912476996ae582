"""Events in a file, one JSON line each."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from secure_bedrock.audit.event import InvocationEvent
from secure_bedrock.errors import ConfigurationError


class JsonLinesSink:
    """Appends each event with a single write, so that threads and forked processes never mix their lines.

    The file is made with mode 0600 when it is not there; the mode of one that is there is left alone. It is not synced
    to the disk after each event. To rotate it, copy and truncate. Raises ConfigurationError when it can't be opened.
    """

    __slots__ = ("_descriptor", "_torn", "path")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._torn = False
        # A FIFO would wait for its reader, here and at each event: without blocking it opens or fails, and is refused.
        extra = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            self._descriptor = os.open(
                self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | extra, 0o600
            )
        except OSError as problem:
            raise self._unusable(f"can't be opened for writing: {problem.strerror}") from None
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            self.close()
            raise self._unusable("is not a regular file")

    def _unusable(self, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"the audit file {self.path} {why}",
            rule="audit-sink",
            next_step="name a file, make its directory, and let this user write there",
        )

    def emit(self, event: InvocationEvent) -> None:
        """Append the event; OSError when the disk did not take all of it."""
        line = event.to_json().encode("ascii") + b"\n"
        if self._torn:
            line = b"\n" + line  # ends the half line, so that it spoils no other
        written = os.write(self._descriptor, line)
        self._torn = written < len(line)
        if self._torn:
            raise OSError("the audit file took only a part of an event")

    def close(self) -> None:
        """Close the file; later events fail. Closing twice does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __reduce__(self) -> tuple[Callable[..., "JsonLinesSink"], tuple[str]]:
        return type(self), (str(self.path),)
