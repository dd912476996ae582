"""Other clients in a locked process, unhardened ones of boto3 first: refused as they ask for a name or an address."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from secure_bedrock.testing import LocalAuthority, LocalBedrock
from tests.corpus import FIXTURE, CorpusEntry

Locked = Callable[..., Any]

CLIENTS = """
import os, socket, boto3
from botocore.config import Config
from secure_bedrock import Policy, create_client

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=2)
c = create_client("bedrock-runtime", Policy.from_toml(os.environ["POLICY"]))

def converse(client):
    return client.converse(modelId=MODEL, messages=MESSAGES)

def public(service, **arguments):
    return boto3.client(service, region_name="us-east-1", config=ONCE, **arguments)
"""


@pytest.fixture(scope="module")
def corpus_server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(
        region=FIXTURE["region"], host=FIXTURE["dns_names"][0], authority=authority
    ) as running:
        yield running


RULES = {
    "path-other-client": "name-not-listed",
    "path-control-client": "name-not-listed",
    "hook-before-send-return": "destination-not-listed",
}


@pytest.mark.corpus(*RULES)
def test_an_entry_of_the_corpus(
    corpus_entry: CorpusEntry, locked: Locked, corpus_server: LocalBedrock
) -> None:
    assert corpus_entry["error"] == "LockdownViolation"
    post = corpus_entry["setup"]["post"]
    corpus_server.clear()

    told = locked(
        f"{CLIENTS}\n"
        f"def entry():\n    exec({post!r}, globals())\n    converse(c)\n"
        "tried('the entry', entry)",
        policy=corpus_server.policy_toml(),
    )

    assert told.outcomes == {"the entry": RULES[corpus_entry["id"]]}
    assert told.passed in ([], ["52.94.0.10"])  # looked up as an address, which asks nobody
    assert corpus_server.requests == []


def test_a_stock_client_gets_no_answer_and_connects_to_nobody(
    locked: Locked, corpus_server: LocalBedrock
) -> None:
    told = locked(
        CLIENTS
        + """
tried("converse", converse, public("bedrock-runtime"))
tried("a lookalike", converse, public("bedrock-runtime", endpoint_url="https://52.94.0.10"))
tried("who am I", public("sts").get_caller_identity)
tried("a log", public("logs").describe_log_groups)
tried("a parameter", public("ssm").get_parameter, Name="x")

def swallowing():
    try:
        converse(public("bedrock-runtime"))
    except Exception:
        return None

tried("in except Exception", swallowing)
socket.getaddrinfo = lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("52.94.0.10", 443))]
tried("with a patched resolver", converse, public("bedrock-runtime"))
""",
        policy=corpus_server.policy_toml(),
    )

    assert told.outcomes == {
        "converse": "name-not-listed",
        "a lookalike": "destination-not-listed",
        "who am I": "name-not-listed",
        "a log": "name-not-listed",
        "a parameter": "name-not-listed",
        "in except Exception": "name-not-listed",
        "with a patched resolver": "destination-not-listed",
    }
    assert told.passed == ["52.94.0.10"]


def test_a_stock_client_is_tried_once(locked: Locked, corpus_server: LocalBedrock) -> None:
    """No retry of botocore's stands between: the refusal is no exception that it knows."""
    told = locked(
        CLIENTS
        + """
import sys
asked = []
ask = socket.getaddrinfo
def counted(*arguments, **named):
    asked.append(arguments)
    return ask(*arguments, **named)
socket.getaddrinfo = counted
client = boto3.client("s3", region_name="us-east-1")
tried("list", client.list_buckets)
outcomes["asked"] = str(len(asked))
""",
        policy=corpus_server.policy_toml(),
    )

    assert told.outcomes == {"list": "name-not-listed", "asked": "1"}
