"""What does an audit event ask for, and may it have that?

CPython raises an event before the system call that it announces. Those of `socket.bind`, `listen` and `accept` are not
judged: they lead nowhere by themselves. `socket.getnameinfo` takes an address only.
"""

import socket
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from secure_bedrock.network.allowance import Allowance
from secure_bedrock.values import Decision

Judge = Callable[[Allowance, tuple[Any, ...]], Decision]

_INTERNET: Final = frozenset({socket.AF_INET, socket.AF_INET6})
# Not on every platform. Unix sockets stay on this machine; what listens there is this machine's to decide.
_UNIX: Final = vars(socket).get("AF_UNIX")
# On Linux the type carries flags (SOCK_NONBLOCK, SOCK_CLOEXEC) above its low four bits (socket(2), 2026-11-20).
_TYPE_BITS: Final = 0xF
_TYPES: Final = frozenset({socket.SOCK_STREAM, socket.SOCK_DGRAM})
# The type's own, TCP, UDP and Multipath TCP: what others (SCTP, DCCP, L2TP, ICMP) carry and where to is not known here.
# Source: IANA, "Protocol Numbers"; Linux's IPPROTO_MPTCP (read 2026-11-20).
_PROTOCOLS: Final = frozenset({0, 6, 17, 262})
_UNSAID: Final = -1  # a descriptor that was handed over: the kernel knows what it is
# Read from the C structure: a subclass can override the attribute, and socket.socket does.
_FAMILY: Final = vars(socket.SocketType)["family"]


def _new_socket(_allowance: Allowance, arguments: tuple[Any, ...]) -> Decision:
    """Raw and packet sockets carry their own addresses, and other families lead past the routes."""
    match arguments:
        case (_, int(family), int(kind), int(protocol)):
            if family in (_UNSAID, _UNIX):
                return _allowed("socket-family")
            if family in _INTERNET and _is_tcp_or_udp(kind, protocol):
                return _allowed("socket-family")
            return _refused(
                "socket-family",
                "a raw socket, or one of another protocol or family than TCP, UDP and Unix sockets have",
            )
    return _strange()


def _is_tcp_or_udp(kind: int, protocol: int) -> bool:
    """Whether a new internet socket is; what is not said is the kernel's own choice, or known to it already."""
    return (kind == _UNSAID or kind & _TYPE_BITS in _TYPES) and (
        protocol == _UNSAID or protocol in _PROTOCOLS
    )


def _destination(allowance: Allowance, arguments: tuple[Any, ...]) -> Decision:
    match arguments:
        case (socket.SocketType() as sock, address):
            family = _FAMILY.__get__(sock)
            if (
                family == _UNIX or address is None
            ):  # None: sent to the peer, which was judged when it was connected to
                return _allowed("unix-or-connected")
            if family in _INTERNET and type(address) is tuple and _has_no_scope(address):
                return allowance.decide_destination(address[0], address[1])
            return _refused("not-an-address", "a destination that is not a plain address and port")
    return _strange()


def _has_no_scope(address: tuple[Any, ...]) -> bool:
    """True for (host, port), or with flow and scope that are 0: a scope picks another way out."""
    return 2 <= len(address) <= 4 and all(type(part) is int and part == 0 for part in address[2:])


def _lookup(allowance: Allowance, arguments: tuple[Any, ...]) -> Decision:
    return allowance.decide_lookup(arguments[0]) if arguments else _strange()


def _new_interpreter(_allowance: Allowance, _arguments: tuple[Any, ...]) -> Decision:
    return _refused(
        "subinterpreter", "another interpreter in this process would not be locked down"
    )


def _allowed(rule: str) -> Decision:
    return Decision(True, rule, "leads nowhere that the policy would have to admit")


def _refused(rule: str, reason: str) -> Decision:
    return Decision(False, rule, reason)


def _strange() -> Decision:
    return _refused("unknown-event", "an audit event in a form that is not known")


# A refusal is a RuntimeError in 3.11.7, a crash of the process in 3.12.1, and 3.13.0 does not raise the event
# (tried on 2026-11-20).
_INTERPRETERS: Final[Mapping[str, Judge]] = (
    {"cpython.PyInterpreterState_New": _new_interpreter} if sys.version_info < (3, 12) else {}
)

JUDGES: Final[Mapping[str, Judge]] = MappingProxyType(
    {
        "socket.__new__": _new_socket,
        "socket.connect": _destination,
        "socket.sendto": _destination,
        "socket.sendmsg": _destination,
        "socket.getaddrinfo": _lookup,
        "socket.gethostbyname": _lookup,
        "socket.gethostbyaddr": _lookup,
        **_INTERPRETERS,
    }
)
"""Who judges which event; every other event is let through."""
