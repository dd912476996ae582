"""botocore's credentials that fetch new values by themselves are not read, wherever they are put: nobody is asked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    Credentials,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock

wrapt = pytest.importorskip("wrapt", reason="not in the environments of other botocores")

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
Untyped: Any = RefreshableCredentials  # botocore-stubs know other signatures
Fetch = Callable[[], Any]


def of_a_role(port: int) -> Fetch:
    stock: Any = botocore.session.Session()
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2)

    def create(service: str, **named: Any) -> Any:
        where = {"endpoint_url": f"https://127.0.0.1:{port}", "region_name": "eu-west-1"}
        return stock.create_client(service, **named, **where, config=once)

    keys: Any = Credentials("AKIASOURCE", "s")
    fetcher: Any = AssumeRoleCredentialFetcher(create, keys, "arn:aws:iam::111122223333:role/app")
    return fetcher.fetch_credentials  # type: ignore[no-any-return]


def of_a_machine(port: int) -> Fetch:
    fetcher: Any = InstanceMetadataFetcher(timeout=1, base_url=f"http://127.0.0.1:{port}/", env={})
    return fetcher.retrieve_iam_role_credentials  # type: ignore[no-any-return]


def of_a_container(port: int) -> Fetch:
    fetcher: Any = ContainerMetadataFetcher(sleep=lambda _seconds: None)
    return lambda: fetcher.retrieve_full_uri(f"http://127.0.0.1:{port}/")


FETCHES = {"a role": of_a_role, "a machine": of_a_machine, "a container": of_a_container}


def expired(fetch: Fetch) -> Any:
    return Untyped("AKIAOLD", "s", "t", LONG_AGO, fetch, "sts")


def deferred(fetch: Fetch) -> Any:
    return DeferredRefreshableCredentials(fetch, "assume-role")


def proxied(fetch: Fetch) -> Any:
    return wrapt.ObjectProxy(expired(fetch))


KINDS = {"expired": expired, "deferred": deferred, "in a proxy": proxied}


@pytest.fixture
def asked(trap: Any) -> Iterator[Any]:
    """A place that hands out credentials; nothing of ours may come to it."""
    yield trap
    assert trap.caught == 0


WAYS: dict[str, Callable[[LocalBedrock, Any], Any]] = {
    "create_client": lambda b, given: create_client(SERVICE, b.policy, credentials=given),
    "SecureSession": lambda b, given: SecureSession(b.policy, credentials=given).client(SERVICE),
    "SecureBedrockClient": lambda b, given: SecureBedrockClient(b.policy, credentials=given),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fetch", FETCHES)
def test_they_are_refused_unread_where_credentials_are_given(
    fetch: str, kind: str, way: str, asked: Any, bedrock: LocalBedrock
) -> None:
    given = KINDS[kind](FETCHES[fetch](asked.port))
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        WAYS[way](bedrock, given)
    assert caught.value.rule == "refreshable-credentials"
    assert log.events == []


@pytest.mark.parametrize("way", WAYS)
def test_a_stock_session_is_no_credentials(way: str, asked: Any, bedrock: LocalBedrock) -> None:
    stock: Any = botocore.session.Session()
    stock._credentials = expired(of_a_machine(asked.port))
    for given in (stock, boto3.Session(botocore_session=stock)):
        with ConnectLog() as log, pytest.raises(CredentialPathDenied):
            WAYS[way](bedrock, given)
        assert log.events == []


def put_in_the_session(session: Any, _client: Any, given: Any) -> None:
    session._session._credentials = given


def put_in_the_component(session: Any, _client: Any, given: Any) -> None:
    class Resolver:
        def load_credentials(self) -> Any:
            return given

    session._session.register_component("credential_provider", Resolver())


def put_in_the_signer(_session: Any, client: Any, given: Any) -> None:
    client._request_signer._credentials = given


def put_in_each_request(_session: Any, client: Any, given: Any) -> None:
    def handler(context: dict[str, Any], **_: Any) -> None:
        context.setdefault("signing", {})["request_credentials"] = given

    client.meta.events.register("before-call", handler)


@pytest.mark.parametrize("fetch", FETCHES)
@pytest.mark.parametrize(
    "put",
    [put_in_the_session, put_in_the_component, put_in_the_signer, put_in_each_request],
)
def test_put_where_botocore_keeps_its_own_they_are_not_used(
    put: Callable[[Any, Any, Any], None], fetch: str, asked: Any, bedrock: LocalBedrock
) -> None:
    session = SecureSession(bedrock.policy, credentials=bedrock.credentials)
    first = session.client(SERVICE)
    put(session, first, expired(FETCHES[fetch](asked.port)))
    with ConnectLog() as log:
        for client in (first, session.client(SERVICE)):
            answer = client.converse(modelId=MODEL, messages=MESSAGES)
            assert answer["stopReason"] == "end_turn"
            client.close()
    assert set(log.connects) == {("127.0.0.1", bedrock.port)}
    assert [request.refused for request in bedrock.requests] == [None, None]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fetch", FETCHES)
def test_botocore_would_have_asked(fetch: str, kind: str, trap: Any) -> None:
    """The control: read once, each of them opens a connection of its own."""
    with ConnectLog() as log, pytest.raises(Exception):  # noqa: B017 - the trap hangs up, in many words
        KINDS[kind](FETCHES[fetch](trap.port)).get_frozen_credentials()
    assert ("127.0.0.1", trap.port) in log.connects
