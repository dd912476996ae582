"""What a request, an answer's head and its peer add to a call's audit record, on both front ends."""

from collections.abc import Mapping
from typing import Any, Protocol

from secure_bedrock.audit import CallRecord
from secure_bedrock.audit.event import UNREADABLE
from secure_bedrock.models.wire import is_count
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import parse_model_id
from secure_bedrock.transport.connections.driver import GuardedResponse
from secure_bedrock.transport.core.answering.whole_answers import request_id_of
from secure_bedrock.transport.core.wire import GatedRequest


def readable_model(text: str | None) -> str | None:
    """The model that a request names, where it can be one, else UNREADABLE: a prompt may stand in its place."""
    if not text:
        return text
    try:
        parse_model_id(text)
    except ValueError:
        return UNREADABLE
    return text


def note_params(record: CallRecord, params: Mapping[str, Any]) -> None:
    """Write what the parameters (under botocore's names) say of the call's size and settings; never their content.

    What is not of the type that AWS asks for is left out: it is the serialiser's to refuse.
    """
    record.message_count = _length(params.get("messages"))
    record.tool_count = _length(_member(params, "toolConfig", "tools"))
    most = _member(params, "inferenceConfig", "maxTokens")
    record.max_tokens = most if type(most) is int else None
    # Converse has them in a structure, InvokeModel as members of its own.
    guardrail = params.get("guardrailConfig")
    guardrail = guardrail if isinstance(guardrail, Mapping) else params
    record.guardrail_id = _text(guardrail.get("guardrailIdentifier"))
    record.guardrail_version = _text(guardrail.get("guardrailVersion"))
    tier = params.get("serviceTier")
    record.service_tier = _text(tier.get("type") if isinstance(tier, Mapping) else tier)


def note_judgement(record: CallRecord, gated: GatedRequest) -> None:
    """Write what the gate saw in the bytes: the model that they name, and what mode "report" let through."""
    # No mode lets through what is no identifier, so this one needs no second look.
    record.model_id = gated.model_id or record.model_id
    if gated.would_deny is not None:
        record.would_deny = gated.would_deny.rule


def _member(params: Mapping[str, Any], name: str, inner: str) -> Any:
    outer = params.get(name)
    return outer.get(inner) if isinstance(outer, Mapping) else None


def _length(value: object) -> int | None:
    return len(value) if isinstance(value, list | tuple) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def note_route(record: CallRecord, route: PrivateRoute) -> None:
    """Write which endpoint an attempt goes to into the record."""
    record.endpoint_host = route.host
    record.vpc_endpoint_id = route.vpc_endpoint_id


def note_response(record: CallRecord, response: GuardedResponse) -> None:
    """Write who answered, over which TLS, with which status and request id into the record."""
    peer = response.peer
    record.peer_ip = peer.address
    record.tls_version = peer.tls_version
    record.tls_cipher = peer.tls_cipher
    record.peer_cert_sha256 = peer.certificate_sha256
    record.http_status = response.head.status
    record.aws_request_id = request_id_of(response.head)


class TokenCounts(Protocol):
    """An answer's token counts, as `models.Usage` has them."""

    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def total_tokens(self) -> int: ...
    @property
    def cache_read_input_tokens(self) -> int | None: ...
    @property
    def cache_write_input_tokens(self) -> int | None: ...


def note_usage(record: CallRecord, usage: TokenCounts | None) -> None:
    """Write the answer's token counts into the record; None changes nothing."""
    if usage is None:
        return
    record.input_tokens = usage.input_tokens
    record.output_tokens = usage.output_tokens
    record.total_tokens = usage.total_tokens
    record.cache_read_input_tokens = usage.cache_read_input_tokens
    record.cache_write_input_tokens = usage.cache_write_input_tokens


def note_latency(record: CallRecord, members: Mapping[str, Any]) -> None:
    """Write the latency that AWS measured into the record, from an answer's or an event's `metrics`."""
    metrics = members.get("metrics")
    latency = metrics.get("latencyMs") if isinstance(metrics, Mapping) else None
    if is_count(latency):
        record.server_latency_ms = float(latency)
