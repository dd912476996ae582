"""How a connection ends: by the peer, by another thread, in a forked child, or by being dropped."""

import errno
import os
import socket
import ssl
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from secure_bedrock.errors import ConnectFailed
from secure_bedrock.network import RouteGuard, SystemConnector, SystemResolver
from secure_bedrock.transport.connections.connection import GuardedConnection, PeerFacts
from secure_bedrock.transport.connections.opening import open_connection
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.values import Deadline


def limit(seconds: float = 5, *, deadline_s: float | None = None) -> TimeLimit:
    return TimeLimit(Deadline.after(deadline_s), seconds)


def until_reading(connection: GuardedConnection) -> None:
    """Wait until another thread is inside a read of this connection."""
    ends = time.monotonic() + 5
    while not connection._busy.locked() and time.monotonic() < ends:
        time.sleep(0.001)


def test_a_closed_connection_reads_its_end_and_writes_nothing(
    start: Any, connect: Any, gated: Any
) -> None:
    connection = connect(start())
    connection.close()
    connection.close()
    assert not connection.usable
    assert not connection.is_quiet()
    assert connection.receive(limit()) == b""
    assert connection.send(gated(connection.route), limit()) is False
    assert connection._sock.fileno() == -1


def test_close_wakes_a_blocked_reader_at_once(start: Any, connect: Any) -> None:
    connection = connect(start())
    ends: list[tuple[bytes, float]] = []

    def read() -> None:
        ends.append((connection.receive(limit()), time.monotonic()))

    reader = threading.Thread(target=read)
    reader.start()
    until_reading(connection)
    closed_at = time.monotonic()
    connection.close()
    reader.join(5)
    assert ends[0][0] == b""
    assert ends[0][1] - closed_at < 1
    assert connection._sock.fileno() == -1


def test_a_reader_gets_no_ciphertext_when_another_thread_closes(start: Any, connect: Any) -> None:
    def flood(sock: ssl.SSLSocket) -> None:
        while True:
            sock.sendall(b"a" * 4096)

    endpoint = start(flood)
    for _ in range(10):
        connection = connect(endpoint)
        got: list[bytes] = []

        def read(connection: GuardedConnection = connection, got: list[bytes] = got) -> None:
            while piece := connection.receive(limit()):
                got.append(piece)

        reader = threading.Thread(target=read)
        reader.start()
        until_reading(connection)
        connection.close()
        reader.join(5)
        assert not reader.is_alive()
        assert set(b"".join(got)) <= {ord("a")}


def test_two_threads_on_one_connection_are_a_mistake(start: Any, connect: Any) -> None:
    connection = connect(start())
    reader = threading.Thread(target=connection.receive, args=(limit(),))
    reader.start()
    until_reading(connection)
    with pytest.raises(RuntimeError, match="two threads"):
        connection.receive(limit())
    connection.close()
    reader.join(5)


def test_abandon_closes_the_descriptor_and_tells_the_peer_nothing(start: Any, connect: Any) -> None:
    outcome: list[str] = []

    def serve(sock: ssl.SSLSocket) -> None:
        sock.settimeout(0.2)
        try:
            outcome.append(f"read {sock.recv(1)!r}")
        except TimeoutError:
            outcome.append("nothing")

    endpoint = start(serve)
    connection = connect(endpoint)
    parents = os.dup(connection._sock.fileno())  # as a parent process has it
    connection.abandon()
    for thread in endpoint.threads:
        thread.join(5)
    os.close(parents)
    assert outcome == ["nothing"]
    assert connection._sock.fileno() == -1


def test_a_dropped_connection_closes_its_socket(start: Any, connect: Any, route_to: Any) -> None:
    ended = threading.Event()

    def serve(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"x")
        sock.recv(1)
        ended.set()

    endpoint = start(serve)
    connection = open_connection(
        RouteGuard(route_to(endpoint)),
        resolver=SystemResolver(),
        connector=SystemConnector(),
        context=connect(endpoint)._sock.context,
        connect_s=5,
        deadline=Deadline(),
    )
    connection.receive(limit())  # by then the server's side of the handshake is over too
    del connection
    assert ended.wait(5)


class FailingSocket(socket.socket):
    """A secured socket whose peer the kernel has given up."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def settimeout(self, seconds: float | None) -> None:
        assert seconds is not None
        assert seconds >= 0

    def read(self, count: int) -> bytes:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ETIMEDOUT, "Connection timed out"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        ConnectionResetError(),
        ssl.SSLEOFError(),
        ssl.SSLError(1, "bad record mac"),
        ValueError("Read on closed or unwrapped SSL socket."),
    ],
    ids=lambda error: str(error) or type(error).__name__,
)
def test_however_a_connection_ends_it_reads_as_its_end(error: Exception, route_to: Any) -> None:
    sock: Any = FailingSocket(error)
    route = route_to(SimpleNamespace(port=443))
    connection = GuardedConnection(sock, route=route, peer=PeerFacts("", "", "", ""))
    assert connection.receive(limit()) == b""
    assert not connection.is_quiet()
    with pytest.raises(ConnectFailed) as failure:
        connection.require_quiet()
    assert failure.value.rule == "closed-before-answer"
