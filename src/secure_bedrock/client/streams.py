"""What a caller holds while an answer streams in: events, text, and the whole answer at the end."""

import weakref
from collections.abc import Callable, Iterator
from operator import attrgetter
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from secure_bedrock.audit import CallRecord, InvocationEvent, outcome_of
from secure_bedrock.client.opened import OpenedStream
from secure_bedrock.errors import IncompleteResponse, ServiceError, StreamInterrupted
from secure_bedrock.models import (
    ConverseResponse,
    MessageStop,
    Metadata,
    StreamEvent,
    StreamFolder,
    TextDelta,
    stream_event,
)
from secure_bedrock.resilience import classify
from secure_bedrock.transport.calls.record_facts import note_latency, note_usage
from secure_bedrock.transport.core.answering.stream_events import StreamEvent as WireEvent

Piece = TypeVar("Piece")


class _Stream(Generic[Piece]):
    """What both streams share: its end, however it comes, gives the connection back and finishes the record once.

    Read by one thread; `close()` may come from another. Dropped unread, it closes its connection, and its
    record finishes itself as cancelled.
    """

    def __init__(self, opened: OpenedStream, record: CallRecord) -> None:
        self._opened = opened
        self._record = record
        self._closed = False
        self._complete = False
        self._failed = False
        self._failure: Exception | None = None
        # No generator of this object's own: it would be a cycle, and a dropped stream would wait for the collector.
        self._events = iter(opened)
        self._dropped = weakref.finalize(self, opened.close)
        record.time_to_first_event_ms = record.elapsed_ms

    @property
    def request_id(self) -> str | None:
        """AWS's id of the request."""
        return self._opened.request_id

    @property
    def event(self) -> InvocationEvent | None:
        """The call's InvocationEvent; None until the stream has ended."""
        return self._record.event

    def __iter__(self) -> Iterator[Piece]:
        """The pieces, each once, however often the iteration is taken up again; a failure comes again each time."""
        return self

    def __next__(self) -> Piece:
        """The next piece; StopIteration only where the answer has come to its end."""
        if self._complete:
            raise StopIteration
        if self._failed:
            raise self._failure or IncompleteResponse(
                "the stream did not come to its end", partial=self._partial(), rule="stream-cut"
            )
        try:
            piece = self._next()
        except ServiceError as error:
            raise self._end(self._interrupted(error)) from None
        except IncompleteResponse as error:
            error.partial = self._partial() if error.partial is None else error.partial
            raise self._end(error) from None
        except BaseException as error:
            self._end(error)
            raise
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        """End the stream; idempotent. One that was not read to its end leaves an event `cancelled`."""
        self._closed = True
        self._opened.close()
        self._record.finish("cancelled")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _next(self) -> Piece | None:
        """The next piece; None where the answer has come to its end, and was a whole one."""
        event = next(self._events, None)
        self._check_open()
        if event is not None:
            return self._take(event)
        self._check_complete()
        self._complete = True
        self._record.finish("ok")
        return None

    def _end(self, error: BaseException) -> BaseException:
        self._opened.close()
        self._record.finish(outcome_of(error), error)
        self._failed = True
        self._failure = error if isinstance(error, Exception) else None
        return error

    def _interrupted(self, error: ServiceError) -> StreamInterrupted:
        """An exception inside the stream, after its beginning: never tried again here, for content has been read."""
        return StreamInterrupted(
            f"AWS ended the stream with {error.code or 'an unnamed exception'}",
            code=error.code,
            partial=self._partial(),
            retryable=classify(error).kind != "fatal",
            next_step=error.next_step,
        )

    def _take(self, event: WireEvent) -> Piece:
        raise TypeError(f"{type(self).__name__} does not read {event.name}")

    def _check_open(self) -> None:
        """Raise once the stream was closed: what had arrived by then is an accident of the network."""
        if self._closed:
            raise IncompleteResponse("the stream was closed before its end", rule="closed")

    def _check_complete(self) -> None:
        """Raise IncompleteResponse when what came does not make an answer."""

    def _partial(self) -> Any:
        """What has come so far, for errors."""
        return None


def _is_text(event: StreamEvent) -> bool:
    return type(event) is TextDelta


_TEXT: Final[Callable[[Any], str]] = attrgetter("text")


class ConverseStream(_Stream[StreamEvent]):
    """A Converse answer that streams in: iterate it for events or `text_stream` for text, then `response()`."""

    def __init__(self, opened: OpenedStream, record: CallRecord) -> None:
        self._folder = StreamFolder()
        super().__init__(opened, record)

    @property
    def text_stream(self) -> Iterator[str]:
        """The answer's text as it comes."""
        # Not a generator: that one would end after a failure, as if the answer had.
        return map(_TEXT, filter(_is_text, self))

    def response(self) -> ConverseResponse:
        """The whole answer, after reading what is left.

        A stream that failed raises its failure again, one that was closed IncompleteResponse.
        """
        for _ in self:
            pass
        return self._folder.response(request_id=self.request_id).with_event(self.event)

    def _take(self, event: WireEvent) -> StreamEvent:
        if isinstance(event.payload, bytes):
            raise IncompleteResponse("a native chunk came in a Converse stream", rule="misframed")
        typed = stream_event(event.name, event.payload)
        self._folder.add(typed)
        if type(typed) is MessageStop:
            self._record.stop_reason = typed.stop_reason
        elif type(typed) is Metadata:
            note_usage(self._record, typed.usage)
            note_latency(self._record, typed.raw)
        return typed

    def _check_complete(self) -> None:
        whole = self._folder.response(request_id=self.request_id)
        self._record.usage_missing = whole.usage_missing or None

    def _partial(self) -> Any:
        return self._folder.partial()


class InvokeModelStream(_Stream[bytes]):
    """A native answer that streams in: iterate it for the chunks' bytes, each as the model's own format has it.

    AWS frames the chunks and HTTP counts the frames, so a cut is an error; whether the model said everything is
    for the reader of its format to tell.
    """

    def _take(self, event: WireEvent) -> bytes:
        if not isinstance(event.payload, bytes):
            raise IncompleteResponse(
                "an event other than a chunk came in a native stream", rule="misframed"
            )
        return event.payload
