"""The audit event: one flat, frozen record per call, made of facts about it and never of what was said."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Literal, Self

SCHEMA: Final = "secure_bedrock.invocation/1"
MAX_STRING: Final = 512
"""Characters that a string of an event may have; a longer one is cut and ends in CUT_MARK."""
CUT_MARK: Final = "…[cut]"

UNREADABLE: Final = "unreadable"
"""Stands for what should be an identifier and is not: a prompt that was passed as a model id must not end up here."""

# Members whose text a caller or an answer chose, and what each looks like, as narrow as AWS's own are: any one word may
# be a password. Sources: bedrock-runtime's service-2.json (ConverseRequest.modelId, GuardrailIdentifier, -Version,
# StopReason, ServiceTierType; botocore 1.44.5, read 2026-11-20) and the 12 letters and digits of guardrails' ids.
# What a model id is, models' own grammar tells before: here only that it is of one piece.
_FROM_OUTSIDE: Final = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "model_id": r"[A-Za-z0-9][A-Za-z0-9_.:/=+*-]{0,2047}",
        "error_code": r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}",
        "aws_request_id": r"[A-Za-z0-9][A-Za-z0-9_.:/=+-]{0,63}",
        "stop_reason": r"[a-z][a-z0-9]{0,31}(?:_[a-z0-9]{1,32}){0,5}",
        "guardrail_id": r"(?:arn:aws[a-z-]{0,10}:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/)?[a-z0-9]{12}",
        "guardrail_version": r"[1-9][0-9]{0,7}|DRAFT",
        "service_tier": r"default|priority|flex|reserved",
    }.items()
}

Outcome = Literal["ok", "error", "refused", "cancelled", "incomplete"]
GuardVerdict = Literal["private", "refused"]


@dataclass(frozen=True, kw_only=True)
class InvocationEvent:
    """One call as it ended. None means: not known, or does not apply.

    Units stand in the names. `ts` is the call's start in UTC. `outcome` is refused when a rule of this library did
    not let the call happen, incomplete when an answer was cut. `guard_verdict` is private when the peer was judged
    and approved. `guard_reason` and `error_code` are stable identifiers, never a message. `would_deny` is the rule of
    the first denial that mode "report" let through. `dropped_before` counts the
    events that the sink which gets this one did not accept since the last that it did.
    """

    schema: str = SCHEMA
    event_id: str
    ts: str
    sdk_version: str | None = None
    service: str
    environment: str | None = None

    operation: str
    streaming: bool = False
    model_id: str | None = None
    model_family: str | None = None
    region: str | None = None
    inference_profile: bool | None = None
    service_tier: str | None = None
    guardrail_id: str | None = None
    guardrail_version: str | None = None
    tags: Mapping[str, str] | None = None

    outcome: Outcome
    error_code: str | None = None
    error_class: str | None = None
    http_status: int | None = None
    aws_request_id: str | None = None
    stop_reason: str | None = None
    retry_stop_reason: str | None = None

    duration_ms: float
    time_to_first_event_ms: float | None = None
    server_latency_ms: float | None = None
    attempts: int = 0
    retry_wait_ms: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    max_tokens: int | None = None
    request_bytes: int | None = None
    response_bytes: int | None = None
    message_count: int | None = None
    tool_count: int | None = None
    usage_missing: bool | None = None

    endpoint_host: str | None = None
    peer_ip: str | None = None
    vpc_endpoint_id: str | None = None
    tls_version: str | None = None
    tls_cipher: str | None = None
    peer_cert_sha256: str | None = None
    guard_verdict: GuardVerdict | None = None
    guard_reason: str | None = None
    would_deny: str | None = None
    posture_id: str | None = None

    lambda_request_id: str | None = None
    cold_start: bool | None = None
    trace_id: str | None = None
    span_id: str | None = None

    dropped_before: int | None = None

    def __post_init__(self) -> None:
        for name, form in _FROM_OUTSIDE.items():
            value = getattr(self, name)
            if value is not None and not form.fullmatch(value):
                object.__setattr__(self, name, UNREADABLE)

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Self:
        """The event with these members; the caller answers for their names and types, and that none is missing."""
        # The generated __init__ of a frozen class assigns all 53 one by one: 8 µs. This takes 2 (measured 2026-11-20);
        # it is also why the class has no slots.
        event = object.__new__(cls)
        event.__dict__.update(members)
        event.__post_init__()
        return event

    def to_dict(self) -> dict[str, Any]:
        """The event's members without those that are None, in a fixed order, fit for JSON; long strings are cut."""
        members: dict[str, Any] = {}
        for name, value in zip(_NAMES, _values(self), strict=True):
            if value is None:
                continue
            if isinstance(value, str):
                members[name] = cut(value)
            elif name == "tags":
                members[name] = {cut(str(key)): cut(str(entry)) for key, entry in value.items()}
            else:
                members[name] = value
        return members

    def to_json(self) -> str:
        """One line of ASCII JSON: no control character, no line separator, no NaN can be in it.

        Raises ValueError for a number that is not finite.
        """
        return _encode(self.to_dict())


_NAMES: Final = tuple(InvocationEvent.__dataclass_fields__)
_values: Final = attrgetter(*_NAMES)
_encode: Final = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def cut(text: str) -> str:
    """`text`, or its beginning and CUT_MARK where it is longer than MAX_STRING characters."""
    return text if len(text) <= MAX_STRING else text[: MAX_STRING - len(CUT_MARK)] + CUT_MARK
