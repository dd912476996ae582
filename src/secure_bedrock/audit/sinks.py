"""What a sink is, and the sinks that a policy can name."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from secure_bedrock.audit.event import InvocationEvent
from secure_bedrock.audit.jsonl_sink import JsonLinesSink
from secure_bedrock.audit.logging_sink import LoggingSink
from secure_bedrock.audit.stdout_sink import StdoutSink
from secure_bedrock.errors import ConfigurationError


@runtime_checkable
class Sink(Protocol):
    """Takes events; an exception means that the event was not accepted.

    `emit` may be called by several threads at once, and while the garbage collector runs: a sink that hands events to
    another thread uses queue.SimpleQueue, whose put may be interrupted by itself, not queue.Queue. A sink may also have
    `ready() -> bool`, False when it would drop an event without a word, `flush()` and `close()`.
    """

    def emit(self, event: InvocationEvent) -> object:
        """Accept the event, or raise."""
        ...


SinkLike = Sink | Callable[[InvocationEvent], object]
"""A sink, or any callable of an event."""


def sinks_from(names: Sequence[str]) -> list[Sink]:
    """The sinks that a policy's `audit.sinks` names: logging, stdout, jsonl:PATH.

    Raises ConfigurationError for another name, and for a file that can't be written.
    """
    return [_sink_from(name) for name in names]


def _sink_from(name: str) -> Sink:
    kind, _, path = name.partition(":")
    if kind == "jsonl" and path:
        return JsonLinesSink(path)
    if name == "logging":
        return LoggingSink()
    if name == "stdout":
        return StdoutSink()
    raise ConfigurationError(
        f"no audit sink is called {name!r}",
        rule="audit-sink",
        next_step="use logging, stdout or jsonl:PATH",
    )
