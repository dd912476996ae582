"""Carries gated requests over guarded connections, synchronously, within their time."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from secure_bedrock.errors import ConnectFailed, IncompleteResponse
from secure_bedrock.network import (
    Connector,
    PrivateRoute,
    Resolver,
    RouteGuard,
    SystemConnector,
    SystemResolver,
)
from secure_bedrock.policy import NetworkPolicy, Policy, Timeouts
from secure_bedrock.transport.connections.connection import GuardedConnection, PeerFacts
from secure_bedrock.transport.connections.pool import ConnectionPool
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.transport.connections.tls import tls_context
from secure_bedrock.transport.core.http1.framing import ResponseHead, ResponseReader, longest_body
from secure_bedrock.transport.core.wire import GatedRequest
from secure_bedrock.values import Deadline


class GuardedResponse:
    """An answer whose head has come; its body is read once, with `read()` or `chunks()`.

    `head`, `peer` and `reused` say what answered, who, and whether over a connection used before. Belongs to
    one thread; only `close()` may come from another. The connection goes back to the pool with the last byte
    of a clean answer, and in every other case it is closed.
    """

    __slots__ = (
        "_begun",
        "_connection",
        "_deadline",
        "_idle_s",
        "_limit",
        "_pool",
        "_reader",
        "head",
        "peer",
        "reused",
    )

    def __init__(
        self,
        connection: GuardedConnection,
        *,
        pool: ConnectionPool,
        limit: TimeLimit,
        deadline: Deadline,
        idle_s: float | None,
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._limit = limit
        self._deadline = deadline
        self._idle_s = idle_s
        self._begun = False
        self._reader = ResponseReader()
        self.peer: PeerFacts = connection.peer
        self.reused = connection.reused
        self.head = self._await_head()

    def read(self) -> bytes:
        """The whole body; IncompleteResponse if it is cut, misframed or too large, and then none of it."""
        pieces: list[bytes] = []
        longest = left = longest_body(self.head.status)
        for piece in self.chunks():
            left -= len(piece)
            if left < 0:
                self.close()
                raise IncompleteResponse(
                    f"the answer is larger than {longest} bytes", rule="too-large"
                )
            pieces.append(piece)
        return b"".join(pieces)

    def chunks(self) -> Iterator[bytes]:
        """The body's pieces as they arrive, none empty; IncompleteResponse unless it ends where it says.

        The wait for the first piece ends with the exchange's own `read_s`, that for each later one after `idle_s`
        where the exchange was given one; always with the deadline. Leaving the iteration early closes the connection.
        """
        reader = self._reader
        try:
            while True:
                if piece := reader.take():
                    self._begun = True
                    yield piece
                if reader.complete:
                    return
                self._fill(self._wait())
        finally:
            self.close()

    def close(self) -> None:
        """Give the rest of the answer up, if there is one; idempotent and thread-safe."""
        if not self._reader.complete:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _await_head(self) -> ResponseHead:
        while (head := self._reader.head) is None:
            self._fill(self._limit)
        return head

    def _wait(self) -> TimeLimit:
        if self._idle_s is None or not self._begun:
            return self._limit
        return TimeLimit(self._deadline, self._idle_s)

    def _fill(self, limit: TimeLimit) -> None:
        """Feed the reader once; hand the connection back as soon as the answer is complete."""
        data = self._connection.receive(limit)
        if not data and not self._reader.started:
            raise ConnectFailed(
                "the connection ended before an answer came; the request may have run",
                rule="closed-before-answer",
            )
        self._reader.feed(data)
        if self._reader.complete:
            if self._reader.reusable:
                self._pool.give_back(self._connection)
            else:
                self._connection.close()


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What a transport reads of a policy, for a caller who changes some of it."""

    network: NetworkPolicy
    timeouts: Timeouts


class GuardedTransport:
    """The guarded way to one route's endpoint; thread-safe, fork-safe, not picklable.

    Making one reads the trust store and opens nothing. Raises AddressDenied for a route whose own addresses
    can't be approved, PolicyInvalid for an unusable `network.ca_bundle`.
    """

    def __init__(
        self,
        route: PrivateRoute,
        *,
        policy: Policy | ConnectionSettings,
        resolver: Resolver | None = None,
        connector: Connector | None = None,
    ) -> None:
        self.route = route
        self._pool = ConnectionPool(
            RouteGuard(route),
            resolver=resolver or SystemResolver(),
            connector=connector or SystemConnector(),
            context=tls_context(policy.network.ca_bundle),
            max_idle=policy.network.max_pool_connections,
            max_age_s=policy.network.max_connection_age_s,
            connect_s=policy.timeouts.connect_s,
        )

    def exchange(
        self,
        request: GatedRequest,
        *,
        deadline: Deadline,
        read_s: float,
        stream: bool = False,
        idle_s: float | None = None,
    ) -> GuardedResponse:
        """Send the request once and return the answer as soon as its head is there.

        `read_s` bounds the writing of the request, and then the answer: the whole of it, or with `stream` its
        head and first piece, after which each piece may take `idle_s`. The deadline bounds all of it, whatever
        the peer's pace.

        A request is never sent twice from here. A kept connection that the peer closes at the moment of
        sending is ConnectFailed("closed-before-answer"), because the request may have run and been billed;
        whether to try again is decided above, once.

        Raises: AddressDenied, TlsDenied, ConnectFailed, AttemptTimeout, DeadlineExceeded, IncompleteResponse,
            TransportTampered for anything but a request gated for this route.
        """
        connection = self._pool.lease(deadline)
        try:
            if not connection.reused:
                connection.require_quiet()
            # Not written to its end: the peer may have answered before it closed, so read on either way.
            connection.send(request, TimeLimit(deadline, read_s))
            response = GuardedResponse(
                connection,
                pool=self._pool,
                limit=TimeLimit(deadline, read_s),
                deadline=deadline,
                idle_s=idle_s if stream else None,
            )
        except BaseException:
            connection.close()
            raise
        return response

    def drain(self) -> None:
        """Close the connections that are not in use; those in use follow with their answer. Later calls go on."""
        self._pool.drain()

    def close(self) -> None:
        """Drain, and open no other connection from now on; idempotent."""
        self._pool.close()
