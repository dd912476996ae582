"""Every hostile setup of the corpus that a client's surroundings, arguments or handlers make up."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from urllib3.util import connection

from secure_bedrock.client.parts import Parts
from secure_bedrock.errors import CredentialPathDenied, Denied, ModelDenied
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalBedrock, LoopbackConnector, StaticResolver
from tests.corpus import BYPASS, FIXTURE, CorpusEntry

HOST = FIXTURE["dns_names"][0]
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]

# Where the route or the request is the point, an answer from the approved endpoint is as good as a refusal.
NEUTRALISED_WILL_DO = {"env", "config file", "client config", "event-hook"}
CATEGORIES = NEUTRALISED_WILL_DO | {"tls", "region", "credential endpoints"}
ELSEWHERE = {
    "cred-imds-v6": "test_metadata_paths.py: it is asked, and is not there",
    "cred-container-rel": "test_metadata_paths.py: it is asked, and is not there",
    "hook-before-send-return": "opens a socket of its own: tests/lockdown/test_other_clients.py",
}
# A model that a handler puts in is a model refusal, whoever put it in.
OTHER_KIND: dict[str, type[Denied]] = {"hook-provide-client-params": ModelDenied}
ENTRIES = [
    name
    for name, entry in BYPASS.items()
    if entry["category"] in CATEGORIES
    and not {"scenario", "server"} & set(entry["setup"])
    and name not in ELSEWHERE
]


@pytest.fixture(scope="module")
def local() -> Iterator[LocalBedrock]:
    with LocalBedrock(region=FIXTURE["region"], host=HOST) as server:
        yield server


def surround(setup: dict[str, Any], home: Path, patch: pytest.MonkeyPatch) -> None:
    for path, text in setup.get("files", {}).items():
        file = home / path.removeprefix("~/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("~HOME~", str(home)), encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(("AWS_", "SECURE_BEDROCK_"))]:
        patch.delenv(name)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("HOME", str(home))
    for name, value in setup.get("env", {}).items():
        if value is None:
            patch.delenv(name, raising=False)
        else:
            patch.setenv(name, value.replace("~", str(home)))


def arguments_of(setup: dict[str, Any]) -> dict[str, Any]:
    arguments = dict(setup.get("client_kwargs", {}))
    if "config" in setup:
        options = dict(setup["config"])
        if options.get("signature_version") == "unsigned":
            options["signature_version"] = UNSIGNED
        arguments["config"] = Config(**options)
    return arguments


def attempt(entry: Mapping[str, Any], local: LocalBedrock, patch: pytest.MonkeyPatch) -> str:
    """Make the client, let the entry do what it does to it, and call; `patch` takes back what it does to others."""
    parts = Parts(
        Policy(
            region=FIXTURE["region"],
            models=[MODEL],
            network={
                "cidrs": FIXTURE["vpc_cidrs"],
                "ca_bundle": local.ca_path,
                "endpoints": {"bedrock-runtime": {"host": HOST, "addresses": FIXTURE["eni_ips"]}},
            },
        ),
        sinks=[],
        resolver=StaticResolver({}),
        connector=LoopbackConnector(dict.fromkeys(FIXTURE["eni_ips"], ("127.0.0.1", local.port))),
    )
    client = parts.session().create_client("bedrock-runtime", **arguments_of(entry["setup"]))
    patch.setattr(connection, "create_connection", connection.create_connection)  # an entry does
    exec(entry["setup"].get("post", ""), {"c": client})
    stop: str = client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"]
    client.close()
    return stop


def stage(
    entry: Mapping[str, Any], local: LocalBedrock, home: Path, patch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Make the entry's surroundings, with the server's keys unless it has others; its setup as it was made."""
    given = local.credentials
    keys = {
        "AWS_ACCESS_KEY_ID": given.access_key,
        "AWS_SECRET_ACCESS_KEY": given.secret_key,
        "AWS_SESSION_TOKEN": given.token,
    }
    setup = {**entry["setup"], "env": {**keys, **entry["setup"].get("env", {})}}
    surround(setup, home, patch)
    return setup


@pytest.mark.corpus(*ENTRIES)
def test_the_setup_moves_loosens_and_discloses_nothing(
    corpus_entry: CorpusEntry, local: LocalBedrock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = corpus_entry
    local.clear()
    setup = stage(entry, local, tmp_path, monkeypatch)
    outcome: str | Denied
    with ConnectLog() as log:
        try:
            outcome = attempt({**entry, "setup": setup}, local, monkeypatch)
        except Denied as refusal:
            outcome = refusal
    assert {address for address, _ in log.connects} <= {"127.0.0.1"}
    assert log.public == []
    assert log.processes == []
    if isinstance(outcome, Denied):
        assert entry["expect"] == "refused"
        kind = OTHER_KIND.get(entry["id"]) or entry.refusal
        assert isinstance(outcome, kind), repr(outcome)
    else:
        assert entry["expect"] != "refused" or entry["category"] in NEUTRALISED_WILL_DO
        assert [request.refused for request in local.requests] == [None]
        assert local.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 ")


@pytest.mark.corpus("cred-imds-v6", "cred-container-rel")
def test_a_machines_credentials_are_asked_for_at_the_fixed_address_and_nowhere_else(
    corpus_entry: CorpusEntry, local: LocalBedrock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite lets nothing leave, so nobody answers: what is left is where the client asked."""
    assert corpus_entry["expect"] == "allowed"
    setup = stage(corpus_entry, local, tmp_path, monkeypatch)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied):
        attempt({**corpus_entry, "setup": setup}, local, monkeypatch)
    tried = [f"connect:{address}:{port}" for address, port in log.connects]
    assert tried == [each for each in corpus_entry["raw_boto3_tried"] if "connect" in each]
    assert log.lookups == [address for address, _ in log.connects]  # of numbers: DNS is not asked
