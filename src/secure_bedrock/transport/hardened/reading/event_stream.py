"""Event streams of hardened clients: botocore's, but a stream that was cut raises instead of ending."""

from collections.abc import Iterator
from typing import Any

from botocore.eventstream import EventStream, EventStreamBuffer, ParserError
from botocore.exceptions import EventStreamError

from secure_bedrock.audit import CallRecord, Outcome, outcome_of
from secure_bedrock.errors import DeadlineExceeded, IncompleteResponse, TransportError
from secure_bedrock.models import stream_event
from secure_bedrock.models.message_order import MessageOrder
from secure_bedrock.transport.hardened.reading.answer_facts import note_answer, note_event
from secure_bedrock.transport.hardened.reading.botocore_errors import UNREADABLE, as_botocore
from secure_bedrock.transport.hardened.reading.withheld_message import withhold_message

# The operation whose events make a message. InvokeModel's chunks are the model's own and opaque.
_MESSAGE_STREAM = "ConverseStream"


# botocore-stubs describes what callers use, not what subclasses override.
_EventStream: Any = EventStream
_EventStreamBuffer: Any = EventStreamBuffer


class CompleteEventStream(_EventStream):  # type: ignore[misc]
    """botocore's EventStream whose end means the end of the answer; used by one thread, like botocore's.

    Raises IncompleteResponse where botocore just stops: a frame cut in the middle, no event at all, no `messageStop`;
    and where it hands on what is no event of one message: before its start, after its stop, without its members.
    Exceptions that AWS sends in the stream stay botocore's EventStreamError, their message withheld.
    """

    def __init__(
        self, raw_stream: Any, output_shape: Any, parser: Any, operation_name: str
    ) -> None:
        self._left = 0
        self._seen = False
        self._order = MessageOrder() if operation_name == _MESSAGE_STREAM else None
        self._ended = False
        self._failure: Exception | None = None
        self._record: CallRecord | None = raw_stream.state.record
        super().__init__(raw_stream, output_shape, parser, operation_name)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The events, each once; a stream that failed fails again, however often it is read."""
        return self

    def __next__(self) -> dict[str, Any]:
        """The next event; StopIteration only where the answer has come to its end."""
        if self._failure is not None:
            raise self._failure
        event = None if self._ended else self._advance()
        if event is None:
            self._ended = True
            raise StopIteration
        return event

    def close(self) -> None:
        """Drop what was not read; the call counts as cancelled unless it had ended."""
        super().close()
        if self._record is not None:
            self._record.finish("cancelled")
        if not self._ended and self._failure is None:
            self._failure = IncompleteResponse(
                "the stream was closed before its end", rule="closed"
            )

    def _advance(self) -> dict[str, Any] | None:
        try:
            event = self._next_event()
        except EventStreamError as error:
            answer: Any = error.response
            withhold_message(answer)
            note_answer(self._record, answer)
            failure: Exception = EventStreamError(answer, self._operation_name)
            cause: Exception | None = None
        except (TransportError, DeadlineExceeded) as error:
            failure, cause = as_botocore(error, url=self._raw_stream.state.url), error
        except Exception as error:
            self._failure = error
            self._finish(error)
            raise
        else:
            if event is None:
                self._finish(None)
            return event
        self._failure = failure
        self._finish(cause or failure)
        raise failure from cause  # out here, so that AWS's own message is nobody's context

    def _next_event(self) -> dict[str, Any] | None:
        for message in self._event_generator:
            parsed = self._parsed(message)
            if parsed is None:
                raise IncompleteResponse("an event can't be read", rule="not-json")
            if parsed:
                self._check_event(parsed)
                self._seen = True
                note_event(self._record, parsed)
                return parsed
        self._check_end()
        return None

    def _check_event(self, parsed: dict[str, Any]) -> None:
        """Raise IncompleteResponse for what the typed client would not take; events and blocks of tomorrow pass."""
        if self._order is None:
            return
        for name, payload in parsed.items():
            stream_event(name, payload)
            self._order.take(name)

    def _parsed(self, message: Any) -> dict[str, Any] | None:
        try:
            event: dict[str, Any] = self._parse_event(message)
        except UNREADABLE:
            return (
                None  # the error holds what could not be read, and would hang on one raised in here
            )
        return event

    def _create_raw_event_generator(self) -> Iterator[Any]:
        buffer, waiting, needed = _EventStreamBuffer(), list[bytes](), 0
        for chunk in self._raw_stream.stream():
            self._left += len(chunk)
            waiting.append(chunk)
            if self._left < needed:
                continue  # botocore's buffer copies all that it holds at each addition
            buffer.add_data(b"".join(waiting))
            waiting.clear()
            for message in buffer:
                self._left -= message.prelude.total_length
                yield message
            prelude = buffer._prelude  # noqa: SLF001 - checked there; None while it is not whole
            needed = prelude.total_length if prelude else 0

    def _check_end(self) -> None:
        if self._left:
            raise IncompleteResponse("the stream ended inside a frame", rule="cut")
        if self._order is not None and not self._order.ended:
            raise IncompleteResponse("the stream ended without messageStop", rule="stream-cut")
        if not self._seen:
            raise IncompleteResponse("the stream held no event", rule="empty")

    def _finish(self, error: Exception | None) -> None:
        if error is not None:
            self._raw_stream.close()  # the rest is of no use, and the caller may keep the stream for long
        if self._record is None:
            return
        if error is None:
            self._record.usage_missing = self._record.total_tokens is None or None
            self._record.finish("ok")
        else:
            self._record.finish(self._outcome_of(error), error)

    def _outcome_of(self, error: Exception) -> Outcome:
        """As on the typed client: what ends a stream after its beginning makes the answer an incomplete one."""
        if isinstance(error, ParserError) and self._record is not None:
            self._record.error_code = "misframed"
            return "incomplete"
        if isinstance(error, EventStreamError) and self._seen:
            return "incomplete"
        return outcome_of(error)
