"""A new connection, opened and closed: urllib3's HTTPSConnection and our guarded one, to the same server."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from benchmarks.pairs import alternate
from secure_bedrock import Policy
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.network import RouteGuard, SystemConnector, SystemResolver
from secure_bedrock.transport.connections.opening import open_connection
from secure_bedrock.transport.connections.tls import tls_context
from secure_bedrock.values import Deadline

CONNECT_S = 5.0


class LocalhostResolver:
    """Asks the operating system for localhost in every name's place, so that both sides ask for the same."""

    def resolve(self, _host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        return SystemResolver().resolve("localhost", families)


def connect_cost(
    server: dict[str, Any], policy: Policy, *, rounds: int, calls: int
) -> tuple[float, float]:
    """urllib3's and our cost of one connection: localhost resolved, TCP, TLS, certificate and name verified, closed.

    Both have their TLS context already, as botocore's and our pools have.
    """
    port = urlsplit(server["localhost_url"]).port
    assert port is not None
    stock = create_urllib3_context()
    stock.load_verify_locations(server["ca_path"])
    context = tls_context(server["ca_path"])
    route = replace(RouteFinder(policy).route("bedrock-runtime"), resolve=True)
    guard, resolver, connector = RouteGuard(route), LocalhostResolver(), SystemConnector()

    def urllib3s() -> None:
        connection = HTTPSConnection(
            "localhost",
            port,
            ssl_context=stock,
            server_hostname=route.host,
            assert_hostname=route.host,
            timeout=CONNECT_S,
        )
        connection.connect()
        connection.close()

    def ours() -> None:
        open_connection(
            guard,
            resolver=resolver,
            connector=connector,
            context=context,
            connect_s=CONNECT_S,
            deadline=Deadline.after(CONNECT_S),
        ).close()

    return alternate(urllib3s, ours, rounds=rounds, calls=calls)
