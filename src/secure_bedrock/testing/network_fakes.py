"""DNS and TCP without a network: what the guard takes instead of the operating system's, in tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any


@dataclass(frozen=True, slots=True)
class DnsQuery:
    """One question to a resolver."""

    host: str
    families: frozenset[socket.AddressFamily]


class StaticResolver:
    """A resolver with a fixed table; a name that isn't in it has no address. Thread-safe.

    With `honour_families=False` it answers with addresses of families that nobody asked for, as a broken or hostile
    resolver would. Anything may stand for an address, so that malformed answers can be tried.
    """

    def __init__(
        self, answers: Mapping[str, Sequence[str]], *, honour_families: bool = True
    ) -> None:
        self._answers = {host: tuple(addresses) for host, addresses in answers.items()}
        self._honour = honour_families
        self._lock = threading.Lock()
        self._queries: list[DnsQuery] = []

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        """The name's addresses, those of the families only unless told otherwise."""
        with self._lock:
            self._queries.append(DnsQuery(host, families))
            found = self._answers.get(host, ())
        if not self._honour:
            return found
        return tuple(address for address in found if _family_of(address) in {*families, None})

    def set(self, host: str, addresses: Sequence[str]) -> None:
        """Answer with these addresses from now on: how a rebinding name behaves."""
        with self._lock:
            self._answers[host] = tuple(addresses)

    @property
    def queries(self) -> list[DnsQuery]:
        """What was asked so far, in order; a list of the caller's own."""
        with self._lock:
            return list(self._queries)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a connector; `connected` tells how it ended."""

    address: str
    port: int
    connected: bool


class LoopbackConnector:
    """A connector that leads chosen addresses to servers on this machine and refuses all others. Thread-safe.

    Its sockets report the asked address and port as their peer, so that a route to `10.0.1.10:443` can be tried
    whole. An address that isn't mapped is refused without a socket being opened. `peers` makes sockets to an
    address report another peer than the asked one.
    """

    def __init__(
        self,
        servers: Mapping[str, tuple[str, int]],
        *,
        peers: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        for host, _ in servers.values():
            if not ip_address(host).is_loopback:
                raise ValueError("a server has to be on a loopback address")
        self._servers = dict(servers)
        self._peers = dict(peers or {})
        self._lock = threading.Lock()
        self._attempts: list[Attempt] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        """A socket to the mapped server; ConnectionRefusedError, TimeoutError or OSError as from a real one."""
        server = self._servers.get(address)
        try:
            if server is None:
                raise ConnectionRefusedError("no server is mapped to the address")
            sock = _connected(server, self._peers.get(address, (address, port)), timeout_s)
        except OSError:
            self._record(Attempt(address, port, connected=False))
            raise
        self._record(Attempt(address, port, connected=True))
        return sock

    @property
    def attempts(self) -> list[Attempt]:
        """What was tried so far, in order; a list of the caller's own."""
        with self._lock:
            return list(self._attempts)

    def _record(self, attempt: Attempt) -> None:
        with self._lock:
            self._attempts.append(attempt)


class MappedSocket(socket.socket):
    """A real socket that tells another peer than the kernel does."""

    reported_peer: tuple[str, int] = ("", 0)

    def getpeername(self) -> Any:
        """The reported peer in the form of its address family."""
        super().getpeername()  # OSError once it isn't connected, as from a real one
        host, port = self.reported_peer
        return (host, port) if _family_of(host) == socket.AF_INET else (host, port, 0, 0)


def _connected(server: tuple[str, int], peer: tuple[str, int], timeout_s: float) -> MappedSocket:
    sock = MappedSocket(_family_of(server[0]) or socket.AF_INET, socket.SOCK_STREAM)
    sock.reported_peer = peer
    try:
        sock.settimeout(timeout_s)
        sock.connect(server)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _family_of(address: str) -> socket.AddressFamily | None:
    """The address's family, None where the text is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return socket.AF_INET if isinstance(parsed, IPv4Address) else socket.AF_INET6
