"""P04: whatever an approved endpoint says of another place, nothing goes there, and a redirect is a named refusal."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

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
from secure_bedrock.testing.reply import Reply
from secure_bedrock.values import parse_region, parse_service
from tests.corpus import BYPASS, FIXTURE, CorpusEntry

HOST = FIXTURE["dns_names"][0]
ENI, PUBLIC = "10.0.1.10", "52.94.0.10"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
NATIVE = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}'
CALLS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "typed": {
        "Converse": lambda c: c.converse(MODEL, "hello"),
        "ConverseStream": lambda c: list(c.converse_stream(MODEL, "hello")),
        "InvokeModel": lambda c: c.invoke_model(MODEL, NATIVE),
    },
    "hardened": {
        "Converse": lambda c: c.converse(modelId=MODEL, messages=MESSAGES),
        "ConverseStream": lambda c: list(
            c.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
        ),
        "InvokeModel": lambda c: c.invoke_model(modelId=MODEL, body=NATIVE)["body"].read(),
    },
}
REDIRECTS = [
    name
    for name, entry in BYPASS.items()
    if entry["category"] == "redirect" and entry["expect"] == "refused"
]


class Place:
    """A server behind the endpoint's address and, were it dialled, behind the public one too."""

    def __init__(self, server: LocalBedrock) -> None:
        server.clear()
        here = ("127.0.0.1", server.port)
        self.server = server
        self.resolver = StaticResolver({HOST: [ENI]})
        self.connector = LoopbackConnector({ENI: here, PUBLIC: here})
        self.policy = Policy(
            region=server.region, models=[MODEL], network={"ca_bundle": server.ca_path}
        )
        self.route = PrivateRoute(
            service=parse_service("bedrock-runtime"),
            region=parse_region(server.region),
            host=HOST,
            names=frozenset(FIXTURE["dns_names"]),
            address_check="eni",
            addresses=tuple(FIXTURE["eni_ips"]),
            cidrs=tuple(FIXTURE["vpc_cidrs"]),
        )

    def require_one_way(self, log: ConnectLog, *, requests: int) -> None:
        """One connection, to the endpoint's address, asked for by its name alone."""
        assert [(a.address, a.port) for a in self.connector.attempts] == [(ENI, 443)]
        assert [query.host for query in self.resolver.queries] == [HOST]
        assert log.connects == [("127.0.0.1", self.server.port)]
        assert log.public == []
        assert [request.refused for request in self.server.requests] == [None] * requests


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(region=FIXTURE["region"], host=HOST, authority=authority) as running:
        yield running


@pytest.fixture
def place(server: LocalBedrock) -> Place:
    return Place(server)


@pytest.fixture(params=CALLS)
def front(
    request: pytest.FixtureRequest, place: Place, typed_over: Any, hardened_over: Any
) -> tuple[str, Any]:
    """Each front end's name, and a client of it."""
    make = typed_over if request.param == "typed" else hardened_over
    client = make(place.route, place.policy, resolver=place.resolver, connector=place.connector)
    return request.param, client


@pytest.mark.parametrize("operation", CALLS["typed"])
@pytest.mark.corpus(*REDIRECTS)
def test_a_redirect_is_refused_by_name_and_nothing_follows_it(
    corpus_entry: CorpusEntry, operation: str, front: tuple[str, Any], place: Place
) -> None:
    name, client = front
    told = corpus_entry["setup"]["server"]
    place.server.fault(Fault.redirect(told["status"], told["location"]), times=None)

    with ConnectLog() as log, pytest.raises(corpus_entry.refusal) as caught:
        CALLS[name][operation](client)

    assert str(told["status"]) in str(caught.value)
    place.require_one_way(log, requests=1)


@pytest.mark.corpus("redir-alt-svc")
def test_another_place_for_the_same_service_is_not_tried(
    corpus_entry: CorpusEntry, front: tuple[str, Any], place: Place
) -> None:
    name, client = front
    told = corpus_entry["setup"]["server"]
    assert corpus_entry["expect"] == "allowed_ignored"

    def advertised(reply: Reply) -> Any:
        extra = tuple(told["headers"].items())
        return Reply(
            status=told["status"], headers=(*reply.headers, *extra), body=reply.body
        ).steps()

    place.server.fault(Fault("alt-svc", "plain", advertised, delivers=True), times=None)

    with ConnectLog() as log:
        for _ in range(3):
            CALLS[name]["Converse"](client)

    place.require_one_way(log, requests=3)
