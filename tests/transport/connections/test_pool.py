"""The pool: what it keeps, how long, for whom, and what a forked child gets."""

import copy
import os
import pickle
import signal
import socket
import ssl
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.errors import ConfigurationError, TransportTampered
from secure_bedrock.transport.connections import pool as pool_module
from secure_bedrock.transport.connections.connection import GuardedConnection
from secure_bedrock.transport.connections.pool import ConnectionPool
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.values import Deadline

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def use(pool: ConnectionPool, gated: Any) -> GuardedConnection:
    """One exchange; the connection is given back."""
    connection = pool.lease(Deadline())
    ask(connection, gated)
    pool.give_back(connection)
    return connection


def ask(connection: GuardedConnection, gated: Any) -> None:
    limit = TimeLimit(Deadline(), 5)
    assert connection.send(gated(connection.route), limit)
    data = b""
    while len(data) < len(ANSWER):
        piece = connection.receive(limit)
        assert piece
        data += piece
    assert data == ANSWER


def test_a_connection_is_used_again(start: Any, pool_to: Any, gated: Any) -> None:
    endpoint = start()
    pool = pool_to(endpoint)
    first = use(pool, gated)
    assert (first.reused, pool.idle) == (False, 1)
    assert use(pool, gated) is first
    assert (first.reused, endpoint.accepted) == (True, 1)


def test_the_newest_is_used_first(start: Any, pool_to: Any) -> None:
    pool = pool_to(start())
    first, second = pool.lease(Deadline()), pool.lease(Deadline())
    pool.give_back(second)
    pool.give_back(first)
    assert pool.lease(Deadline()) is first
    assert pool.lease(Deadline()) is second


def test_a_socket_that_was_replaced_under_the_pool_is_refused_and_left_alone(
    start: Any, pool_to: Any, gated: Any
) -> None:
    endpoint = start()
    pool = pool_to(endpoint)
    kept = use(pool, gated)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as other:
            accepted, _ = listener.accept()
            os.dup2(
                other.fileno(), kept._sock.fileno()
            )  # what close() and another socket() come to
            stranger = socket.socket(fileno=kept._sock.fileno())
    with accepted, stranger:
        with pytest.raises(TransportTampered) as caught:
            pool.lease(Deadline())
        assert caught.value.rule == "socket-replaced"
        stranger.sendall(b"alive")
        stranger.shutdown(socket.SHUT_WR)
        assert accepted.recv(9) == b"alive"  # and nothing of ours before it
        assert accepted.recv(9) == b""
    assert (use(pool, gated).reused, endpoint.accepted) == (False, 2)


def test_a_descriptor_that_was_closed_under_the_pool_makes_room_for_a_new_connection(
    start: Any, pool_to: Any, gated: Any
) -> None:
    endpoint = start()
    pool = pool_to(endpoint)
    os.close(use(pool, gated)._sock.fileno())
    assert (use(pool, gated).reused, endpoint.accepted) == (False, 2)


def test_beyond_its_bound_the_longest_idle_is_closed(start: Any, pool_to: Any) -> None:
    pool = pool_to(start(), max_idle=2)
    leased = [pool.lease(Deadline()) for _ in range(3)]
    for connection in leased:
        pool.give_back(connection)
    assert pool.idle == 2
    assert [connection.usable for connection in leased] == [False, True, True]


def test_a_bound_of_none_keeps_none(start: Any, pool_to: Any, gated: Any) -> None:
    endpoint = start()
    pool = pool_to(endpoint, max_idle=0)
    assert not use(pool, gated).usable
    assert pool.idle == 0


@pytest.mark.parametrize(
    ("seconds", "again"), [(59, True), (60, False), (61, False)], ids=["59", "60", "61"]
)
def test_an_idle_connection_is_good_for_less_than_60_s(
    start: Any, pool_to: Any, gated: Any, seconds: float, again: bool
) -> None:
    clock = Clock()
    pool = pool_to(start(), clock=clock)
    first = use(pool, gated)
    clock.now += seconds
    assert (use(pool, gated) is first) is again
    assert first.usable is again


def test_a_busy_connection_is_replaced_at_its_age(start: Any, pool_to: Any, gated: Any) -> None:
    clock = Clock()
    endpoint = start()
    pool = pool_to(endpoint, clock=clock, max_age_s=120)
    first = use(pool, gated)
    for _ in range(3):
        clock.now += 39
        assert use(pool, gated) is first
    leased = pool.lease(Deadline())
    clock.now += 39
    pool.give_back(leased)  # too old by now
    assert (first.usable, pool.idle) == (False, 0)
    assert use(pool, gated) is not first
    assert endpoint.accepted == 2


def test_connections_that_are_past_their_time_are_closed_when_another_returns(
    start: Any, pool_to: Any
) -> None:
    clock = Clock()
    pool = pool_to(start(), clock=clock)
    old, young = pool.lease(Deadline()), pool.lease(Deadline())
    pool.give_back(old)
    clock.now += 61
    pool.give_back(young)
    assert (old.usable, young.usable, pool.idle) == (False, True, 1)


