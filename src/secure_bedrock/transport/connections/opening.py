"""How a guarded connection comes to be: resolved, judged, dialled, compared, secured, judged again."""

import hashlib
import ssl
from socket import socket

from secure_bedrock.errors import ConnectFailed, SecureBedrockError
from secure_bedrock.network import Connector, Resolver, RouteGuard, dial
from secure_bedrock.transport.connections.connection import GuardedConnection, PeerFacts
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.transport.connections.tls import secure
from secure_bedrock.values import Deadline


def open_connection(
    guard: RouteGuard,
    *,
    resolver: Resolver,
    connector: Connector,
    context: ssl.SSLContext,
    connect_s: float,
    deadline: Deadline,
) -> GuardedConnection:
    """Resolve, judge, dial, compare the peer, shake hands, judge the session; only then is there a connection.

    `connect_s` bounds the dialling of all addresses together, and the handshake once more; both end with the
    deadline. Raises AddressDenied, TlsDenied, ConnectFailed or DeadlineExceeded.
    """
    route = guard.route
    try:
        dialed = dial(
            guard,
            resolver=resolver,
            connector=connector,
            timeout_s=TimeLimit(deadline, connect_s).left(),
        )
        sock = _secured(dialed.sock, context, route.host, TimeLimit(deadline, connect_s))
    except ConnectFailed:
        if deadline.passed:
            raise TimeLimit(deadline, connect_s).expired() from None
        raise
    return GuardedConnection(sock, route=route, peer=_facts(sock, dialed.address))


def _secured(sock: socket, context: ssl.SSLContext, host: str, limit: TimeLimit) -> ssl.SSLSocket:
    try:
        left = limit.left()
    except SecureBedrockError:
        sock.close()
        raise
    return secure(sock, context=context, host=host, timeout_s=left)


def _facts(sock: ssl.SSLSocket, address: str) -> PeerFacts:
    certificate = sock.getpeercert(binary_form=True) or b""
    suite = sock.cipher()
    return PeerFacts(
        address=address,
        tls_version=sock.version() or "",
        tls_cipher=suite[0] if suite else "",
        certificate_sha256=hashlib.sha256(certificate).hexdigest(),
    )
