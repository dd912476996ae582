"""Whole exchanges against the clock: every wait ends, whatever the peer's pace."""

import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.errors import AttemptTimeout, DeadlineExceeded, SecureBedrockError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def drip(answer: bytes, *, at_once: int = 0) -> Callable[[ssl.SSLSocket], None]:
    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(answer[:at_once])
        for at in range(at_once, len(answer)):
            sock.sendall(answer[at : at + 1])
            time.sleep(0.02)

    return serve


def silent(sock: ssl.SSLSocket) -> None:
    sock.recv(65_536)
    sock.recv(1)


def falling_silent(sock: ssl.SSLSocket) -> None:
    sock.recv(65_536)
    sock.sendall(LONG[:60])
    sock.recv(1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
LONG = HEAD + bytes(1000)
DRIPPED_BODY = drip(LONG, at_once=len(HEAD))
LATE: dict[
    str, tuple[Callable[[ssl.SSLSocket], None], dict[str, Any], type[SecureBedrockError]]
] = {
    "no answer within read_s": (silent, {"read_s": 0.2}, AttemptTimeout),
    "no answer before the deadline": (silent, {"deadline_s": 0.2}, DeadlineExceeded),
    "a dripped head": (drip(ANSWER), {"read_s": 0.2}, AttemptTimeout),
    "a dripped body": (DRIPPED_BODY, {"read_s": 0.3}, AttemptTimeout),
    "a dripped body and a deadline": (DRIPPED_BODY, {"deadline_s": 0.3}, DeadlineExceeded),
    "a dripped stream and a deadline": (
        DRIPPED_BODY,
        {"deadline_s": 0.3, "stream": True, "idle_s": 1.0},
        DeadlineExceeded,
    ),
    "a stream that falls silent": (
        falling_silent,
        {"stream": True, "idle_s": 0.2},
        AttemptTimeout,
    ),
}


@pytest.mark.parametrize("sentence", LATE)
def test_a_late_answer_ends_at_its_limit(sentence: str, start: Any, caller: Any) -> None:
    serve, given, expected = LATE[sentence]
    call = caller(start(serve))
    bound = min(given.get(key, 9) for key in ("read_s", "deadline_s", "idle_s"))
    began = time.monotonic()
    with pytest.raises(expected):
        call(**given).read()
    assert bound - 0.01 < time.monotonic() - began < bound + 2.0
    assert call.transport._pool.idle == 0


def test_a_stream_may_take_longer_than_read_s_while_it_speaks(start: Any, caller: Any) -> None:
    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(CHUNKED)
        for _ in range(8):
            time.sleep(0.1)
            sock.sendall(b"1\r\n.\r\n")
        sock.sendall(b"0\r\n\r\n")

    call = caller(start(serve))
    assert call(stream=True, read_s=0.6, idle_s=0.6).read() == b"........"


def test_idle_s_counts_for_streams_only(start: Any, caller: Any) -> None:
    def serve(sock: ssl.SSLSocket) -> None:
        sock.recv(65_536)
        sock.sendall(ANSWER[:-1])
        time.sleep(0.2)
        sock.sendall(ANSWER[-1:])

    assert caller(start(serve))(idle_s=0.01).read() == b"hi"
