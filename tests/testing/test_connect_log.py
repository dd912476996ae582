"""The audit hook sees every way out of the process, on every thread, and only while a log is open."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from secure_bedrock.testing import ConnectLog
from secure_bedrock.testing.socket_log import SocketEvent, _event_of, _hook

# TEST-NET-1 (RFC 5737): nobody is there. A non-blocking connect or a closed socket sends nothing that is waited for.
NOWHERE = "192.0.2.1"


def audit(event: str, *arguments: object) -> None:
    """What CPython would raise: nothing leaves the machine."""
    sys.audit(event, *arguments)


EVENTS: dict[str, tuple[str, tuple[object, ...], SocketEvent | None, bool]] = {
    "a connection": (
        "socket.connect",
        (None, (NOWHERE, 443)),
        SocketEvent("connect", NOWHERE, 443),
        True,
    ),
    "a connection by IPv6": (
        "socket.connect",
        (None, ("2600:1f18::1", 443, 0, 0)),
        SocketEvent("connect", "2600:1f18::1", 443),
        True,
    ),
    "a connection to a name": (
        "socket.connect",
        (None, ("a.example", 443)),
        SocketEvent("connect", "a.example", 443),
        True,
    ),
    "an odd spelling of loopback, which the C resolver gets": (
        "socket.connect",
        (None, ("0177.1", 443)),
        SocketEvent("connect", "0177.1", 443),
        True,
    ),
    "a connection to this machine": (
        "socket.connect",
        (None, ("127.9.9.9", 80)),
        SocketEvent("connect", "127.9.9.9", 80),
        False,
    ),
    "a connection to this machine by IPv6": (
        "socket.connect",
        (None, ("::1", 80, 0, 0)),
        SocketEvent("connect", "::1", 80),
        False,
    ),
    "a Unix socket": ("socket.connect", (None, "/run/x"), None, False),
    "a netlink socket": ("socket.connect", (None, (0, 0)), None, False),
    "a datagram": (
        "socket.sendto",
        (None, (NOWHERE, 53)),
        SocketEvent("datagram", NOWHERE, 53),
        True,
    ),
    "a datagram on a connected socket": ("socket.sendmsg", (None, None), None, False),
    "a lookup": (
        "socket.getaddrinfo",
        ("a.example", 443, 0, 0, 0),
        SocketEvent("lookup", "a.example", 443),
        True,
    ),
    "a lookup of bytes": (
        "socket.getaddrinfo",
        (b"a.example", "https", 0, 0, 0),
        SocketEvent("lookup", "a.example", None),
        True,
    ),
    "a lookup of an address, which asks nobody": (
        "socket.getaddrinfo",
        (NOWHERE, 443, 0, 0, 0),
        SocketEvent("lookup", NOWHERE, 443),
        False,
    ),
    "a lookup of this machine": (
        "socket.getaddrinfo",
        ("localhost", 443, 0, 0, 0),
        SocketEvent("lookup", "localhost", 443),
        False,
    ),
    "a lookup of nothing": (
        "socket.getaddrinfo",
        (None, 443, 0, 0, 0),
        SocketEvent("lookup", "", 443),
        False,
    ),
    "an old lookup": (
        "socket.gethostbyname",
        ("a.example",),
        SocketEvent("lookup", "a.example", None),
        True,
    ),
    "a process": (
        "subprocess.Popen",
        ("/bin/x", [], None, None),
        SocketEvent("process", "/bin/x", None),
        False,
    ),
    "anything else": ("socket.bind", (None, ("0.0.0.0", 1)), None, False),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_recorded_as_what_it_is(name: str) -> None:
    event, arguments, expected, public = EVENTS[name]
    with ConnectLog() as log:
        _hook(event, arguments)

    assert log.events == ([expected] if expected else [])
    assert bool(log.public) == public


def test_the_real_calls_are_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ConnectLog() as log:
        address = server.getsockname()
        calls: list[Callable[[socket.socket], object]] = [
            lambda sock: sock.connect(address),
            lambda sock: sock.connect_ex(address),
        ]
        for call in calls:
            with socket.socket() as sock:
                call(sock)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.sendto(b"x", address)
            datagrams.sendmsg([b"x"], [], 0, address)
        socket.getaddrinfo("127.0.0.1", 443)
        socket.gethostbyname("127.0.0.1")
        subprocess.run([sys.executable, "-c", ""], check=True)

    assert log.connects == [address, address]
    datagrams_seen = [event.target for event in log.events if event.kind == "datagram"]
    assert datagrams_seen == ["127.0.0.1"] * 2
    assert log.lookups == ["127.0.0.1"] * 2
    assert log.processes == [sys.executable]
    assert log.public == []


def test_other_threads_are_seen_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ConnectLog() as log:
        thread = threading.Thread(
            target=lambda: socket.create_connection(server.getsockname()).close()
        )
        thread.start()
        thread.join()

    assert len(log.connects) == 1


def test_logs_may_overlap_and_see_only_their_own_time() -> None:
    with ConnectLog() as outer:
        audit("socket.gethostbyname", "one.example")
        with ConnectLog() as inner:
            audit("socket.gethostbyname", "two.example")
        audit("socket.gethostbyname", "three.example")
    audit("socket.gethostbyname", "four.example")

    assert outer.lookups == ["one.example", "two.example", "three.example"]
    assert inner.lookups == ["two.example"]


def test_the_hook_is_installed_once_and_does_nothing_while_no_log_is_open() -> None:
    with ConnectLog(), ConnectLog():
        pass

    _hook("socket.connect", ())  # would fail on arguments it looked at
    with ConnectLog() as log:
        audit("socket.gethostbyname", "a.example")
    assert log.lookups == ["a.example"]


def test_a_name_that_is_no_ascii_is_shown_escaped() -> None:
    event = _event_of("lookup", "socket.getaddrinfo", (b"\xff", None, 0, 0, 0))

    assert event == SocketEvent("lookup", "\\xff", None)
