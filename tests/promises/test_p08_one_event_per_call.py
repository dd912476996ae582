"""P08: every call leaves exactly one InvocationEvent that says how it ended, on both front ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import Fault, LocalBedrock, StaticResolver
from tests.promises.every_call import FRONTS

FAULTS = Fault.all(stall_s=0.5)
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
WHOLE = ("Converse", "InvokeModel")
STREAMS = ("ConverseStream", "InvokeModelWithResponseStream")

ONE_TRY = "[retry]\nmax_attempts = 1\n"


@dataclass(frozen=True)
class Ending:
    """How a call ends, and what its event says: outcome, code, attempts, guard's reason, why retries stopped.

    `classes` are the error's class on the typed and on the hardened client; None where the call succeeds.
    """

    outcome: str
    classes: tuple[str, str] | None = None
    code: str | None = None
    attempts: int = 1
    guard: str | None = None
    stopped: str | None = None
    fault: Fault | None = None
    times: int = 1
    toml: str = ONE_TRY
    operations: tuple[str, ...] = OPERATIONS


ENDINGS: dict[str, Ending] = {
    "it is answered": Ending("ok"),
    "it is answered after two throttles": Ending(
        "ok", attempts=3, fault=FAULTS["throttle"], times=2, toml=""
    ),
    "it is throttled to the end": Ending(
        "error",
        ("Throttled", "ThrottlingException"),
        "ThrottlingException",
        attempts=4,
        stopped="attempts",
        fault=FAULTS["throttle"],
        times=4,
        toml="",
    ),
    "AWS refuses it": Ending(
        "error",
        ("AccessDenied", "AccessDeniedException"),
        "AccessDeniedException",
        stopped="fatal",
        fault=Fault.error("AccessDeniedException", 403),
    ),
    "the endpoint redirects": Ending(
        "refused",
        ("RedirectDenied", "RedirectDenied"),
        "redirect",
        guard="redirect",
        stopped="fatal",
        fault=FAULTS["redirect-307"],
        toml="",
    ),
    "the certificate is another's": Ending(
        "refused",
        ("TlsDenied", "TlsDenied"),
        "tls-certificate",
        guard="tls-certificate",
        stopped="fatal",
        fault=FAULTS["certificate-other-name"],
        toml="",
    ),
    "the operation is not allowed": Ending(
        "refused",
        ("OperationDenied", "OperationDenied"),
        "operation-not-listed",
        attempts=0,
        guard="operation-not-listed",
        toml='[operations]\nallow = ["CountTokens"]\n',
    ),
    "the answer is cut": Ending(
        "incomplete",
        ("IncompleteResponse", "IncompleteResponse"),
        "cut",
        stopped="attempts",
        fault=FAULTS["cut"],
        operations=WHOLE,
    ),
    "the stream is cut": Ending(
        "incomplete",
        ("IncompleteResponse", "IncompleteResponse"),
        "cut",
        fault=FAULTS["cut-in-event"],
        operations=STREAMS,
    ),
    "the stream breaks off with an exception": Ending(
        "incomplete",
        ("StreamInterrupted", "EventStreamError"),
        "throttlingException",
        fault=FAULTS["stream-throttlingException"],
        operations=STREAMS,
    ),
    "the connection closes before an answer": Ending(
        "error",
        ("ConnectFailed", "ConnectFailed"),
        "closed-before-answer",
        stopped="attempts",
        fault=FAULTS["close-after-request"],
    ),
    "it takes too long": Ending(
        "error",
        ("AttemptTimeout", "AttemptTimeout"),
        "attempt-timeout",
        stopped="fatal",
        fault=FAULTS["stall-head"],
        toml="[timeouts]\nread_s = 0.1\nfirst_event_s = 0.1\n",
    ),
    "its deadline passes": Ending(
        "error",
        ("DeadlineExceeded", "DeadlineExceeded"),
        "deadline",
        stopped="fatal",
        fault=FAULTS["stall-head"],
        toml="[timeouts]\ndeadline_s = 0.1\n",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_call_leaves_one_event(
    name: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    ending = ENDINGS[name]
    client = front.make(ending.toml)
    for operation in ending.operations:
        bedrock.clear()
        events.clear()
        if ending.fault is not None:
            bedrock.fault(ending.fault, times=ending.times)
        raised = error_of(ask, client, operation)

        (event,) = events
        kind = ending.classes[("typed", "hardened").index(front.name)] if ending.classes else None
        assert (raised is None) == (kind is None), operation
        assert (event.operation, event.outcome) == (operation, ending.outcome)
        assert event.streaming == (operation in STREAMS)
        assert (event.error_class, event.error_code) == (kind, ending.code), operation
        assert (event.attempts, event.retry_stop_reason) == (ending.attempts, ending.stopped)
        assert event.guard_reason == ending.guard


def error_of(call: Callable[..., object], *arguments: object) -> Exception | None:
    try:
        call(*arguments)
    except Exception as error:
        return error
    return None


def test_a_model_that_is_not_listed_leaves_one_event(
    front: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    client, other = front.make(), "us.amazon.nova-lite-v1:0"
    for call in FRONTS[front.name].values():
        events.clear()
        assert error_of(call, client, other) is not None
        (event,) = events
        assert (event.outcome, event.error_class) == ("refused", "ModelDenied")
        assert (event.model_id, event.guard_reason) == (other, "model-not-listed")
        assert (event.guard_verdict, event.peer_ip, event.attempts) == ("refused", None, 0)
    assert bedrock.requests == []


@pytest.mark.parametrize("answers", [["93.184.216.34"], ["127.0.0.1", "10.9.9.9"], []])
def test_an_address_that_is_not_approved_leaves_one_event(
    answers: list[str],
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
) -> None:
    client = front.make(resolver=StaticResolver({bedrock.host: answers}), by_name=True)
    assert type(error_of(ask, client, "Converse")).__name__ == "AddressDenied"

    (event,) = events
    assert (event.outcome, event.guard_verdict) == ("refused", "refused")
    assert event.guard_reason == ("no-answer" if not answers else "outside-vpc-cidrs")
    assert event.endpoint_host == bedrock.host
    assert bedrock.requests == []


def test_wrong_arguments_leave_one_event(
    make: Any, make_hardened: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    typed, hardened = make(), make_hardened()
    model = bedrock.policy.models.allow[0]
    calls: list[tuple[str, Callable[[], object]]] = [
        ("InvalidRequest", lambda: typed.converse(model, 5)),
        ("InvalidRequest", lambda: typed.converse(model, "x", deadline_s="soon")),
        ("InvalidRequest", lambda: typed.invoke_model_stream(model, {1})),
        ("ParamValidationError", lambda: hardened.converse(modelId=model, messages=5)),
        ("ParamValidationError", lambda: hardened.converse_stream(modelId=model, nothing=1)),
    ]
    for kind, call in calls:
        events.clear()
        assert type(error_of(call)).__name__ == kind
        assert [(e.outcome, e.error_class, e.attempts) for e in events] == [("error", kind, 1)]
    assert bedrock.requests == []


def test_a_forged_answer_leaves_one_event(
    make_hardened: Any, ask: Any, events: list[InvocationEvent]
) -> None:
    client = make_hardened()
    client.meta.events.register("before-send.bedrock-runtime", lambda **_: object())
    assert type(error_of(ask, client, "Converse")).__name__ == "TransportTampered"

    assert [(e.outcome, e.guard_reason) for e in events] == [("refused", "answered-by-handler")]


def test_a_service_without_a_route_leaves_one_event(
    make: Any, events: list[InvocationEvent]
) -> None:
    client = make().client("sts")
    assert type(error_of(client.get_caller_identity)).__name__ == "EndpointNotFound"

    assert [(e.service, e.operation, e.outcome) for e in events] == [
        ("sts", "GetCallerIdentity", "refused")
    ]
