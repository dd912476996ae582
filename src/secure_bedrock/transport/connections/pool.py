"""Keeps guarded connections between exchanges, and never longer than they are good for."""

import os
import ssl
import threading
import time
from collections import deque
from typing import NoReturn
from weakref import WeakSet

from secure_bedrock.errors import ConfigurationError
from secure_bedrock.network import Connector, Resolver, RouteGuard
from secure_bedrock.transport.connections.connection import GuardedConnection
from secure_bedrock.transport.connections.opening import open_connection
from secure_bedrock.values import Deadline, forget_at_snapshot
from secure_bedrock.values.deadline import Clock


class ConnectionPool:
    """The idle connections of one route, newest first; thread-safe and fork-safe.

    `max_idle` bounds what is kept, not what is open: a caller never waits for another's connection but opens
    its own, and what is too many on return is closed, the longest idle first. A connection is not used again
    once it is `max_age_s` old (so that a new judgement of the addresses comes to bear), was idle for `idle_s`
    (interface endpoints drop flows after 350 s), or the peer closed it or sent something unasked. Times are
    seconds. A forked child starts empty and only closes its copies of the descriptors; a restored snapshot of the
    process starts empty too.
    """

    def __init__(
        self,
        guard: RouteGuard,
        *,
        resolver: Resolver,
        connector: Connector,
        context: ssl.SSLContext,
        max_idle: int,
        max_age_s: float,
        idle_s: float = 60.0,
        connect_s: float = 2.0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._connector = connector
        self._context = context
        self._max_idle = max_idle
        self._max_age_s = max_age_s
        self._idle_s = idle_s
        self._connect_s = connect_s
        self._clock = clock
        self._closed = False
        self._fresh_from = clock()
        self._opened: WeakSet[GuardedConnection] = WeakSet()
        self._start_afresh()
        _forget_after_fork(self)
        forget_at_snapshot(self)

    def lease(self, deadline: Deadline) -> GuardedConnection:
        """A connection for one exchange: an idle one that is still good, else a new one.

        Its `reused` tells which. The caller closes it or gives it back. Raises what `open_connection` raises,
        and ConfigurationError after `close()`.
        """
        if os.getpid() != self._pid:  # forked by something that ran no hook of Python's
            self.forget()
        while (connection := self._newest()) is not None:
            if self._is_good(connection) and connection.is_quiet():
                connection.reused = True
                return connection
            connection.close()
        return self._open(deadline)

    def give_back(self, connection: GuardedConnection) -> None:
        """Keep the connection for another exchange, if it and this pool are good for one; else close it."""
        connection.idle_since = self._clock()
        dropped: list[GuardedConnection] = []
        with self._lock:
            if self._closed or connection not in self._opened or not self._is_good(connection):
                dropped.append(connection)
            else:
                self._idle.append(connection)
            while self._idle and (
                len(self._idle) > self._max_idle or not self._is_good(self._idle[0])
            ):
                dropped.append(self._idle.popleft())
        for each in dropped:
            each.close()

    def close(self) -> None:
        """Drain, and open no other connection from now on; idempotent."""
        self._closed = True
        self.drain()

    def drain(self) -> None:
        """Close the idle connections now, and those in use when they are given back; later leases open new ones."""
        with self._lock:
            self._fresh_from = self._clock()
            dropped = list(self._idle)
            self._idle.clear()
        for connection in dropped:
            connection.close()

    def forget(self) -> None:
        """In a forked child: drop every connection of the parent's without a byte to the peer."""
        inherited = list(self._opened)
        self._start_afresh()
        for connection in inherited:
            connection.abandon()

    def forget_moment(self) -> None:
        """In a process that is or was frozen: end every connection, those in use too; their peers are gone.

        Nothing is said to a peer over TLS: the keys may be another copy's as well.
        """
        with self._lock:
            self._fresh_from = self._clock()
            self._idle.clear()
            open_ones = list(self._opened)
        for connection in open_ones:
            connection.close()

    @property
    def idle(self) -> int:
        """How many connections are kept at the moment."""
        return len(self._idle)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a connection pool can't be pickled: sockets stay in their process")

    def _start_afresh(self) -> None:
        # Also the lock is new: another thread of the parent may have held it at the moment of the fork.
        self._lock = threading.Lock()
        self._idle: deque[GuardedConnection] = deque()
        self._opened.clear()
        self._pid = os.getpid()

    def _newest(self) -> GuardedConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _is_good(self, connection: GuardedConnection) -> bool:
        now = self._clock()
        return (
            connection.usable
            and connection.opened_at >= self._fresh_from
            and now - connection.opened_at < self._max_age_s
            and now - connection.idle_since < self._idle_s
        )

    def _open(self, deadline: Deadline) -> GuardedConnection:
        if self._closed:
            raise ConfigurationError(
                "the client was closed", rule="closed", next_step="make a new client"
            )
        connection = open_connection(
            self._guard,
            resolver=self._resolver,
            connector=self._connector,
            context=self._context,
            connect_s=self._connect_s,
            deadline=deadline,
        )
        connection.opened_at = connection.idle_since = self._clock()
        with self._lock:  # a set must not grow while `forget_moment` reads it
            self._opened.add(connection)
        return connection


_pools: WeakSet[ConnectionPool] = WeakSet()
_hook_lock = threading.Lock()
_hook_registered = False


def _forget_after_fork(pool: ConnectionPool) -> None:
    """Have `pool` emptied in every forked child; the hook itself is registered with the first pool."""
    global _hook_registered  # noqa: PLW0603 - at most once in a process, and not at import
    with _hook_lock:
        _pools.add(pool)
        if not _hook_registered and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_forget_all)
            _hook_registered = True


def _forget_all() -> None:
    global _hook_lock  # noqa: PLW0603 - the parent may have held it at the moment of the fork
    _hook_lock = threading.Lock()
    for pool in list(_pools):
        pool.forget()
