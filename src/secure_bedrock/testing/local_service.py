"""What every local AWS service has in common: life cycle, certificate, credentials, record of requests, faults."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.faults import Fault, FaultQueue
from secure_bedrock.testing.local_server import LocalServer, Origin
from secure_bedrock.testing.received import ReceivedRequest, RequestLog
from secure_bedrock.testing.reply import Reply, Steps, error_reply, new_request_id
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.sigv4_check import LocalCredentials


def _nothing() -> None:
    """Nothing was taken, so nothing is put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A reply, whether the service itself refused the request, and how a scripted answer goes back into its queue."""

    reply: Reply
    refused: bool = False
    put_back: Callable[[], None] = _nothing


class LocalService(ABC):
    """An HTTPS server for one AWS service on 127.0.0.1; a context manager, thread-safe while it runs.

    Subclasses answer requests in `_reply_to`. Port 0 takes any free port; `port` is the real one once started.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        *,
        host: str,
        region: str,
        port: int,
        authority: LocalAuthority | None,
        credentials: LocalCredentials | None,
    ) -> None:
        self.host = host
        self.region = region
        self.credentials = credentials or LocalCredentials()
        self._names = names
        self._authority = authority or LocalAuthority()
        self._owns_authority = authority is None
        self._faults = FaultQueue()
        self._log = RequestLog()
        self._mistakes: list[BaseException] = []
        self._server = LocalServer(self, port)

    def start(self) -> Self:
        """Listen; returns the service itself. OSError when the port is taken."""
        # Made here, so that the first connection doesn't wait for it.
        self._authority.server_context(self._names)
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection and, unless it is shared, remove the authority's file.

        Raises, once, the first error that a scripted callable or a fault's effect raised while it was to answer:
        a mistake in a test's script must not let the test pass.
        """
        self._server.stop()
        if self._owns_authority:
            self._authority.close()
        if self._mistakes:
            first = self._mistakes[0]
            self._mistakes.clear()
            raise first

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._server.port

    @property
    def url(self) -> str:
        """The endpoint by its realistic name: `https://vpce-….amazonaws.com:PORT`; only a pinned client gets there."""
        return f"https://{self.host}:{self.port}"

    @property
    def loopback_url(self) -> str:
        """The endpoint as a stock client reaches it; verifies when `tls_names` has `127.0.0.1`."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_path(self) -> str:
        """The path of the certificate authority's root (PEM)."""
        return self._authority.ca_path

    @property
    def authority(self) -> LocalAuthority:
        """The certificate authority, for another local service to share."""
        return self._authority

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What arrived so far, refused requests included; a list of the caller's own."""
        return self._log.copy()

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted, failed handshakes included."""
        return self._server.accepted

    def fault(self, fault: Fault, *, times: int | None = 1) -> None:
        """Let the fault strike the next `times` connections or answers that it fits; None: until `clear()`."""
        self._faults.add(fault, times)

    def clear(self) -> None:
        """Drop what waits to be answered or to go wrong, and forget the requests."""
        self._faults.clear()
        self._log.clear()

    def accept(self) -> ssl.SSLContext | None:
        """For the server: the TLS context of a new connection, None to reset it."""
        fault = self._faults.take(None)
        if fault is not None and fault.certificate == "right":
            return None
        flaw = "right" if fault is None else fault.certificate
        return self._authority.server_context(self._names, flaw)

    def answer(self, request: RawRequest, origin: Origin) -> Steps:
        """For the server: what to write for a request; a mistake in the script is kept for `stop()` to raise."""
        try:
            return self._steps_for(request, origin)
        except BaseException as mistake:  # noqa: BLE001 - pytest.fail() raises no Exception
            self._mistakes.append(mistake)
            return error_reply("InternalServerException", 500, "", new_request_id()).steps()

    def _steps_for(self, request: RawRequest, origin: Origin) -> Steps:
        outcome = self._reply_to(request, origin)
        fault = None if outcome.refused else self._faults.take(outcome.reply)
        if fault is None:
            return outcome.reply.steps()
        if not fault.delivers:
            outcome.put_back()
        return fault.effect(outcome.reply)

    def _recorded(
        self,
        request: RawRequest,
        origin: Origin,
        reply: Reply,
        *,
        request_id: str,
        operation: str | None,
        refused: str | None,
        labels: dict[str, str] | None = None,
    ) -> Outcome:
        """The outcome of a request, which is put on record; `refused` is the error's code."""
        found = labels or {}
        self._log.add(
            ReceivedRequest(
                operation=operation,
                model_id=found.get("modelId"),
                labels=found,
                raw=request,
                peer=origin.peer,
                connection=origin.connection,
                request_id=request_id,
                refused=refused,
            )
        )
        return Outcome(reply=reply, refused=refused is not None)

    @abstractmethod
    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        """What the service makes of a request."""
