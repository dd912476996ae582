"""A stream whose first event has come: until then a failure is an attempt's and may be tried again."""

from collections import deque
from collections.abc import Iterator

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.transport.connections.driver import GuardedResponse
from secure_bedrock.transport.core.answering.eventstream import FrameParser
from secure_bedrock.transport.core.answering.stream_events import StreamEvent, event_of
from secure_bedrock.transport.core.answering.whole_answers import open_stream, request_id_of


class OpenedStream:
    """The events of one answer, read once by one thread; `close()` may come from another."""

    __slots__ = ("_events", "_response", "request_id")

    def __init__(self, response: GuardedResponse) -> None:
        self._response = response
        self._events = _events_of(response)
        self.request_id = request_id_of(response.head)

    def __iter__(self) -> Iterator[StreamEvent]:
        """The events; raises as the frames and the connection do, and IncompleteResponse for a stream that was cut."""
        return self._events

    def peek(self) -> None:
        """Wait for the first event and keep it for the reader."""
        first = next(self._events, None)
        if first is None:
            raise IncompleteResponse("the stream ended before its first event", rule="empty")
        self._events = _with_first(first, self._events)

    def close(self) -> None:
        """Give up what has not been read; idempotent."""
        self._response.close()


def open_events(operation: str, response: GuardedResponse) -> OpenedStream:
    """Judge the answer's head, wait for the first event and return the stream.

    Raises the ServiceError of an answer that is no stream, or of a stream that begins with an exception.
    """
    try:
        if response.head.status != 200:
            open_stream(operation, response.head, response.read())
        open_stream(operation, response.head)
        stream = OpenedStream(response)
        stream.peek()
    except BaseException:
        response.close()
        raise
    return stream


def _events_of(response: GuardedResponse) -> Iterator[StreamEvent]:
    parser = FrameParser()
    for piece in response.chunks():
        for frame in parser.feed(piece):
            yield event_of(frame)
    parser.close()


def _with_first(first: StreamEvent, rest: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
    waiting = deque([first])
    yield waiting.popleft()  # popped, so that the event is not kept while the rest is read
    yield from rest
