"""A local Bedrock and a maker of hardened clients that reach it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.audit import AuditTrail, InvocationEvent
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.policy import Policy
from secure_bedrock.resilience import RetryEngine, RetrySettings
from secure_bedrock.testing import LocalBedrock
from secure_bedrock.transport.calls.runner import CallRunner
from secure_bedrock.transport.hardened.making.build import build_client

MAKER = Callable[..., Any]


@pytest.fixture(scope="session")
def server() -> Iterator[LocalBedrock]:
    with LocalBedrock(tls_names=("localhost",)) as local:
        yield local


@pytest.fixture
def bedrock(server: LocalBedrock) -> LocalBedrock:
    server.clear()
    return server


@pytest.fixture(autouse=True)
def _plain(plain_surroundings: Path) -> None:
    """Every test of the transport starts without settings."""


@pytest.fixture
def events() -> list[InvocationEvent]:
    return []


@pytest.fixture
def make(bedrock: LocalBedrock, events: list[InvocationEvent]) -> Iterator[MAKER]:
    """Makes hardened clients: `top` and `toml` are added to the policy, the rest are boto3's keyword arguments."""
    made: list[Any] = []

    def maker(
        service: str = "bedrock-runtime", *, toml: str = "", top: str = "", **arguments: Any
    ) -> Any:
        policy = Policy.from_toml(top + bedrock.policy_toml() + toml)
        settings = RetrySettings(max_attempts=policy.retry.max_attempts)
        engine = RetryEngine(settings, sleep=lambda _seconds: None)
        arguments.setdefault("credentials", bedrock.credentials)
        arguments.setdefault("runner", CallRunner(policy, AuditTrail([events.append]), engine))
        client = build_client(service, policy, routes=RouteFinder(policy), **arguments)
        made.append(client)
        return client

    yield maker
    for client in made:
        client.close()
