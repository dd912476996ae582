"""One connection: what it writes, how long it waits, and how it ends."""

import hashlib
import os
import ssl
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from secure_bedrock.errors import (
    TlsDenied,
    TransportTampered,
)
from secure_bedrock.transport.connections.connection import GuardedConnection, PeerFacts
from secure_bedrock.transport.connections.time_limit import TimeLimit
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
    endpoint = start(context=context)
    connection = connect(endpoint)
    endpoint.settle()
    with pytest.raises(TlsDenied):
        connection.require_quiet()
