"""What a test makes the local Bedrock say: one value for every operation, or raw bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from secure_bedrock.testing.converse_wire import (
    Event,
    converse_reply,
    converse_stream_reply,
    stream_reply,
)
from secure_bedrock.testing.default_answer import default_turn, tool_turn
from secure_bedrock.testing.native_wire import chunks_reply, invoke_reply, invoke_stream_reply
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.testing.reply import Headers, Reply, error_reply, json_reply
from secure_bedrock.testing.service_model import load_service_model
from secure_bedrock.testing.turn import Block, Call, Turn, counted_tokens, strings_in

# A text unit is taken as 1000 characters; from memory of AWS's price list, unconfirmed.
_TEXT_UNIT = 1000
_UNBILLED = (
    "contentPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits",
    "contextualGroundingPolicyUnits",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer to one request, whichever operation it is; made by the class methods."""

    build: Callable[[Call], Reply] = field(repr=False)

    @classmethod
    def text(cls, text: str, *, stop_reason: str = "end_turn", pace_s: float = 0.0) -> Answer:
        """The model says `text`; streams are split into pieces of three words, `pace_s` seconds apart.

        To ApplyGuardrail it is an intervention whose output is the text.
        """
        return cls.message({"content": [{"text": text}]}, stop_reason=stop_reason, pace_s=pace_s)

    @classmethod
    def tool_use(cls, name: str, tool_input: Any) -> Answer:
        """The model asks for a tool."""
        turn = tool_turn(name, tool_input)
        return cls(lambda call: _turn_reply(call, turn))

    @classmethod
    def message(
        cls, message: Mapping[str, Any], *, stop_reason: str = "end_turn", pace_s: float = 0.0
    ) -> Answer:
        """The model says this message, in Converse's form: `{"content": [block, …]}`."""
        content: tuple[Block, ...] = tuple(message["content"])
        turn = Turn(content=content, stop_reason=stop_reason, pace_s=pace_s)
        return cls(lambda call: _turn_reply(call, turn))

    @classmethod
    def json(cls, value: object, *, headers: Headers = ()) -> Answer:
        """A JSON value with status 200, whether or not it fits the operation."""
        return cls(lambda call: json_reply(value, call.request.request_id, extra=headers))

    @classmethod
    def events(cls, events: Sequence[Event], *, pace_s: float = 0.0) -> Answer:
        """These ConverseStream events: pairs of type and payload."""
        listed = list(events)
        return cls(lambda call: stream_reply(call.request.request_id, listed, pace_s))

    @classmethod
    def chunks(cls, chunks: Sequence[dict[str, Any]], *, pace_s: float = 0.0) -> Answer:
        """These chunks of InvokeModelWithResponseStream, as JSON values."""
        listed = list(chunks)
        return cls(lambda call: chunks_reply(call.request.request_id, listed, pace_s))

    @classmethod
    def error(
        cls,
        code: str,
        status: int | None = None,
        *,
        message: str = "An error that the test asked for.",
        headers: Headers = (),
        **members: Any,
    ) -> Answer:
        """An error of the service; the status is the model's where it isn't given, `members` join the body."""
        found = _status_of(code) if status is None else status

        def build(call: Call) -> Reply:
            request_id = call.request.request_id
            kind = error_reply(code, found, message, request_id).headers[-1]
            body = {"message": message, **members}
            return json_reply(body, request_id, status=found, extra=(kind, *headers))

        return cls(build)

    @classmethod
    def raw(cls, status: int, headers: Headers, body: bytes) -> Answer:
        """Exactly this status, these headers and a Content-Length that fits the body."""
        return cls(lambda _call: Reply(status=status, headers=headers, body=body))

    @classmethod
    def default(cls) -> Answer:
        """What is said when nothing is scripted (see `default_answer`)."""
        return cls(lambda call: _turn_reply(call, None))


Scripted = Answer | Callable[[ReceivedRequest], Answer]
"""An answer, or what makes one from the request."""


class Script:
    """Queues of answers, one for any operation and one for each by name; the named one goes first. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Scripted]] = {}

    def add(self, operation: str, answers: Sequence[Scripted]) -> None:
        """Append answers; an empty operation means any. TypeError, and nothing appended, for anything else."""
        for answer in answers:
            if not isinstance(answer, Answer) and not callable(answer):
                raise TypeError(
                    f"script{'_for' if operation else ''}() takes Answers or callables that return one, "
                    f"got {type(answer).__name__}"
                )
        with self._lock:
            self._queues.setdefault(operation, deque()).extend(answers)

    def clear(self) -> None:
        """Drop what is left."""
        with self._lock:
            self._queues.clear()

    def reply_to(self, call: Call) -> tuple[Reply, Callable[[], None]]:
        """The next scripted answer, else the default one; and how to put the scripted one back at the front."""
        with self._lock:
            queues = (self._queues.get(call.operation), self._queues.get(""))
            queue = next((queue for queue in queues if queue), None)
            if queue is None:
                return Answer.default().build(call), _nothing
            scripted = queue.popleft()
        answer = scripted if isinstance(scripted, Answer) else scripted(call.request)
        if not isinstance(answer, Answer):
            raise TypeError(
                f"a scripted callable returns an Answer, this one {type(answer).__name__}"
            )

        def put_back() -> None:
            with self._lock:
                queue.appendleft(scripted)

        return answer.build(call), put_back


def _nothing() -> None:
    """The default answer comes from no queue."""


def _turn_reply(call: Call, turn: Turn | None) -> Reply:
    match call.operation:
        case "CountTokens":
            counted = {"inputTokens": counted_tokens(call.body)}
            return json_reply(counted, call.request.request_id)
        case "ApplyGuardrail":
            return _guardrail_reply(call, turn)
    said = default_turn(call) if turn is None else turn
    return _REPLIES[call.operation](call, said)


_REPLIES: Mapping[str, Callable[[Call, Turn], Reply]] = {
    "Converse": converse_reply,
    "ConverseStream": converse_stream_reply,
    "InvokeModel": invoke_reply,
    "InvokeModelWithResponseStream": invoke_stream_reply,
}


def _guardrail_reply(call: Call, turn: Turn | None) -> Reply:
    units = -(-len("".join(strings_in(call.body["content"]))) // _TEXT_UNIT)
    billed = {"topicPolicyUnits": units, "wordPolicyUnits": units}
    answer: dict[str, Any] = {
        "usage": {**billed, **dict.fromkeys(_UNBILLED, 0)},
        "action": "NONE" if turn is None else "GUARDRAIL_INTERVENED",
        "outputs": [] if turn is None else [{"text": turn.text}],
        "assessments": [{}],
    }
    return json_reply(answer, call.request.request_id)


def _status_of(code: str) -> int:
    shape = load_service_model("bedrock-runtime").shapes.get(code, {})
    status = shape.get("error", {}).get("httpStatusCode")
    if status is None:
        raise ValueError(f"{code} is no error of bedrock-runtime: give its status")
    return int(status)
