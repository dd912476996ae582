"""A scripted TLS endpoint on loopback and the pieces that reach it, for the guarded connections' tests."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from secure_bedrock.network import PrivateRoute, RouteGuard, SystemConnector, SystemResolver
from secure_bedrock.policy import Policy
from secure_bedrock.policy.request.judgement import Judgement
from secure_bedrock.transport.connections.connection import GuardedConnection
from secure_bedrock.transport.connections.driver import GuardedResponse, GuardedTransport
from secure_bedrock.transport.connections.opening import open_connection
from secure_bedrock.transport.connections.pool import ConnectionPool
from secure_bedrock.transport.connections.tls import tls_context
from secure_bedrock.transport.core import wire
from secure_bedrock.transport.core.wire import GatedRequest
from secure_bedrock.values import BEDROCK_RUNTIME, Deadline, Decision, Region

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
WAIT_S = 5.0  # nothing in these tests takes longer unless it hangs

Serve = Callable[[ssl.SSLSocket], None]


@dataclass
class Endpoint:
    """What listens, what it was sent, and how often it was dialled."""

    listener: socket.socket
    context: ssl.SSLContext
    serve: Serve
    counting: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    accepted: int = 0
    handshakes: int = 0
    served: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self.port = int(self.listener.getsockname()[1])
        self.runner = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                plain, _ = self.listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.accepted += 1
            thread = threading.Thread(target=self._one, args=(plain,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def _one(self, plain: socket.socket) -> None:
        self._converse(plain)
        with self.counting:
            self.served += 1

    def _converse(self, plain: socket.socket) -> None:
        plain.settimeout(WAIT_S)
        with plain, suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(plain, server_side=True) as secured:
                self.handshakes += 1
                self.serve(secured)

    def request(self, sock: ssl.SSLSocket) -> bytes:
        """Read one request with a Content-Length body; b"" at the end of the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := sock.recv(65_536)):
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            if not (piece := sock.recv(65_536)):
                return b""
            body += piece
        self.received.append(head + b"\r\n\r\n" + body)
        return self.received[-1]

    def settle(self) -> None:
        """Wait until every connection so far has been served and closed on this side."""
        deadline = time.monotonic() + WAIT_S
        while self.accepted > self.served and time.monotonic() < deadline:
            time.sleep(0.005)

    def close(self) -> None:
        self.stop.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept() on Linux
        self.runner.join(WAIT_S)
        self.listener.close()
        for thread in self.threads:
            thread.join(WAIT_S)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_path(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    return context


StartEndpoint = Callable[..., Endpoint]


@pytest.fixture
def start(server_context: ssl.SSLContext) -> Iterator[StartEndpoint]:
    """Start an endpoint: `serve(sock)` handles one connection; by default every request gets ANSWER."""
    running: list[Endpoint] = []

    def start_one(serve: Serve | None = None, *, context: ssl.SSLContext | None = None) -> Endpoint:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        listener.settimeout(0.2)
        endpoint = Endpoint(listener, context or server_context, serve or (lambda sock: None))
        if serve is None:

            def answer_all(sock: ssl.SSLSocket) -> None:
                while endpoint.request(sock):
                    sock.sendall(ANSWER)

            endpoint.serve = answer_all
        endpoint.runner.start()
        running.append(endpoint)
        return endpoint

    yield start_one
    for endpoint in running:
        endpoint.close()


@pytest.fixture
def route_to() -> Callable[..., PrivateRoute]:
    """The route that approves exactly 127.0.0.1 and the endpoint's port."""

    def make(endpoint: Endpoint, **changes: object) -> PrivateRoute:
        route = PrivateRoute(
            service=BEDROCK_RUNTIME,
            region=Region("eu-west-1"),
            host=HOST,
            names=frozenset({HOST}),
            port=endpoint.port,
            address_check="eni",
            addresses=("127.0.0.1",),
            own_networks=("127.0.0.0/8",),
            resolve=False,
        )
        return replace(route, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def gated() -> Callable[..., GatedRequest]:
    """A request as the gate would let it through for the route."""

    def make(route: PrivateRoute, body: bytes = b"{}") -> GatedRequest:
        head = f"POST /model/m/converse HTTP/1.1\r\nHost: {route.authority}\r\n"
        return GatedRequest(
            head=f"{head}Content-Length: {len(body)}\r\n\r\n".encode(),
            body=body,
            route=route,
            operation="Converse",
            judgement=Judgement(Decision(True, "model", "listed"), "model", "m"),
            seal=wire._SEAL,
        )

    return make


@pytest.fixture
def connect(
    route_to: Callable[..., PrivateRoute], ca_path: str
) -> Iterator[Callable[..., GuardedConnection]]:
    """Open a guarded connection to the endpoint."""
    opened: list[GuardedConnection] = []

    def make(
        endpoint: Endpoint,
        *,
        context: ssl.SSLContext | None = None,
        connect_s: float = WAIT_S,
        deadline: Deadline | None = None,
    ) -> GuardedConnection:
        connection = open_connection(
            RouteGuard(route_to(endpoint)),
            resolver=SystemResolver(),
            connector=SystemConnector(),
            context=context or tls_context(ca_path),
            connect_s=connect_s,
            deadline=deadline or Deadline(),
        )
        opened.append(connection)
        return connection

    yield make
    for connection in opened:
        connection.close()


@pytest.fixture
def pool_to(
    route_to: Callable[..., PrivateRoute], ca_path: str
) -> Iterator[Callable[..., ConnectionPool]]:
    """A pool of connections to the endpoint; keyword arguments are ConnectionPool's."""
    made: list[ConnectionPool] = []

    def make(endpoint: Endpoint, **settings: object) -> ConnectionPool:
        given = {"max_idle": 4, "max_age_s": 300.0, "connect_s": WAIT_S, **settings}
        pool = ConnectionPool(
            RouteGuard(route_to(endpoint)),
            resolver=SystemResolver(),
            connector=SystemConnector(),
            context=tls_context(ca_path),
            **given,  # type: ignore[arg-type]
        )
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


class Caller:
    """A transport to an endpoint, and the request that it sends."""

    def __init__(self, transport: GuardedTransport, gated: Any) -> None:
        self.transport, self.gated = transport, gated

    def __call__(
        self,
        *,
        body: bytes = b"{}",
        deadline_s: float | None = None,
        read_s: float = 5,
        stream: bool = False,
        idle_s: float | None = None,
    ) -> GuardedResponse:
        return self.transport.exchange(
            self.gated(self.transport.route, body),
            deadline=Deadline.after(deadline_s),
            read_s=read_s,
            stream=stream,
            idle_s=idle_s,
        )


CallerOf = Callable[..., Caller]


@pytest.fixture
def policy_with(ca_path: str) -> Callable[..., Policy]:
    """A policy that reaches loopback; keyword arguments are [network]'s."""

    def make(**network: object) -> Policy:
        given = {"cidrs": ["127.0.0.0/8"], "ca_bundle": ca_path, **network}
        return Policy(
            region="eu-west-1",
            models=["anthropic.claude-3-haiku-20240307-v1:0"],
            network=given,
        )

    return make


@pytest.fixture
def caller(route_to: Any, policy_with: Any, gated: Any) -> Iterator[CallerOf]:
    made: list[GuardedTransport] = []

    def make(endpoint: Any, **given: Any) -> Caller:
        transport = GuardedTransport(route_to(endpoint), policy=policy_with(), **given)
        made.append(transport)
        return Caller(transport, gated)

    yield make
    for transport in made:
        transport.close()
