"""P10: a refusal reaches the caller as our own type, once, whatever retries the surroundings or the caller ask for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.client.boto3_session import SecureSession
from secure_bedrock.errors import (
    AddressDenied,
    Denied,
    ModelDenied,
    OperationDenied,
    RedirectDenied,
    TlsDenied,
)
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, Fault, LocalAuthority, LocalBedrock, StaticResolver
from tests.promises.every_call import FRONTS

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
OTHER = "us.anthropic.claude-3-haiku-20240307-v1:0"

# sentence → type, operation, model, faults, the name's answer, connections, requests that arrive.
Row = tuple[type[Denied], str, str, list[Fault], str, int, int]
REFUSALS: dict[str, Row] = {
    "a public address": (AddressDenied, "Converse", MODEL, [], "52.94.0.10", 0, 0),
    "a public address for a stream": (
        AddressDenied,
        "ConverseStream",
        MODEL,
        [],
        "52.94.0.10",
        0,
        0,
    ),
    "a model": (ModelDenied, "Converse", OTHER, [], "127.0.0.1", 0, 0),
    "a model of a stream": (ModelDenied, "ConverseStream", OTHER, [], "127.0.0.1", 0, 0),
    "an operation": (OperationDenied, "InvokeModel", MODEL, [], "127.0.0.1", 0, 0),
    **{
        f"a redirect by {status}": (
            RedirectDenied,
            "Converse",
            MODEL,
            [Fault.redirect(status)],
            "127.0.0.1",
            1,
            1,
        )
        for status in (301, 302, 303, 307, 308)
    },
    "a redirect of a stream": (
        RedirectDenied,
        "ConverseStream",
        MODEL,
        [Fault.redirect(307)],
        "127.0.0.1",
        1,
        1,
    ),
    **{
        f"a certificate: {flaw}": (
            TlsDenied,
            "Converse",
            MODEL,
            [Fault.bad_certificate(flaw)],
            "127.0.0.1",
            1,
            0,
        )
        for flaw in ("other-name", "expired", "unknown-issuer", "self-signed")
    },
}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "nothing set": {},
    **{
        f"{mode} and ten attempts": {"AWS_RETRY_MODE": mode, "AWS_MAX_ATTEMPTS": "10"}
        for mode in ("legacy", "standard", "adaptive")
    },
}
CONFIGS: dict[str, dict[str, Any]] = {
    "no Config": {},
    **{
        f"Config: {mode}, ten retries": {
            "config": Config(retries={"mode": mode, "max_attempts": 10})
        }
        for mode in ("legacy", "standard", "adaptive")
    },
}


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(authority=authority) as running:
        yield running


class Setting:
    """A policy that asks DNS and admits two operations; clients under it whose waits are not waited for."""

    def __init__(self, server: LocalBedrock, answer: str) -> None:
        self.server = server
        self.resolver = StaticResolver({server.host: [answer]})
        self.events: list[InvocationEvent] = []
        self.policy = Policy(
            region=server.region,
            models=[MODEL],
            network={
                "cidrs": ["127.0.0.0/8"],
                "ca_bundle": server.ca_path,
                "endpoints": {"bedrock-runtime": {"host": server.host, "port": server.port}},
            },
            operations={"allow": ["Converse", "ConverseStream"]},
        )

    def client(self, front: str, **boto3_kwargs: Any) -> Any:
        common: dict[str, Any] = {
            "credentials": self.server.credentials,
            "sinks": [self.events.append],
            "resolver": self.resolver,
        }
        if front == "typed":
            return SecureBedrockClient(self.policy, **common)
        return SecureSession(self.policy, **common).client("bedrock-runtime", **boto3_kwargs)


def assert_refused_once(name: str, front: str, setting: Setting, client: Any) -> None:
    kind, operation, model, faults, _, connections, arrived = REFUSALS[name]
    server, call = setting.server, FRONTS[front][operation]
    before = server.connections
    for fault in faults:
        server.fault(fault, times=None)
    with ConnectLog() as log, pytest.raises(Denied) as caught:
        call(client, model)
    client.close()
    assert type(caught.value) is kind
    assert log.connects == [("127.0.0.1", server.port)] * connections
    assert server.connections - before == connections
    assert len(server.requests) == arrived
    (event,) = setting.events
    assert (event.outcome, event.error_class) == ("refused", kind.__name__)
    assert event.attempts <= 1
    assert event.retry_wait_ms == 0


@pytest.fixture
def surround(
    plain_surroundings: Any, monkeypatch: pytest.MonkeyPatch, server: LocalBedrock
) -> Callable[[str], None]:
    """Sets one of the environments; the server starts afresh."""
    server.clear()

    def set_all(name: str) -> None:
        for variable, value in ENVIRONMENTS[name].items():
            monkeypatch.setenv(variable, value)

    return set_all


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("front", ["typed", "hardened"])
@pytest.mark.parametrize("name", REFUSALS)
def test_the_refusal_comes_once_whatever_the_environment_asks_for(
    name: str, front: str, environment: str, server: LocalBedrock, surround: Callable[[str], None]
) -> None:
    surround(environment)
    setting = Setting(server, answer=REFUSALS[name][4])
    assert_refused_once(name, front, setting, setting.client(front))


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", REFUSALS)
def test_the_refusal_comes_once_whatever_the_config_asks_for(
    name: str, config: str, server: LocalBedrock, surround: Callable[[str], None]
) -> None:
    surround("adaptive and ten attempts")
    setting = Setting(server, answer=REFUSALS[name][4])
    assert_refused_once(name, "hardened", setting, setting.client("hardened", **CONFIGS[config]))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("front", ["typed", "hardened"])
def test_what_is_no_refusal_is_tried_as_often_as_the_policy_says(
    front: str, environment: str, server: LocalBedrock, surround: Callable[[str], None]
) -> None:
    """The control: the same clients do retry, four times and not ten."""
    surround(environment)
    setting = Setting(server, answer="127.0.0.1")
    client = setting.client(front)
    runner = client._parts.runner if front == "typed" else client._secure.runner
    runner.engine._sleep = lambda _seconds: None
    server.fault(Fault.throttle(), times=None)

    with pytest.raises(Exception, match="hrottl"):
        FRONTS[front]["Converse"](client, MODEL)

    client.close()
    assert len(server.requests) == 4
    assert [event.attempts for event in setting.events] == [4]
