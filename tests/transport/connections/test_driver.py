"""Whole exchanges: answers, cuts, time limits, and which connection is used again."""

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from secure_bedrock.errors import (
    ConnectFailed,
    IncompleteResponse,
    PolicyInvalid,
    SecureBedrockError,
    TransportTampered,
)
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.core.http1.framing import MAX_ERROR_BYTES, longest_body
from secure_bedrock.values import Deadline

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def answering(*pieces: bytes) -> Callable[[ssl.SSLSocket], None]:
    """Read the request's first bytes, send the pieces, end the connection in an orderly way."""

    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        for piece in pieces:
            sock.sendall(piece)

    return serve


def test_an_exchange_gives_head_body_and_peer(start: Any, caller: Any) -> None:
    call = caller(start())
    with call() as response:
        assert response.head.status == 200
        assert response.head.get("content-length") == "2"
        assert (response.peer.address, response.peer.tls_version) == ("127.0.0.1", "TLSv1.3")
        assert response.read() == b"hi"


def test_a_clean_answer_gives_its_connection_back(start: Any, caller: Any) -> None:
    endpoint = start()
    call = caller(endpoint)
    seen = []
    for _ in range(3):
        response = call()
        seen.append(response.reused)
        assert response.read() == b"hi"
    assert (seen, endpoint.accepted) == ([False, True, True], 1)


def test_an_answer_whose_body_nobody_reads_gives_its_connection_back_when_it_is_there(
    start: Any, caller: Any
) -> None:
    endpoint = start()
    call = caller(endpoint)
    call()
    call().close()
    assert call().read() == b"hi"
    assert endpoint.accepted == 1


NOT_REUSED: dict[str, bytes] = {
    "Connection: close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("sentence", NOT_REUSED)
def test_a_connection_that_the_peer_gives_up_is_not_used_again(
    sentence: str, start: Any, caller: Any
) -> None:
    def serve(sock: ssl.SSLSocket) -> None:
        while endpoint.request(sock):
            sock.sendall(NOT_REUSED[sentence])

    endpoint = start(serve)
    call = caller(endpoint)
    assert [call().read(), call().read()] == [b"hi", b"hi"]
    assert endpoint.accepted == 2


def test_a_stream_is_given_on_as_it_arrives(start: Any, caller: Any) -> None:
    seen = threading.Event()

    def serve(sock: ssl.SSLSocket) -> None:
        while endpoint.request(sock):
            sock.sendall(CHUNKED + b"3\r\none\r\n")
            seen.wait(5)
            sock.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

    endpoint = start(serve)
    call = caller(endpoint)
    chunks = call(stream=True, idle_s=5).chunks()
    assert next(chunks) == b"one"
    seen.set()
    assert list(chunks) == [b"two"]
    assert call(stream=True, idle_s=5).read() == b"onetwo"
    assert endpoint.accepted == 1


@pytest.mark.parametrize("way", ["close", "leave", "with", "drop"])
def test_a_stream_that_is_given_up_closes_its_connection(way: str, start: Any, caller: Any) -> None:
    ended = threading.Event()

    def serve(sock: ssl.SSLSocket) -> None:
        endpoint.request(sock)
        sock.sendall(CHUNKED + b"3\r\none\r\n")
        sock.recv(1)
        ended.set()

    endpoint = start(serve)
    call = caller(endpoint)
    response = call(stream=True, idle_s=5)
    if way == "close":
        response.close()
        response.close()
    elif way == "leave":
        for _ in response.chunks():
            break
    elif way == "with":
        with response:
            pass
    del response
    assert ended.wait(5)
    assert call.transport._pool.idle == 0


def test_an_answer_that_was_given_up_reads_as_cut(start: Any, caller: Any) -> None:
    def serve(sock: ssl.SSLSocket) -> None:
        endpoint.request(sock)
        sock.sendall(CHUNKED + b"3\r\none\r\n")
        sock.recv(1)

    endpoint = start(serve)
    response = caller(endpoint)(stream=True, idle_s=5)
    response.close()
    with pytest.raises(IncompleteResponse) as failure:
        response.read()
    assert failure.value.rule == "cut"


WHOLE = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello sesame",
    "chunked": CHUNKED + b"5\r\nhello\r\n7\r\n sesame\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("framing", WHOLE)
def test_an_answer_cut_at_any_byte_is_an_error(framing: str, start: Any, caller: Any) -> None:
    answer = WHOLE[framing]
    cuts = iter(range(len(answer)))

    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(answer[: next(cuts)])

    call = caller(start(serve))
    for cut in range(len(answer)):
        with pytest.raises(SecureBedrockError) as failure:
            call().read()
        expected = (IncompleteResponse, "cut") if cut else (ConnectFailed, "closed-before-answer")
        assert (type(failure.value), failure.value.rule) == expected
        assert "sesame" not in f"{failure.value} {failure.value!r}"
        assert failure.value.__cause__ is None
    assert call.transport._pool.idle == 0


def test_a_reset_within_the_answer_is_a_cut(start: Any, caller: Any) -> None:
    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(WHOLE["length"][:-3])
        time.sleep(0.05)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    response = caller(start(serve))()
    with pytest.raises(IncompleteResponse) as failure:
        response.read()
    assert failure.value.rule == "cut"


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nhi", "misframed"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER, "misframed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "misframed"),
        (ANSWER + ANSWER, "stray-response"),
    ],
)
def test_a_misframed_answer_is_an_error_and_ends_the_connection(
    answer: bytes, rule: str, start: Any, caller: Any
) -> None:
    call = caller(start(answering(answer)))
    with pytest.raises(IncompleteResponse) as failure:
        call()
    assert failure.value.rule == rule
    assert call.transport._pool.idle == 0


