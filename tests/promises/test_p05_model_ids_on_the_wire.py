"""P05 and P06: each identifier of the corpus is sent by both front ends; a server tells which ones arrived."""

import json
from collections.abc import Callable, Iterator
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

CORPUS = Path(__file__).parents[1] / "data" / "model-ids.json"
Entry = dict[str, Any]
EVERY: dict[str, Entry] = {
    entry["id"]: entry for entry in json.loads(CORPUS.read_text("utf-8"))["entries"]
}
STRINGS = {name: entry for name, entry in EVERY.items() if isinstance(entry["candidate"], str)}
ALLOWED = [name for name, entry in STRINGS.items() if entry["expect"] == "allow"]
# Their allowlists are refused as a whole: no client exists that could send anything.
NO_POLICY = {"m213", "m214", "m216"}
DENIED = [n for n, e in STRINGS.items() if e["expect"] == "deny" and n not in NO_POLICY]
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
NATIVE = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}'

Call = Callable[[Any, Any], Any]
TYPED: dict[str, Call] = {
    "Converse": lambda c, m: c.converse(m, "hello"),
    "ConverseStream": lambda c, m: list(c.converse_stream(m, "hello")),
    "InvokeModel": lambda c, m: c.invoke_model(m, NATIVE),
    "InvokeModelWithResponseStream": lambda c, m: list(c.invoke_model_stream(m, NATIVE)),
}
HARDENED: dict[str, Call] = {
    "Converse": lambda c, m: c.converse(modelId=m, messages=MESSAGES),
    "ConverseStream": lambda c, m: list(c.converse_stream(modelId=m, messages=MESSAGES)["stream"]),
    "InvokeModel": lambda c, m: c.invoke_model(modelId=m, body=NATIVE)["body"].read(),
    "InvokeModelWithResponseStream": lambda c, m: list(
        c.invoke_model_with_response_stream(modelId=m, body=NATIVE)["body"]
    ),
    "CountTokens": lambda c, m: c.count_tokens(
        modelId=m, input={"converse": {"messages": MESSAGES}}
    ),
}
FRONTS = {"typed": TYPED, "hardened": HARDENED}


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
        endpoint = {"host": server.host, "addresses": ["127.0.0.1"], "port": server.port}
        policy = Policy(
            region=entry["region"],
            models={"allow": entry["allowlist"], "accounts": entry["accounts"]},
            residency={"allow_global": True},
            network={
                "cidrs": ["127.0.0.0/8"],
                "ca_bundle": server.ca_path,
                "endpoints": {"bedrock-runtime": endpoint},
            },
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
@pytest.mark.parametrize("name", ALLOWED)
def test_an_allowed_identifier_arrives_once_and_unchanged(
    name: str, front: str, bench: Bench
) -> None:
    entry = STRINGS[name]
    server, client, _ = bench.open(entry, front)
    operations = ["Converse", "ConverseStream"]

    for operation in operations:
        FRONTS[front][operation](client, entry["candidate"])

    client.close()
    assert [request.operation for request in server.requests] == operations
    assert {request.model_id for request in server.requests} == {entry["candidate"]}
    assert {request.refused for request in server.requests} == {None}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", DENIED)
def test_a_denied_identifier_never_arrives(name: str, front: str, bench: Bench) -> None:
    entry = STRINGS[name]
    server, client, _ = bench.open(entry, front)
    with ConnectLog() as log:
        for call in FRONTS[front].values():
            with pytest.raises(Denied) as caught:
                call(client, entry["candidate"])
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
        for call in FRONTS[front].values():
            with pytest.raises(refusals):
                call(client, entry["candidate"])
    assert log.events == []
    assert server.requests == []


@pytest.mark.parametrize("name", sorted(NO_POLICY))
def test_a_list_that_is_itself_refused_makes_no_client(name: str, bench: Bench) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        bench.open(STRINGS[name], "typed")
    assert [problem.key for problem in caught.value.problems] == ["models.allow[0]"]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", sorted(set(EVERY) - set(STRINGS)))
def test_what_is_no_string_never_arrives(name: str, front: str, bench: Bench) -> None:
    entry = EVERY[name]
    server, client, _ = bench.open(entry, front)
    with ConnectLog() as log:
        for call in FRONTS[front].values():
            with pytest.raises((SecureBedrockError, ParamValidationError)):
                call(client, entry["candidate"])
    assert log.events == []
    assert server.requests == []


def test_the_corpus_is_run_whole() -> None:
    assert len(EVERY) == 133
    assert {*ALLOWED, *DENIED, *NO_POLICY} == set(STRINGS)
    assert (len(ALLOWED), len(DENIED)) == (29, 98)
