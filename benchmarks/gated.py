"""What the guard's and the wire gate's decisions cost a call."""

from __future__ import annotations

import os

from benchmarks.pairs import median_cost
from secure_bedrock import Policy
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import AddressDenied
from secure_bedrock.network import RouteGuard
from secure_bedrock.transport.core.asking.sdk_headers import SdkHeaders, new_invocation_id
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import FrozenCredentials
from secure_bedrock.transport.user_agent import user_agent

BODY_BYTES = 1024
SIGNED = 50  # each signed anew, as every attempt is


def gate_cost(policy: Policy, model: str, *, calls: int) -> float:
    """Microseconds for one address judged and one signed Converse of 1 KB gated."""
    route = RouteFinder(policy).route("bedrock-runtime")
    address = route.addresses[0]
    guard = RouteGuard(route)
    requests = _signed(policy, model)

    def all_of_them() -> None:
        for request in requests:
            guard.judge(address).or_raise(AddressDenied)
            gate(request, route=route, policy=policy)

    # All in one reading of the clock: that alone costs near a microsecond.
    return median_cost(all_of_them, calls // SIGNED) / SIGNED


def _signed(policy: Policy, model: str) -> list[WireRequest]:
    route = RouteFinder(policy).route("bedrock-runtime")

    def converse(text: str) -> WireRequest:
        messages = [{"role": "user", "content": [{"text": text}]}]
        return serialise("Converse", {"modelId": model, "messages": messages}, route=route)

    request = converse("x" * (BODY_BYTES - len(converse("").body)))
    headers = SdkHeaders(
        user_agent=user_agent(), invocation_id=new_invocation_id(), max_attempts=4, trace_id=None
    )
    credentials = FrozenCredentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )
    return [
        sign(
            headers.on(request, attempt=1),
            credentials=credentials,
            region=policy.region,
            signing_name="bedrock",
        )
        for _ in range(SIGNED)
    ]
