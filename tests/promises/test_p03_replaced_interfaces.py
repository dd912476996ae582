"""P03: an endpoint whose interfaces were replaced is looked up once more; what EC2 does not list stays refused."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.client.parts import Parts
from secure_bedrock.client.typed_calls import TypedCalls
from secure_bedrock.discovery.renewals import RENEWAL_S
from secure_bedrock.errors import (
    AddressDenied,
    ConnectFailed,
    DeadlineExceeded,
    EndpointDenied,
    EndpointNotFound,
)
from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.testing import (
    ConnectLog,
    LocalAuthority,
    LocalBedrock,
    LocalEndpoint,
    LocalVpc,
    LoopbackConnector,
    StaticResolver,
)
from secure_bedrock.transport.credentials import FrozenCredentials
from secure_bedrock.values import Deadline
from secure_bedrock.values.restore import forget_all

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
OLD, SECOND, NEW, PUBLIC = "10.20.1.10", "10.20.2.10", "10.20.1.77", "52.94.0.10"
RECREATED = "vpce-0fedcba9876543210"
UNDER = "bedrock-runtime.eu-west-1.vpce.amazonaws.com"
NEW_HOST = f"{RECREATED}-a1b2c3d4.{UNDER}"
ASKED_ONCE = ["DescribeVpcEndpoints", "DescribeNetworkInterfaces", "DescribeVpcs"]
THREADS = 64


class SlowToEc2(LoopbackConnector):
    """The way to EC2 can be made to take its time, as a network does that keeps to no time limit."""

    slow_s = 0.0

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        if address == "127.0.0.1":
            time.sleep(self.slow_s)
        return super().connect(address, port, timeout_s)


class Vpc:
    """A VPC whose EC2 and DNS can be changed under a client that has found its endpoint."""

    def __init__(self, bedrock: LocalBedrock, ec2: LocalVpc) -> None:
        bedrock.clear()
        ec2.clear()
        self.bedrock, self.ec2 = bedrock, ec2
        self.endpoint = LocalEndpoint(
            service="bedrock-runtime",
            addresses=[OLD, SECOND],
            endpoint_id=str(vpc_endpoint_id_of(bedrock.host)),
        )
        self.lists(OLD, SECOND)
        self.dns = StaticResolver({bedrock.host: [OLD]})
        # A server behind every address, also the public one: whoever is dialled answers.
        here = ("127.0.0.1", bedrock.port)
        self.servers = {**dict.fromkeys((OLD, SECOND, NEW, PUBLIC), here)}
        self.servers["127.0.0.1"] = ("127.0.0.1", ec2.port)
        self.connector = SlowToEc2(self.servers)
        self.now = 1000.0
        self.events: list[InvocationEvent] = []
        self.clients: list[Any] = []

    def lists(self, *addresses: str, **changes: Any) -> None:
        """What EC2 says from now on."""
        self.endpoint = replace(self.endpoint, addresses=addresses, **changes)
        self.ec2.set_endpoints([self.endpoint])

    def unplug(self, *addresses: str) -> None:
        """Nothing listens there any more."""
        for address in addresses:
            del self.connector._servers[address]

    def policy(self, *, deadline_s: float | None = None, **network: Any) -> Policy:
        given = {
            "address_check": "eni",
            "ca_bundle": self.bedrock.ca_path,
            "endpoints": {"ec2": self.ec2.policy_mapping()},
            **network,
        }
        return Policy(
            region="eu-west-1",
            models=[MODEL],
            network=given,
            retry={"max_attempts": 1},
            timeouts={} if deadline_s is None else {"deadline_s": deadline_s},
        )

    def typed(
        self, policy: Policy | None = None, credentials: object = None
    ) -> SecureBedrockClient:
        keys = credentials or self.bedrock.credentials
        client = SecureBedrockClient(policy or self.policy(), credentials=keys)
        client._parts = Parts(
            client.policy,
            credentials=keys,
            sinks=[self.events.append],
            resolver=self.dns,
            connector=self.connector,
        )
        client._calls = TypedCalls(client._parts)
        client._parts.routes._clock = lambda: self.now
        self.clients.append(client)
        return client

    @property
    def dialled(self) -> list[str]:
        """The addresses that Bedrock was dialled at, EC2's own left out."""
        return [each.address for each in self.connector.attempts if each.address != "127.0.0.1"]

    @property
    def ec2_asked(self) -> list[str | None]:
        return [request.operation for request in self.ec2.requests]


@pytest.fixture(scope="module")
def running(authority: LocalAuthority) -> Iterator[tuple[LocalBedrock, LocalVpc]]:
    with LocalBedrock(authority=authority, tls_names=[NEW_HOST]) as bedrock:
        with LocalVpc(authority=authority, credentials=bedrock.credentials) as ec2:
            yield bedrock, ec2


