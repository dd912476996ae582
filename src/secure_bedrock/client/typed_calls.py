"""The typed operations: parameters in, typed answers out, through the one way that every call takes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from secure_bedrock.audit import CallRecord
from secure_bedrock.client.opened import OpenedStream, open_events
from secure_bedrock.client.parts import Parts
from secure_bedrock.client.streams import ConverseStream, InvokeModelStream
from secure_bedrock.models import ConverseResponse, InvokeModelResponse
from secure_bedrock.transport.call import CallPlan
from secure_bedrock.transport.core.answers import parse_invoke_answer, parse_json_answer
from secure_bedrock.transport.core.http1 import ResponseHead
from secure_bedrock.transport.record_facts import note_usage
from secure_bedrock.transport.typed import TypedChannel
from secure_bedrock.values import BEDROCK_RUNTIME, Deadline

T = TypeVar("T")


class TypedCalls:
    """Runs the typed operations of bedrock-runtime over shared parts; thread-safe."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def converse(self, params: Mapping[str, Any], deadline_s: float | None) -> ConverseResponse:
        """Converse, whole."""

        def parse(head: ResponseHead, body: bytes) -> ConverseResponse:
            answer = parse_json_answer("Converse", head, body)
            return ConverseResponse.from_wire(answer, request_id=head.get("x-amzn-requestid"))

        reply, record = self._whole("Converse", params, deadline_s, parse)
        record.stop_reason = reply.stop_reason
        if reply.metrics is not None:
            record.server_latency_ms = float(reply.metrics.latency_ms)
        note_usage(record, reply.usage)
        return reply.with_event(record.finish("ok"))

    def invoke_model(
        self, params: Mapping[str, Any], deadline_s: float | None
    ) -> InvokeModelResponse:
        """InvokeModel, whole."""

        def parse(head: ResponseHead, body: bytes) -> InvokeModelResponse:
            parse_invoke_answer(head, body)
            request_id = head.get("x-amzn-requestid")
            return InvokeModelResponse.from_wire(body, dict(head.headers), request_id=request_id)

        reply, record = self._whole("InvokeModel", params, deadline_s, parse)
        note_usage(record, reply.usage)
        return reply.with_event(record.finish("ok"))

    def converse_stream(
        self, params: Mapping[str, Any], deadline_s: float | None
    ) -> ConverseStream:
        """ConverseStream, with its first event in hand."""
        return ConverseStream(*self._opened("ConverseStream", params, deadline_s))

    def invoke_model_stream(
        self, params: Mapping[str, Any], deadline_s: float | None
    ) -> InvokeModelStream:
        """InvokeModelWithResponseStream, with its first event in hand."""
        return InvokeModelStream(
            *self._opened("InvokeModelWithResponseStream", params, deadline_s)
        )

    def _whole(
        self,
        operation: str,
        params: Mapping[str, Any],
        deadline_s: float | None,
        parse: Callable[[ResponseHead, bytes], T],
    ) -> tuple[T, CallRecord]:
        def exchange(
            channel: TypedChannel, record: CallRecord, number: int, limit: Deadline, call: Any
        ) -> T:
            with channel.attempt(call, record, number, limit) as response:
                body = response.read()
            record.response_bytes = len(body)
            return parse(response.head, body)

        return self._run(operation, params, deadline_s, exchange, stream=False)

    def _opened(
        self, operation: str, params: Mapping[str, Any], deadline_s: float | None
    ) -> tuple[OpenedStream, CallRecord]:
        def exchange(
            channel: TypedChannel, record: CallRecord, number: int, limit: Deadline, call: Any
        ) -> OpenedStream:
            return open_events(operation, channel.attempt(call, record, number, limit))

        return self._run(operation, params, deadline_s, exchange, stream=True)

    def _run(
        self,
        operation: str,
        params: Mapping[str, Any],
        deadline_s: float | None,
        exchange: Callable[[TypedChannel, CallRecord, int, Deadline, Any], T],
        *,
        stream: bool,
    ) -> tuple[T, CallRecord]:
        """Everything from the route on happens inside the record, so that every refusal leaves its event."""
        prepared: list[tuple[TypedChannel, Any]] = []

        def attempt(record: CallRecord, number: int, limit: Deadline) -> T:
            if not prepared:
                channel = self._parts.channel(BEDROCK_RUNTIME)
                record.endpoint_host = channel.route.host
                record.vpc_endpoint_id = channel.route.vpc_endpoint_id
                prepared.append((channel, channel.prepare(operation, params, stream=stream)))
            channel, call = prepared[0]
            return exchange(channel, record, number, limit, call)

        plan = CallPlan(
            service=BEDROCK_RUNTIME,
            operation=operation,
            model_id=params["modelId"],
            streaming=stream,
        )
        deadline = None if deadline_s is None else Deadline.after(deadline_s)
        return self._parts.runner.run(plan, attempt, deadline=deadline)
