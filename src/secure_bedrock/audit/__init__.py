"""What happened: one event per call, made once, handed to sinks, never holding content."""

from secure_bedrock.audit.event import SCHEMA, InvocationEvent, Outcome
from secure_bedrock.audit.ids import new_event_id
from secure_bedrock.audit.jsonl_sink import JsonLinesSink
from secure_bedrock.audit.logging_sink import LoggingSink
from secure_bedrock.audit.record import CallRecord, outcome_of
from secure_bedrock.audit.sinks import Sink, SinkLike, sinks_from
from secure_bedrock.audit.stdout_sink import StdoutSink
from secure_bedrock.audit.trail import AuditTrail

__all__ = [
    "SCHEMA",
    "AuditTrail",
    "CallRecord",
    "InvocationEvent",
    "JsonLinesSink",
    "LoggingSink",
    "Outcome",
    "Sink",
    "SinkLike",
    "StdoutSink",
    "new_event_id",
    "outcome_of",
    "sinks_from",
]
