"""What a server received: one record per request, kept for the test to read."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from secure_bedrock.testing.request_reader import RawRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """One request, recorded before any of its answer was written; the repr shows neither headers nor body.

    `operation` is None where method and path are no operation of the service; `refused` is the error code when
    the server itself refused the request (signature, validation, unknown model).
    """

    operation: str | None
    model_id: str | None
    labels: dict[str, str] = field(default_factory=dict)
    raw: RawRequest = field(repr=False)
    peer: tuple[str, int]
    connection: int
    request_id: str
    refused: str | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.raw.method

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return self.raw.path

    @property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name; the first one where a name is repeated (`raw.headers` has them all)."""
        return {name.lower(): value for name, value in reversed(self.raw.headers)}

    @property
    def body(self) -> bytes:
        """The body as sent."""
        return self.raw.body

    @property
    def json(self) -> Any:
        """The body parsed as JSON; ValueError where it is none."""
        return json.loads(self.raw.body)


# A server may run for days (`secure-bedrock local`); tests and benchmarks stay far below.
_KEPT = 10_000


class RequestLog:
    """The latest 10 000 requests of one server in the order of their arrival; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[ReceivedRequest] = deque(maxlen=_KEPT)

    def add(self, request: ReceivedRequest) -> None:
        """Keep the request."""
        with self._lock:
            self._requests.append(request)

    def copy(self) -> list[ReceivedRequest]:
        """What arrived so far; a list of the caller's own."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget what arrived."""
        with self._lock:
            self._requests.clear()
