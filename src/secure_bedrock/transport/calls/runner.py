"""The way of one call, in one place: audit record → deadline → policy → attempts with retry → one event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from secure_bedrock.audit import AuditTrail, CallRecord, outcome_of
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import RequestFacts, first_model
from secure_bedrock.resilience import Failure, RetryEngine, RetryNote, StopReason, classify
from secure_bedrock.transport.call_deadline import not_after_the_caller, within
from secure_bedrock.transport.calls.record_facts import readable_model
from secure_bedrock.transport.core.gate.wire_gate import require_allowed, require_service
from secure_bedrock.values import Deadline

T = TypeVar("T")

Attempt = Callable[[CallRecord, int, Deadline], T]
"""One try: gets the call's record, its number from 1 and the call's deadline; raises or returns the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What is about to be called, before anything is serialised; holds no content.

    `references` are what the caller's parameters name, of whatever type.
    `granted` marks an operation that this library calls for itself (endpoint discovery, credentials).
    `find_route` is asked before the operation is judged: a service without a route is EndpointNotFound, whatever the
    operation, and one without a table is OperationDenied before that, because no endpoint would help.
    """

    service: str
    operation: str
    references: tuple[Reference, ...] = ()
    streaming: bool = False
    endpoint_host: str = ""
    vpc_endpoint_id: str | None = None
    granted: bool = False
    find_route: Callable[[], object] | None = None

    @property
    def facts(self) -> RequestFacts:
        """What the policy is asked about."""
        return RequestFacts(self.service, self.operation, self.references, self.granted, early=True)


class CallRunner:
    """Runs calls under one policy; thread-safe, shared by all clients made from the same parts."""

    def __init__(self, policy: Policy, trail: AuditTrail, engine: RetryEngine) -> None:
        self.policy = policy
        self.trail = trail
        self.engine = engine

    def run(
        self,
        plan: CallPlan,
        attempt: Attempt[T],
        *,
        deadline: Deadline | None = None,
        failure_of: Callable[[BaseException], Failure] = classify,
    ) -> tuple[T, CallRecord]:
        """Return the answer and its record.

        A call that is made for another one, for its credentials say, ends with it at the latest. The record is
        finished here on every failure. On success the caller finishes it: at once for a whole
        answer, at the stream's end for a stream.
        """
        record = self._begin(plan)
        limit = not_after_the_caller(deadline or Deadline.after(self.policy.timeouts.deadline_s))
        try:
            with within(limit):  # the route may have to be looked for
                self.check(plan)
            answer = self.engine.call(
                lambda number: self._try(attempt, record, number, limit),
                deadline=limit,
                failure_of=failure_of,
                on_retry=lambda note: _note_retry(record, note),
                on_stop=lambda reason: _note_stop(record, reason),
            )
        except BaseException as error:
            record.finish(outcome_of(error), error)
            raise
        return answer, record

    def check(self, plan: CallPlan) -> None:
        """The early check: the same decisions that the wire gate makes, before anything is serialised."""
        if not plan.granted:
            require_service(plan.service)
        if plan.find_route is not None:
            plan.find_route()
        require_allowed(self.policy, plan.facts)

    def _begin(self, plan: CallPlan) -> CallRecord:
        return self.trail.begin(
            service=plan.service,
            operation=plan.operation,
            model_id=readable_model(first_model(plan.references)),
            streaming=plan.streaming,
            region=self.policy.region,
            endpoint_host=plan.endpoint_host,
            vpc_endpoint_id=plan.vpc_endpoint_id,
        )

    @staticmethod
    def _try(attempt: Attempt[T], record: CallRecord, number: int, limit: Deadline) -> T:
        record.attempts = number
        # What AWS said to an earlier attempt is not how the call ends.
        record.http_status = record.aws_request_id = record.error_code = None
        with within(limit):
            return attempt(record, number, limit)


def _note_retry(record: CallRecord, note: RetryNote) -> None:
    record.retry_wait_ms += note.wait_s * 1000


def _note_stop(record: CallRecord, reason: StopReason) -> None:
    record.retry_stop_reason = reason
