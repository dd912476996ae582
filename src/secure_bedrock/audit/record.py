"""The record of a call while it runs: filled in as facts become known, turned into one event exactly once."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from secure_bedrock.audit.event import GuardVerdict, InvocationEvent, Outcome
from secure_bedrock.audit.ids import new_event_id
from secure_bedrock.errors import (
    ConfigurationError,
    Denied,
    IncompleteResponse,
    SecureBedrockError,
    ServiceError,
    StreamInterrupted,
)

Emit = Callable[[InvocationEvent], None]


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class CallRecord:
    """The facts of one call, written by whoever learns them; `finish` makes the event and is thread-safe.

    A record that is dropped unfinished finishes itself as cancelled. Field names and meanings are InvocationEvent's.
    """

    emit: Emit
    service: str
    operation: str
    event_id: str = ""
    sdk_version: str | None = None
    environment: str | None = None
    streaming: bool = False
    model_id: str | None = None
    model_family: str | None = None
    region: str | None = None
    inference_profile: bool | None = None
    service_tier: str | None = None
    guardrail_id: str | None = None
    guardrail_version: str | None = None
    tags: Mapping[str, str] | None = None
    error_code: str | None = None
    error_class: str | None = None
    http_status: int | None = None
    aws_request_id: str | None = None
    stop_reason: str | None = None
    retry_stop_reason: str | None = None
    time_to_first_event_ms: float | None = None
    server_latency_ms: float | None = None
    attempts: int = 0
    retry_wait_ms: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    max_tokens: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    message_count: int | None = None
    tool_count: int | None = None
    usage_missing: bool | None = None
    endpoint_host: str | None = None
    peer_ip: str | None = None
    vpc_endpoint_id: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    peer_cert_sha256: str | None = None
    guard_verdict: GuardVerdict | None = None
    guard_reason: str | None = None
    would_deny: str | None = None
    posture_id: str | None = None
    lambda_request_id: str | None = None
    cold_start: bool | None = None
    trace_id: str | None = None
    span_id: str | None = None

    event: InvocationEvent | None = None
    """The event, once the record is finished."""
    # Acquired by whoever finishes first and never released: one atomic step, also where there is no GIL.
    _once: threading.Lock = field(default_factory=threading.Lock, init=False)
    _began_s: float = field(default_factory=time.time, init=False)
    _clock_s: float = field(default_factory=time.monotonic, init=False)
    _pid: int = field(default_factory=os.getpid, init=False)

    def __post_init__(self) -> None:
        self.event_id = self.event_id or new_event_id(self._began_s)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the call began."""
        return round((time.monotonic() - self._clock_s) * 1000, 3)

    def finish(
        self, outcome: Outcome, error: BaseException | None = None
    ) -> InvocationEvent | None:
        """Emit the event and return it; None when the record was finished before, here or in the parent process.

        Of `error` the event keeps the class, the code and the rule, and never the text.
        """
        # A forked child holds copies of its parent's running calls: the parent finishes those.
        if self._pid != os.getpid() or not self._once.acquire(blocking=False):
            return None
        if error is not None:
            self._note(error)
        if self.guard_verdict is None:
            self.guard_verdict = _verdict(outcome, self.peer_ip)
        members: dict[str, Any] = {
            name: value
            for name, value in zip(_COPIED, _read(self), strict=True)
            if value is not None
        }
        members["ts"] = _utc(self._began_s)
        members["outcome"] = outcome
        members["duration_ms"] = self.elapsed_ms
        self.event = event = InvocationEvent.of(members)
        self.emit(event)
        return event

    def __del__(self) -> None:
        # Not weakref.finalize: that costs 0.8 µs more per call (measured 2026-11-20) and a registry that lives as
        # long as the process, and its callback could not see the record's fields.
        self.finish("cancelled")

    def _note(self, error: BaseException) -> None:
        self.error_class = self.error_class or type(error).__name__
        if not isinstance(error, SecureBedrockError):
            return  # a foreign error may hold content in any attribute; who knows it sets the fields beforehand
        code = error.code if isinstance(error, ServiceError | StreamInterrupted) else ""
        self.error_code = self.error_code or code or error.rule
        if isinstance(error, ServiceError):
            self.http_status = self.http_status or error.http_status
            self.aws_request_id = self.aws_request_id or error.request_id
        if isinstance(error, Denied | ConfigurationError):
            self.guard_reason = self.guard_reason or error.rule


def outcome_of(error: BaseException) -> Outcome:
    """The `outcome` of a call that ended with `error`."""
    if isinstance(error, Denied | ConfigurationError):
        return "refused"
    if isinstance(error, IncompleteResponse | StreamInterrupted):
        return "incomplete"
    return "error" if isinstance(error, Exception) else "cancelled"


_COPIED: Final = tuple(
    name for name in InvocationEvent.__dataclass_fields__ if name in CallRecord.__dataclass_fields__
)
_read: Final = attrgetter(*_COPIED)


def _verdict(outcome: Outcome, peer_ip: str | None) -> GuardVerdict | None:
    if outcome == "refused":
        return "refused"
    return "private" if peer_ip is not None else None


def _utc(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"  # RFC 3339 in place of +00:00
