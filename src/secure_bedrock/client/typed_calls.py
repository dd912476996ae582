"""The typed operations: parameters in, typed answers out, through the one way that every call takes."""

import math
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from secure_bedrock.audit import CallRecord
from secure_bedrock.client.parts import Parts
from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models import ConverseResponse, InvokeModelResponse
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.requirements import with_requirements
from secure_bedrock.transport.calls.record_facts import (
    note_latency,
    note_params,
    note_route,
    note_usage,
)
from secure_bedrock.transport.calls.runner import CallPlan
from secure_bedrock.transport.connections.driver import GuardedResponse
from secure_bedrock.transport.core.answering.whole_answers import (
    parse_invoke_answer,
    parse_json_answer,
)
from secure_bedrock.transport.typed import PreparedCall, TypedChannel
from secure_bedrock.values import BEDROCK_RUNTIME, Deadline, importing

# Streams are loaded with the first stream: their classes are 5 ms of a cold start.
if TYPE_CHECKING:
    from secure_bedrock.client.opened import OpenedStream
    from secure_bedrock.client.streams import ConverseStream, InvokeModelStream

T = TypeVar("T")

MakeParams = Callable[[], Mapping[str, Any]]
"""Brings the caller's arguments into botocore's form; called inside the record, so that its refusal leaves an event."""

Take = Callable[[GuardedResponse, CallRecord], T]
"""Makes an answer's value from a response whose head is there; the response is its to read and to close."""


class TypedCalls:
    """Runs the typed operations of bedrock-runtime over shared parts; thread-safe."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def converse(
        self, model_id: object, make: MakeParams, deadline_s: float | None
    ) -> ConverseResponse:
        """Converse, whole."""
        reply, record = self._run("Converse", model_id, make, deadline_s, _converse_response)
        record.stop_reason = reply.stop_reason
        note_latency(record, reply.raw)
        note_usage(record, reply.usage)
        return reply.with_event(record.finish("ok"))

    def invoke_model(
        self, model_id: object, make: MakeParams, deadline_s: float | None
    ) -> InvokeModelResponse:
        """InvokeModel, whole."""
        reply, record = self._run("InvokeModel", model_id, make, deadline_s, _invoke_response)
        note_usage(record, reply.usage)
        return reply.with_event(record.finish("ok"))

    def converse_stream(
        self, model_id: object, make: MakeParams, deadline_s: float | None
    ) -> "ConverseStream":
        """ConverseStream, with its first event in hand."""
        with importing():
            from secure_bedrock.client.streams import ConverseStream  # noqa: PLC0415

        return ConverseStream(*self._open("ConverseStream", model_id, make, deadline_s))

    def invoke_model_stream(
        self, model_id: object, make: MakeParams, deadline_s: float | None
    ) -> "InvokeModelStream":
        """InvokeModelWithResponseStream, with its first event in hand."""
        with importing():
            from secure_bedrock.client.streams import InvokeModelStream  # noqa: PLC0415

        operation = "InvokeModelWithResponseStream"
        return InvokeModelStream(*self._open(operation, model_id, make, deadline_s))

    def _open(
        self, operation: str, model_id: object, make: MakeParams, deadline_s: float | None
    ) -> "tuple[OpenedStream, CallRecord]":
        with importing():
            from secure_bedrock.client.opened import open_events  # noqa: PLC0415

        def take(response: GuardedResponse, _record: CallRecord) -> "OpenedStream":
            return open_events(operation, response)

        return self._run(operation, model_id, make, deadline_s, take, stream=True)

    def _run(
        self,
        operation: str,
        model_id: object,
        make: MakeParams,
        deadline_s: float | None,
        take: Take[T],
        *,
        stream: bool = False,
    ) -> tuple[T, CallRecord]:
        # By the first attempt, for all of them.
        prepared: list[tuple[TypedChannel, PreparedCall]] = []

        timed = _is_seconds(deadline_s)

        def attempt(record: CallRecord, number: int, limit: Deadline) -> T:
            if not timed:
                raise InvalidRequest("deadline_s must be a number of seconds", rule="argument-type")
            if not prepared:
                params = with_requirements(self._parts.policy, BEDROCK_RUNTIME, operation, make())
                note_params(record, params)
                channel = self._parts.channel(BEDROCK_RUNTIME)
                note_route(record, channel.route)
                prepared.append((channel, channel.prepare(operation, params, stream=stream)))
            channel, call = prepared[0]
            return take(channel.attempt(call, record, number, limit), record)

        # Where there is no model at all, the arguments are wrong, not the model.
        named = () if model_id is None else (Reference(Kind.MODEL, model_id, "label:modelId"),)
        plan = CallPlan(
            service=BEDROCK_RUNTIME, operation=operation, references=named, streaming=stream
        )
        deadline = Deadline.after(deadline_s) if timed and deadline_s is not None else None
        return self._parts.runner.run(plan, attempt, deadline=deadline)


def _is_seconds(value: object) -> bool:
    """True for a number, and for None; a NaN is before no moment and after none, and a huge int fits no clock."""
    if isinstance(value, float):
        return not math.isnan(value)
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, int) and abs(value) <= sys.float_info.max)


def _converse_response(response: GuardedResponse, record: CallRecord) -> ConverseResponse:
    body = _whole_body(response, record)
    answer = parse_json_answer("Converse", response.head, body)
    return ConverseResponse.from_wire(answer, request_id=record.aws_request_id)


def _invoke_response(response: GuardedResponse, record: CallRecord) -> InvokeModelResponse:
    body = _whole_body(response, record)
    parse_invoke_answer(response.head, body)
    return InvokeModelResponse.from_wire(
        body, dict(response.head.headers), request_id=record.aws_request_id
    )


def _whole_body(response: GuardedResponse, record: CallRecord) -> bytes:
    with response:
        body = response.read()
    record.response_bytes = len(body)
    return body
