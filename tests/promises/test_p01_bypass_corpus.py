"""P01: every hostile and legitimate name, URL and DNS answer of the corpus, tried with whole clients."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from secure_bedrock.errors import Denied, OperationDenied
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock, LoopbackConnector
from secure_bedrock.values import AddressCheck, Deadline, parse_region, parse_service
from tests.corpus import BYPASS, FIXTURE, CorpusEntry

CATEGORIES = {"hostname", "endpoint_url", "idna", "dns", "ipv6"}
OURS = {name: entry for name, entry in BYPASS.items() if entry["category"] in CATEGORIES}
# Tests of their own: a story about time (test_p03_one_name_one_judgement.py), and below a service of which this
# version judges no operation.
APART = {"time-rebind-flip", "host-ok-agent-rt"}
ENTRIES = {name: entry for name, entry in OURS.items() if name not in APART}
ANSWERED = {name: entry for name, entry in ENTRIES.items() if entry["category"] in {"dns", "ipv6"}}
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
ENI = "10.0.1.10"

Entry = Mapping[str, Any]
Families = frozenset[socket.AddressFamily]


class EveryName:
    """A resolver that gives every name the same answers."""

    def __init__(self, answers: Sequence[str], *, obedient: bool) -> None:
        self._answers = answers
        self._obedient = obedient
        self.asked: list[str] = []

    def resolve(self, host: str, families: Families) -> Sequence[str]:
        """The answers; only those of the families asked for, unless it is a careless resolver."""
        self.asked.append(host)
        if not self._obedient:
            return self._answers
        return [
            answer
            for answer in self._answers
            if (socket.AF_INET6 if ":" in answer else socket.AF_INET) in families
        ]


def facts_of(entry: Entry) -> dict[str, Any]:
    return {**FIXTURE, **entry["setup"].get("pinned", {})}


def names_of(entry: Entry) -> frozenset[str]:
    """The pinned names, less the private-DNS ones where private DNS is off."""
    facts = facts_of(entry)
    private = facts["private_dns_enabled"]
    return frozenset(n for n in facts["dns_names"] if private or n.startswith("vpce-"))


def check_of(facts: dict[str, Any]) -> AddressCheck:
    if facts["eni_ips"]:
        return "eni"
    return "cidr" if facts["vpc_cidrs"] else "private"


def route_of(entry: Entry, host: str | None = None) -> PrivateRoute:
    facts = facts_of(entry)
    names = names_of(entry)
    return PrivateRoute(
        service=parse_service(entry["setup"].get("service", "bedrock-runtime")),
        region=parse_region(facts["region"]),
        host=host or min(names),
        names=names,
        address_check=check_of(facts),
        addresses=tuple(facts["eni_ips"] or ()),
        cidrs=tuple(facts["vpc_cidrs"] or ()),
    )


def dns_of(entry: Entry) -> list[str]:
    return list(entry["setup"].get("dns", [ENI]))


ALL_NAMES = sorted(set().union(*(facts_of(entry)["dns_names"] for entry in OURS.values())))


@pytest.fixture(scope="module")
def servers(authority: LocalAuthority) -> Iterator[Callable[[str], LocalBedrock]]:
    """A Bedrock for each Region that is asked for, with a certificate for every legitimate name."""
    running: dict[str, LocalBedrock] = {}

    def serve(region: str) -> LocalBedrock:
        if region not in running:
            made = LocalBedrock(region=region, tls_names=ALL_NAMES, authority=authority)
            running[region] = made.start()
        running[region].clear()
        return running[region]

    yield serve
    for server in running.values():
        server.stop()


class Try:
    """One entry with a server behind every approved address, and what was done to get there."""

    def __init__(self, entry: Entry, server: LocalBedrock, *, obedient: bool) -> None:
        facts = facts_of(entry)
        self.entry = entry
        self.server = server
        self.resolver = EveryName(dns_of(entry), obedient=obedient)
        self.approved = set(facts["eni_ips"] or dns_of(entry) * (entry["expect"] == "allowed"))
        # Reachable: what is approved, and what an attacker would answer with, were it dialled.
        everyone = {*self.approved, *dns_of(entry)}
        self.connector = LoopbackConnector(dict.fromkeys(everyone, ("127.0.0.1", server.port)))
        self.policy = Policy(
            region=facts["region"], models=[MODEL], network={"ca_bundle": server.authority.ca_path}
        )

    def judge(self, call: Callable[[], Any]) -> None:
        """Make the call and hold what it did against what the entry expects."""
        expected = self.entry["error"] if self.entry["expect"] == "refused" else None
        with ConnectLog() as log:
            try:
                call()
                error = None
            except Denied as refusal:
                error = type(refusal).__name__
        dialled = [attempt.address for attempt in self.connector.attempts]
        assert error == expected, self.entry["why"]
        assert log.public == []
        assert {address for address, _ in log.connects} <= {"127.0.0.1"}
        assert len(log.connects) == len(dialled)
        if expected is None:
            assert len(dialled) == 1
            assert set(dialled) <= self.approved
            assert {attempt.port for attempt in self.connector.attempts} == {443}
            assert [request.refused for request in self.server.requests] == [None]
        else:
            assert dialled == []
            assert self.server.requests == []
            assert self.resolver.asked == [] or expected == "AddressDenied"


@pytest.mark.parametrize("obedient", [True, False], ids=["obedient-dns", "careless-dns"])
@pytest.mark.corpus(*ENTRIES)
def test_the_entry_through_a_hardened_client(
    corpus_entry: CorpusEntry, obedient: bool, servers: Any, hardened_over: Any
) -> None:
    entry = corpus_entry
    trial = Try(entry, servers(facts_of(entry)["region"]), obedient=obedient)

    def call() -> None:
        client = hardened_over(
            route_of(entry),
            trial.policy,
            resolver=trial.resolver,
            connector=trial.connector,
            **entry["setup"]["client_kwargs"],
        )
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"

    trial.judge(call)


@pytest.mark.parametrize("obedient", [True, False], ids=["obedient-dns", "careless-dns"])
@pytest.mark.corpus(*ANSWERED)
def test_the_answer_through_a_typed_client(
    corpus_entry: CorpusEntry, obedient: bool, servers: Any, typed_over: Any
) -> None:
    entry = corpus_entry
    trial = Try(entry, servers(facts_of(entry)["region"]), obedient=obedient)
    host = entry["setup"]["client_kwargs"]["endpoint_url"].removeprefix("https://")

    def call() -> None:
        network = {"resolver": trial.resolver, "connector": trial.connector}
        client = typed_over(route_of(entry, host), trial.policy, **network)
        assert client.converse(MODEL, "hello").stop_reason == "end_turn"

    trial.judge(call)


@pytest.mark.corpus("host-ok-agent-rt")
def test_another_service_gets_its_own_endpoint_and_no_call_that_nobody_can_judge(
    corpus_entry: CorpusEntry, servers: Any, hardened_over: Any
) -> None:
    """The name is good for its client, a verified connection stands; its calls are P06's."""
    entry = corpus_entry
    assert entry["expect"] == "allowed"
    trial = Try(entry, servers(FIXTURE["region"]), obedient=True)
    url = entry["setup"]["client_kwargs"]["endpoint_url"]
    network = {"resolver": trial.resolver, "connector": trial.connector}
    client = hardened_over(route_of(entry), trial.policy, endpoint_url=url, **network)
    assert client.meta.endpoint_url == url

    with pytest.raises(OperationDenied):
        client.retrieve(knowledgeBaseId="ABCDEFGHIJ", retrievalQuery={"text": "hello"})
    assert trial.connector.attempts == []

    connection = client._secure.way.transport()._pool.lease(Deadline.after(5))
    connection.close()
    assert [attempt.address for attempt in trial.connector.attempts] == [ENI]
    assert f"https://{trial.resolver.asked[0]}" == url


def test_every_entry_of_these_categories_is_run() -> None:
    assert set(ENTRIES) | APART == set(OURS)
    assert len(OURS) == 91
    assert len(ANSWERED) == 23
