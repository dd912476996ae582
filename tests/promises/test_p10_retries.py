"""P10: what is tried again and what is not: never after content, after a refusal, or past the deadline."""

import re
import time
from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import DeadlineExceeded, SecureBedrockError, Throttled
from secure_bedrock.testing import Answer, Fault, LocalBedrock

FAULTS = Fault.all(stall_s=0.4)
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
QUICK = "[timeouts]\nread_s = 0.1\nfirst_event_s = 0.1\nidle_s = 0.1\n"

# What strikes once, and how many requests a call with four attempts then makes.
ONCE: dict[str, int] = {
    "reset-after-accept": 1,  # the server saw no request of the first attempt
    "certificate-other-name": 0,
    "certificate-expired": 0,
    "certificate-unknown-issuer": 0,
    "certificate-self-signed": 0,
    "throttle": 2,
    "status-500": 2,
    "status-502": 2,
    "status-503": 2,
    "status-504": 2,
    "redirect-301": 1,
    "redirect-302": 1,
    "redirect-307": 1,
    "redirect-308": 1,
    "stall-head": 1,
    "stall-body": 1,
    "cut": 2,
    "cut-in-head": 2,
    "drip": 1,
    "html-200": 2,
    "empty-200": 2,
    "conflicting-lengths": 2,
    "length-and-chunked": 2,
    "stray-100": 2,
    "stray-101": 2,
    "stray-response": 2,
    "reset-after-request": 2,
    "close-after-request": 2,
    "close-idle": 1,
    "truncated-json": 2,
}


