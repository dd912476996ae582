"""A Bedrock on each address of both hosts, with valid certificates for the same names; and a proxy outside."""

import socket
from collections.abc import Iterable

from secure_bedrock.testing import Fault, LocalAuthority, LocalBedrock
from secure_bedrock.testing.local_server import LocalServer, Origin

from .hosts import Hosts
from .namespaces import Namespace
from .plan import ENIS, HTTPS_PORT, MODEL, PROXY_PORT, PUBLIC, PUBLIC_HOST, REGION

_BACKLOG = 64
_HEAD_LIMIT = 8192


class BoundServer(LocalServer):
    """A local server whose listener is on an address inside a namespace; its threads are this process's."""

    def __init__(self, service: LocalBedrock, host: Namespace, address: str, port: int) -> None:
        super().__init__(service, port)
        self._host = host
        self._address = address

    def start(self) -> None:
        """Bind inside the namespace, listen and accept."""
        listener = self._listener = self._host.enter(self._listen)
        listener.settimeout(1.0)
        self._spawn(lambda: self._accept_all(listener))

    @property
    def busy(self) -> bool:
        """True while a connection is open on this side."""
        return bool(self._open)

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        return socket.create_server((self._address, self.port), family=family, backlog=_BACKLOG)


class ConnectProxy(BoundServer):
    """An HTTP proxy that tunnels: what is asked for by CONNECT is reached outside, at the public Bedrock."""

    def _serve(self, sock: socket.socket, origin: Origin) -> None:
        sock.settimeout(5.0)
        try:
            asked = _head(sock)
            if not asked.startswith(b"CONNECT "):
                sock.close()
                return
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        except OSError:
            sock.close()
            return
        super()._serve(sock, origin)


def _head(sock: socket.socket) -> bytes:
    """The request's head to the byte: what follows it is the tunnel's."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _HEAD_LIMIT:
        piece = sock.recv(1)
        if not piece:
            break
        head += piece
    return head


class Servers:
    """Everything that listens for calls, and what each received."""

    def __init__(self, hosts: Hosts) -> None:
        self.authority = LocalAuthority()
        addresses = (*ENIS, *PUBLIC_HOST)
        self.bedrocks = {
            address: LocalBedrock(models=[MODEL], region=REGION, authority=self.authority)
            for address in addresses
        }
        self._inside = [self._server(hosts.endpoint, address) for address in ENIS]
        self._outside = [self._server(hosts.internet, address) for address in PUBLIC_HOST]
        proxied = self.bedrocks[PUBLIC]
        self._outside.append(ConnectProxy(proxied, hosts.internet, PUBLIC, PROXY_PORT))

    def start(self) -> None:
        """Listen on every address."""
        for server in (*self._inside, *self._outside):
            server.start()

    def stop(self) -> None:
        """End every connection and listener."""
        for server in (*self._inside, *self._outside):
            server.stop()
        self.authority.close()

    def clear(self) -> None:
        """Forget what was received, and what was to go wrong."""
        for bedrock in self.bedrocks.values():
            bedrock.clear()

    def redirect(self, location: str) -> None:
        """Let the endpoint answer with 307 to this location until `clear`."""
        for address in ENIS:
            self.bedrocks[address].fault(Fault.redirect(307, location), times=None)

    def received(self, addresses: Iterable[str], words: str) -> tuple[str, ...]:
        """Those of the addresses where a request with these words arrived."""
        wanted = words.encode()
        return tuple(
            address
            for address in addresses
            if any(wanted in request.body for request in self.bedrocks[address].requests)
        )

    @property
    def outside_busy(self) -> bool:
        """True while the application has a connection to the public host."""
        return any(server.busy for server in self._outside)

    def _server(self, host: Namespace, address: str) -> BoundServer:
        return BoundServer(self.bedrocks[address], host, address, HTTPS_PORT)
