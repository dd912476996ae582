"""A record makes exactly one event, however the call ends."""

import dataclasses
import gc
import os
import threading
from datetime import datetime

import pytest

from secure_bedrock import errors
from secure_bedrock.audit import AuditTrail, CallRecord, InvocationEvent, outcome_of


def begin(events: list[InvocationEvent], **facts: str) -> CallRecord:
    trail = AuditTrail([events.append], sdk_version="1.2.3", environment="prod")
    return trail.begin(
        service="bedrock-runtime",
        operation="Converse",
        region="eu-west-1",
        endpoint_host=facts.get("endpoint_host", "vpce-1.example"),
        model_id=facts.get("model_id", "anthropic.claude-3-haiku-20240307-v1:0"),
    )


def test_a_record_carries_every_field_that_an_event_has() -> None:
    computed = {"schema", "ts", "outcome", "duration_ms", "dropped_before"}
    wanted = {field.name for field in dataclasses.fields(InvocationEvent)} - computed

    assert wanted <= {field.name for field in dataclasses.fields(CallRecord)}


def test_a_finished_call_is_one_event_with_what_was_learnt() -> None:
    events: list[InvocationEvent] = []
    record = begin(events)
    record.attempts = 2
    record.input_tokens = 10
    record.peer_ip = "10.0.0.7"

    event = record.finish("ok")

    assert events == [event]
    assert record.event is event
    assert event is not None
    assert event.event_id == record.event_id
    assert (event.attempts, event.input_tokens, event.guard_verdict) == (2, 10, "private")
    assert (event.sdk_version, event.environment) == ("1.2.3", "prod")
    assert event.error_class is None
    assert event.duration_ms >= 0
    assert datetime.fromisoformat(event.ts).year >= 2026


def test_later_ends_are_nothing() -> None:
    events: list[InvocationEvent] = []
    record = begin(events)
    record.finish("ok")

    assert record.finish("error", errors.Throttled("x")) is None
    del record
    gc.collect()
    assert [event.outcome for event in events] == ["ok"]


def test_an_unknown_fact_can_t_be_noted() -> None:
    record = begin([])

    with pytest.raises(AttributeError):
        record.prompt = "x"  # type: ignore[attr-defined]  # the point of the test


def test_an_empty_host_is_not_known() -> None:
    events: list[InvocationEvent] = []
    begin(events, endpoint_host="").finish("ok")

    assert events[0].endpoint_host is None


# sentence → (error, outcome, members of the event)
ENDINGS: dict[str, tuple[BaseException, str, dict[str, object]]] = {
    "throttled": (
        errors.Throttled("x", code="ThrottlingException", http_status=429, request_id="r-1"),
        "error",
        {"error_code": "ThrottlingException", "http_status": 429, "aws_request_id": "r-1"},
    ),
    "refused": (
        errors.ModelDenied("x", rule="model-not-listed"),
        "refused",
        {"error_code": "model-not-listed", "guard_reason": "model-not-listed"},
    ),
    "not configured": (
        errors.EndpointNotFound("x"),
        "refused",
        {"guard_reason": errors.EndpointNotFound.default_rule},
    ),
    "cut": (errors.IncompleteResponse("x", rule="cut"), "incomplete", {"error_code": "cut"}),
    "ended by AWS in the middle": (
        errors.StreamInterrupted("x", code="throttlingException"),
        "incomplete",
        {"error_code": "throttlingException"},
    ),
    "no connection": (errors.ConnectFailed("x"), "error", {"error_code": "connect-failed"}),
    "foreign": (OSError("x"), "error", {"error_code": None}),
    "interrupted": (KeyboardInterrupt(), "cancelled", {"error_code": None}),
    "generator closed": (GeneratorExit(), "cancelled", {"error_code": None}),
}


@pytest.mark.parametrize(("error", "outcome", "members"), ENDINGS.values(), ids=ENDINGS)
def test_a_failed_call_says_how_it_failed(
    error: BaseException, outcome: str, members: dict[str, object]
) -> None:
    events: list[InvocationEvent] = []
    begin(events).finish(outcome_of(error), error)

    written = events[0]
    assert (written.outcome, written.error_class) == (outcome, type(error).__name__)
    assert {name: getattr(written, name) for name in members} == members
    assert written.guard_verdict == ("refused" if outcome == "refused" else None)


def test_what_was_noted_before_the_error_stays() -> None:
    events: list[InvocationEvent] = []
    record = begin(events)
    record.http_status = 429
    record.error_code = "ThrottlingException"
    record.finish("error", errors.ServiceError("x", code="Other", http_status=500))

    assert (events[0].http_status, events[0].error_code) == (429, "ThrottlingException")


def test_a_dropped_call_is_cancelled() -> None:
    events: list[InvocationEvent] = []
    record = begin(events)
    del record

    assert [event.outcome for event in events] == ["cancelled"]


def test_a_dropped_call_in_a_cycle_is_cancelled_when_it_is_collected() -> None:
    events: list[InvocationEvent] = []
    cycle: list[object] = [begin(events)]
    cycle.append(cycle)
    del cycle

    gc.collect()

    assert [event.outcome for event in events] == ["cancelled"]


def test_many_threads_finish_a_call_once() -> None:
    for _ in range(50):
        events: list[InvocationEvent] = []
        record = begin(events)
        start = threading.Barrier(4)

        def end(record: CallRecord = record, start: threading.Barrier = start) -> None:
            start.wait()
            record.finish("ok")

        threads = [threading.Thread(target=end) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(events) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_does_not_finish_its_parent_s_calls() -> None:
    events: list[InvocationEvent] = []
    record = begin(events)
    child = os.fork()
    if child == 0:
        finished = record.finish("ok")
        del record
        os._exit(0 if finished is None and not events else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert record.finish("ok") is not None
