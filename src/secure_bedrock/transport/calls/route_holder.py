"""A client's route and the transport over it: looked for on first use, and again when its addresses are outdated."""

import threading
from collections.abc import Callable
from typing import Final

from secure_bedrock.errors import (
    AddressDenied,
    ConfigurationError,
    ConnectFailed,
    EndpointNotFound,
    SecureBedrockError,
)
from secure_bedrock.network import PrivateRoute, RenewableRoutes, RouteSource, can_be_interface
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.values import Deadline, PerProcess, forget_at_snapshot

# What a replaced interface or a recreated endpoint looks like from here: its name answers with an address that is not
# known, or with none, or nothing listens any more. No byte was sent then, so the attempt may begin again.
_UNKNOWN_ADDRESS: Final = "not-eni-address"
_OUTDATED: Final = frozenset({_UNKNOWN_ADDRESS, "no-answer", "connect-failed", "connect-timeout"})


class RouteHolder:
    """Keeps the route that was found and one transport over it; thread-safe and fork-safe."""

    def __init__(
        self,
        service: str,
        routes: RouteSource,
        open_transport: Callable[[PrivateRoute], GuardedTransport],
    ) -> None:
        self._service = service
        self._routes = routes
        self._open = open_transport
        self._lock = PerProcess(threading.Lock)
        self._url: str | None = None  # which of the route's names the caller chose
        self._found: PrivateRoute | None = None  # as the source gave it
        self._route: PrivateRoute | None = None  # under the chosen name
        self._transport: GuardedTransport | None = None
        self._closed = False
        forget_at_snapshot(self)

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
        """Settle under which of its names the route is used, before the first call."""
        with self._lock():
            if self._found is not None and route.host != self._found.host:
                self._url = route.url
            self._route = route

    def route(self) -> PrivateRoute:
        """The route; raises EndpointNotFound with what was tried."""
        while (route := self._route) is None:
            found = self._routes.route(self._service)  # outside the lock: may take seconds
            named = self._named(found)
            with self._lock():
                if self._route is None:
                    self._found, self._route = found, named
        return route

    def transport(self) -> GuardedTransport:
        """The transport over the route; ConfigurationError once it was closed."""
        if self._closed:
            raise ConfigurationError(
                "the client was closed", rule="closed", next_step="make a new client"
            )
        while (transport := self._transport) is None:
            route = self.route()
            with self._lock():
                if self._transport is None and self._route is route:
                    self._transport = self._open(route)
        return transport

    def renewed(
        self, tried: GuardedTransport, error: AddressDenied | ConnectFailed, deadline: Deadline
    ) -> bool:
        """True where another route than that of `tried`, which could not be reached, is there to be tried now.

        It stands under the same policy and the same address check, and its addresses are judged like the first
        one's. For an address that no interface of the VPC can have nobody is asked. Where looking for it failed,
        `error` is raised from that failure.
        """
        if error.rule not in _OUTDATED or deadline.passed or self._closed:
            return False
        if self._transport is not tried:  # another thread was here
            return True
        found, routes = self._found, self._routes
        if found is None or not isinstance(routes, RenewableRoutes):
            return False
        if not _may_be_replaced(error, found):
            return False
        try:
            newer = routes.renew(self._service, found)
            if newer is None:
                return False
            self._replace(tried, newer, self._named(newer))
        except SecureBedrockError as failure:
            raise error from failure
        return True

    def forget_moment(self) -> None:
        """Find the route anew on the next call; the transport's own pool sees to its connections."""
        with self._lock():
            self._found = self._route = self._transport = None

    def drain(self) -> None:
        """Close the connections that are not in use; a later call opens new ones."""
        if (transport := self._transport) is not None:
            transport.drain()

    def close(self) -> None:
        """Close the transport if there is one, and open no other."""
        self._closed = True
        transport = self._transport
        if transport is not None:
            transport.close()

    def _named(self, found: PrivateRoute) -> PrivateRoute:
        return found if self._url is None else found.with_url(self._url)

    def _replace(self, tried: GuardedTransport, found: PrivateRoute, route: PrivateRoute) -> None:
        with self._lock():
            if self._transport is tried:
                self._found, self._route, self._transport = found, route, None
        # Not closed: what is in use there may go on, and comes home to a pool that keeps nothing of today.
        tried.drain()


def _may_be_replaced(error: AddressDenied | ConnectFailed, route: PrivateRoute) -> bool:
    """False where DNS answered what no new interface has: whoever forges its answers could have EC2 asked with it."""
    if error.rule != _UNKNOWN_ADDRESS:
        return True
    return isinstance(error, AddressDenied) and can_be_interface(error.address, route)
