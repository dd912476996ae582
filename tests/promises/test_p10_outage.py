"""P10: under a total outage retries add less than 5 % load once the quota is spent, and come back with the service."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import Unavailable
from secure_bedrock.testing import Fault, LocalBedrock

CALLS = 200
SMALL = "[retry]\nquota = 70\nmax_attempts = 4\n"


def call(client: Any, ask: Any, times: int) -> int:
    """How many of so many calls were answered."""
    answered = 0
    for _ in range(times):
        with suppress(Unavailable, ClientError):
            answered += ask(client, "Converse") == "You said: Hello there"
    return answered


def test_with_the_quota_spent_an_outage_is_met_by_one_request_a_call(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    client = front.make(SMALL)
    bedrock.fault(Fault.status(503), times=None)
    call(client, ask, 5)  # 70 / 14: five retries, and the quota is spent
    spent = len(bedrock.requests)
    call(client, ask, CALLS)

    assert spent == 5 + 5
    assert len(bedrock.requests) - spent == CALLS
    assert {event.retry_stop_reason for event in events[5:]} == {"quota"}
    assert all(event.attempts == 1 for event in events[5:])


def test_from_its_beginning_an_outage_adds_the_quota_and_no_more(
    front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    """The default quota of 500 is 35 retries of a fault: below 5 % from 701 calls on."""
    bedrock.fault(Fault.status(500), times=None)
    call(front.make(), ask, CALLS)

    assert len(bedrock.requests) - CALLS == 500 // 14


def test_throttling_is_cheaper_and_bounded_too(front: Any, bedrock: LocalBedrock, ask: Any) -> None:
    bedrock.fault(Fault.throttle(), times=None)
    client = front.make(SMALL)
    for _ in range(50):
        with pytest.raises(Exception, match=r"Throttl"):
            ask(client, "Converse")

    assert len(bedrock.requests) - 50 == 70 // 5


def test_threads_share_the_quota(front: Any, bedrock: LocalBedrock, ask: Any) -> None:
    client = front.make(SMALL)
    bedrock.fault(Fault.status(503), times=None)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: call(client, ask, 10), range(8)))

    assert len(bedrock.requests) == 80 + 5


def test_a_client_and_its_hardened_clients_share_the_quota(
    make: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    typed = make(SMALL)
    hardened = typed.client("bedrock-runtime")
    bedrock.fault(Fault.status(503), times=None)
    for _ in range(10):
        call(typed, ask, 1)
        call(hardened, ask, 1)
    hardened.close()

    assert len(bedrock.requests) == 20 + 5


def test_answers_earn_retries_again(front: Any, bedrock: LocalBedrock, ask: Any) -> None:
    client = front.make(SMALL)
    bedrock.fault(Fault.status(503), times=None)
    call(client, ask, 10)
    bedrock.clear()
    assert call(client, ask, 28) == 28  # each first try gives back 1
    bedrock.clear()
    bedrock.fault(Fault.status(503), times=None)
    call(client, ask, 10)

    assert len(bedrock.requests) == 10 + 28 // 14


def test_one_failure_among_many_answers_is_always_tried_again(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    """One in twenty fails: 14 taken, 14 given back by the retry that is answered."""
    client = front.make(SMALL)
    for number in range(100):
        if number % 20 == 0:
            bedrock.fault(Fault.status(500))
        assert ask(client, "Converse") == "You said: Hello there"

    assert len(bedrock.requests) == 105
    assert {event.outcome for event in events} == {"ok"}
