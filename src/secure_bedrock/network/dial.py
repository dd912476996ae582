"""Open one socket to an approved address, and to nothing else."""

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from secure_bedrock.errors import AddressDenied, ConnectFailed
from secure_bedrock.network.guard import RouteGuard
from secure_bedrock.network.resolver import Resolver
from secure_bedrock.values import Decision
from secure_bedrock.values.addresses import parse_address

# One address per Availability Zone is common, more than four zones are rare, and every further attempt shortens
# the time of the others (this project's choice, 2026-11-20).
MAX_ATTEMPTS: Final = 4

# Interface endpoints drop flows that are idle for 350 s (AWS PrivateLink guide, 2026-11-20): probe well before, and
# give a dead peer up after 60 + 4 * 15 = 120 s. TCP_KEEPALIVE is macOS's name for TCP_KEEPIDLE.
_KEEP_ALIVE: Final = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPALIVE", 60),
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 4),
)
_LONGEST_TIMEOUT_S: Final = 3600.0
_ADMIT_STEP: Final = "check that the endpoint's security group admits this host on the port"


class Connector(Protocol):
    """What opens a TCP connection to a numeric address. Implementations are thread-safe."""

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        """A connected socket within `timeout_s` seconds, or OSError (TimeoutError when the time is up)."""
        ...


@dataclass(frozen=True, slots=True)
class Dialed:
    """A connected socket, and the approved address that it is connected to; the caller closes it."""

    sock: socket.socket
    address: str


def dial(
    guard: RouteGuard, *, resolver: Resolver, connector: Connector, timeout_s: float
) -> Dialed:
    """Connect to one of the route's approved addresses.

    The name is resolved once (not at all where the route's addresses are final), all answers are judged, and the
    judged addresses themselves are dialled in order, at most four. `timeout_s` bounds the attempts together, each
    with an equal share of what is left, so that a dead address can't use up the others' time; the operating system's
    DNS time is not in it. The peer that the kernel reports must be the address and port that were dialled.

    Raises:
        AddressDenied: An answer is not approved, there is none, or the peer is another one.
        ConnectFailed: No approved address accepted the connection in time, or the name could not be resolved.
    """
    addresses = _judged_addresses(guard, resolver)
    ends = time.monotonic() + timeout_s
    failures: list[OSError] = []
    for position, address in enumerate(addresses):
        share_s = (ends - time.monotonic()) / (len(addresses) - position)
        try:
            return _attempt(connector, address, guard.route.port, share_s)
        except OSError as failure:
            failures.append(failure)
    raise _connect_failed(addresses, guard.route.port, failures) from failures[-1]


def _judged_addresses(guard: RouteGuard, resolver: Resolver) -> tuple[str, ...]:
    route = guard.route
    if not guard.families:
        raise AddressDenied(
            f"no address of {route.host} could be approved, so none is asked for",
            rule="nothing-approved",
        )
    # A tuple of our own: what was judged can't change before it is dialled.
    answers = tuple(_resolved(guard, resolver)) if route.resolve else route.addresses
    _require_approved(guard.judge_answers(answers))
    return tuple(dict.fromkeys(answers))[:MAX_ATTEMPTS]


def _require_approved(judged: Decision) -> None:
    if not judged.allowed:
        refused = (fact.value for fact in judged.evidence if fact.name == "address")
        raise AddressDenied(
            judged.reason,
            address=next(refused, None),
            rule=judged.rule,
            next_step=judged.next_step,
        )


def _resolved(guard: RouteGuard, resolver: Resolver) -> Sequence[str]:
    try:
        return resolver.resolve(guard.route.host, guard.families)
    except OSError as failure:
        raise ConnectFailed(
            f"{guard.route.host} could not be resolved ({type(failure).__name__})",
            rule="resolver-failed",
            next_step="check the resolver of this host",
        ) from failure


def _attempt(connector: Connector, address: str, port: int, timeout_s: float) -> Dialed:
    # `not >` also catches NaN, which would otherwise mean no limit.
    if not timeout_s > 0:
        raise TimeoutError("no time left to connect")
    sock = connector.connect(address, port, min(timeout_s, _LONGEST_TIMEOUT_S))
    try:
        _require_peer(sock, address, port)
    except BaseException:
        sock.close()
        raise
    return Dialed(sock, address)


def _require_peer(sock: socket.socket, address: str, port: int) -> None:
    """AddressDenied unless the kernel's peer is this address and port; OSError when the peer is gone already."""
    peer: object = sock.getpeername()
    if not _is_peer(peer, address, port):
        raise AddressDenied(
            f"the socket for {address} is connected to another peer",
            rule="peer-mismatch",
            next_step="find out what replaces connections in this process or on this host",
        )


def _is_peer(peer: object, address: str, port: int) -> bool:
    if not isinstance(peer, tuple) or len(peer) not in {2, 4} or any(peer[2:]):
        return False
    try:
        return parse_address(peer[0]) == parse_address(address) and peer[1] == port
    except ValueError:
        return False


def _connect_failed(
    addresses: Sequence[str], port: int, failures: Sequence[OSError]
) -> ConnectFailed:
    late = all(isinstance(failure, TimeoutError) for failure in failures)
    tried = ", ".join(
        f"{f'[{address}]' if ':' in address else address}:{port} ({type(failure).__name__})"
        for address, failure in zip(addresses, failures, strict=True)
    )
    return ConnectFailed(
        f"no approved address accepted a connection: {tried}",
        rule="connect-timeout" if late else "connect-failed",
        # A security group drops what it does not admit, so a refusal comes from whatever stands at the address.
        next_step=_ADMIT_STEP if late else "",
    )


class SystemConnector:
    """Opens sockets of the operating system, without delay for small writes and with keep-alive probes.

    The address must be numeric, or AddressDenied: a name would be resolved behind the guard's back. The socket keeps
    the time limit that it was connected with.
    """

    __slots__ = ()

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        """A connected socket, or OSError; `timeout_s` must be more than 0."""
        family = _family_of(address)
        if not timeout_s > 0:  # settimeout(0) would mean non-blocking
            raise TimeoutError("no time left to connect")
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.settimeout(min(timeout_s, _LONGEST_TIMEOUT_S))
            _set_options(sock)
            sock.connect((address, port))
        except BaseException:
            sock.close()
            raise
        return sock


def _family_of(address: str) -> socket.AddressFamily:
    try:
        parsed = parse_address(address)
    except ValueError as refusal:
        raise AddressDenied(
            f"only an address is dialled: {refusal}", rule="not-an-address"
        ) from None
    return socket.AF_INET if parsed.version == 4 else socket.AF_INET6


def _set_options(sock: socket.socket) -> None:
    # Without TCP_NODELAY a request's second small write waits for the peer's delayed acknowledgement (40 ms).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # An IPv6 socket that can't carry IPv4: no mapped address gets through it, whatever was judged.
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if name in vars(socket):
            # Some kernels know the option and refuse it; probes are a comfort only.
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, vars(socket)[name], value)