@pytest.mark.parametrize("name", ONCE)
def test_a_whole_answer_is_asked_for_again_after_some_faults(
    name: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make(QUICK if "stall" in name else "")
    bedrock.fault(FAULTS[name])
    refused = ONCE[name] == 0 or name.startswith(("redirect", "stall"))
    if refused:
        with pytest.raises(Exception, match=r"."):
            ask(client, "Converse")
    else:
        assert ask(client, "Converse") == "You said: Hello there"

    assert len(bedrock.requests) == ONCE[name]
    tried = 2 if name == "reset-after-accept" else max(1, ONCE[name])
    assert [event.attempts for event in events] == [tried]


def test_every_fault_is_listed() -> None:
    assert set(ONCE) == {n for n, f in FAULTS.items() if f.scope != "stream"} - {
        "unknown-content-block"
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_two_throttles_and_an_answer_are_three_attempts(
    operation: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.throttle(), times=2)

    assert ask(front.make(), operation) == "You said: Hello there"
    assert [request.operation for request in bedrock.requests] == [operation] * 3
    assert [(event.outcome, event.attempts) for event in events] == [("ok", 3)]


def next_second(_seconds: float) -> None:
    """Signatures count whole seconds: attempts within one may share theirs."""
    time.sleep(1.01 - time.time() % 1)


def test_attempts_tell_their_number_and_are_one_call_signed_anew(
    front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    bedrock.fault(Fault.throttle())
    ask(front.make(sleep=next_second), "Converse")
    first, second = bedrock.requests

    assert first.headers["amz-sdk-request"] == "attempt=1; max=4"
    assert second.headers["amz-sdk-request"] == "attempt=2; max=4"
    invocation = first.headers["amz-sdk-invocation-id"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", invocation)
    assert second.headers["amz-sdk-invocation-id"] == invocation
    for name in ("authorization", "x-amz-date"):
        assert first.headers[name] != second.headers[name]
    assert (first.path, first.body) == (second.path, second.body)


def test_another_call_is_another_invocation(front: Any, bedrock: LocalBedrock, ask: Any) -> None:
    client = front.make()
    for _ in range(3):
        ask(client, "Converse")

    ids = {request.headers["amz-sdk-invocation-id"] for request in bedrock.requests}
    assert len(ids) == 3


@pytest.mark.parametrize("attempts", [1, 2, 6])
def test_the_policy_says_how_often(
    attempts: int, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.throttle(), times=None)
    with pytest.raises(Exception, match=r"Throttl"):
        ask(front.make(f"[retry]\nmax_attempts = {attempts}\n"), "Converse")

    assert len(bedrock.requests) == attempts
    assert [(event.attempts, event.retry_stop_reason) for event in events] == [
        (attempts, "attempts")
    ]
    assert bedrock.requests[-1].headers["amz-sdk-request"] == f"attempt={attempts}; max={attempts}"


def test_the_days_quota_is_not_waited_for(front: Any, bedrock: LocalBedrock, ask: Any) -> None:
    bedrock.fault(Fault.throttle("Too many tokens per day, please wait."), times=None)
    with pytest.raises(Exception, match=r"Throttl|quota"):
        ask(front.make(), "Converse")

    assert len(bedrock.requests) == 1


FATAL = [
    ("ValidationException", 400),
    ("AccessDeniedException", 403),
    ("ResourceNotFoundException", 404),
    ("ServiceQuotaExceededException", 400),
    ("ModelTimeoutException", 408),
    ("ModelErrorException", 424),
    ("SomethingNewException", 418),
]


@pytest.mark.parametrize(("code", "status"), FATAL)
def test_what_aws_means_for_good_is_not_tried_again(
    code: str, status: int, front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    bedrock.fault(Fault.error(code, status), times=None)
    with pytest.raises(Exception, match=code):
        ask(front.make(), "Converse")

    assert len(bedrock.requests) == 1


def test_a_wait_that_would_pass_the_deadline_is_not_begun(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    waited: list[float] = []
    client = make(sleep=waited.append)
    bedrock.fault(Fault.error("ThrottlingException", 429), times=None)
    began = time.monotonic()
    with pytest.raises(Throttled):
        client.converse(bedrock.policy.models.allow[0], "Hello there", deadline_s=0.2)

    assert time.monotonic() - began < 0.2
    assert len(bedrock.requests) == len(waited) + 1
    assert events[0].retry_stop_reason == "deadline"
    assert all(wait < 0.2 for wait in waited)


def test_no_attempt_begins_past_the_deadline(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    """A sleep that takes longer than it was asked to, as on a suspended machine."""
    client = make(sleep=lambda _seconds: time.sleep(0.5))
    bedrock.fault(Fault.status(500), times=None)
    with pytest.raises(SecureBedrockError):
        client.converse(bedrock.policy.models.allow[0], "Hello there", deadline_s=0.4)

    assert len(bedrock.requests) == 1
    assert events[0].retry_stop_reason == "deadline"


def test_a_deadline_that_has_passed_sends_nothing(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    with pytest.raises(DeadlineExceeded):
        make().converse(bedrock.policy.models.allow[0], "Hello there", deadline_s=0)

    assert bedrock.requests == []
    assert [(event.outcome, event.attempts) for event in events] == [("error", 0)]


RETRY_AFTER = {
    "milliseconds": (("x-amz-retry-after", "2500"),),
    "seconds": (("Retry-After", "3"),),
}


@pytest.mark.parametrize("form", RETRY_AFTER)
def test_what_aws_asks_to_wait_is_waited(
    form: str, front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    waited: list[float] = []
    bedrock.script(Answer.error("ThrottlingException", headers=RETRY_AFTER[form]))
    ask(front.make(sleep=waited.append), "Converse")

    asked = 2.5 if form == "milliseconds" else 3.0
    assert len(waited) == 1
    assert asked <= waited[0] <= 1.0 + 5.0  # the first throttle's own wait is below 1 s


@pytest.mark.parametrize("value", ["999999", "-1", "soon", "NaN", "1e9", "\u00b2", ""])
def test_a_wrong_or_endless_wait_is_cut(
    value: str, front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    waited: list[float] = []
    headers = (("Retry-After", value),)
    bedrock.script(Answer.error("ThrottlingException", headers=headers))
    ask(front.make(sleep=waited.append), "Converse")

    assert len(waited) == 1
    assert 0 <= waited[0] <= 6.0
