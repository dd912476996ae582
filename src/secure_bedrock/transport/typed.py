"""One attempt of a typed call: credentials → sign → wire gate → guarded connection; botocore gives SigV4 only."""

import os
from collections.abc import Mapping
from typing import Any

from secure_bedrock.audit import CallRecord
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operations import operation_table
from secure_bedrock.transport.connections.driver import GuardedResponse, GuardedTransport
from secure_bedrock.transport.core.gate import gate
from secure_bedrock.transport.core.sdk_headers import (
    SdkHeaders,
    lambda_trace_id,
    new_invocation_id,
)
from secure_bedrock.transport.core.serialise import serialise
from secure_bedrock.transport.core.sign import sign
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.record_facts import note_judgement, note_response
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
    """Carries the typed calls of one service over one route; thread-safe."""

    def __init__(
        self,
        policy: Policy,
        route: PrivateRoute,
        transport: GuardedTransport,
        credentials: CredentialSource,
    ) -> None:
        self.policy = policy
        self.route = route
        self._transport = transport
        self._credentials = credentials
        self._signing_name = operation_table(route.service).signing_name
        self._user_agent = user_agent()

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
        """Sign, gate and send once; return when the answer's head is there. The caller judges its status."""
        timeouts = self.policy.timeouts
        signed = sign(
            call.headers.on(call.request, attempt=number),
            credentials=self._credentials.frozen(),
            region=self.route.region,
            signing_name=self._signing_name,
        )
        gated = gate(signed, route=self.route, policy=self.policy)
        note_judgement(record, gated)
        record.request_bytes = len(gated.body)
        response = self._transport.exchange(
            gated,
            deadline=deadline,
            read_s=timeouts.first_event_s if call.stream else timeouts.read_s,
            stream=call.stream,
            idle_s=timeouts.idle_s if call.stream else None,
        )
        note_response(record, response)
        return response