@pytest.fixture
def vpc(running: tuple[LocalBedrock, LocalVpc], plain_surroundings: Path) -> Iterator[Vpc]:
    made = Vpc(*running)
    yield made
    for client in made.clients:
        client.close()


Call = Callable[[], Any]


def typed_call(vpc: Vpc, policy: Policy | None = None, credentials: object = None) -> Call:
    client = vpc.typed(policy, credentials)
    return lambda: client.converse(MODEL, "hello").text


def hardened_call(vpc: Vpc, policy: Policy | None = None, credentials: object = None) -> Call:
    client = vpc.typed(policy, credentials).client("bedrock-runtime")
    vpc.clients.append(client)
    return lambda: client.converse(modelId=MODEL, messages=MESSAGES)["output"]["message"][
        "content"
    ][0]["text"]


@pytest.fixture(params=[typed_call, hardened_call], ids=["typed", "hardened"])
def opened(request: pytest.FixtureRequest) -> Callable[..., Call]:
    """Opens a client of either front end and gives its call."""
    made: Callable[..., Call] = request.param
    return made


def refusal_of(call: Call) -> AddressDenied:
    with pytest.raises(AddressDenied) as caught:
        call()
    return caught.value


def use_and_age(vpc: Vpc, call: Call) -> None:
    """One call that works, and then no connection that could be used again."""
    assert call() == "You said: hello"
    for client in vpc.clients:
        way = _way_of(client)
        if way is not None:
            way.transport().drain()
    vpc.events.clear()


def _way_of(client: Any) -> Any:
    if isinstance(client, SecureBedrockClient):
        channel = client._parts._channels.get("bedrock-runtime")
        return None if channel is None else channel._way
    return client._secure.way


def test_a_replaced_interface_works_once_ec2_lists_it(vpc: Vpc, opened: Any) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [NEW])
    vpc.lists(NEW, SECOND)
    with ConnectLog() as log:
        assert call() == "You said: hello"

    assert vpc.dialled == [OLD, NEW]
    assert vpc.ec2_asked == ASKED_ONCE * 2
    assert log.connects.count(("127.0.0.1", vpc.bedrock.port)) == 1
    (event,) = [each for each in vpc.events if each.operation == "Converse"]
    assert (event.outcome, event.attempts, event.peer_ip) == ("ok", 1, NEW)


def test_a_connection_is_kept_for_its_age_and_then_its_name_is_judged_anew(
    vpc: Vpc, opened: Any
) -> None:
    call = opened(vpc)
    call()
    pool = _way_of(vpc.clients[-1]).transport()._pool
    began = pool._clock()
    vpc.dns.set(vpc.bedrock.host, [PUBLIC])
    for at_s in range(50, 300, 50):  # never idle for a minute
        pool._clock = lambda at_s=at_s: began + at_s
        assert call() == "You said: hello"
    pool._clock = lambda: began + 301

    assert refusal_of(call).rule == "not-eni-address"
    assert vpc.dialled == [OLD]


@pytest.mark.parametrize("answers", [[NEW], [OLD, NEW]])
def test_what_ec2_does_not_list_stays_refused_and_is_looked_up_once_in_a_while(
    vpc: Vpc, opened: Any, answers: list[str]
) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, answers)
    with ConnectLog() as log:
        for _ in range(5):
            assert refusal_of(call).rule == "not-eni-address"

    assert vpc.dialled == [OLD]  # the first call's
    assert ("127.0.0.1", vpc.bedrock.port) not in log.connects
    assert vpc.ec2_asked == ASKED_ONCE * 2
    vpc.now += RENEWAL_S
    refusal_of(call)
    assert vpc.ec2_asked == ASKED_ONCE * 3


IMPOSSIBLE = {
    "a public address": [PUBLIC],
    "a public address beside the endpoint's": [OLD, PUBLIC],
    "a private address of another network": ["10.99.1.10"],
    "an address of no network": ["0.0.0.0"],
    "the metadata service": ["169.254.169.254"],
    "this machine": ["127.0.0.1"],
}


@pytest.mark.parametrize("answers", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_no_interface_of_the_vpc_can_have_is_refused_without_a_question(
    vpc: Vpc, opened: Any, answers: list[str]
) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, answers)
    with ConnectLog() as log:
        refused = refusal_of(call)

    assert refused.address == answers[-1]
    assert log.connects == []
    assert vpc.ec2_asked == ASKED_ONCE
    vpc.dns.set(vpc.bedrock.host, [NEW])  # and the interval has not begun
    vpc.lists(NEW)
    assert call() == "You said: hello"


