"""P03: a name is resolved once per new connection, all answers are judged, and the judged address is dialled."""

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from secure_bedrock.errors import AddressDenied
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
from secure_bedrock.values import AddressCheck, parse_region, parse_service
from tests.corpus import CorpusEntry

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
ENI, SECOND, OTHER, PUBLIC = "10.0.1.10", "10.0.2.10", "10.0.9.9", "52.94.0.10"
FRONTS = ("typed", "hardened")


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(authority=authority) as running:
        yield running


class Alternating:
    """A resolver whose answer changes with each query, as a name with a TTL of 0 may."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        self.asked.append(host)
        return self._answers[(len(self.asked) - 1) % len(self._answers)]


class Scene:
    """A server behind every address, also the public one: whoever is dialled answers."""

    def __init__(
        self, server: LocalBedrock, peers: dict[str, tuple[str, int]] | None = None
    ) -> None:
        server.clear()
        everyone = (ENI, SECOND, OTHER, PUBLIC)
        here = ("127.0.0.1", server.port)
        self.server = server
        self.connector = LoopbackConnector(dict.fromkeys(everyone, here), peers=peers)
        self.policy = Policy(
            region=server.region, models=[MODEL], network={"ca_bundle": server.ca_path}
        )

    def route(self, check: AddressCheck = "eni") -> PrivateRoute:
        return PrivateRoute(
            service=parse_service("bedrock-runtime"),
            region=parse_region(self.server.region),
            host=self.server.host,
            names=frozenset({self.server.host}),
            address_check=check,
            addresses=(ENI, SECOND),
            cidrs=("10.0.0.0/16",),
        )

    @property
    def dialled(self) -> list[str]:
        return [attempt.address for attempt in self.connector.attempts]


@pytest.fixture(params=FRONTS)
def opened(
    request: pytest.FixtureRequest, typed_over: Any, hardened_over: Any
) -> Callable[..., Callable[[], Any]]:
    """Opens a client of either front end over a scene and gives its call."""

    def make(scene: Scene, resolver: Any, check: AddressCheck = "eni") -> Callable[[], Any]:
        front = typed_over if request.param == "typed" else hardened_over
        network = {"resolver": resolver, "connector": scene.connector}
        client = front(scene.route(check), scene.policy, **network)
        if request.param == "typed":
            return lambda: client.converse(MODEL, "hello")
        return lambda: client.converse(modelId=MODEL, messages=MESSAGES)

    return make


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except AddressDenied as refusal:
        return refusal.rule
    return "answered"


@pytest.mark.corpus("time-rebind-flip")
@pytest.mark.parametrize("first", [ENI, PUBLIC])
def test_a_name_that_flips_is_refused_or_private_and_never_asked_twice(
    corpus_entry: CorpusEntry, first: str, server: LocalBedrock, opened: Any
) -> None:
    """Checking and connecting by name would see different answers."""
    assert corpus_entry.refusal is AddressDenied  # the one kind that `outcome` knows
    scene = Scene(server)
    resolver = Alternating([first], [PUBLIC if first == ENI else ENI])

    # A new client each time, so that every call needs a connection.
    outcomes = [outcome(opened(scene, resolver)) for _ in range(8)]

    turns = ["answered", "not-eni-address"]
    assert outcomes == (turns if first == ENI else turns[::-1]) * 4
    assert resolver.asked == [server.host] * 8
    assert scene.dialled == [ENI] * 4
    assert len(server.requests) == 4


@pytest.mark.corpus("time-half-closed-retry")
def test_a_kept_connection_asks_nobody_and_a_new_one_is_judged_anew(
    corpus_entry: CorpusEntry, server: LocalBedrock, opened: Any
) -> None:
    """The kept connection dies, DNS is public by then, nothing is tried again."""
    scene = Scene(server)
    resolver = StaticResolver({server.host: [ENI]})
    call = opened(scene, resolver)
    assert outcome(call) == "answered"
    resolver.set(server.host, [PUBLIC])
    assert outcome(call) == "answered"
    assert len(resolver.queries) == 1

    server.fault(Fault.all()["reset-after-request"])
    with pytest.raises(corpus_entry.refusal) as caught:
        call()
    assert caught.value.rule == "not-eni-address"

    assert len(resolver.queries) == 2
    assert scene.dialled == [ENI]
    assert len(server.requests) == 3


ANSWERS: dict[str, tuple[AddressCheck, list[str], str]] = {
    "an interface address": ("eni", [ENI], "answered"),
    "both interface addresses": ("eni", [SECOND, ENI], "answered"),
    "a public one first": ("eni", [PUBLIC, ENI], "not-eni-address"),
    "a public one last": ("eni", [ENI, SECOND, PUBLIC], "not-eni-address"),
    "an address of the VPC that is not the endpoint's": ("eni", [ENI, OTHER], "not-eni-address"),
    "no answer": ("eni", [], "no-answer"),
    "no answer under CIDRs": ("cidr", [], "no-answer"),
    "an address of the VPC under CIDRs": ("cidr", [OTHER], "answered"),
    "a public one between two of the VPC": ("cidr", [OTHER, PUBLIC, ENI], "outside-vpc-cidrs"),
    "text that is no address": ("eni", [ENI, "10.0.1.10.evil"], "not-an-address"),
    "another spelling of a good one": ("eni", ["10.0.1.010"], "not-an-address"),
    "a good one with a zone": ("eni", [f"{ENI}%eth0"], "scoped-address"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_judged_and_one_bad_one_refuses_the_name(
    name: str, server: LocalBedrock, opened: Any
) -> None:
    check, answers, expected = ANSWERS[name]
    scene = Scene(server)
    resolver = StaticResolver({server.host: answers}, honour_families=False)

    with ConnectLog() as log:
        assert outcome(opened(scene, resolver, check)) == expected

    answered = expected == "answered"
    assert scene.dialled == (answers[:1] if answered else [])
    assert log.connects == [("127.0.0.1", server.port)] * answered
    assert len(server.requests) == answered
    assert len(resolver.queries) == 1


@pytest.mark.parametrize("peer", [(PUBLIC, 443), (SECOND, 443), (ENI, 8443)])
def test_a_peer_other_than_the_one_dialled_gets_no_byte(
    peer: tuple[str, int], server: LocalBedrock, opened: Any
) -> None:
    scene = Scene(server, peers={ENI: peer})

    assert outcome(opened(scene, StaticResolver({server.host: [ENI]}))) == "peer-mismatch"

    assert scene.dialled == [ENI]
    assert server.requests == []
