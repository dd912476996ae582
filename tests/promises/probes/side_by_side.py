"""A stock boto3 client and ours in one process that can't reach a network: who would have gone where?

Prints one JSON row for each call; `test_p01_side_by_side.py` starts it and judges the rows. Names are answered by a
replaced `socket.getaddrinfo`; an audit hook records every connection attempt and raises before connect(2) is made.
"""

from __future__ import annotations

import itertools
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any

import boto3
import urllib3.util.connection
from botocore.config import Config

from secure_bedrock import Policy, SecureBedrockClient, SecureSession, create_client
from secure_bedrock.testing import LocalCredentials

REGION = "eu-west-1"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "a prompt that must not leave"}]}]
NATIVE = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1, "messages": []}'
KEYS = LocalCredentials()
BOTO3_KEYS = {
    "aws_access_key_id": KEYS.access_key,
    "aws_secret_access_key": KEYS.secret_key,
    "aws_session_token": KEYS.token,
}
HOSTS = {
    "private-DNS name": f"bedrock-runtime.{REGION}.amazonaws.com",
    "endpoint name": f"vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.{REGION}.vpce.amazonaws.com",
}
WATCHED = ("socket.connect", "socket.sendto", "socket.sendmsg")
RESOLVERS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
INTERNET = {socket.AF_INET, socket.AF_INET6}


@dataclass
class Row:
    """What one call did; `sockets` counts the internet sockets that were made, connected or not."""

    case: str
    host: str
    caller: str
    operation: str
    error: str = ""
    rule: str = ""
    connects: list[str] = field(default_factory=list)
    sockets: int = 0
    lookups: list[tuple[str, int]] = field(default_factory=list)


class Unplugged(OSError):
    """Stands for connect(2), which is never made."""


answers: dict[str, list[str]] = {}
row: Row | None = None


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Record what leads out of the process, and stop it."""
    if event == "socket.__new__" and row is not None and arguments[1] in INTERNET:
        row.sockets += 1
    if event in RESOLVERS:
        raise Unplugged(f"the system's resolver was asked: {event}")
    if event not in WATCHED or not isinstance(arguments[1], tuple):
        return
    if row is not None:
        row.connects.append(str(arguments[1][0]))
    raise Unplugged(event)


def getaddrinfo(
    host: Any, port: Any, family: int = 0, *_type_proto_flags: Any, **_named: Any
) -> list[tuple[Any, ...]]:
    """The answers of the case, those of the family asked for; no such name where there is none."""
    if row is not None:
        row.lookups.append((str(host), int(family)))
    found = [_entry(address, port) for address in answers.get(str(host), [])]
    found = [entry for entry in found if family in (0, entry[0])]
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found


def _entry(address: str, port: Any) -> tuple[Any, ...]:
    if ip_address(address).version == 4:
        return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
    return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port or 0, 0, 0))


def clients(host: str, cidrs: list[str], attempts: int) -> Iterator[tuple[str, Any]]:
    """The stock client, and each of ours under a policy that knows CIDRs and, for an endpoint's own name, the host."""
    own = host.startswith("vpce-")
    stock = {"endpoint_url": f"https://{host}"} if own else {}
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    yield (
        "boto3",
        boto3.client("bedrock-runtime", region_name=REGION, config=config, **stock, **BOTO3_KEYS),
    )
    policy = Policy(
        region=REGION,
        models=[MODEL],
        network={
            "cidrs": cidrs,
            **({"endpoints": {"bedrock-runtime": {"host": host}}} if own else {}),
        },
        retry={"max_attempts": attempts},
    )
    yield "typed", SecureBedrockClient(policy, credentials=KEYS)
    yield "create_client", create_client("bedrock-runtime", policy, **BOTO3_KEYS)
    yield "session", SecureSession(policy, credentials=KEYS).client("bedrock-runtime")


def calls(client: Any) -> dict[str, Callable[[], Any]]:
    """The four operations, as the client's kind has them; a stream is read to its end."""
    if isinstance(client, SecureBedrockClient):
        return {
            "converse": lambda: client.converse(MODEL, "a prompt that must not leave"),
            "converse_stream": lambda: list(client.converse_stream(MODEL, "a prompt")),
            "invoke_model": lambda: client.invoke_model(MODEL, NATIVE),
            "invoke_model_with_response_stream": lambda: list(
                client.invoke_model_stream(MODEL, NATIVE)
            ),
        }
    return {
        "converse": lambda: client.converse(modelId=MODEL, messages=MESSAGES),
        "converse_stream": lambda: list(
            client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
        ),
        "invoke_model": lambda: client.invoke_model(modelId=MODEL, body=NATIVE),
        "invoke_model_with_response_stream": lambda: list(
            client.invoke_model_with_response_stream(modelId=MODEL, body=NATIVE)["body"]
        ),
    }


@contextmanager
def recording(into: Row) -> Iterator[None]:
    """Record into the row what happens meanwhile, and the error that ends it."""
    global row  # noqa: PLW0603 - the hook can't be given anything
    row = into
    try:
        yield
    except Exception as error:
        into.error = type(error).__name__
        into.rule = str(getattr(error, "rule", ""))
    finally:
        row = None


def rows(cases: dict[str, dict[str, Any]]) -> Iterator[Row]:
    """One row for each case, name, client and operation."""
    for (case, facts), (kind, host) in itertools.product(cases.items(), HOSTS.items()):
        answers.clear()
        answers[host] = facts["answers"]
        for caller, client in clients(host, facts["cidrs"], facts["attempts"]):
            for operation, call in calls(client).items():
                found = Row(case, kind, caller, operation)
                with recording(found):
                    call()
                yield found


def main() -> None:
    """Read the cases from standard input, write the rows to standard output."""
    cases = json.load(sys.stdin)
    urllib3.util.connection.HAS_IPV6 = True  # whatever this machine has: nothing is connected
    socket.getaddrinfo = getaddrinfo
    sys.addaudithook(hook)
    json.dump([asdict(found) for found in rows(cases)], sys.stdout)


if __name__ == "__main__":
    main()
