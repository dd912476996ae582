"""What the audit events of sockets ask for, and the hook that answers: with real sockets, and with none."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from secure_bedrock.errors import LockdownViolation
from secure_bedrock.network import PrivateRoute
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.network.audit_events import JUDGES
from secure_bedrock.network.lockdown import hook_for
from secure_bedrock.values import parse_region, parse_service

ROUTE = PrivateRoute(
    service=parse_service("bedrock-runtime"),
    region=parse_region("eu-west-1"),
    host="eni.example",
    names=frozenset({"eni.example"}),
    address_check="eni",
    addresses=("10.20.1.10", "2600:1f18::10"),
)
ALLOWANCE = Allowance.of([ROUTE])
HERE = ("10.20.1.10", 443)
V4, V6 = socket.AF_INET, socket.AF_INET6
STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
UNIX = socket.AF_UNIX


class Pair(tuple[Any, ...]):
    """A tuple that is none of the plain ones."""

    __slots__ = ()


class SaysUnix(socket.socket):
    """A socket that gives another family than it has."""

    family = UNIX


@pytest.fixture(scope="module")
def sockets() -> Iterator[dict[str, socket.socket]]:
    made = {
        "v4": socket.socket(V4, DATAGRAM),
        "v6": socket.socket(V6, DATAGRAM),
        "unix": socket.socket(UNIX, DATAGRAM),
        "liar": SaysUnix(V4, DATAGRAM),
        "netlink": socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    }
    yield made
    for each in made.values():
        each.close()


def rule_of(event: str, *arguments: object) -> str:
    """The rule of the refusal; "" where the event is let through."""
    try:
        hook_for(ALLOWANCE)(event, arguments)
    except LockdownViolation as refusal:
        return refusal.rule
    return ""


TO: dict[str, tuple[str, object, str]] = {
    "the endpoint": ("v4", HERE, ""),
    "the endpoint in IPv6": ("v6", ("2600:1f18::10", 443), ""),
    "the endpoint with flow and scope that are 0": ("v6", ("2600:1f18::10", 443, 0, 0), ""),
    "the endpoint with a flow": ("v6", ("2600:1f18::10", 443, 1, 0), "not-an-address"),
    "the endpoint with a scope": ("v6", ("2600:1f18::10", 443, 0, 1), "not-an-address"),
    "the endpoint with a scope that is false": (
        "v6",
        ("2600:1f18::10", 443, 0, False),
        "not-an-address",
    ),
    "a tuple of one": ("v4", ("10.20.1.10",), "not-an-address"),
    "a tuple of none": ("v4", (), "not-an-address"),
    "a tuple of five": ("v6", ("2600:1f18::10", 443, 0, 0, 0), "not-an-address"),
    "a list": ("v4", list(HERE), "not-an-address"),
    "another kind of tuple": ("v4", Pair(HERE), "not-an-address"),
    "a text": ("v4", "10.20.1.10", "not-an-address"),
    "somebody else": ("v4", ("10.20.1.11", 443), "destination-not-listed"),
    "somebody else, by a socket that lies": ("liar", ("10.20.1.11", 443), "destination-not-listed"),
    "a path": ("unix", "/run/socket", ""),
    "a pair, by a Unix socket": ("unix", ("10.20.1.11", 443), ""),
    "the kernel, by netlink": ("netlink", (0, 0), "not-an-address"),
    "the endpoint, by netlink": ("netlink", HERE, "not-an-address"),
    "the peer": ("v4", None, ""),
}


@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
@pytest.mark.parametrize("sentence", TO)
def test_a_destination(sentence: str, event: str, sockets: dict[str, socket.socket]) -> None:
    name, address, rule = TO[sentence]

    assert rule_of(event, sockets[name], address) == rule


# What the event says of a new socket, and whether it may be made.
NEW: dict[str, tuple[tuple[int, int, int], str]] = {
    "a stream": ((V4, STREAM, 0), ""),
    "a datagram": ((V4, DATAGRAM, 0), ""),
    "TCP by its number": ((V4, STREAM, 6), ""),
    "UDP by its number": ((V6, DATAGRAM, 17), ""),
    "Multipath TCP": ((V4, STREAM, 262), ""),
    "a stream of a protocol that is not said": ((V4, STREAM, -1), ""),
    "a sequence of packets, as SCTP has": ((V4, socket.SOCK_SEQPACKET, 132), "socket-family"),
    "a sequence of packets of the only protocol": ((V4, socket.SOCK_SEQPACKET, 0), "socket-family"),
    "a stream by SCTP": ((V6, STREAM, 132), "socket-family"),
    "a datagram by ICMP": ((V4, DATAGRAM, 1), "socket-family"),
    "a datagram by ICMPv6": ((V6, DATAGRAM, 58), "socket-family"),
    "a datagram by L2TP": ((V4, DATAGRAM, 115), "socket-family"),
    "a datagram by UDP-Lite": ((V4, DATAGRAM, 136), "socket-family"),
    "a stream by SMC": ((V4, STREAM, 256), "socket-family"),
    "IPv6": ((V6, STREAM, 6), ""),
    "one with flags": ((V4, STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 0), ""),
    "one of a kind that is not said": ((V4, -1, -1), ""),
    "Unix": ((UNIX, STREAM, 0), ""),
    "a sequence of packets within the machine": ((UNIX, socket.SOCK_SEQPACKET, 0), ""),
    "a descriptor": ((-1, -1, -1), ""),
    "a raw one": ((V4, socket.SOCK_RAW, 1), "socket-family"),
    "a raw one with flags": ((V6, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 1), "socket-family"),
    "reliable datagrams": ((V4, socket.SOCK_RDM, 0), "socket-family"),
    "packets": ((17, DATAGRAM, 0), "socket-family"),
    "Bluetooth": ((31, STREAM, 3), "socket-family"),
    "vsock": ((40, STREAM, 0), "socket-family"),
    "netlink": ((16, STREAM, 0), "socket-family"),
    "RDS, whose addresses look like IPv4's": ((21, DATAGRAM, 0), "socket-family"),
    "no family": ((0, STREAM, 0), "socket-family"),
}


@pytest.mark.parametrize("sentence", NEW)
def test_a_new_socket(sentence: str) -> None:
    said, rule = NEW[sentence]

    assert rule_of("socket.__new__", object(), *said) == rule


@pytest.mark.parametrize(
    "event", ["socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"]
)
def test_a_look_up(event: str) -> None:
    rest = (443, 0, 0, 0) if event == "socket.getaddrinfo" else ()

    assert rule_of(event, "eni.example", *rest) == ""
    assert rule_of(event, "other.example", *rest) == "name-not-listed"


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.__new__", ()),
        ("socket.__new__", (None, 2, 1)),
        ("socket.__new__", (None, 2, 1, 0, 0)),
        ("socket.__new__", (None, "2", 1, 0)),
        ("socket.connect", ()),
        ("socket.connect", (None, HERE)),
        ("socket.connect", (HERE,)),
        ("socket.getaddrinfo", ()),
    ],
)
def test_an_event_in_a_form_that_cpython_does_not_use_is_refused(
    event: str, arguments: tuple[Any, ...]
) -> None:
    assert rule_of(event, *arguments) == "unknown-event"


@pytest.mark.parametrize(
    "event",
    ["open", "import", "socket.bind", "socket.gethostname", "subprocess.Popen", "socket.connected"],
)
def test_other_events_are_let_through(event: str) -> None:
    assert rule_of(event, "anything") == ""


def test_another_interpreter_is_refused_where_python_can_take_the_refusal() -> None:
    expected = "subinterpreter" if sys.version_info < (3, 12) else ""

    assert rule_of("cpython.PyInterpreterState_New") == expected


def test_what_is_let_through_says_by_which_rule(sockets: dict[str, socket.socket]) -> None:
    new, connect = JUDGES["socket.__new__"], JUDGES["socket.connect"]

    assert new(ALLOWANCE, (None, V4, STREAM, 0)).rule == "socket-family"
    assert new(ALLOWANCE, (None, UNIX, STREAM, 0)).rule == "socket-family"
    assert connect(ALLOWANCE, (sockets["unix"], "/run/socket")).rule == "unix-or-connected"
    assert connect(ALLOWANCE, (sockets["v4"], HERE)).rule == "eni-address"


def test_a_refusal_says_why_and_what_next(sockets: dict[str, socket.socket]) -> None:
    with pytest.raises(LockdownViolation) as caught:
        hook_for(ALLOWANCE)("socket.connect", (sockets["v4"], ("52.94.0.10", 443)))

    assert "52.94.0.10:443" in caught.value.reason
    assert "[network.endpoints.<service>]" in caught.value.next_step


def test_the_table_can_not_be_changed() -> None:
    with pytest.raises(TypeError):
        JUDGES["socket.connect"] = None  # type: ignore[index]
