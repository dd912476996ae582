"""The pool in a snapshot: every connection ends without a word over TLS, and the next lease opens a new one."""

import ssl
import threading
from typing import Any

from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.values import Deadline


def test_idle_and_leased_connections_end_and_new_ones_are_kept(start: Any, pool_to: Any) -> None:
    endpoint = start()
    pool = pool_to(endpoint)
    idle, leased = pool.lease(Deadline()), pool.lease(Deadline())
    pool.give_back(idle)
    pool.forget_moment()
    assert (idle.usable, leased.usable, pool.idle) == (False, False, 0)
    pool.give_back(leased)
    assert pool.idle == 0
    fresh = pool.lease(Deadline())
    pool.give_back(fresh)
    assert (fresh.reused, pool.idle, endpoint.accepted) == (False, 1, 3)


def test_the_peer_is_told_nothing_over_tls(start: Any, pool_to: Any) -> None:
    """Without a close_notify alert OpenSSL calls the end of the connection unexpected; with one it reads b""."""
    said: list[str] = []
    ready = threading.Event()

    def serve(sock: Any) -> None:
        sock.suppress_ragged_eofs = False
        ready.set()
        try:
            said.append(f"read {sock.recv(1)!r}")
        except ssl.SSLEOFError:
            said.append("cut")

    endpoint = start(serve)
    pool = pool_to(endpoint)
    kept = pool.lease(Deadline())
    pool.give_back(kept)
    assert ready.wait(5)
    pool.forget_moment()
    endpoint.settle()
    assert said == ["cut"]


def test_a_reader_in_another_thread_is_woken(start: Any, pool_to: Any) -> None:
    pool = pool_to(start())
    leased = pool.lease(Deadline())
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(leased.receive(TimeLimit(Deadline(), 5))))
    reader.start()
    while not leased._busy.locked():
        threading.Event().wait(0.001)
    pool.forget_moment()
    reader.join(5)
    assert got == [b""]


def test_threads_may_lease_meanwhile(start: Any, pool_to: Any) -> None:
    pool = pool_to(start())
    done = threading.Event()
    failures: list[BaseException] = []

    def lease_on() -> None:
        try:
            while not done.is_set():
                pool.lease(Deadline()).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=lease_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        pool.forget_moment()
    done.set()
    for thread in threads:
        thread.join(10)
    assert failures == []
