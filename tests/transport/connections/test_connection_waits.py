"""How long a connection waits, and what must not have come before the request."""

import socket
import ssl
import time
from typing import Any

import pytest

from secure_bedrock.errors import (
    AddressDenied,
    AttemptTimeout,
    ConnectFailed,
    DeadlineExceeded,
    IncompleteResponse,
    SecureBedrockError,
)
from secure_bedrock.network import RouteGuard, SystemConnector, SystemResolver
from secure_bedrock.transport.connections.connection import GuardedConnection
from secure_bedrock.transport.connections.opening import open_connection
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.transport.connections.tls import tls_context
from secure_bedrock.values import Deadline

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def limit(seconds: float = 5, *, deadline_s: float | None = None) -> TimeLimit:
    return TimeLimit(Deadline.after(deadline_s), seconds)


def read_on(connection: GuardedConnection, bound: TimeLimit) -> None:
    while connection.receive(bound):
        pass


def drip(sock: ssl.SSLSocket) -> None:
    for at in range(len(ANSWER)):
        sock.sendall(ANSWER[at : at + 1])
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("seconds", "deadline_s", "expected"),
    [(0.2, None, AttemptTimeout), (5, 0.2, DeadlineExceeded), (0.2, 5, AttemptTimeout)],
)
def test_a_peer_that_drips_is_stopped_at_the_total_limit(
    start: Any,
    connect: Any,
    seconds: float,
    deadline_s: float | None,
    expected: type[SecureBedrockError],
) -> None:
    connection = connect(start(drip))
    bound = limit(seconds, deadline_s=deadline_s)
    began = time.monotonic()
    with pytest.raises(expected):
        read_on(connection, bound)
    assert 0.19 < time.monotonic() - began < 2.0


def test_a_peer_that_does_not_read_is_bounded_too(start: Any, connect: Any, gated: Any) -> None:
    connection = connect(start(lambda sock: time.sleep(1)))
    began = time.monotonic()
    with pytest.raises(AttemptTimeout):
        connection.send(gated(connection.route, bytes(30_000_000)), limit(0.2))
    assert time.monotonic() - began < 2.0
    assert not connection.usable


def test_a_passed_deadline_dials_nothing(start: Any, connect: Any) -> None:
    endpoint = start()
    with pytest.raises(DeadlineExceeded):
        connect(endpoint, deadline=Deadline.after(-1))
    assert endpoint.accepted == 0


class SlowConnector:
    """Connects after ten seconds of its own clock, or never."""

    def __init__(self, *, fail: bool) -> None:
        self.now, self.fail = 1000.0, fail
        self.socks: list[socket.socket] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.now += 10
        if self.fail:
            raise ConnectionRefusedError
        self.socks.append(SystemConnector().connect(address, port, 5))
        return self.socks[-1]


@pytest.mark.parametrize("fail", [True, False])
def test_a_deadline_that_passes_while_dialling_is_deadline_exceeded(
    start: Any, route_to: Any, ca_path: str, fail: bool
) -> None:
    connector = SlowConnector(fail=fail)
    with pytest.raises(DeadlineExceeded):
        open_connection(
            RouteGuard(route_to(start())),
            resolver=SystemResolver(),
            connector=connector,
            context=tls_context(ca_path),
            connect_s=5,
            deadline=Deadline.after(5, clock=lambda: connector.now),
        )
    assert [sock.fileno() for sock in connector.socks] == [-1] * (not fail)


def test_a_refused_connection_is_connect_failed(start: Any, connect: Any) -> None:
    endpoint = start()
    endpoint.close()
    with pytest.raises(ConnectFailed) as failure:
        connect(endpoint)
    assert failure.value.rule == "connect-failed"


def test_an_address_that_the_route_does_not_approve_is_denied_unchanged(
    start: Any, route_to: Any, ca_path: str
) -> None:
    endpoint = start()
    with pytest.raises(AddressDenied) as denial:
        open_connection(
            RouteGuard(route_to(endpoint, own_networks=())),
            resolver=SystemResolver(),
            connector=SystemConnector(),
            context=tls_context(ca_path),
            connect_s=5,
            deadline=Deadline(),
        )
    assert endpoint.accepted == 0
    assert denial.value.rule in {"never-loopback", "nothing-approved"}


def test_session_tickets_are_not_taken_for_an_answer(start: Any, connect: Any) -> None:
    connection = connect(start())
    time.sleep(0.05)  # the two tickets of TLS 1.3 have arrived
    assert connection.is_quiet()
    connection.require_quiet()


def test_an_answer_before_the_request_is_a_stray_response(start: Any, connect: Any) -> None:
    endpoint = start(lambda sock: sock.sendall(ANSWER))
    first, second = connect(endpoint), connect(endpoint)
    endpoint.settle()
    assert not first.is_quiet()
    with pytest.raises(IncompleteResponse) as failure:
        second.require_quiet()
    assert failure.value.rule == "stray-response"


def test_a_close_before_the_request_is_connect_failed(start: Any, connect: Any) -> None:
    endpoint = start(lambda sock: None)
    connection = connect(endpoint)
    endpoint.settle()
    with pytest.raises(ConnectFailed) as failure:
        connection.require_quiet()
    assert failure.value.rule == "closed-before-answer"


def test_a_reset_connection_is_not_quiet(start: Any, connect: Any) -> None:
    def reset(sock: ssl.SSLSocket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    endpoint = start(reset)
    first, second = connect(endpoint), connect(endpoint)
    endpoint.settle()
    assert not first.is_quiet()
    with pytest.raises(ConnectFailed) as failure:
        second.require_quiet()
    assert failure.value.rule == "closed-before-answer"
