"""Whatever part of a hardened client is exchanged or bent, its request goes to the endpoint as judged, or nowhere."""

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.endpoint import Endpoint
from botocore.hooks import HierarchicalEmitter
from botocore.httpsession import URLLib3Session
from botocore.model import ServiceModel
from botocore.serialize import create_serializer
from botocore.signers import RequestSigner

from secure_bedrock.errors import Denied, ModelDenied, OperationDenied, TransportTampered
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
FORGED = {"output": {"message": {"role": "assistant", "content": [{"text": "forged"}]}}}
OK = SimpleNamespace(status_code=200, headers={})
PUBLIC = "https://52.94.0.10"
ANSWERED = "answered"
Untyped: Any = Endpoint  # botocore-stubs know less of it than there is


@dataclass(frozen=True)
class Place:
    """What a swap works on; `proxy` is where nothing of ours may come."""

    client: Any
    other: Any
    proxy: str
    stack: Any

    def patch(self, owner: Any, name: str, new: Any) -> None:
        """Replace an attribute until the end of the test."""
        self.stack.setattr(owner, name, new)


def stock_session(place: Place) -> Any:
    return URLLib3Session(verify=False, proxies={"https": place.proxy})


def put_session(place: Place) -> None:
    place.client._endpoint._session = stock_session(place)


def put_endpoint(place: Place) -> None:
    place.client._endpoint = Untyped(
        place.client.meta.endpoint_url,
        SERVICE,
        place.client.meta.events,
        http_session=stock_session(place),
    )


def put_endpoint_on_the_way(place: Place) -> None:
    place.client.meta.events.register("before-call", lambda **_: put_endpoint(place))


def put_the_others_endpoint(place: Place) -> None:
    place.client._endpoint = place.other._endpoint


def put_host(place: Place) -> None:
    place.client._endpoint.host = PUBLIC
    place.client.meta._endpoint_url = PUBLIC


def put_rules(place: Place) -> None:
    moved = SimpleNamespace(url=PUBLIC, headers={}, properties={})
    place.client._ruleset_resolver = SimpleNamespace(construct_endpoint=lambda **_: moved)


def put_signer(place: Place) -> None:
    client = place.client
    emitter = client.meta.events
    keys: Any = Credentials("AKIDOTHER", "other")
    client._request_signer = RequestSigner(
        client.meta.service_model.service_id, "us-east-1", "s3", "v4", keys, emitter
    )


def put_proxies(place: Place) -> None:
    place.client.meta.config.proxies = {"https": place.proxy}
    place.client._client_config.proxies = {"https": place.proxy}


def put_settings(place: Place) -> None:
    config: Any = Config(
        region_name="us-east-1", signature_version="bearer", proxies={"https": place.proxy}
    )
    place.client.meta._client_config = place.client._client_config = config


def put_host_prefix(place: Place) -> None:
    place.client._client_config.inject_host_prefix = True
    put_serializer(host_prefix="evil.")(place)


def put_serializer(**values: Any) -> Callable[[Place], None]:
    """Another serialiser, which writes these values into each request."""

    def swap(place: Place) -> None:
        genuine: Any = create_serializer("rest-json", False)

        def serialize(parameters: Any, operation: Any) -> Any:
            return {**genuine.serialize_to_request(parameters, operation), **values}

        place.client._serializer = SimpleNamespace(serialize_to_request=serialize)

    return swap


def put_parser(place: Place) -> None:
    place.client._response_parser = SimpleNamespace(parse=lambda *_: FORGED)


def put_user_agent(place: Place) -> None:
    place.client._user_agent_creator = SimpleNamespace(to_string=lambda: "x\r\nHost: evil.example")


def put_model(place: Place) -> None:
    document = copy.deepcopy(packaged_loader().load_service_model(SERVICE, "service-2"))
    document["operations"]["Converse"]["http"]["requestUri"] = "/async-invoke"
    place.client.meta._service_model = ServiceModel(document, service_name=SERVICE)


def put_events(place: Place) -> None:
    place.client.meta._events = place.client.meta.events = HierarchicalEmitter()


def put_the_endpoints_events(place: Place) -> None:
    place.client._endpoint._event_emitter = HierarchicalEmitter()


def patch_make_request(place: Place) -> None:
    place.patch(BaseClient, "_make_request", lambda *_: (OK, FORGED))


def patch_endpoint(place: Place) -> None:
    place.patch(Endpoint, "make_request", lambda *_: (OK, FORGED))
    place.patch(Endpoint, "_send", lambda *_: OK)


def patch_prepare(place: Place) -> None:
    genuine: Any = Untyped.prepare_request

    def prepare(self: Any, request: Any) -> Any:
        prepared = genuine(self, request)
        prepared.url = f"{PUBLIC}/{prepared.url.rpartition('/')[2]}"
        return prepared

    place.patch(Endpoint, "prepare_request", prepare)


def patch_signing(place: Place) -> None:
    place.patch(SigV4Auth, "add_auth", lambda *_: None)


def patch_sending(place: Place) -> None:
    place.patch(URLLib3Session, "send", lambda *_: OK)


