"""The VPC's resolver: dnsmasq, answering for Bedrock's names with whatever the row says."""

import os
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from .namespaces import Namespace, TestbedError

_END_S = 5.0


class NameServer:
    """One dnsmasq on one address; it asks nobody else, keeps the order of addresses and gives a TTL of 0."""

    def __init__(self, host: Namespace, address: str, directory: Path) -> None:
        self._host = host
        self._address = address
        self._hosts_file = directory / f"names-{address}"
        self._pid_file = directory / f"dnsmasq-{address}.pid"
        self._names: dict[str, Sequence[str]] | None = None
        self._pid: int | None = None

    def answer(self, names: Mapping[str, Sequence[str]] | None) -> None:
        """Give each name its addresses; one without any, and every other name, does not exist. None ends the server."""
        wanted = None if names is None else dict(names)
        if wanted == self._names:
            return
        self.stop()
        if wanted is not None:
            self._start(wanted)
        self._names = wanted

    def stop(self) -> None:
        """End the server; a second time it does nothing."""
        if self._pid is not None:
            _end(self._pid)
            self._pid = None
        self._names = None

    def _start(self, names: Mapping[str, Sequence[str]]) -> None:
        lines = [f"{address} {name}\n" for name, found in names.items() for address in found]
        self._hosts_file.write_text("".join(lines))
        # It becomes a daemon only once it listens, so it answers when this returns.
        self._host.run(
            [
                "dnsmasq",
                "--conf-file=/dev/null",
                "--user=root",
                f"--pid-file={self._pid_file}",
                f"--listen-address={self._address}",
                "--bind-interfaces",
                "--no-resolv",
                "--no-hosts",
                f"--addn-hosts={self._hosts_file}",
                "--local=/amazonaws.com/",
                "--no-round-robin",
                "--local-ttl=0",
                "--no-negcache",
                "--log-facility=/dev/null",
            ]
        )
        self._pid = int(self._pid_file.read_text())


def _end(pid: int) -> None:
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        os.kill(pid, signal.SIGTERM)
        if not select.select([watch], [], [], _END_S)[0]:
            raise TestbedError(f"dnsmasq ({pid}) did not end")
    finally:
        os.close(watch)
