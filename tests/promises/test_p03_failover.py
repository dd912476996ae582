"""P03: another address is tried only where the first did not accept the connection, and only an approved one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from secure_bedrock.errors import SecureBedrockError
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.testing import (
    ConnectLog,
    Fault,
    LocalAuthority,
    LocalBedrock,
    LoopbackConnector,
    StaticResolver,
)
from secure_bedrock.values import parse_region, parse_service

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
FIRST, SECOND, PUBLIC = "10.0.1.10", "10.0.2.10", "52.94.0.10"
FAULTS = Fault.all()


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(authority=authority) as running:
        yield running


@dataclass(frozen=True)
class Case:
    """What listens, what goes wrong, and how often the call may be tried; then what has to come of it."""

    listening: tuple[str, ...] = (FIRST, SECOND, PUBLIC)
    fault: str = ""
    attempts: int = 1
    dialled: tuple[str, ...] = (FIRST,)
    received: int = 1
    answered: bool = True


CASES = {
    "the first address accepts": Case(),
    "the first refuses the connection": Case((SECOND, PUBLIC), dialled=(FIRST, SECOND)),
    "none accepts, the public one would": Case(
        (PUBLIC,), dialled=(FIRST, SECOND), received=0, answered=False
    ),
    "the first takes the request and resets": Case(fault="reset-after-request", answered=False),
    "so it does, and the retry rules allow another attempt": Case(
        fault="reset-after-request", attempts=2, dialled=(FIRST, FIRST), received=2
    ),
    "the first takes the request and closes": Case(fault="close-after-request", answered=False),
    "the first cuts its answer": Case(fault="cut", answered=False),
    "the first has a wrong certificate": Case(
        fault="certificate-other-name", attempts=4, received=0, answered=False
    ),
}


def typed(typed_over: Any, hardened_over: Any, *route: Any, **network: Any) -> Callable[[], Any]:
    client = typed_over(*route, **network)
    return lambda: client.converse(MODEL, "hello")


def hardened(typed_over: Any, hardened_over: Any, *route: Any, **network: Any) -> Callable[[], Any]:
    client = hardened_over(*route, **network)
    return lambda: client.converse(modelId=MODEL, messages=MESSAGES)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("front", [typed, hardened])
def test_a_request_that_was_sent_is_not_sent_to_another_address(
    name: str, front: Any, server: LocalBedrock, typed_over: Any, hardened_over: Any
) -> None:
    case = CASES[name]
    server.clear()
    if case.fault:
        server.fault(FAULTS[case.fault])
    route = PrivateRoute(
        service=parse_service("bedrock-runtime"),
        region=parse_region(server.region),
        host=server.host,
        names=frozenset({server.host}),
        address_check="eni",
        addresses=(FIRST, SECOND),
    )
    policy = Policy(
        region=server.region,
        models=[MODEL],
        network={"ca_bundle": server.ca_path},
        retry={"max_attempts": case.attempts},
    )
    connector = LoopbackConnector(dict.fromkeys(case.listening, ("127.0.0.1", server.port)))
    resolver = StaticResolver({server.host: [FIRST, SECOND]})
    call = front(typed_over, hardened_over, route, policy, resolver=resolver, connector=connector)
    with ConnectLog() as log:
        if case.answered:
            call()
        else:
            with pytest.raises((SecureBedrockError, BotoCoreError)):
                call()

    assert tuple(attempt.address for attempt in connector.attempts) == case.dialled
    assert len(server.requests) == case.received
    reached = [address for address in case.dialled if address in case.listening]
    assert log.connects == [("127.0.0.1", server.port)] * len(reached)