Swap = Callable[[Place], None]
SWAPS: dict[str, tuple[Swap, str | type[Exception]]] = {
    "the endpoint's session": (put_session, TransportTampered),
    "the endpoint": (put_endpoint, TransportTampered),
    "the endpoint, during the call": (put_endpoint_on_the_way, TransportTampered),
    "the endpoint of another client": (put_the_others_endpoint, TransportTampered),
    "the endpoint's host": (put_host, ANSWERED),
    "the endpoint's rules": (put_rules, ANSWERED),
    "the signer": (put_signer, ANSWERED),
    "proxies in the configuration": (put_proxies, ANSWERED),
    "the configuration": (put_settings, ANSWERED),
    "a host prefix": (put_host_prefix, TransportTampered),
    "the serialiser, with another model": (
        put_serializer(url_path="/model/anthropic.claude-v2%3A1/converse"),
        ModelDenied,
    ),
    "the serialiser, with another operation": (
        put_serializer(url_path="/async-invoke"),
        OperationDenied,
    ),
    "the serialiser, with another host as path": (
        put_serializer(url_path="//52.94.0.10/model"),
        OperationDenied,
    ),
    "the serialiser, with a query": (put_serializer(query_string={"x": "y"}), OperationDenied),
    "the serialiser, with a body twice": (
        put_serializer(headers={"Content-Length": "1"}),
        Denied,
    ),
    "the parser": (put_parser, ANSWERED),
    "the user agent": (put_user_agent, Denied),
    "the service's model": (put_model, OperationDenied),
    "the client's events": (put_events, ANSWERED),
    "the endpoint's events": (put_the_endpoints_events, OperationDenied),
    "botocore's requests, patched": (patch_make_request, TransportTampered),
    "botocore's endpoint, patched": (patch_endpoint, ANSWERED),
    "botocore's preparation, patched": (patch_prepare, TransportTampered),
    "botocore's signature, patched": (patch_signing, ANSWERED),
    "botocore's HTTP, patched": (patch_sending, ANSWERED),
}


@pytest.fixture
def place(make: Any, trap: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    yield Place(make(), make(), f"http://127.0.0.1:{trap.port}", monkeypatch)
    assert trap.caught == 0


def outcome_of(client: Any) -> str | type[Exception]:
    try:
        answer = client.converse(modelId=MODEL, messages=MESSAGES)
    except Exception as error:
        return type(error)
    (content,) = answer["output"]["message"]["content"]
    return ANSWERED if content == {"text": "You said: hello"} else "forged"


@pytest.mark.parametrize("name", SWAPS)
def test_a_swapped_part_moves_nothing(name: str, place: Place, bedrock: LocalBedrock) -> None:
    swap, expected = SWAPS[name]
    swap(place)

    with ConnectLog() as log:
        outcome = outcome_of(place.client)

    if isinstance(expected, str):
        assert outcome == expected
    else:
        assert isinstance(outcome, type)
        assert issubclass(outcome, expected), outcome
    spoken = expected == ANSWERED
    assert log.connects == ([("127.0.0.1", bedrock.port)] if spoken else [])
    assert log.lookups == []
    assert [request.refused for request in bedrock.requests] == [None] * spoken


def test_the_stock_endpoint_would_have_sent_it(place: Place, trap: Any) -> None:
    """The control: what is put in is alive, and nothing but our refusal holds it."""
    put_endpoint(place)
    place.client._guarded_endpoint = place.client._endpoint
    with ConnectLog() as log:
        assert outcome_of(place.client) != ANSWERED
    assert log.connects[0] == ("127.0.0.1", trap.port)
    trap.caught = 0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_client_itself(copied: Callable[[Any], Any], make: Any) -> None:
    client = make()
    assert copied(client) is client
    assert copied({"client": client})["client"] is client
    for part in (client, client._endpoint.http_session):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(part)


def test_a_clone_made_past_the_constructor_is_under_the_same_guard(
    make: Any, bedrock: LocalBedrock
) -> None:
    client = make()
    clone = object.__new__(type(client))
    clone.__dict__.update(client.__dict__)
    assert outcome_of(clone) == ANSWERED
    clone._endpoint = SimpleNamespace(make_request=lambda *_: (OK, FORGED), host=PUBLIC)
    assert outcome_of(clone) is TransportTampered
    assert outcome_of(client) == ANSWERED
    assert len(bedrock.requests) == 2


def test_an_answer_that_was_refused_gives_its_connection_back(make: Any) -> None:
    """A stream that nobody will read is not left open."""
    client = make()
    kept: list[Any] = []

    def replace(parsed: dict[str, Any], **_: Any) -> None:
        kept.append(parsed["stream"])
        parsed["stream"] = iter(())

    client.meta.events.register("after-call", replace)
    with pytest.raises(TransportTampered):
        client.converse_stream(modelId=MODEL, messages=MESSAGES)
    (stream,) = kept
    assert stream._raw_stream.closed


def test_a_patched_call_that_goes_on_to_the_genuine_one_is_no_swap(make: Any) -> None:
    """Tracing wraps botocore's call so."""
    genuine: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    seen: list[str] = []

    def traced(self: Any, operation: str, params: dict[str, Any]) -> Any:
        seen.append(f"{operation} {params}")
        return genuine(self, operation, params)

    with mock.patch.object(BaseClient, "_make_api_call", traced):
        assert outcome_of(make()) == ANSWERED
    assert seen == ["Converse {}"]  # what was said is withheld
