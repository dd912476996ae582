"""A local Bedrock and typed clients that reach it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import LocalBedrock

Make = Callable[..., SecureBedrockClient]


@pytest.fixture(scope="session")
def server() -> Iterator[LocalBedrock]:
    with LocalBedrock() as running:
        yield running


@pytest.fixture
def local(server: LocalBedrock, plain_surroundings: Path) -> LocalBedrock:
    """A local Bedrock with nothing scripted, in surroundings that hold no setting of AWS's."""
    server.clear()
    return server


@pytest.fixture
def events() -> list[InvocationEvent]:
    """What the clients' only sink was given."""
    return []


@pytest.fixture
def make(local: LocalBedrock, events: list[InvocationEvent]) -> Iterator[Make]:
    """Makes typed clients; `toml` is added to the policy, the rest are the client's own arguments."""
    made: list[SecureBedrockClient] = []

    def maker(toml: str = "", **arguments: Any) -> SecureBedrockClient:
        arguments = {"credentials": local.credentials, "sinks": [events.append], **arguments}
        client = SecureBedrockClient(Policy.from_toml(local.policy_toml() + toml), **arguments)
        made.append(client)
        return client

    yield maker
    for client in made:
        client.close()


@pytest.fixture
def client(make: Make) -> SecureBedrockClient:
    """A client that tries once."""
    return make("[retry]\nmax_attempts = 1\n")


@pytest.fixture
def env_keys(local: LocalBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment, as Lambda has them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", local.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", local.credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", local.credentials.token or "")
