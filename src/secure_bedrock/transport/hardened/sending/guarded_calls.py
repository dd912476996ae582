"""What makes a genuine botocore client a hardened one: retry, audit and witness around its own single attempt."""

from dataclasses import dataclass
from typing import Any, NoReturn, Self

from botocore.exceptions import ClientError

from secure_bedrock.audit import CallRecord
from secure_bedrock.errors import (
    AddressDenied,
    ConnectFailed,
    DeadlineExceeded,
    TransportError,
    TransportTampered,
)
from secure_bedrock.policy import Policy
from secure_bedrock.policy.request.requirements import with_requirements
from secure_bedrock.transport.call_deadline import not_after_the_caller, within
from secure_bedrock.transport.calls.record_facts import note_params, note_route
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.calls.runner import CallPlan, CallRunner
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.core.asking.sdk_headers import new_invocation_id
from secure_bedrock.transport.core.gate.wire_gate import require_allowed
from secure_bedrock.transport.hardened.reading.botocore_errors import as_botocore
from secure_bedrock.transport.hardened.sending.call_state import (
    CONTEXT_KEY,
    CallState,
    refuse_answer,
    state_of,
)
from secure_bedrock.transport.hardened.sending.content_free import WithheldParams
from secure_bedrock.transport.hardened.sending.failures import failures_of
from secure_bedrock.transport.hardened.sending.named_parameters import named_parameters
from secure_bedrock.transport.hardened.sending.quiet_signing import is_unsigned
from secure_bedrock.transport.settings import Finding
from secure_bedrock.values import Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientParts:
    """What a hardened client holds beside botocore's own parts."""

    policy: Policy
    way: RouteHolder
    grants: frozenset[str] = frozenset()
    runner: CallRunner | None = None
    max_attempts: int = 1
    findings: tuple[Finding, ...] = ()


class GuardedCalls:
    """Mixed into botocore's client class, before BaseClient; instances are thread-safe and are not pickled."""

    meta: Any
    _service_model: Any
    _endpoint: Any

    def __init__(self, *, secure_parts: ClientParts, **client_args: Any) -> None:
        self._secure = secure_parts
        self._guarded_endpoint = client_args["endpoint"]
        super().__init__(**client_args)

    @property
    def secure_findings(self) -> tuple[Finding, ...]:
        """The settings of the environment that this client found and does not follow."""
        return self._secure.findings

    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
        parts = self._secure
        model = self._service_model.operation_model(operation_name)
        state = CallState(
            operation=operation_name,
            deadline=Deadline(),
            invocation_id=new_invocation_id(),
            max_attempts=parts.max_attempts if parts.runner else 1,
            unsigned=is_unsigned(model),
            event_stream=model.has_event_stream_output,
        )
        plan = self._plan(operation_name, api_params, streaming=state.event_stream)
        params = with_requirements(parts.policy, plan.service, operation_name, api_params)
        try:
            answer = self._run(plan, state, params)
        except (TransportError, DeadlineExceeded) as error:
            failure = as_botocore(error, url=state.url)
            raise failure from error
        return answer

    def _plan(self, operation: str, params: dict[str, Any], *, streaming: bool) -> CallPlan:
        route = self._secure.way.known
        service = self._service_model.service_name
        return CallPlan(
            service=service,
            operation=operation,
            references=named_parameters(self._service_model.operation_model(operation), params),
            streaming=streaming,
            endpoint_host=route.host if route else "",
            vpc_endpoint_id=route.vpc_endpoint_id if route else None,
            granted=f"{service}:{operation}" in self._secure.grants,
            find_route=None if route else self._secure.way.route,
        )

    def _run(self, plan: CallPlan, state: CallState, params: dict[str, Any]) -> Any:
        def attempt(record: CallRecord | None, number: int, deadline: Deadline) -> Any:
            state.record, state.number, state.deadline = record, number, deadline
            if record is not None and number == 1:
                note_params(record, params)
            return self._attempt(plan, state, params)

        runner = self._secure.runner
        if runner is None:
            limit = not_after_the_caller(Deadline.after(self._secure.policy.timeouts.deadline_s))
            with within(limit):
                return attempt(None, 1, limit)
        own_limit = state.max_attempts < runner.policy.retry.max_attempts
        answer, record = runner.run(
            plan, attempt, failure_of=failures_of(state, own_limit=own_limit)
        )
        if not plan.streaming:
            record.finish("ok")
        return answer

    def _attempt(self, plan: CallPlan, state: CallState, params: dict[str, Any]) -> Any:
        """One try; where no address of the route could be reached, and so nothing was sent, over a renewed one too."""
        self._early_check(plan)
        way = self._secure.way
        tried = way.transport()
        try:
            return self._attempt_over(tried, plan, state, params)
        except (AddressDenied, ConnectFailed) as error:
            # Only the route's own: fetching credentials has routes too, and clients that see to them.
            if error is not state.unreached or not way.renewed(tried, error, state.deadline):
                raise
        return self._attempt_over(way.transport(), plan, state, params)

    def _attempt_over(
        self,
        transport: GuardedTransport,
        plan: CallPlan,
        state: CallState,
        params: dict[str, Any],
    ) -> Any:
        """Botocore's own call; the answer counts only if the guarded session gave it."""
        state.renew(transport)
        if state.record is not None:
            note_route(state.record, transport.route)
        try:
            answer = super()._make_api_call(  # type: ignore[misc]
                plan.operation, WithheldParams(params, state)
            )
        except ClientError as error:
            if state.vouches_for(error.response, failed=True):
                raise
        else:
            if state.vouches_for(answer, failed=False):
                return answer
        if state.answered_by is None:
            refuse_answer()
        state.answered_by.raw.close()  # nobody else will read what is left of it
        raise TransportTampered(
            "an answer was changed on its way from the transport", rule="answer-changed"
        )

    def _early_check(self, plan: CallPlan) -> None:
        """The gate's decisions on the parameters as asked, before credentials are fetched or anything is serialised."""
        if self._secure.runner is None:  # else the runner has made it
            require_allowed(self._secure.policy, plan.facts)

    def _emit_api_params(self, api_params: Any, operation_model: Any, context: Any) -> Any:
        """Take the parameters out of what botocore's history sees; handlers run once per call, not per attempt."""
        if not isinstance(api_params, WithheldParams):
            raise TransportTampered(
                "a call was made past this client's own entry", rule="foreign-call"
            )
        state = api_params.state
        context[CONTEXT_KEY] = state
        if state.params is None:
            state.params = super()._emit_api_params(  # type: ignore[misc]
                api_params.real, operation_model, context
            )
        return state.params

    def _make_request(self, *request: Any, **named: Any) -> Any:
        """Through the endpoint that this client was made with: another one would send before its answer is judged."""
        if self._endpoint is not self._guarded_endpoint:
            raise TransportTampered(
                "the guarded endpoint of a client can't be replaced", rule="endpoint-replaced"
            )
        return super()._make_request(*request, **named)  # type: ignore[misc]

    def _resolve_endpoint_ruleset(
        self, operation_model: Any, params: Any, request_context: Any, *_args: Any, **_kwargs: Any
    ) -> tuple[str, dict[str, str], dict[str, Any]]:
        """The route's URL, whatever rules, handlers and settings say."""
        del operation_model, params
        return state_of(request_context).url, {}, {}

    def __copy__(self) -> Self:
        return self  # nothing in it changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError("a hardened client can't be pickled: make it anew where it is needed")
