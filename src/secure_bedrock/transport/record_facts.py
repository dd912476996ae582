"""What an answer's head and its peer add to a call's audit record, on both front ends."""

from collections.abc import Mapping
from typing import Any, Protocol

from secure_bedrock.audit import CallRecord
from secure_bedrock.transport.driver import GuardedResponse


def note_response(record: CallRecord, response: GuardedResponse) -> None:
    """Write who answered, over which TLS, with which status and request id into the record."""
    peer = response.peer
    record.peer_ip = peer.address
    record.tls_version = peer.tls_version
    record.tls_cipher = peer.tls_cipher
    record.peer_cert_sha256 = peer.certificate_sha256
    record.http_status = response.head.status
    record.aws_request_id = response.head.get("x-amzn-requestid")


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
    if type(latency) is int:
        record.server_latency_ms = float(latency)
