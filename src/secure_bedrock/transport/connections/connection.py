"""One guarded connection: to an approved peer, secured, and written to only with what was gated."""

import ssl
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, socket
from typing import Any, Final

from secure_bedrock.errors import (
    ConnectFailed,
    IncompleteResponse,
    TransportTampered,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.transport.connections.time_limit import TimeLimit
from secure_bedrock.transport.connections.tls import handshake_failure, reason_of
from secure_bedrock.transport.core.wire import GatedRequest

# One TLS record carries at most 2**14 bytes (RFC 8446 §5.1), and one read returns at most one record.
_RECORD_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """Who the connection is with, as it was when it was made."""

    address: str
    tls_version: str
    tls_cipher: str
    certificate_sha256: str


class GuardedConnection:
    """A TLS connection to an approved peer that carries one exchange at a time.

    `close()` may come from any thread and wakes a blocked reader; everything else belongs to the one thread
    that has leased the connection. A connection that is dropped closes its descriptor.
    """

    __slots__ = (
        "__weakref__",
        "_busy",
        "_closed",
        "_ends",
        "_failed",
        "_sock",
        "idle_since",
        "opened_at",
        "peer",
        "reused",
        "route",
    )

    def __init__(self, sock: ssl.SSLSocket, *, route: PrivateRoute, peer: PeerFacts) -> None:
        self._sock = sock
        # Not __del__: in a dropped cycle the socket's own finalizer could come first, and warn.
        weakref.finalize(self, sock.close).atexit = False
        self._busy = threading.Lock()  # held while the socket reads or writes
        self._closed = False
        self._failed = False
        self._ends = _ends_of(sock)
        self.route = route
        self.peer = peer
        # The pool's notes: its clock when it got the connection, and whether it leased it before.
        self.opened_at = 0.0
        self.idle_since = 0.0
        self.reused = False

    @property
    def usable(self) -> bool:
        """False once the connection was closed here or failed while it was written to."""
        return not (self._closed or self._failed)

    def send(self, request: GatedRequest, limit: TimeLimit) -> bool:
        """Write the whole request; False when the peer was gone first, and may have answered before that.

        Raises TransportTampered for anything but a request that passed the wire gate for this very route.
        """
        self._require_gated(request)
        head, body = request.head, request.body
        if len(head) + len(body) <= _RECORD_BYTES:
            return self._write(head + body, limit)
        return self._write(head, limit) and self._write(body, limit)

    def receive(self, limit: TimeLimit) -> bytes:
        """The next bytes, at most one TLS record; b"" when the connection ended, however it did.

        Where an answer ends is the framing's to say, so a reset and a clean end are the same here. Raises
        TlsDenied for an alert (with TLS 1.3 the peer's objections come only now), AttemptTimeout, DeadlineExceeded.
        """
        if not self._begin(limit):
            return b""
        try:
            # Not recv(): on a closed TLS layer that would return the ciphertext.
            return self._sock.read(_RECORD_BYTES)
        except (OSError, ValueError) as error:
            _raise_unless_ended(error, limit)
            return b""
        finally:
            self._end()

    def is_quiet(self) -> bool:
        """True when the peer has neither closed nor sent a byte that nobody asked for.

        Raises TransportTampered where the descriptor is another socket by now, which is left as it is.
        """
        if not self._is_connected():
            return False
        try:
            self._peek()
        except ssl.SSLWantReadError:
            return True
        except (OSError, ValueError):
            return False
        return False

    def require_quiet(self) -> None:
        """Raise unless the peer is quiet: what is there before the request can't be its answer."""
        try:
            early = self._peek()
        except ssl.SSLWantReadError:
            return
        except (OSError, ValueError) as error:
            _raise_if_alert(error)
            early = b""
        if early:
            raise IncompleteResponse(
                "the peer answered before anything was asked", rule="stray-response"
            )
        raise ConnectFailed("the peer closed before anything was sent", rule="closed-before-answer")

    def close(self) -> None:
        """End the connection at once, without waiting for the peer; idempotent and thread-safe."""
        self._closed = True
        # The base class's shutdown: SSLSocket's would take the TLS layer off, and a reader in another
        # thread would then be given ciphertext as if it were the answer.
        with suppress(OSError):
            socket.shutdown(self._sock, SHUT_RDWR)
        # The descriptor's number may be another socket's as soon as it is closed, so never under a reader.
        if self._busy.acquire(blocking=False):
            try:
                with suppress(OSError):  # other code may have closed the descriptor
                    self._sock.close()
            finally:
                self._busy.release()

    def abandon(self) -> None:
        """Close the descriptor and nothing else: in a forked child the TLS session is the parent's."""
        self._closed = True
        self._sock.close()

    def __del__(self) -> None:
        self._sock.close()

    def _peek(self) -> bytes:
        """Read what is there without waiting; SSLWantReadError when there is nothing.

        TLS messages that carry no data, such as session tickets, are taken in and don't count. Either way
        the byte is gone: a connection that has one is not used.
        """
        self._sock.settimeout(0)
        return self._sock.read(1)

    def _is_connected(self) -> bool:
        """Other code that closes a descriptor which is not its own makes room for another socket under its number."""
        ends = _ends_of(self._sock)
        if ends is None or ends == self._ends:
            return ends is not None
        self._closed = True
        self._sock.detach()  # not closed: the socket is somebody else's
        raise TransportTampered(
            "the socket of a kept connection was replaced by another", rule="socket-replaced"
        )

    def _require_gated(self, request: GatedRequest) -> None:
        if type(request) is not GatedRequest:
            raise TransportTampered(
                "what was to be sent did not pass the wire gate", rule="not-gated"
            )
        if request.route is not self.route and request.route != self.route:
            raise TransportTampered(
                "the request was gated for another route than this connection's", rule="other-route"
            )

    def _write(self, data: bytes, limit: TimeLimit) -> bool:
        rest = memoryview(data)
        while rest:
            if not self._begin(limit):
                return False
            try:
                # Not send(): without a TLS layer that would write plain text.
                rest = rest[self._sock.write(rest) :]
            except (OSError, ValueError) as error:
                self._failed = True
                _raise_unless_ended(error, limit)
                return False
            finally:
                self._end()
        return True

    def _begin(self, limit: TimeLimit) -> bool:
        """Give the socket what is left of the time and keep `close()` off its descriptor; False when closed."""
        left = limit.left()
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("two threads use one connection")
        if self._closed:
            self._busy.release()
            return False
        self._sock.settimeout(left)
        return True

    def _end(self) -> None:
        self._busy.release()
        if self._closed:
            self._sock.close()


def _ends_of(sock: socket) -> tuple[Any, Any] | None:
    """Both ends' addresses, None where the socket is connected no more."""
    try:
        # The base class's: SSLSocket's subclass closes itself when there is no peer.
        return socket.getsockname(sock), socket.getpeername(sock)
    except OSError:
        return None


def _raise_unless_ended(error: OSError | ValueError, limit: TimeLimit) -> None:
    """Tell a limit of ours and an alert from a connection that is simply gone."""
    # The kernel's own ETIMEDOUT (keep-alive found the peer dead) is a TimeoutError too, and has a number.
    if isinstance(error, TimeoutError) and error.errno is None:
        raise limit.expired() from None
    _raise_if_alert(error)


def _raise_if_alert(error: OSError | ValueError) -> None:
    if isinstance(error, ssl.SSLError) and "ALERT" in reason_of(error):
        raise handshake_failure(error) from None
