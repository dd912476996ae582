"""tcpdump on the public side's link: a second witness of what the counter counts."""

import re
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from .hosts import TO_APP
from .namespaces import Namespace, TestbedError

# Multicast reports stand behind a hop-by-hop header (protocol 0), where `icmp6` does not look.
_WANTED = "(ip or ip6) and not icmp6 and not ip6 proto 0"
_CAPTURED = re.compile(r"(\d+) packets? captured")
_END_S = 10.0


class Capture:
    """Writes every packet that arrives from the application, but for what IPv6 says on a link."""

    def __init__(self, host: Namespace, path: Path) -> None:
        self._host = host
        self._path = path
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        options = [
            "tcpdump",
            "-n",
            "-U",
            "-Q",
            "in",
            "-Z",
            "root",
            "-i",
            TO_APP,
            "--immediate-mode",
        ]
        self._process = subprocess.Popen(
            self._host.command([*options, "-w", str(self._path), _WANTED]),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        if "listening on" not in said:
            self._process.wait(_END_S)
            raise TestbedError(f"tcpdump: {said.strip()}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.stop()

    def stop(self) -> int:
        """End the capture; returns how many packets it has."""
        process, self._process = self._process, None
        if process is None:
            raise TestbedError("the capture has ended already")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=_END_S)
        match = _CAPTURED.search(said)
        if match is None:
            raise TestbedError(f"tcpdump: {said.strip()}")
        return int(match[1])
