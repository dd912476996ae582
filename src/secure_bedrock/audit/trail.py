"""Hands events to sinks and keeps count of those that were not accepted; a sink can't break a call."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from secure_bedrock.audit.event import InvocationEvent
from secure_bedrock.audit.record import CallRecord
from secure_bedrock.audit.sinks import Sink, SinkLike
from secure_bedrock.errors import ConfigurationError
from secure_bedrock.values import PerProcess

AuditMode = Literal["best_effort", "required"]
"""What a policy may ask for; a trail of this version offers best_effort alone."""

_log: Final = logging.getLogger("secure_bedrock.audit.trail")
_COMPLAINT_S: Final = 60.0


class AuditTrail:
    """The sinks of one policy; thread-safe and fork-safe.

    In the mode best_effort a sink that fails is counted, reported once a minute on the logger
    `secure_bedrock.audit.trail`, and does no harm to the call; the next event that it accepts says how many it missed.
    `sdk_version` and `environment` stand in every event. Raises ConfigurationError for
    another mode, and for a sink that is none: a trail that does less than it was asked for must not come up.
    """

    def __init__(
        self,
        sinks: Sequence[SinkLike] = (),
        mode: AuditMode = "best_effort",
        *,
        sdk_version: str | None = None,
        environment: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if mode != "best_effort":
            raise ConfigurationError(f"audit mode {mode!r} is not supported yet", rule="audit-mode")
        self.sdk_version = sdk_version
        self.environment = environment
        self._outlets = tuple(_Outlet(sink, clock) for sink in sinks)
        self._busy = threading.local()

    @property
    def dropped(self) -> int:
        """How many deliveries failed so far, over all sinks."""
        return sum(outlet.dropped for outlet in self._outlets)

    def begin(
        self,
        *,
        service: str,
        operation: str,
        model_id: str | None = None,
        streaming: bool = False,
        region: str | None = None,
        endpoint_host: str | None = None,
        vpc_endpoint_id: str | None = None,
    ) -> CallRecord:
        """Start the record of a call; its clock runs from here, and its event id is final."""
        return CallRecord(
            emit=self.emit,
            service=service,
            operation=operation,
            model_id=model_id,
            streaming=streaming,
            region=region,
            endpoint_host=endpoint_host or None,
            vpc_endpoint_id=vpc_endpoint_id,
            sdk_version=self.sdk_version,
            environment=self.environment,
        )

    def emit(self, event: InvocationEvent) -> None:
        """Deliver the event to every sink, in order."""
        # The garbage collector can finish a dropped record in the middle of a sink's work. That sink may hold a lock
        # that is not re-entrant, so such an event waits until the delivery under way in this thread is over.
        waiting: list[InvocationEvent] | None = getattr(self._busy, "waiting", None)
        if waiting is not None:
            waiting.append(event)
            return
        self._busy.waiting = waiting = [event]
        try:
            while waiting:
                current = waiting.pop(0)
                for outlet in self._outlets:
                    outlet.deliver(current)
        finally:
            self._busy.waiting = None

    def flush(self) -> None:
        """Call `flush` of every sink that has one; a failure is reported like a failed delivery."""
        for outlet in self._outlets:
            outlet.do("flush")

    def close(self) -> None:
        """Call `close` of every sink that has one."""
        for outlet in self._outlets:
            outlet.do("close")


def _always() -> bool:
    return True


def _entrance(sink: Any) -> Callable[[InvocationEvent], object]:
    """What takes the sink's events; a name, say, would take none and only complain later."""
    entrance = sink.emit if isinstance(sink, Sink) else sink
    if not callable(entrance):
        raise ConfigurationError(
            f"a {type(sink).__name__} is no audit sink: it has no emit() and can't be called",
            rule="audit-sink",
            next_step="pass callables of an event; names such as logging stand in the policy's audit.sinks",
        )
    return entrance


class _Outlet:
    """One sink with its count of what it did not accept."""

    def __init__(self, sink: SinkLike, clock: Callable[[], float]) -> None:
        self._sink = sink
        self._take: Callable[[InvocationEvent], object] = _entrance(sink)
        self._ready: Callable[[], bool] = getattr(sink, "ready", _always)
        self._clock = clock
        self._complained_at: float | None = None
        self._missed = 0
        self.dropped = 0
        # Re-entrant, because the garbage collector may finish a record while this thread counts.
        self._lock = PerProcess(threading.RLock)

    def deliver(self, event: InvocationEvent) -> None:
        missed = 0
        try:
            if not self._ready():
                self._count(1)
                return
            missed = self._taken() if self._missed else 0
            self._take(replace(event, dropped_before=missed) if missed else event)
        except BaseException as problem:
            self._count(1, missed)
            if not isinstance(problem, Exception):
                raise  # an interrupt, or a lockdown that the sink ran into
            self._complain(problem)

    def do(self, action: str) -> None:
        method = getattr(self._sink, action, None)
        if callable(method):
            try:
                method()
            except Exception as problem:  # noqa: BLE001  # a sink is someone else's code
                self._complain(problem)

    def _taken(self) -> int:
        with self._lock():
            missed, self._missed = self._missed, 0
        return missed

    def _count(self, missed: int, missed_before: int = 0) -> None:
        with self._lock():
            self.dropped += missed
            self._missed += missed + missed_before

    def _complain(self, problem: Exception) -> None:
        now = self._clock()
        with self._lock():
            if self._complained_at is not None and now - self._complained_at < _COMPLAINT_S:
                return
            self._complained_at = now
        # The class only: an error's text may repeat the event, and a traceback more than that.
        _log.warning(
            "audit sink %s failed with %s; %d events not accepted so far",
            type(self._sink).__name__,
            type(problem).__name__,
            self.dropped,
        )
