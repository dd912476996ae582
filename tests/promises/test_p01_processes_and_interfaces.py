"""P01 and P03: forked children and endpoints that were made anew: what is inherited, and what is judged again."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock, LocalEndpoint, LocalVpc
from tests.corpus import FIXTURE, CorpusEntry
from tests.forks import in_child
from tests.promises.place import ENIS, MODEL, PUBLIC, Call, Place, call_of

REPLACED = "10.0.1.77"
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
quiet_forks = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@forks
@quiet_forks
@pytest.mark.corpus("time-fork-after-client")
def test_a_forked_child_leaves_its_parents_connection_alone(
    corpus_entry: CorpusEntry, corpus_server: LocalBedrock, opened: Any
) -> None:
    assert corpus_entry["expect"] == "allowed"
    place = Place(corpus_server, *ENIS, PUBLIC)
    call = opened(place)
    assert call() == "end_turn"
    place.resolver.set(corpus_server.host, [PUBLIC])

    def refused() -> str:
        with pytest.raises(Exception, match="not-eni-address") as caught:
            call()
        return f"{type(caught.value).__name__} {place.dialled}"

    # The child's own connection is judged anew: the parent's would have hidden that the name leads elsewhere.
    assert in_child(refused) == f"AddressDenied {[ENIS[0]]}"
    place.resolver.set(corpus_server.host, ENIS[1:])
    assert in_child(lambda: f"{call()} {place.dialled}") == f"end_turn {ENIS}"
    assert call() == "end_turn"

    connections = [request.connection for request in corpus_server.requests]
    assert connections[0] == connections[2] != connections[1]
    assert place.dialled == ENIS[:1]


class Vpc:
    """Clients that ask EC2 where the endpoint is, and what EC2 was asked."""

    def __init__(self, ec2: LocalVpc, place: Place) -> None:
        self.ec2, self.place = ec2, place

    def stand(self, *addresses: str) -> None:
        """Let the endpoint have these addresses."""
        endpoint = LocalEndpoint(
            service="bedrock-runtime", addresses=addresses, endpoint_id=FIXTURE["vpc_endpoint_id"]
        )
        self.ec2.set_endpoints([endpoint])

    def client(self) -> SecureBedrockClient:
        network = {
            "address_check": "eni",
            "ca_bundle": self.ec2.ca_path,
            "endpoints": {"ec2": self.ec2.policy_mapping()},
        }
        policy = Policy(region=self.ec2.region, models=[MODEL], network=network)
        client = SecureBedrockClient(
            policy, credentials=self.ec2.credentials, sinks=[], resolver=self.place.resolver
        )
        parts: Any = client._parts
        parts.connector = self.place.connector
        return client


def first_call(front: str, client: SecureBedrockClient) -> Call:
    """A call of the client itself, or of a hardened one that it gives."""
    return call_of(front, client if front == "typed" else client.client("bedrock-runtime"))


@pytest.fixture
def vpc(
    authority: LocalAuthority, corpus_server: LocalBedrock, plain_surroundings: Path
) -> Iterator[Vpc]:
    cidrs = FIXTURE["vpc_cidrs"]
    with LocalVpc([], cidrs=cidrs, region=corpus_server.region, authority=authority) as ec2:
        made = Vpc(ec2, Place(corpus_server, *ENIS, REPLACED, PUBLIC))
        made.stand(*ENIS)
        yield made


@forks
@quiet_forks
@pytest.mark.corpus("time-fork-cached-eni")
def test_a_forked_child_inherits_what_is_known_of_the_endpoint(
    corpus_entry: CorpusEntry, front_name: str, vpc: Vpc
) -> None:
    assert corpus_entry["expect"] == "allowed"
    with vpc.client() as client:
        call = first_call(front_name, client)
        route = client.route()
        asked = len(vpc.ec2.requests)
        assert asked == 3

        assert in_child(lambda: f"{call()} {client.route() == route}") == "end_turn True"
        assert call() == "end_turn"

        assert len(vpc.ec2.requests) == asked
        assert [request.refused for request in vpc.place.server.requests] == [None, None]


@pytest.mark.corpus("time-eni-replaced")
def test_an_address_that_ec2_does_not_name_is_refused(
    corpus_entry: CorpusEntry, front_name: str, vpc: Vpc
) -> None:
    with vpc.client() as client:
        call = first_call(front_name, client)
        client.route()
        vpc.place.resolver.set(vpc.place.server.host, [REPLACED])

        with ConnectLog() as log, pytest.raises(corpus_entry.refusal, match="not-eni-address"):
            call()

    assert vpc.place.dialled == []
    assert {port for _, port in log.connects} <= {vpc.ec2.port}
    assert log.public == []
    assert vpc.place.server.requests == []


@pytest.mark.corpus("time-eni-replaced")
def test_an_address_that_ec2_names_by_now_is_used_after_one_look(
    corpus_entry: CorpusEntry, front_name: str, vpc: Vpc
) -> None:
    assert corpus_entry["expect"] == "allowed"
    with vpc.client() as client:
        call = first_call(front_name, client)
        client.route()
        asked = len(vpc.ec2.requests)
        vpc.stand(REPLACED)
        vpc.place.resolver.set(vpc.place.server.host, [REPLACED])

        assert call() == call() == "end_turn"

        assert client.route().addresses == (REPLACED,)
        assert len(vpc.ec2.requests) == 2 * asked
    assert vpc.place.dialled == [REPLACED]
