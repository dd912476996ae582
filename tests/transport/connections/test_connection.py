"""One connection: what it writes, how long it waits, and how it ends."""

import errno
import hashlib
import os
import socket
import ssl
import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from secure_bedrock.errors import (
    AddressDenied,
    AttemptTimeout,
    ConnectFailed,
    DeadlineExceeded,
    IncompleteResponse,
    SecureBedrockError,
    TlsDenied,
    TransportTampered,
)
from secure_bedrock.network import RouteGuard, SystemConnector, SystemResolver
from secure_bedrock.transport.connection import GuardedConnection, PeerFacts, open_connection
from secure_bedrock.transport.time_limit import TimeLimit
from secure_bedrock.transport.tls import tls_context
from secure_bedrock.values import Deadline

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def limit(seconds: float = 5, *, deadline_s: float | None = None) -> TimeLimit:
    return TimeLimit(Deadline.after(deadline_s), seconds)


def read_all(connection: GuardedConnection, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := connection.receive(limit())):
        data += piece
    return data


def test_the_peers_facts_are_those_of_the_session(
    start: Any, connect: Any, authority: trustme.CA
) -> None:
    certificate = authority.issue_cert(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    connection = connect(start(context=context))
    der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    assert connection.peer == PeerFacts(
        address="127.0.0.1",
        tls_version="TLSv1.3",
        tls_cipher="TLS_AES_256_GCM_SHA384",
        certificate_sha256=hashlib.sha256(der).hexdigest(),
    )


def test_a_gated_request_is_written_and_its_answer_read(
    start: Any, connect: Any, gated: Any
) -> None:
    endpoint = start()
    connection = connect(endpoint)
    request = gated(connection.route)
    assert connection.send(request, limit())
    assert read_all(connection, len(ANSWER)) == ANSWER
    assert endpoint.received == [request.head + request.body]


@pytest.mark.parametrize("size", [0, 16_000, 16_384, 3_000_000])
def test_a_body_of_any_size_arrives_whole(start: Any, connect: Any, gated: Any, size: int) -> None:
    endpoint = start()
    connection = connect(endpoint)
    body = os.urandom(size)
    assert connection.send(gated(connection.route, body), limit())
    assert read_all(connection, len(ANSWER)) == ANSWER
    assert endpoint.received[0].endswith(b"\r\n\r\n" + body)


def test_an_equal_route_is_the_same_route(start: Any, connect: Any, gated: Any) -> None:
    connection = connect(start())
    assert connection.send(gated(replace(connection.route)), limit())


def test_nothing_is_written_that_was_not_gated_for_this_route(
    start: Any, connect: Any, gated: Any, route_to: Any
) -> None:
    ended = threading.Event()
    seen: list[bytes] = []

    def serve(sock: ssl.SSLSocket) -> None:
        while piece := sock.recv(100):
            seen.append(piece)
        ended.set()

    endpoint = start(serve)
    connection = connect(endpoint)
    request = gated(route_to(endpoint))
    look_alike: Any = SimpleNamespace(head=request.head, body=request.body, route=request.route)
    other = gated(route_to(endpoint, port=endpoint.port - 1))
    for refused, rule in ((look_alike, "not-gated"), (other, "other-route")):
        with pytest.raises(TransportTampered) as tampered:
            connection.send(refused, limit())
        assert tampered.value.rule == rule
    connection.close()
    assert ended.wait(5)
    assert seen == []


def test_no_application_byte_reaches_a_peer_with_a_foreign_certificate(
    start: Any, connect: Any
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(HOST).configure_cert(context)
    endpoint = start(context=context)
    with pytest.raises(TlsDenied):
        connect(endpoint)
    assert (endpoint.accepted, endpoint.handshakes, endpoint.received) == (1, 0, [])


def test_a_peers_objection_to_the_handshake_is_a_denial_when_it_comes_with_the_answer(
    start: Any, connect: Any, authority: trustme.CA, gated: Any
) -> None:
    """In TLS 1.3 a server that wants a client certificate says so after the client is done."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    connection = connect(start(context=context))
    with pytest.raises(TlsDenied) as denial:
        connection.receive(limit())
    assert "CERTIFICATE_REQUIRED" in denial.value.reason
    connection = connect(start(context=context))
    time.sleep(0.1)
    with pytest.raises(TlsDenied):
        connection.require_quiet()


# Time


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
        while connection.receive(bound):
            pass
    assert 0.19 < time.monotonic() - began < 0.35


def test_a_peer_that_does_not_read_is_bounded_too(start: Any, connect: Any, gated: Any) -> None:
    connection = connect(start(lambda sock: time.sleep(1)))
    began = time.monotonic()
    with pytest.raises(AttemptTimeout):
        connection.send(gated(connection.route, bytes(30_000_000)), limit(0.2))
    assert time.monotonic() - began < 0.9
    assert not connection.usable


def test_a_passed_deadline_dials_nothing(start: Any, connect: Any) -> None:
    endpoint = start()
    with pytest.raises(DeadlineExceeded):
        connect(endpoint, deadline=Deadline.after(-1))
    assert endpoint.accepted == 0


class SlowConnector:
    """Connects late, or never."""

    def __init__(self, delay_s: float, *, fail: bool) -> None:
        self.delay_s, self.fail = delay_s, fail
        self.socks: list[socket.socket] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        time.sleep(self.delay_s)
        if self.fail:
            raise ConnectionRefusedError
        self.socks.append(SystemConnector().connect(address, port, 5))
        return self.socks[-1]


@pytest.mark.parametrize("fail", [True, False])
def test_a_deadline_that_passes_while_dialling_is_deadline_exceeded(
    start: Any, route_to: Any, ca_path: str, fail: bool
) -> None:
    connector = SlowConnector(0.1, fail=fail)
    with pytest.raises(DeadlineExceeded):
        open_connection(
            RouteGuard(route_to(start())),
            resolver=SystemResolver(),
            connector=connector,
            context=tls_context(ca_path),
            connect_s=5,
            deadline=Deadline.after(0.05),
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


# Quiet


def test_session_tickets_are_not_taken_for_an_answer(start: Any, connect: Any) -> None:
    connection = connect(start())
    time.sleep(0.05)  # the two tickets of TLS 1.3 have arrived
    assert connection.is_quiet()
    connection.require_quiet()


def test_an_answer_before_the_request_is_a_stray_response(start: Any, connect: Any) -> None:
    endpoint = start(lambda sock: sock.sendall(ANSWER))
    first, second = connect(endpoint), connect(endpoint)
    time.sleep(0.05)
    assert not first.is_quiet()
    with pytest.raises(IncompleteResponse) as failure:
        second.require_quiet()
    assert failure.value.rule == "stray-response"


def test_a_close_before_the_request_is_connect_failed(start: Any, connect: Any) -> None:
    connection = connect(start(lambda sock: None))
    time.sleep(0.05)
    with pytest.raises(ConnectFailed) as failure:
        connection.require_quiet()
    assert failure.value.rule == "closed-before-answer"


def test_a_reset_connection_is_not_quiet(start: Any, connect: Any) -> None:
    def reset(sock: ssl.SSLSocket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    endpoint = start(reset)
    first, second = connect(endpoint), connect(endpoint)
    time.sleep(0.05)
    assert not first.is_quiet()
    with pytest.raises(ConnectFailed) as failure:
        second.require_quiet()
    assert failure.value.rule == "closed-before-answer"


# Ends


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
    time.sleep(0.05)
    closed_at = time.monotonic()
    connection.close()
    reader.join(5)
    assert ends[0][0] == b""
    assert ends[0][1] - closed_at < 0.2
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
        time.sleep(0.005)
        connection.close()
        reader.join(5)
        assert not reader.is_alive()
        assert set(b"".join(got)) <= {ord("a")}


def test_two_threads_on_one_connection_are_a_mistake(start: Any, connect: Any) -> None:
    connection = connect(start())
    reader = threading.Thread(target=connection.receive, args=(limit(),))
    reader.start()
    time.sleep(0.05)
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
        sock.recv(1)
        ended.set()

    endpoint = start(serve)
    open_connection(
        RouteGuard(route_to(endpoint)),
        resolver=SystemResolver(),
        connector=SystemConnector(),
        context=connect(endpoint)._sock.context,
        connect_s=5,
        deadline=Deadline(),
    )
    assert ended.wait(5)


class FailingSocket:
    """A secured socket whose peer the kernel has given up."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def read(self, count: int) -> bytes:
        raise self.error

    def close(self) -> None:
        """Nothing is open."""


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
