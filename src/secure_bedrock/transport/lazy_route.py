"""A client's route and the transport over it; where no route was found, each call asks again."""

import threading
from collections.abc import Callable

from secure_bedrock.errors import ConfigurationError, EndpointNotFound
from secure_bedrock.network import PrivateRoute
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.values import PerProcess


class RouteHolder:
    """Keeps the first route that is found, and one transport over it; thread-safe."""

    def __init__(
        self,
        find: Callable[[], PrivateRoute],
        open_transport: Callable[[PrivateRoute], GuardedTransport],
    ) -> None:
        self._find = find
        self._open = open_transport
        self._lock = PerProcess(threading.Lock)
        self._route: PrivateRoute | None = None
        self._transport: GuardedTransport | None = None
        self._closed = False

    @property
    def known(self) -> PrivateRoute | None:
        """The route, None while none was found; never asks."""
        return self._route

    def look(self) -> PrivateRoute | None:
        """The route, or None where there is none; other errors of finding it are raised."""
        try:
            return self.route()
        except EndpointNotFound:
            return None

    def pin(self, route: PrivateRoute) -> None:
        """Settle the route, before the first call."""
        with self._lock():
            self._route = route

    def route(self) -> PrivateRoute:
        """The route; raises EndpointNotFound with what was tried."""
        if self._route is None:
            found = self._find()  # outside the lock: finders are thread-safe and may take seconds
            with self._lock():
                if self._route is None:
                    self._route = found
        return self._route

    def transport(self) -> GuardedTransport:
        """The transport over the route; ConfigurationError once it was closed."""
        if self._closed:
            raise ConfigurationError(
                "the client was closed", rule="closed", next_step="make a new client"
            )
        if self._transport is None:
            route = self.route()
            with self._lock():
                if self._transport is None:
                    self._transport = self._open(route)
        return self._transport

    def close(self) -> None:
        """Close the transport if there is one, and open no other."""
        self._closed = True
        transport = self._transport
        if transport is not None:
            transport.close()
