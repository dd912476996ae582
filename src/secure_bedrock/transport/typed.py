"""One attempt of a typed call: credentials → identity → sign → gate → guarded connection; botocore gives SigV4 only."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from secure_bedrock.audit import CallRecord
from secure_bedrock.errors import AddressDenied, ConnectFailed
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.transport.calls.record_facts import note_judgement, note_response, note_route
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.connections.driver import GuardedResponse, GuardedTransport
from secure_bedrock.transport.core.asking.sdk_headers import (
    SdkHeaders,
    lambda_trace_id,
    new_invocation_id,
)
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import CredentialSource, FrozenCredentials
from secure_bedrock.transport.credentials.identity import IdentityCheck
from secure_bedrock.transport.user_agent import user_agent
from secure_bedrock.values import Deadline


class PreparedCall:
    """A serialised request and what all its attempts share; holds content, so its repr shows none."""

    __slots__ = ("headers", "operation", "request", "stream")

    def __init__(
        self, operation: str, request: WireRequest, headers: SdkHeaders, *, stream: bool
    ) -> None:
        self.operation = operation
        self.request = request
        self.headers = headers
        self.stream = stream


class TypedChannel:
    """Carries the typed calls of one service over its route; thread-safe."""

    def __init__(
        self,
        service: str,
        policy: Policy,
        way: RouteHolder,
        credentials: CredentialSource,
        identity: IdentityCheck,
    ) -> None:
        self.policy = policy
        self._way = way
        self._credentials = credentials
        self._identity = identity
        self._signing_name = operation_table(service).signing_name
        self._user_agent = user_agent()

    @property
    def route(self) -> PrivateRoute:
        """The route of the moment; finds it on first use, and raises EndpointNotFound where there is none."""
        return self._way.route()

    def drain(self) -> None:
        """Close the connections that are not in use."""
        self._way.drain()

    def prepare(
        self, operation: str, params: Mapping[str, Any], *, stream: bool = False
    ) -> PreparedCall:
        """Serialise once; every attempt signs the same bytes anew. Raises InvalidRequest."""
        headers = SdkHeaders(
            user_agent=self._user_agent,
            invocation_id=new_invocation_id(),
            max_attempts=self.policy.retry.max_attempts,
            trace_id=lambda_trace_id(os.environ),
        )
        request = serialise(operation, params, route=self.route)
        return PreparedCall(operation, request, headers, stream=stream)

    def attempt(
        self, call: PreparedCall, record: CallRecord, number: int, deadline: Deadline
    ) -> GuardedResponse:
        """Sign, gate and send once; return when the answer's head is there. The caller judges its status.

        Where none of the route's addresses could be reached, and so nothing was sent, a renewed route is tried too.
        """
        values = self._credentials.frozen()
        self._identity.require(values)
        send = partial(
            self._exchange,
            call=call,
            credentials=values,
            record=record,
            number=number,
            deadline=deadline,
        )
        transport = self._way.transport()
        try:
            return send(transport)
        except (AddressDenied, ConnectFailed) as error:
            if not self._way.renewed(transport, error, deadline):
                raise
        return send(self._way.transport())

    def _exchange(
        self,
        transport: GuardedTransport,
        *,
        call: PreparedCall,
        credentials: FrozenCredentials,
        record: CallRecord,
        number: int,
        deadline: Deadline,
    ) -> GuardedResponse:
        route, timeouts = transport.route, self.policy.timeouts
        note_route(record, route)
        signed = sign(
            call.headers.on(_addressed(call.request, route), attempt=number),
            credentials=credentials,
            region=route.region,
            signing_name=self._signing_name,
        )
        gated = gate(signed, route=route, policy=self.policy)
        note_judgement(record, gated)
        record.request_bytes = len(gated.body)
        response = transport.exchange(
            gated,
            deadline=deadline,
            read_s=timeouts.first_event_s if call.stream else timeouts.read_s,
            stream=call.stream,
            idle_s=timeouts.idle_s if call.stream else None,
        )
        note_response(record, response)
        return response


def _addressed(request: WireRequest, route: PrivateRoute) -> WireRequest:
    """The request with the route's Host, which stands first: the route may be younger than the request."""
    return replace(request, headers=(("Host", route.authority), *request.headers[1:]))
