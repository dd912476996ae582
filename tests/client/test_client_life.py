"""A client's life: how it is made, what it opens and when, close and reuse, what it shares, what it says when lost."""

import gc
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient, SecureSession
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    ConfigurationError,
    ConnectFailed,
    CredentialPathDenied,
    EndpointNotFound,
    ModelDenied,
    PolicyInvalid,
    PolicyNotFound,
    SecureBedrockError,
)
from secure_bedrock.resilience import RetryEngine, RetrySettings
from secure_bedrock.testing import Answer, ConnectLog, Fault, LocalBedrock
from secure_bedrock.transport.connections.connection import GuardedConnection

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]


def fields_of(local: LocalBedrock) -> dict[str, Any]:
    """The policy that reaches the server, as the client's keywords."""
    endpoint = {"host": local.host, "addresses": ["127.0.0.1"], "port": local.port}
    network = {"cidrs": ["127.0.0.0/8"], "ca_bundle": local.ca_path}
    return {
        "region": local.region,
        "models": [MODEL],
        "network": {**network, "endpoints": {"bedrock-runtime": endpoint}},
    }


def test_it_is_made_from_a_policy_a_path_keywords_or_what_is_found(
    local: LocalBedrock, env_keys: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secure-bedrock.toml"
    path.write_text(local.policy_toml(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = [
        SecureBedrockClient(local.policy),
        SecureBedrockClient(path),
        SecureBedrockClient(str(path)),
        SecureBedrockClient(),
        SecureBedrockClient(**fields_of(local)),
    ]
    for client in made:
        with client:
            assert client.converse(MODEL, "Hello").text == "You said: Hello"
    assert len(local.requests) == len(made)


@pytest.mark.parametrize("make", [SecureBedrockClient, SecureSession])
def test_what_is_no_policy_is_a_type_error_that_says_how_to_make_one(make: Any) -> None:
    with pytest.raises(TypeError, match=r"not a dict; fields make one: Policy\(region="):
        make({"region": "eu-west-1"})


def test_a_policy_and_keywords_together_are_a_type_error(local: LocalBedrock) -> None:
    with pytest.raises(TypeError, match="not both"):
        SecureBedrockClient(local.policy, region="eu-west-1")


MISMADE: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no Region": ({"models": [MODEL]}, PolicyInvalid, "region: required"),
    "no such file": ({"policy": "/nonexistent.toml"}, PolicyNotFound, "nonexistent"),
    "nothing at all": ({}, PolicyNotFound, "init"),
    "a keyword that is none": ({"region": "eu-west-1", "modles": []}, TypeError, "modles"),
    "a number": ({"policy": 5}, TypeError, "the path of its file or None"),
}


@pytest.mark.parametrize("name", MISMADE)
def test_a_client_that_can_not_be_made_says_why(
    name: str, local: LocalBedrock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, kind, said = MISMADE[name]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=said):
        SecureBedrockClient(**arguments)


def test_credentials_and_sinks_that_are_none_are_refused_at_once(local: LocalBedrock) -> None:
    wrong: Any = ("AKIA…", "secret")
    named: Any = ["logging"]
    with pytest.raises(CredentialPathDenied, match="tuple") as caught:
        SecureBedrockClient(local.policy, credentials=wrong)
    assert "secret" not in str(caught.value).replace("secret key", "")
    with pytest.raises(ConfigurationError, match="str is no audit sink"):
        SecureBedrockClient(local.policy, sinks=named)


def test_nothing_is_opened_before_the_first_call(make: Any, local: LocalBedrock) -> None:
    with ConnectLog() as log:
        client = make()
        client.route()
        client.client("bedrock-runtime").close()
        assert client.policy == local.policy
        assert log.events == []
        client.converse(MODEL, "Hello")
        client.converse(MODEL, "Hello")

    assert log.connects == [("127.0.0.1", local.port)]
    assert log.lookups == []


def test_a_closed_client_opens_anew(client: SecureBedrockClient, local: LocalBedrock) -> None:
    before = local.connections
    for _ in range(2):
        client.converse(MODEL, "Hello")
        client.converse(MODEL, "Hello")
        client.close()
        client.close()

    assert local.connections == before + 2


def test_closing_breaks_no_call_that_is_under_way(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    """Another thread may close while a call waits for its next attempt, or a stream for its next event."""
    closing = RetryEngine(RetrySettings(), sleep=lambda _seconds: client.close())
    client._parts.runner.engine = closing
    local.fault(Fault.throttle())
    before = local.connections

    assert client.converse(MODEL, "Hello").text == "You said: Hello"
    assert local.connections == before + 2
    local.script(Answer.text("one two three four five six seven", pace_s=0.02))
    stream = client.converse_stream(MODEL, "Hello")
    client.close()
    assert stream.response().text == "one two three four five six seven"
    client.converse(MODEL, "Hello")
    assert local.connections == before + 3  # the stream's own connection ended with it


def test_its_hardened_clients_share_routes_credentials_retry_and_audit(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    hardened = client.client("bedrock-runtime")
    answer = hardened.converse(modelId=MODEL, messages=MESSAGES)
    reply = client.converse(MODEL, "Hello")

    assert answer["output"] == reply.raw["output"]
    assert [event.operation for event in events] == ["Converse", "Converse"]
    assert events[0].peer_cert_sha256 == events[1].peer_cert_sha256
    assert hardened.meta.endpoint_url == client.route().url
    keys = {request.headers["authorization"].split("/")[0] for request in local.requests}
    assert len(keys) == 1
    with pytest.raises(ModelDenied):
        hardened.converse(modelId="amazon.titan-text-express-v1", messages=MESSAGES)
    hardened.close()


def test_it_shows_its_routes_and_says_which_service_has_none(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    route = client.route("bedrock-runtime")

    assert (route.host, route.port, route.addresses) == (local.host, local.port, ("127.0.0.1",))
    assert client.route() is route
    nonsense: Any = 5
    for service in ("sts", "no-such-service", nonsense):
        with pytest.raises(EndpointNotFound):
            client.route(service)


def test_missing_credentials_are_one_clear_error(
    make: Any, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    lost = make('[identity]\ncredentials = ["env"]\n', credentials=None)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied, match=r"asked: env"):
        lost.converse(MODEL, "Hello")

    assert log.events == []
    assert [(event.outcome, event.guard_reason) for event in events] == [
        ("refused", "no-credentials")
    ]


def test_credentials_that_come_later_are_found(
    make: Any, local: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make('[identity]\ncredentials = ["env"]\n', credentials=None)
    with pytest.raises(CredentialPathDenied):
        client.converse(MODEL, "Hello")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", local.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", local.credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", local.credentials.token or "")

    assert client.converse(MODEL, "Hello").text == "You said: Hello"


def test_an_endpoint_that_nobody_listens_on_is_one_clear_error(
    local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    policy = Policy.from_toml(
        local.policy_toml().replace(str(local.port), str(port)) + "[retry]\nmax_attempts = 1\n"
    )
    with SecureBedrockClient(policy, credentials=local.credentials, sinks=[events.append]) as lost:
        with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1") as caught:
            lost.converse(MODEL, "Hello")

    assert isinstance(caught.value, SecureBedrockError)
    assert "check what stands at that address and port" in str(caught.value)
    assert [(event.outcome, event.error_class) for event in events] == [("error", "ConnectFailed")]


def test_the_policys_own_sinks_are_used_where_none_are_passed(
    local: LocalBedrock, env_keys: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), SecureBedrockClient(local.policy) as client:
        client.converse(MODEL, "Hello")

    assert [record.name for record in caplog.records].count("secure_bedrock.audit") == 1


def test_a_dropped_client_leaves_no_connection_and_no_warning(
    local: LocalBedrock, env_keys: None
) -> None:
    def use_and_drop() -> None:
        client = SecureBedrockClient(local.policy, sinks=[])
        client.converse(MODEL, "Hello")

    def sockets() -> int:
        return sum(type(item) is GuardedConnection and item.usable for item in gc.get_objects())

    gc.collect()
    before = sockets()
    for _ in range(3):
        use_and_drop()
    gc.collect()  # an unraisable ResourceWarning would be an error here

    assert sockets() == before


def test_its_repr_shows_the_policy_alone(client: SecureBedrockClient, local: LocalBedrock) -> None:
    assert repr(client) == "SecureBedrockClient(Policy(region='eu-west-1', models=4))"
    assert local.credentials.secret_key not in str(vars(client))
