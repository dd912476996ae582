"""P05 and P06: each identifier of the corpus is sent by both front ends; a server tells which ones arrived."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.errors import (
    Denied,
    InvalidRequest,
    ModelDenied,
    OperationDenied,
    PolicyInvalid,
    SecureBedrockError,
)
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock
from tests.corpus import BYPASS, FIXTURE, MODEL_IDS, CorpusEntry
from tests.promises.every_call import HARDENED, TYPED, Call, count, network_of

Entry = Mapping[str, Any]
STRINGS = {name: entry for name, entry in MODEL_IDS.items() if isinstance(entry["candidate"], str)}
ALLOWED = [name for name, entry in STRINGS.items() if entry["expect"] == "allow"]
# Their allowlists are refused as a whole: no client exists that could send anything.
NO_POLICY = {"m213", "m214", "m216"}
DENIED = [n for n, e in STRINGS.items() if e["expect"] == "deny" and n not in NO_POLICY]
# Those of the other corpus, which are all denied under a policy of its fixture's Region.
BYPASSES = [name for name, entry in BYPASS.items() if entry["category"] == "model-id"]
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
FRONTS: Mapping[str, Mapping[str, Call]] = {
    "typed": TYPED,
    "hardened": {**HARDENED, "CountTokens": count},
}


class Bench:
    """A server for each Region that admits every model, and clients under an entry's own policy."""

    def __init__(self, authority: LocalAuthority) -> None:
        self._authority = authority
        self._servers: dict[str, LocalBedrock] = {}

    def server(self, region: str) -> LocalBedrock:
        if region not in self._servers:
            made = LocalBedrock(models=None, region=region, authority=self._authority)
            self._servers[region] = made.start()
        return self._servers[region]

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()

    def open(self, entry: Entry, front: str) -> tuple[LocalBedrock, Any, Any]:
        """The Region's server, afresh; the client; and the runner whose early check it passes."""
        server = self.server(entry["region"])
        server.clear()
        policy = Policy(
            region=entry["region"],
            models={"allow": entry["allowlist"], "accounts": entry["accounts"]},
            residency={"allow_global": True},
            network=network_of(server),
        )
        typed = SecureBedrockClient(policy, credentials=server.credentials, sinks=[])
        client = typed if front == "typed" else typed.client("bedrock-runtime")
        return server, client, typed._parts.runner


@pytest.fixture(scope="module")
def bench(authority: LocalAuthority) -> Iterator[Bench]:
    made = Bench(authority)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _plain(plain_surroundings: Path) -> None:
    """No setting of this machine takes part."""


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.corpus(*ALLOWED)
def test_an_allowed_identifier_arrives_once_and_unchanged(
    corpus_entry: CorpusEntry, front: str, bench: Bench
) -> None:
    entry = corpus_entry
    assert entry["expect"] == "allow"
    server, client, _ = bench.open(entry, front)
    operations = ["Converse", "ConverseStream"]

    for operation in operations:
        FRONTS[front][operation](client, entry["candidate"])

    client.close()
    assert [request.operation for request in server.requests] == operations
    assert {request.model_id for request in server.requests} == {entry["candidate"]}
    assert {request.refused for request in server.requests} == {None}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.corpus(*DENIED)
def test_a_denied_identifier_never_arrives(
    corpus_entry: CorpusEntry, front: str, bench: Bench
) -> None:
    assert corpus_entry["expect"] == "deny"
    require_denied(corpus_entry, corpus_entry["candidate"], front, bench)


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.corpus(*BYPASSES)
def test_a_denied_identifier_of_the_other_corpus_never_arrives(
    corpus_entry: CorpusEntry, front: str, bench: Bench
) -> None:
    assert (corpus_entry["expect"], corpus_entry.refusal) == ("refused", ModelDenied)
    policy = {"region": FIXTURE["region"], "allowlist": [MODEL], "accounts": ["111122223333"]}
    require_denied(policy, corpus_entry["setup"]["modelId"], front, bench)


# Counting asks no model, and takes base ids only: the base of a listed profile may be counted. See
# tests/policy/model/test_residency_decisions.py.
COUNTED = frozenset({"m082"})


def inference(entry: Entry, front: str) -> list[Callable[..., Any]]:
    """Every operation of the front end, less counting for an entry whose model may be counted."""
    counted = entry.get("id") in COUNTED
    return [call for name, call in FRONTS[front].items() if not (counted and name == "CountTokens")]


def require_denied(entry: Entry, model_id: object, front: str, bench: Bench) -> None:
    """Every operation of the front end refuses the model, and nothing was opened."""
    server, client, _ = bench.open(entry, front)
    with ConnectLog() as log:
        for call in inference(entry, front):
            with pytest.raises(Denied) as caught:
                call(client, model_id)
            assert type(caught.value) is ModelDenied
    assert log.events == []
    assert server.requests == []


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", DENIED)
def test_the_gate_alone_would_have_stopped_it(name: str, front: str, bench: Bench) -> None:
    """The decision is made on the bytes: here the early one is switched off."""
    entry = STRINGS[name]
    server, client, runner = bench.open(entry, front)
    runner.check = lambda _plan: None
    refusals = (ModelDenied, OperationDenied, InvalidRequest, ParamValidationError)
    with ConnectLog() as log:
        for call in inference(entry, front):
            with pytest.raises(refusals):
                call(client, entry["candidate"])
    assert log.events == []
    assert server.requests == []


@pytest.mark.corpus(*sorted(NO_POLICY))
def test_a_list_that_is_itself_refused_makes_no_client(
    corpus_entry: CorpusEntry, bench: Bench
) -> None:
    assert corpus_entry["expect"] == "deny"
    with pytest.raises(PolicyInvalid) as caught:
        bench.open(corpus_entry, "typed")
    assert [problem.key for problem in caught.value.problems] == ["models.allow[0]"]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.corpus(*sorted(set(MODEL_IDS) - set(STRINGS)))
def test_what_is_no_string_never_arrives(
    corpus_entry: CorpusEntry, front: str, bench: Bench
) -> None:
    entry = corpus_entry
    assert entry["expect"] == "deny"
    server, client, _ = bench.open(entry, front)
    with ConnectLog() as log:
        for call in FRONTS[front].values():
            with pytest.raises((SecureBedrockError, ParamValidationError)):
                call(client, entry["candidate"])
    assert log.events == []
    assert server.requests == []


def test_the_corpus_is_run_whole() -> None:
    assert len(MODEL_IDS) == 133
    assert {*ALLOWED, *DENIED, *NO_POLICY} == set(STRINGS)
    assert (len(ALLOWED), len(DENIED), len(BYPASSES)) == (29, 98, 7)