def test_a_caller_in_haste_does_not_cost_the_others_their_renewal(vpc: Vpc) -> None:
    client = vpc.typed()
    use_and_age(vpc, lambda: client.converse(MODEL, "hello").text)
    vpc.dns.set(vpc.bedrock.host, [NEW])
    vpc.lists(NEW, SECOND)
    vpc.connector.slow_s = 0.5
    with pytest.raises(AddressDenied) as caught:
        client.converse(MODEL, "hello", deadline_s=0.3)
    assert isinstance(caught.value.__cause__, DeadlineExceeded)
    vpc.connector.slow_s = 0.0

    assert client.converse(MODEL, "hello").text == "You said: hello"


def test_a_deadline_that_ends_discovery_is_the_calls_deadline(vpc: Vpc) -> None:
    client = vpc.typed()
    vpc.connector.slow_s = 0.5
    hasty = vpc.typed(vpc.policy(deadline_s=0.3)).client("bedrock-runtime")
    vpc.clients.append(hasty)
    with pytest.raises(DeadlineExceeded):
        client.converse(MODEL, "hello", deadline_s=0.3)
    with pytest.raises(ReadTimeoutError) as caught:
        hasty.converse(modelId=MODEL, messages=MESSAGES)

    assert isinstance(caught.value.__cause__, DeadlineExceeded)
    ended = [each for each in vpc.events if each.operation == "Converse"]
    assert [each.outcome for each in ended] == ["error", "error"]
    vpc.connector.slow_s = 0.0
    assert client.converse(MODEL, "hello").text == "You said: hello"


def test_a_change_that_comes_within_the_interval_is_found_after_it(vpc: Vpc, opened: Any) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [NEW])
    refusal_of(call)
    vpc.lists(NEW)
    vpc.now += RENEWAL_S - 1
    refusal_of(call)
    vpc.now += 1

    assert call() == "You said: hello"


def test_an_ec2_that_fails_meanwhile_refuses_and_loses_nothing(vpc: Vpc, opened: Any) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [NEW])
    vpc.ec2.deny("DescribeNetworkInterfaces")
    refused = refusal_of(call)

    assert refused.rule == "not-eni-address"
    assert isinstance(refused.__cause__, EndpointNotFound)
    assert "AWS refused ec2:DescribeNetworkInterfaces" in str(refused.__cause__)
    vpc.dns.set(vpc.bedrock.host, [SECOND])
    assert call() == "You said: hello"


def test_an_interface_outside_the_vpcs_cidrs_is_refused_although_ec2_lists_it(
    vpc: Vpc, opened: Any
) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.lists(PUBLIC, NEW)
    vpc.dns.set(vpc.bedrock.host, [NEW, PUBLIC])

    refused = refusal_of(call)

    assert refused.rule == "not-eni-address"
    assert getattr(refused.__cause__, "rule", None) == "endpoint-public-address"
    assert PUBLIC not in vpc.dialled


def test_threads_that_are_refused_at_once_ask_once_and_all_go_on(vpc: Vpc, opened: Any) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [NEW])
    vpc.lists(NEW, SECOND)
    barrier = Barrier(THREADS, timeout=20)

    def together(_number: int) -> str:
        barrier.wait()
        return str(call())

    with ThreadPoolExecutor(THREADS) as pool:
        said = list(pool.map(together, range(THREADS)))

    assert said == ["You said: hello"] * THREADS
    assert vpc.ec2_asked == ASKED_ONCE * 2
    assert len([each for each in vpc.events if each.operation == "Converse"]) == THREADS


GONE: dict[str, Callable[[Vpc], None]] = {
    "its name has no address": lambda vpc: vpc.dns.set(vpc.bedrock.host, []),
    "nothing listens there": lambda vpc: vpc.unplug(OLD, SECOND),
}


@pytest.mark.parametrize("how", GONE)
def test_an_endpoint_that_was_made_anew_is_found_under_its_new_name(
    vpc: Vpc, opened: Any, how: str
) -> None:
    call = opened(vpc)
    use_and_age(vpc, call)
    GONE[how](vpc)
    vpc.lists(NEW, endpoint_id=RECREATED)
    vpc.dns.set(NEW_HOST, [NEW])

    assert call() == "You said: hello"
    assert vpc.bedrock.requests[-1].headers["host"] == NEW_HOST
    (event,) = [each for each in vpc.events if each.operation == "Converse"]
    assert (event.endpoint_host, event.vpc_endpoint_id) == (NEW_HOST, RECREATED)
    assert (event.attempts, event.outcome) == (1, "ok")