def test_an_answer_before_the_request_is_refused_and_nothing_is_sent(
    start: Any, caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[bytes] = []

    def serve(sock: ssl.SSLSocket) -> None:
        sock.sendall(ANSWER)
        got.append(sock.recv(65_536))

    endpoint = start(serve)
    call = caller(endpoint)
    lease = call.transport._pool.lease

    def slow_lease(deadline: Deadline) -> Any:
        connection = lease(deadline)
        time.sleep(0.1)
        return connection

    monkeypatch.setattr(call.transport._pool, "lease", slow_lease)
    with pytest.raises(IncompleteResponse) as failure:
        call()
    assert failure.value.rule == "stray-response"
    for thread in endpoint.threads:
        thread.join(5)
    assert got in ([b""], [])


def test_a_request_is_never_sent_twice(start: Any, caller: Any) -> None:
    """The peer takes the second request of a kept connection and closes without an answer: it may have run."""

    def serve(sock: ssl.SSLSocket) -> None:
        endpoint.request(sock)
        sock.sendall(ANSWER)
        endpoint.request(sock)

    endpoint = start(serve)
    call = caller(endpoint)
    assert call().read() == b"hi"
    with pytest.raises(ConnectFailed) as failure:
        call()
    assert failure.value.rule == "closed-before-answer"
    assert (len(endpoint.received), endpoint.accepted) == (2, 1)


def test_an_answer_to_a_half_written_request_is_given_on(start: Any, caller: Any) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"

    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(refusal)
        time.sleep(0.05)  # the answer is on its way before the unread request resets the connection

    endpoint = start(serve)
    call = caller(endpoint)
    response = call(body=bytes(30_000_000))
    assert (response.head.status, response.read()) == (413, b"big")
    assert call.transport._pool.idle == 0


def test_a_peer_that_goes_away_during_the_upload_is_connect_failed(start: Any, caller: Any) -> None:
    call = caller(start(lambda sock: sock.recv(1)))
    with pytest.raises(ConnectFailed) as failure:
        call(body=bytes(30_000_000))
    assert failure.value.rule == "closed-before-answer"


def test_only_what_was_gated_for_this_route_is_sent(
    start: Any, caller: Any, route_to: Any, gated: Any
) -> None:
    endpoint = start()
    call = caller(endpoint)
    other = gated(route_to(endpoint, port=1))
    with pytest.raises(TransportTampered):
        call.transport.exchange(other, deadline=Deadline(), read_s=5)
    assert endpoint.received == []


def test_64_threads_share_a_transport(start: Any, caller: Any) -> None:
    call = caller(start())
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                assert call().read() == b"hi"
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


_watching: list[list[tuple[str, object]]] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        _watching[-1].append((event, arguments[1] if event == "socket.connect" else arguments[0]))


@contextmanager
def watched() -> Iterator[list[tuple[str, object]]]:
    """Every connection and look-up that the interpreter makes meanwhile; an audit hook can't be taken off."""
    if not hasattr(sys, "_guarded_driver_watch"):
        sys.addaudithook(_watch)
        sys._guarded_driver_watch = True  # type: ignore[attr-defined]
    events: list[tuple[str, object]] = []
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.remove(events)


def test_the_only_socket_goes_to_the_approved_address_whatever_the_environment_says(
    start: Any, caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    endpoint = start()
    call = caller(endpoint)
    with watched() as events:
        assert call().read() == b"hi"
        assert call().read() == b"hi"
    assert events == [("socket.connect", ("127.0.0.1", endpoint.port))]


class Names:
    """A resolver and a connector that note what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> list[str]:
        self.asked.append(host)
        return ["127.0.0.1"]

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.asked.append(address)
        return socket.create_connection((address, port), timeout_s)


def test_a_name_is_resolved_once_per_connection(
    start: Any, route_to: Any, policy_with: Any, gated: Any
) -> None:
    names = Names()
    route = route_to(start(), resolve=True)
    transport = GuardedTransport(route, policy=policy_with(), resolver=names, connector=names)
    for _ in range(2):
        answer = transport.exchange(gated(route), deadline=Deadline(), read_s=5)
        assert answer.read() == b"hi"
    assert names.asked == [route.host, "127.0.0.1"]
    transport.close()


def test_the_policy_sets_the_pools_bounds(start: Any, route_to: Any, policy_with: Any) -> None:
    policy = policy_with(max_pool_connections=3, max_connection_age_s=77)
    pool = GuardedTransport(route_to(start()), policy=policy)._pool
    assert (pool._max_idle, pool._max_age_s) == (3, 77)
    assert pool._connect_s == policy.timeouts.connect_s


def test_an_unusable_ca_bundle_stops_the_transport_at_once(
    start: Any, route_to: Any, policy_with: Any, tmp_path: Any
) -> None:
    with pytest.raises(PolicyInvalid):
        GuardedTransport(
            route_to(start()), policy=policy_with(ca_bundle=str(tmp_path / "none.pem"))
        )


def test_a_whole_answer_without_a_measure_is_refused_and_a_stream_is_not(
    start: Any, caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secure_bedrock.transport.core.http1.framing.MAX_BODY_BYTES", 1)
    call = caller(start())
    response = call()
    with pytest.raises(IncompleteResponse) as caught:
        response.read()
    assert caught.value.rule == "too-large"
    assert b"".join(call().chunks()) == b"hi"


def filled(status: str, length: int) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode() + b"x" * length


def test_an_error_answer_is_measured_by_what_errors_need(start: Any, caller: Any) -> None:
    for status in ("300 Multiple Choices", "400 Bad Request", "503 Service Unavailable"):
        whole, over = filled(status, MAX_ERROR_BYTES), filled(status, MAX_ERROR_BYTES + 1)
        assert len(caller(start(answering(whole)))().read()) == MAX_ERROR_BYTES
        with pytest.raises(IncompleteResponse) as caught:
            caller(start(answering(over)))().read()
        assert caught.value.rule == "too-large"
    beyond = filled("200 OK", MAX_ERROR_BYTES + 1)
    assert len(caller(start(answering(beyond)))().read()) == MAX_ERROR_BYTES + 1


def test_the_largest_answer_that_bedrock_describes_is_not_too_large() -> None:
    body = packaged_loader().load_service_model("bedrock-runtime", "service-2")["shapes"]["Body"]
    assert body["max"] <= longest_body(200) <= 64 * 1024 * 1024