def test_a_connection_that_the_peer_closed_is_not_used_again(
    start: Any, pool_to: Any, gated: Any
) -> None:
    def answer_once(sock: ssl.SSLSocket) -> None:
        endpoint.request(sock)
        sock.sendall(ANSWER)

    endpoint = start(answer_once)
    pool = pool_to(endpoint)
    first = use(pool, gated)
    endpoint.settle()
    second = use(pool, gated)
    assert (second is first, second.reused, first.usable) == (False, False, False)


def test_a_connection_with_unasked_bytes_is_not_used_again(
    start: Any, pool_to: Any, gated: Any
) -> None:
    unasked, sent = threading.Event(), threading.Event()

    def answer_twice(sock: ssl.SSLSocket) -> None:
        while endpoint.request(sock):
            sock.sendall(ANSWER)
            unasked.wait(5)
            sock.sendall(ANSWER)
            sent.set()

    endpoint = start(answer_twice)
    pool = pool_to(endpoint)
    first = use(pool, gated)
    unasked.set()
    assert sent.wait(5)
    assert use(pool, gated) is not first


def test_a_closed_connection_is_not_kept(start: Any, pool_to: Any) -> None:
    pool = pool_to(start())
    connection = pool.lease(Deadline())
    connection.close()
    pool.give_back(connection)
    assert pool.idle == 0


def test_a_connection_of_another_pool_is_not_kept(start: Any, pool_to: Any) -> None:
    endpoint = start()
    one, other = pool_to(endpoint), pool_to(endpoint)
    connection = one.lease(Deadline())
    other.give_back(connection)
    assert (other.idle, connection.usable) == (0, False)


def test_closing_the_pool_closes_idle_ones_now_and_leased_ones_on_return(
    start: Any, pool_to: Any, gated: Any
) -> None:
    pool = pool_to(start())
    leased, idle = pool.lease(Deadline()), pool.lease(Deadline())
    pool.give_back(idle)
    pool.close()
    pool.close()
    assert (idle.usable, leased.usable) == (False, True)
    ask(leased, gated)
    pool.give_back(leased)
    assert not leased.usable
    with pytest.raises(ConfigurationError) as failure:
        pool.lease(Deadline())
    assert failure.value.rule == "closed"


@pytest.mark.parametrize("operation", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_pool_stays_in_its_process(
    start: Any, pool_to: Any, operation: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError, match="can't be pickled"):
        operation(pool_to(start()))


def test_64_threads_share_a_pool(start: Any, pool_to: Any, gated: Any) -> None:
    endpoint = start()
    pool = pool_to(endpoint, max_idle=8)
    barrier = threading.Barrier(64)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            barrier.wait(10)
            for _ in range(5):
                use(pool, gated)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(endpoint.received) == 64 * 5
    assert pool.idle <= 8
    assert endpoint.accepted < 64 * 5


# Forks. A child reports by its exit status, and is killed if it hangs.


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child; 0 when it returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: threads and fork
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(10)
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_child_opens_its_own_and_the_parents_still_works(
    start: Any, pool_to: Any, gated: Any
) -> None:
    endpoint = start()
    pool = pool_to(endpoint)
    first = use(pool, gated)

    def work() -> None:
        assert pool.idle == 0
        assert not first.usable
        assert use(pool, gated).reused is False
        assert use(pool, gated).reused is True
        pool.close()

    assert in_child(work) == 0
    assert endpoint.accepted == 2
    assert use(pool, gated) is first
    assert first.reused


def test_a_fork_in_the_middle_of_an_exchange_leaves_it_to_the_parent(
    start: Any, pool_to: Any, gated: Any
) -> None:
    pool = pool_to(start())
    leased = pool.lease(Deadline())

    def work() -> None:
        assert not leased.usable
        assert leased.receive(TimeLimit(Deadline(), 1)) == b""
        leased.close()
        pool.give_back(leased)
        assert pool.idle == 0

    assert in_child(work) == 0
    ask(leased, gated)


def test_a_lock_that_another_thread_held_at_the_fork_does_not_block_the_child(
    start: Any, pool_to: Any, gated: Any
) -> None:
    pool = pool_to(start())
    with pool._lock, pool_module._hook_lock:
        assert in_child(lambda: pool.give_back(use(pool, gated))) == 0


def test_a_fork_without_pythons_hooks_is_noticed_at_the_next_lease(
    start: Any, pool_to: Any, gated: Any
) -> None:
    pool = pool_to(start())
    first = use(pool, gated)
    pool._pid = -1
    assert use(pool, gated) is not first
    assert not first.usable


def test_the_fork_hook_is_registered_once_and_with_the_first_pool(
    start: Any, pool_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: list[dict[str, object]] = []
    monkeypatch.setattr(pool_module, "_hook_registered", False)
    monkeypatch.setattr(os, "register_at_fork", lambda **given: hooks.append(given))
    endpoint = start()
    pool_to(endpoint)
    pool_to(endpoint)
    assert hooks == [{"after_in_child": pool_module._forget_all}]


def test_the_fork_hook_empties_every_pool(start: Any, pool_to: Any, gated: Any) -> None:
    endpoint = start()
    pools = [pool_to(endpoint), pool_to(endpoint)]
    for pool in pools:
        use(pool, gated)
    pool_module._forget_all()
    assert [pool.idle for pool in pools] == [0, 0]
