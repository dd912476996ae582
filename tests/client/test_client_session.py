"""`create_client` and `SecureSession`: boto3's ways of asking, under one policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.client.boto3_session import SecureSession
from secure_bedrock.client.create import create_client
from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    EnvironmentDenied,
    OperationDenied,
    PolicyNotFound,
    ProxyDenied,
    RegionDenied,
    TlsDenied,
)
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]


@pytest.fixture(scope="module")
def bedrock() -> Iterator[LocalBedrock]:
    with LocalBedrock() as server:
        yield server


@pytest.fixture
def policy(bedrock: LocalBedrock) -> Policy:
    bedrock.clear()
    return bedrock.policy


@pytest.fixture(autouse=True)
def _keys(bedrock: LocalBedrock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "SECURE_BEDROCK_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bedrock.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bedrock.credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", bedrock.credentials.token or "")


def test_a_client_is_made_from_a_policy_a_path_or_what_is_found(
    policy: Policy, bedrock: LocalBedrock, tmp_path: Path
) -> None:
    with pytest.raises(PolicyNotFound):
        create_client("bedrock-runtime")
    path = tmp_path / "secure-bedrock.toml"
    path.write_text(bedrock.policy_toml(), encoding="utf-8")
    ways: tuple[Any, ...] = (policy, path, str(path), None)
    for given in ways:
        with ConnectLog() as log:
            client: Any = create_client("bedrock-runtime", given)
            assert log.events == []
        assert BaseClient in type(client).__mro__
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
        client.close()


REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "another Region": ({"region_name": "us-east-1"}, RegionDenied),
    "no verification": ({"verify": False}, TlsDenied),
    "the public endpoint by None": ({"endpoint_url": None}, EndpointDenied),
    "a proxy": ({"config": Config(proxies={"https": "http://10.0.0.1:3128"})}, ProxyDenied),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_move_traffic_is_refused(name: str, policy: Policy) -> None:
    arguments, denial = REFUSED[name]
    with pytest.raises(denial):
        create_client("bedrock-runtime", policy, **arguments)


def test_a_session_is_boto3s_and_makes_only_hardened_clients(
    policy: Policy, bedrock: LocalBedrock
) -> None:
    events: list[InvocationEvent] = []
    session = SecureSession(policy, sinks=[events.append])
    assert isinstance(session, boto3.Session)
    assert session.region_name == bedrock.region
    assert session.available_profiles == []
    assert session.get_credentials().access_key == bedrock.credentials.access_key
    first = session.client("bedrock-runtime")
    second = session.client(
        "bedrock-runtime", "eu-west-1", config=Config(read_timeout=5, max_pool_connections=2)
    )
    third = session._session.create_client("bedrock-runtime")
    for client in (first, second, third):
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
        client.close()
    assert [event.outcome for event in events] == ["ok"] * 3
    assert type(first) is type(second)


def test_a_sessions_spelled_out_defaults_are_let_be_and_the_rest_is_judged(policy: Policy) -> None:
    session = SecureSession(policy)
    session.client("bedrock-runtime", endpoint_url=None, verify=None, use_ssl=True, config=None)
    with pytest.raises(TlsDenied):
        session.client("bedrock-runtime", use_ssl=False)
    with pytest.raises(RegionDenied):
        session.client("bedrock-runtime", "us-east-1")
    with pytest.raises(OperationDenied):
        session.resource("s3")


def test_a_session_takes_credentials_and_shows_none(policy: Policy, bedrock: LocalBedrock) -> None:
    session = SecureSession(policy, credentials=bedrock.credentials)
    held = session.get_credentials()
    assert held.secret_key == bedrock.credentials.secret_key
    assert held.token == bedrock.credentials.token
    assert held.get_frozen_credentials().access_key == bedrock.credentials.access_key
    assert repr(held) == "BotocoreCredentials()"
    session._session.set_credentials("AKIAOTHER", "s")
    assert session.get_credentials().access_key == "AKIAOTHER"
    assert session._session.get_auth_token() is None
    assert session._session.get_scoped_config() == {}


def test_a_session_takes_boto3s_arguments_for_all_its_clients(bedrock: LocalBedrock) -> None:
    keys = bedrock.credentials
    session = SecureSession(
        bedrock.policy,
        region_name=bedrock.policy.region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
    )

    answer = session.client("bedrock-runtime").converse(modelId=MODEL, messages=MESSAGES)

    assert answer["stopReason"] == "end_turn"
    assert session.region_name == bedrock.policy.region


SESSION_REFUSALS: dict[str, tuple[type[Denied], dict[str, Any]]] = {
    "another Region": (RegionDenied, {"region_name": "us-east-1"}),
    "a botocore session": (EnvironmentDenied, {"botocore_session": object()}),
}


@pytest.mark.parametrize(
    ("kind", "arguments"), SESSION_REFUSALS.values(), ids=SESSION_REFUSALS.keys()
)
def test_a_session_is_refused_what_would_move_its_clients(
    bedrock: LocalBedrock, kind: type[Denied], arguments: dict[str, Any]
) -> None:
    with pytest.raises(kind):
        SecureSession(bedrock.policy, **arguments)


def test_a_sessions_argument_is_judged_with_the_client_that_it_is_for(
    bedrock: LocalBedrock,
) -> None:
    session = SecureSession(bedrock.policy, verify=False, credentials=bedrock.credentials)

    with pytest.raises(TlsDenied):
        session.client("bedrock-runtime")
    assert session.client("bedrock-runtime", verify=True).meta.region_name == bedrock.policy.region


def test_a_misspelt_argument_of_a_session_is_pythons_own_error(bedrock: LocalBedrock) -> None:
    with pytest.raises(TypeError, match="region_name"):
        SecureSession(bedrock.policy, regon_name="eu-west-1")
