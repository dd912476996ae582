"""The fakes of DNS and TCP behave as the real ones do, and open nothing that wasn't mapped."""

from __future__ import annotations

import socket
import threading

import pytest

from secure_bedrock.testing import ConnectLog, LoopbackConnector, StaticResolver
from secure_bedrock.testing.network_fakes import Attempt, DnsQuery

FOUR, SIX = frozenset({socket.AF_INET}), frozenset({socket.AF_INET6})


@pytest.fixture
def listener() -> object:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_resolver_answers_from_its_table_and_remembers_the_questions() -> None:
    resolver = StaticResolver({"a.example": ["10.0.1.10", "10.0.2.10"]})

    assert resolver.resolve("a.example", FOUR) == ("10.0.1.10", "10.0.2.10")
    assert resolver.resolve("b.example", FOUR) == ()
    assert resolver.queries == [DnsQuery("a.example", FOUR), DnsQuery("b.example", FOUR)]


def test_a_resolver_gives_only_the_families_that_were_asked_for() -> None:
    resolver = StaticResolver({"a.example": ["10.0.1.10", "fd12::10", "no address"]})

    assert resolver.resolve("a.example", FOUR) == ("10.0.1.10", "no address")
    assert resolver.resolve("a.example", SIX) == ("fd12::10", "no address")
    assert len(resolver.resolve("a.example", FOUR | SIX)) == 3


def test_a_hostile_resolver_gives_every_family() -> None:
    resolver = StaticResolver({"a.example": ["10.0.1.10", "fd12::10"]}, honour_families=False)

    assert resolver.resolve("a.example", FOUR) == ("10.0.1.10", "fd12::10")


def test_a_name_can_be_rebound() -> None:
    resolver = StaticResolver({"a.example": ["10.0.1.10"]})
    resolver.set("a.example", ["52.94.0.10"])

    assert resolver.resolve("a.example", FOUR) == ("52.94.0.10",)


@pytest.mark.parametrize(
    ("address", "peer"),
    [("10.0.1.10", ("10.0.1.10", 443)), ("fd12::10", ("fd12::10", 443, 0, 0))],
)
def test_a_mapped_address_leads_to_the_server_and_is_the_reported_peer(
    listener: socket.socket, address: str, peer: tuple[object, ...]
) -> None:
    connector = LoopbackConnector({address: listener.getsockname()})
    with connector.connect(address, 443, 2.0) as sock:
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"hi")
            assert sock.recv(2) == b"hi"
        assert sock.getpeername() == peer
        assert sock.gettimeout() == 2.0
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert connector.attempts == [Attempt(address, 443, connected=True)]


def test_an_address_that_is_not_mapped_is_refused_without_a_socket(
    listener: socket.socket,
) -> None:
    connector = LoopbackConnector({"10.0.1.10": listener.getsockname()})
    with ConnectLog() as log, pytest.raises(ConnectionRefusedError):
        connector.connect("52.94.0.10", 443, 2.0)

    assert log.events == []
    assert connector.attempts == [Attempt("52.94.0.10", 443, connected=False)]


def test_a_server_that_is_gone_refuses_as_a_real_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = server.getsockname()
    connector = LoopbackConnector({"10.0.1.10": gone})
    with pytest.raises(ConnectionRefusedError):
        connector.connect("10.0.1.10", 443, 2.0)

    assert connector.attempts == [Attempt("10.0.1.10", 443, connected=False)]


def test_a_socket_can_report_another_peer_than_was_asked_for(listener: socket.socket) -> None:
    connector = LoopbackConnector(
        {"10.0.1.10": listener.getsockname()}, peers={"10.0.1.10": ("52.94.0.10", 443)}
    )
    with connector.connect("10.0.1.10", 443, 2.0) as sock:
        assert sock.getpeername() == ("52.94.0.10", 443)


def test_a_closed_socket_has_no_peer(listener: socket.socket) -> None:
    connector = LoopbackConnector({"10.0.1.10": listener.getsockname()})
    sock = connector.connect("10.0.1.10", 443, 2.0)
    sock.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        sock.getpeername()


def test_servers_elsewhere_are_not_mapped() -> None:
    with pytest.raises(ValueError, match="loopback"):
        LoopbackConnector({"10.0.1.10": ("192.0.2.1", 443)})


def test_attempts_from_many_threads_are_all_recorded(listener: socket.socket) -> None:
    connector = LoopbackConnector({"10.0.1.10": listener.getsockname()})

    def try_once() -> None:
        connector.connect("10.0.1.10", 443, 2.0).close()

    threads = [threading.Thread(target=try_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(connector.attempts) == 8
