"""Which sockets did this process open? An audit hook that tells, whoever opened them, on any thread.

Audit hooks don't see uvloop, pycurl, subinterpreters, a subprocess's own traffic or descriptors that were handed over.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, Self

Kind = Literal["connect", "lookup", "datagram", "process"]

# Audit events that lead out of a process, as CPython 3.11.7 raises them (the tests provoke each one, 2026-11-20).
_KINDS: dict[str, Kind] = {
    "socket.connect": "connect",
    "socket.getaddrinfo": "lookup",
    "socket.gethostbyname": "lookup",
    "socket.sendto": "datagram",
    "socket.sendmsg": "datagram",
    "subprocess.Popen": "process",
}


@dataclass(frozen=True, slots=True)
class SocketEvent:
    """One event: the address, name or executable, and the port where there is one."""

    kind: Kind
    target: str
    port: int | None

    @property
    def is_public(self) -> bool:
        """True unless it stayed on this machine; a name other than `localhost` would have gone to DNS."""
        if self.kind == "process":
            return False
        try:
            return not ip_address(self.target).is_loopback and self.kind != "lookup"
        except ValueError:
            return self.target not in ("localhost", "")


class ConnectLog:
    """`with ConnectLog() as log:` records what the whole process connects to, looks up, sends and starts.

    Logs may overlap; each sees everything while it is open. Thread-safe. The hook is installed by the first log and
    can't be removed (Python has no way to); while no log is open it returns at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[SocketEvent] = []

    def __enter__(self) -> Self:
        _open(self)
        return self

    def __exit__(self, *_exception: object) -> None:
        _close(self)

    @property
    def events(self) -> list[SocketEvent]:
        """Everything so far, in order; a list of the caller's own."""
        with self._lock:
            return list(self._events)

    @property
    def connects(self) -> list[tuple[str, int | None]]:
        """The addresses and ports of connection attempts."""
        return self._of("connect")

    @property
    def lookups(self) -> list[str]:
        """The names, and addresses, given to the resolver."""
        return [name for name, _ in self._of("lookup")]

    @property
    def processes(self) -> list[str]:
        """The executables of started processes; what they did is not seen."""
        return [name for name, _ in self._of("process")]

    @property
    def public(self) -> list[tuple[str, int | None]]:
        """Every attempt that would have left this machine: connections, datagrams and names looked up."""
        return [(event.target, event.port) for event in self.events if event.is_public]

    def _of(self, kind: Kind) -> list[tuple[str, int | None]]:
        return [(event.target, event.port) for event in self.events if event.kind == kind]

    def _record(self, event: SocketEvent) -> None:
        with self._lock:
            self._events.append(event)


_open_logs: tuple[ConnectLog, ...] = ()
_installed = False
_lock = threading.Lock()


def _open(log: ConnectLog) -> None:
    global _installed, _open_logs  # noqa: PLW0603 - there is one hook in a process
    with _lock:
        _open_logs = (*_open_logs, log)
        if not _installed:
            sys.addaudithook(_hook)
            _installed = True


def _close(log: ConnectLog) -> None:
    global _open_logs  # noqa: PLW0603 - as above
    with _lock:
        _open_logs = tuple(other for other in _open_logs if other is not log)


def _hook(name: str, arguments: tuple[Any, ...]) -> None:
    logs = _open_logs
    if not logs:
        return
    kind = _KINDS.get(name)
    if kind is None:
        return
    event = _event_of(kind, name, arguments)
    if event is not None:
        for log in logs:
            log._record(event)  # noqa: SLF001 - its own module


def _event_of(kind: Kind, name: str, arguments: tuple[Any, ...]) -> SocketEvent | None:
    """The event, None for sockets of the machine itself (Unix, netlink), which have no address and port."""
    if kind == "process":
        return SocketEvent(kind, str(arguments[0]), None)
    if name == "socket.gethostbyname":
        return SocketEvent(kind, _text(arguments[0]), None)
    if kind == "lookup":
        port = arguments[1] if isinstance(arguments[1], int) else None
        return SocketEvent(kind, _text(arguments[0]), port)
    address = arguments[1]
    if not isinstance(address, tuple) or not isinstance(address[0], str | bytes):
        return None
    return SocketEvent(kind, _text(address[0]), int(address[1]))


def _text(host: object) -> str:
    """The host as text; None, which means this machine, as an empty one."""
    if isinstance(host, bytes | bytearray):
        return bytes(host).decode("ascii", "backslashreplace")
    return "" if host is None else str(host)