def test_an_endpoint_that_the_policy_names_is_not_exchanged_for_another(
    vpc: Vpc, opened: Any
) -> None:
    endpoints = {
        "ec2": vpc.ec2.policy_mapping(),
        "bedrock-runtime": {"vpc_endpoint_id": vpc_endpoint_id_of(vpc.bedrock.host)},
    }
    call = opened(vpc, vpc.policy(endpoints=endpoints))
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [])
    vpc.dns.set(NEW_HOST, [NEW])
    vpc.lists(NEW, endpoint_id=RECREATED)

    assert refusal_of(call).rule == "no-answer"
    assert NEW not in vpc.dialled


def test_a_route_that_people_stated_asks_nobody(vpc: Vpc, opened: Any) -> None:
    """CIDRs and a name in the policy: EC2's own table beside them changes nothing."""
    endpoints = {
        "ec2": vpc.ec2.policy_mapping(),
        "bedrock-runtime": {"host": vpc.bedrock.host},
    }
    policy = vpc.policy(address_check="cidr", cidrs=["10.20.0.0/16"], endpoints=endpoints)
    call = opened(vpc, policy)
    use_and_age(vpc, call)
    vpc.dns.set(vpc.bedrock.host, [])

    assert refusal_of(call).rule == "no-answer"
    assert vpc.ec2_asked == []


class FailingSts:
    """Credentials that come over a route of their own, which is the one that can't be reached."""

    def __init__(self, keys: Any) -> None:
        self.keys, self.fails = keys, False

    def frozen(self) -> FrozenCredentials:
        if self.fails:
            self.fails = False  # EC2 could be asked again
            raise ConnectFailed("STS can't be reached", rule="connect-failed")
        return FrozenCredentials(self.keys.access_key, self.keys.secret_key, self.keys.token)


def test_credentials_that_can_not_be_fetched_do_not_make_the_route_outdated(
    vpc: Vpc, opened: Any
) -> None:
    source = FailingSts(vpc.bedrock.credentials)
    call = opened(vpc, credentials=source)
    use_and_age(vpc, call)
    source.fails = True
    with pytest.raises((ConnectFailed, EndpointConnectionError)):
        call()

    assert vpc.ec2_asked == ASKED_ONCE


def test_a_restored_snapshot_finds_its_route_anew_before_anything_is_refused(
    vpc: Vpc, opened: Any
) -> None:
    call = opened(vpc)
    call()
    vpc.dns.set(vpc.bedrock.host, [])
    vpc.dns.set(NEW_HOST, [NEW])
    vpc.lists(NEW, endpoint_id=RECREATED)
    forget_all()

    assert call() == "You said: hello"
    assert vpc.dialled == [OLD, NEW]
    assert [query.host for query in vpc.dns.queries] == [vpc.bedrock.host, NEW_HOST]


def test_a_call_that_has_begun_ends_over_the_route_that_it_began_with(vpc: Vpc) -> None:
    """Another thread's renewal in the middle of botocore's preparations must not look like a rewritten URL."""
    client = vpc.typed().client("bedrock-runtime")
    vpc.clients.append(client)
    way = client._secure.way
    vpc.lists(NEW, endpoint_id=RECREATED)
    refused = AddressDenied("was", rule="not-eni-address", address=NEW)

    def meanwhile(**_event: Any) -> None:
        assert way.renewed(way.transport(), refused, Deadline())

    client.meta.events.register_first("provide-client-params", meanwhile)
    client.converse(modelId=MODEL, messages=MESSAGES)

    assert vpc.dialled == [OLD]
    assert (way.route().host, vpc.events[-1].endpoint_host) == (NEW_HOST, vpc.bedrock.host)


def test_a_zonal_name_that_a_caller_chose_stays_chosen(vpc: Vpc) -> None:
    zonal = vpc.bedrock.host.replace(".bedrock-runtime", "-eu-west-1a.bedrock-runtime", 1)
    vpc.dns.set(zonal, [OLD])
    chosen = vpc.typed().client("bedrock-runtime", endpoint_url=f"https://{zonal}")
    vpc.clients.append(chosen)
    way = chosen._secure.way
    assert way.route().host == zonal
    tried = way.transport()
    vpc.lists(NEW, SECOND)
    refused = AddressDenied("was", rule="not-eni-address", address=NEW)

    assert way.renewed(tried, refused, Deadline())
    assert (way.route().host, way.route().addresses) == (zonal, (NEW, SECOND))
    vpc.lists(NEW, endpoint_id=RECREATED)
    vpc.now += RENEWAL_S
    with pytest.raises(AddressDenied) as caught:
        way.renewed(way.transport(), refused, Deadline())
    assert isinstance(caught.value.__cause__, EndpointDenied)
    assert way.route().host == zonal
