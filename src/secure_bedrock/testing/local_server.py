"""How requests reach a local service: TLS on 127.0.0.1, a thread for each connection, HTTP/1.1 with keep-alive."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from secure_bedrock.testing.reply import HangUp, Reply, Send, Step, Steps, Wait
from secure_bedrock.testing.request_reader import BadRequest, RawRequest, RequestReader

# A test's client that neither speaks nor leaves would hold its thread for ever.
_IDLE_S = 120.0
_HANDSHAKE_S = 10.0
_BACKLOG = 128
_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the client's address and which connection of this server it was, from 1."""

    peer: tuple[str, int]
    connection: int


class Service(Protocol):
    """What a server asks of the service behind it; called from many threads."""

    def accept(self) -> ssl.SSLContext | None:
        """The TLS context for a new connection; None resets it instead."""
        ...

    def answer(self, request: RawRequest, origin: Origin) -> Steps:
        """What to write for the request."""
        ...


@dataclass(slots=True)
class LocalServer:
    """A listener on 127.0.0.1 and its connections; `stop()` ends all of them and waits for their threads."""

    service: Service
    port: int = 0
    accepted: int = 0
    _listener: socket.socket | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[socket.socket] = field(default_factory=set)
    _threads: set[threading.Thread] = field(default_factory=set)

    def start(self) -> None:
        """Bind, listen and accept; OSError when the port is taken."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=_BACKLOG)
        self._listener.settimeout(1.0)
        self.port = self._listener.getsockname()[1]
        listener = self._listener
        self._spawn(lambda: self._accept_all(listener))

    def stop(self) -> None:
        """End the listener and every connection; a second time it does nothing."""
        self._stopping.set()
        # A blocked accept() doesn't notice close(); shutdown() wakes it on Linux, its time limit elsewhere.
        if self._listener is not None:
            _shut(self._listener)
        with self._lock:
            for sock in self._open:
                _shut(sock)
            threads = list(self._threads)
        for thread in threads:
            thread.join(_STOP_S)
        if self._listener is not None:
            self._listener.close()

    def _spawn(self, target: Callable[[], None]) -> None:
        def run() -> None:
            try:
                target()
            finally:
                with self._lock:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name="secure-bedrock-testing", daemon=True)
        # Both under the lock: stop() can't join a thread that has not been started.
        with self._lock:
            thread.start()
            self._threads.add(thread)

    def _accept_all(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                sock, peer = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.accepted += 1
            origin = Origin((peer[0], peer[1]), self.accepted)
            self._spawn(lambda sock=sock, origin=origin: self._serve(sock, origin))  # type: ignore[misc]

    def _serve(self, sock: socket.socket, origin: Origin) -> None:
        sock.settimeout(_HANDSHAKE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = self.service.accept()
        if context is None:
            reset(sock)
            return
        tls = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(tls)
        # What a client does to its connection is the test's business, never this thread's failure.
        try:
            if not self._stopping.is_set():
                tls.do_handshake()
                tls.settimeout(_IDLE_S)
                self._converse(tls, origin)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(tls)
            tls.close()

    def _converse(self, tls: ssl.SSLSocket, origin: Origin) -> None:
        reader = RequestReader(tls.recv)
        while not self._stopping.is_set():
            try:
                request = reader.next()
            except BadRequest as problem:
                refusal = Reply(
                    status=400, headers=(("Connection", "close"),), body=str(problem).encode()
                )
                tls.sendall(refusal.raw())
                return
            if request is None or not self._perform(self.service.answer(request, origin), tls):
                return
            if request.closes:
                return

    def _perform(self, steps: tuple[Step, ...], tls: ssl.SSLSocket) -> bool:
        """Do the steps; False when they ended the connection."""
        for step in steps:
            match step:
                case Send(data):
                    tls.sendall(data)
                case Wait(seconds):
                    if self._stopping.wait(seconds):
                        return False
                case HangUp(reset=by_reset):
                    if by_reset:
                        reset(tls)
                    return False
        return True


def reset(sock: socket.socket) -> None:
    """Close the connection by RST: with a linger time of 0 the kernel sends no FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _shut(sock: socket.socket) -> None:
    # The base class's method: SSLSocket's own would pull the TLS object from under the thread that reads it.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
