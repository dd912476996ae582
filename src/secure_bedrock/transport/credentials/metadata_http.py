"""One plain HTTP exchange with a metadata service: a literal address, no proxy, no redirect, no DNS."""

import http.client
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.call_deadline import raise_if_late, time_left

# A credential document is about 1.5 KiB; container tokens and identity documents stay below 16 KiB.
MAX_BODY_BYTES = 64 * 1024
# One second to connect and per read, as botocore's metadata_service_timeout (botocore 1.44.5, read 2026-11-20).
TIMEOUT_S = 1.0
# An answer that drips a byte at a time passes every read's limit, so the whole exchange has one as well. Real services
# answer in milliseconds; botocore has no such limit (botocore 1.44.5, read 2026-11-20).
LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class MetadataAddress:
    """Where a metadata service answers: an address literal and a port."""

    address: str
    port: int = 80


class MetadataUnreachable(Exception):
    """Nothing answers there: this host has no such metadata service."""


class Exchange(Protocol):
    """Sends one request and returns status and body; raises MetadataUnreachable."""

    def __call__(
        self, method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes]: ...


def exchange(
    method: str,
    at: MetadataAddress,
    path: str,
    headers: Mapping[str, str],
    *,
    limit_s: float = LIMIT_S,
) -> tuple[int, bytes]:
    """Return status and body, `limit_s` seconds after the start at most; a redirect is returned, never followed.

    Raises MetadataUnreachable, and DeadlineExceeded where the deadline of the call that needs it comes first.
    """
    left = time_left()
    limit_s = limit_s if left is None else min(limit_s, left)
    connection = _Connection(at, limit_s)
    try:
        connection.request(method, path, headers={**headers, "Accept": "*/*"})
        response = connection.getresponse()
        body = response.read(MAX_BODY_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise_if_late()
        raise MetadataUnreachable(f"{at.address}: {type(error).__name__}") from None
    finally:
        connection.close()
    if len(body) > MAX_BODY_BYTES:
        raise CredentialPathDenied(
            f"the metadata service at {at.address} answered with more than {MAX_BODY_BYTES} bytes",
            rule="metadata-answer",
        )
    return response.status, body


class _Connection(http.client.HTTPConnection):
    """A connection that is over after `limit_s` seconds, whatever the other side does."""

    def __init__(self, at: MetadataAddress, limit_s: float) -> None:
        super().__init__(at.address, at.port, timeout=min(TIMEOUT_S, limit_s))
        self._until = time.monotonic() + limit_s

    def connect(self) -> None:
        super().connect()
        self.sock = _TimedSocket(self.sock, self._until)


class _TimedSocket(socket.socket):
    """Takes over a connected socket; no read of it waits past `until`."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        family, kind, proto = connected.family, connected.type, connected.proto
        super().__init__(family, kind, proto, fileno=connected.detach())
        self.settimeout(min(TIMEOUT_S, max(until - time.monotonic(), 0)))
        self._until = until

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(min(left, TIMEOUT_S))
        return super().recv_into(*arguments, **named)
