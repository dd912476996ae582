"""A metadata service that never quite finishes its answer can't hold a call."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from secure_bedrock.transport.credentials.metadata_http import (
    LIMIT_S,
    MetadataAddress,
    MetadataUnreachable,
    exchange,
)

DRIP_S = 0.03
LIMIT_IN_TEST_S = 0.2
ENOUGH_S = 4.0

# What is sent at once, and what then comes again and again.
DRIPS = {
    "the status line": (b"HTTP/1.1 200 O", b"K"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "a header without end": (b"HTTP/1.1 200 OK\r\nX-A: ", b"b"),
    "a body of known length": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"b"),
    "a body until the end": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"b"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nb\r\n"),
}


class Dripping:
    """Answers one connection with a beginning, then with one more drop every DRIP_S."""

    def __init__(self, first: bytes, drop: bytes) -> None:
        self._first, self._drop = first, drop
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.at = MetadataAddress("127.0.0.1", self._listener.getsockname()[1])

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(4096)
            until = time.monotonic() + ENOUGH_S
            try:
                connection.sendall(self._first)
                while time.monotonic() < until:
                    connection.sendall(self._drop)
                    time.sleep(DRIP_S)
            except OSError:
                return  # the other side had enough

    def close(self) -> None:
        self._thread.join(2 * ENOUGH_S)
        self._listener.close()


@pytest.fixture
def dripping(request: pytest.FixtureRequest) -> Iterator[Dripping]:
    server = Dripping(*DRIPS[request.param])
    yield server
    server.close()


@pytest.mark.parametrize("dripping", DRIPS, indirect=True)
def test_an_answer_that_drips_ends_at_the_limit(dripping: Dripping) -> None:
    began = time.monotonic()

    with pytest.raises(MetadataUnreachable, match="TimeoutError"):
        exchange("GET", dripping.at, "/", {}, limit_s=LIMIT_IN_TEST_S)

    assert time.monotonic() - began < ENOUGH_S / 2


def test_a_slow_answer_within_the_limit_is_taken() -> None:
    server = Dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", b"b")

    assert exchange("GET", server.at, "/", {}) == (200, b"bbb")

    server.close()


def test_the_limit_is_a_few_seconds_for_every_exchange() -> None:
    assert LIMIT_S == 5.0
    assert (exchange.__kwdefaults__ or {})["limit_s"] == LIMIT_S
