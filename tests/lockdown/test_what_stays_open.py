"""What a locked process can still do: its own calls, its own sockets, and what was opted in to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalAuthority, LocalBedrock, LocalVpc

Locked = Callable[..., Any]
Came = Callable[[int], bool]

CALLS = """
import os
from secure_bedrock import Policy, SecureBedrockClient, SecureSession, create_client

MODEL = "amazon.nova-lite-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
policy = Policy.from_toml(os.environ["POLICY"])

def streamed(client):
    with client.converse_stream(MODEL, "hello") as stream:
        return stream.response()

with SecureBedrockClient(policy) as client:
    tried("typed", client.converse, MODEL, "hello")
    tried("stream", streamed, client)
tried("created", create_client("bedrock-runtime", policy).converse, modelId=MODEL, messages=MESSAGES)
session = SecureSession(policy)
tried("session", session.client("bedrock-runtime").converse, modelId=MODEL, messages=MESSAGES)
"""


@pytest.mark.parametrize("loopback", [False, True], ids=["as the policy says", "loopback too"])
def test_our_own_clients_work(locked: Locked, server: LocalBedrock, loopback: bool) -> None:
    server.clear()

    told = locked(CALLS, loopback=loopback)

    assert told.outcomes == dict.fromkeys(("typed", "stream", "created", "session"), "let through")
    assert set(told.passed) == {f"127.0.0.1:{server.port}"}
    assert [request.refused for request in server.requests] == [None] * 4


def test_a_client_that_resolves_the_endpoint_s_name_may_ask_for_it(
    locked: Locked, server: LocalBedrock
) -> None:
    told = locked(
        """
        import os, socket
        tried("the endpoint's name", socket.getaddrinfo, os.environ["HOST"], 443)
        tried("the same as bytes", socket.getaddrinfo, os.environ["HOST"].encode(), 443)
        tried("the same in capitals", socket.getaddrinfo, os.environ["HOST"].upper(), 443)
        tried("another one's", socket.getaddrinfo, "x" + os.environ["HOST"], 443)
        """,
        HOST=server.host,
    )

    assert told.outcomes == {
        "the endpoint's name": "PermissionError: socket.getaddrinfo",  # of the hook that comes after
        "the same as bytes": "PermissionError: socket.getaddrinfo",
        "the same in capitals": "name-not-listed",
        "another one's": "name-not-listed",
    }


def test_sockets_that_stay_on_this_machine_are_let_through(locked: Locked, tmp_path: Path) -> None:
    told = locked(
        """
        import os, socket
        folder = os.environ["FOLDER"]
        listener = socket.socket(socket.AF_UNIX)
        tried("bind a Unix socket", listener.bind, folder + "/s")
        listener.listen()
        one = socket.socket(socket.AF_UNIX)
        tried("connect a Unix socket", one.connect, folder + "/s")
        tried("a pair", socket.socketpair)
        inet = socket.socket()
        tried("bind", inet.bind, ("127.0.0.1", 0))
        tried("listen", inet.listen)
        tried("no name", socket.getaddrinfo, None, 80)
        tried("an address", socket.getaddrinfo, "127.0.0.1", 80)
        tried("the name of this machine", socket.getaddrinfo, socket.gethostname(), 80)
        datagrams = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
        datagrams[0].bind(folder + "/d")
        tried("a Unix datagram", datagrams[1].sendto, b"x", folder + "/d")
        pair = socket.socketpair()
        tried("sendmsg to the peer", pair[0].sendmsg, [b"x"])
        for each in (listener, one, inet, *datagrams, *pair):
            each.close()
        """,
        FOLDER=tmp_path,
    )

    expected = {
        **dict.fromkeys(told.outcomes, "let through"),
        "the name of this machine": "PermissionError: socket.getaddrinfo",
    }
    assert told.outcomes == expected


def test_loopback_is_open_in_every_spelling_of_an_address_when_it_was_opted_in_to(
    locked: Locked, lasting_trap: Any, came: Came
) -> None:
    told = locked(
        """
        import os, socket
        port = int(os.environ["TRAP"])
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        made = []
        tried("a port", lambda: made.append(socket.create_connection(("127.0.0.1", port), 2)))
        tried("a datagram", udp.connect, ("127.0.0.2", 9))
        tried("IPv6", six.connect, ("::1", 9, 0, 0))
        tried("localhost", socket.getaddrinfo, "localhost", 9)
        tried("a mapped address", six.connect, ("::ffff:127.0.0.1", 9))
        tried("any address", udp.connect, ("0.0.0.0", 9))
        tried("a public address", udp.connect, ("52.94.0.10", 443))
        for each in (udp, six, *made):
            each.close()
        """,
        loopback=True,
        TRAP=lasting_trap.port,
    )

    assert told.outcomes == {
        "a port": "let through",
        "a datagram": "let through",
        "IPv6": "let through",
        "localhost": "let through",
        "a mapped address": "destination-not-listed",
        "any address": "destination-not-listed",
        "a public address": "destination-not-listed",
    }
    assert came(1)


NOT_THE_POLICY_S = """
import os
from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.errors import LockdownViolation

other = Policy.from_toml(os.environ["POLICY"].replace("port = ", "port = 1"))
events = []
with SecureBedrockClient(other, sinks=[events.append]) as client:
    tried("another policy's client", client.converse, "amazon.nova-lite-v1:0", "hello")
outcomes["events"] = ", ".join(f"{event.outcome} after {event.attempts}" for event in events)
"""


def test_a_client_of_another_policy_is_refused_once_and_leaves_its_event(
    locked: Locked, server: LocalBedrock
) -> None:
    policy = server.policy_toml().replace(f"port = {server.port}", "port = 443")

    told = locked(NOT_THE_POLICY_S, policy=policy)

    assert told.outcomes["another policy's client"] == "destination-not-listed"
    assert told.outcomes["events"].endswith(" after 1")
    assert "," not in told.outcomes["events"]
    assert told.passed == []


CREDENTIALS = """
import os, socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for host, port in [
    ("169.254.169.254", 80), ("169.254.170.2", 80), ("169.254.170.23", 80),
    ("fd00:ec2::254", 80), ("fd00:ec2::23", 80),
    ("169.254.169.254", 443), ("169.254.169.253", 80), ("127.0.0.1", 9001), ("127.0.0.1", 9002),
]:
    one = six if ":" in host else udp
    tried(f"{host} {port}", one.connect, (host, port))
udp.close()
six.close()
"""
INSTANCE = {"169.254.169.254 80", "fd00:ec2::254 80"}
CONTAINER = {"169.254.170.2 80", "169.254.170.23 80", "fd00:ec2::23 80"}


@pytest.mark.parametrize(
    ("listed", "full_uri", "open_ones"),
    [
        (["iam-role"], "", INSTANCE),
        (["container-role"], "", CONTAINER),
        (["env"], "", set()),
        (["iam-role", "container-role"], "", INSTANCE | CONTAINER),
        (["container-role"], "http://127.0.0.1:9001/role", CONTAINER | {"127.0.0.1 9001"}),
        (["container-role"], "http://localhost:9001/role", CONTAINER | {"127.0.0.1 9001"}),
        (["env"], "http://127.0.0.1:9001/role", set()),
        (["container-role"], "http://52.94.0.10/role", CONTAINER),
    ],
)
def test_where_credentials_are_given_out_is_open_for_the_listed_providers_alone(
    listed: list[str], full_uri: str, open_ones: set[str], locked: Locked, server: LocalBedrock
) -> None:
    policy = server.policy_toml() + f"\n[identity]\ncredentials = {listed}\n"

    told = locked(CREDENTIALS, policy=policy, AWS_CONTAINER_CREDENTIALS_FULL_URI=full_uri)

    refused = {name for name, how in told.outcomes.items() if how == "destination-not-listed"}
    assert set(told.outcomes) - refused == open_ones


def test_every_service_of_the_policy_keeps_its_endpoint(
    locked: Locked, server: LocalBedrock
) -> None:
    policy = (
        server.policy_toml()
        + "\n[network.endpoints.sts]\n"
        + 'host = "vpce-0123456789abcdef0-aaaaaaaa.sts.eu-west-1.vpce.amazonaws.com"\n'
        + 'addresses = ["10.20.1.7"]\ncidrs = ["10.20.0.0/16"]\n'
        + "\n[network.endpoints.ec2]\n"
        + 'host = "vpce-0123456789abcdef1-aaaaaaaa.ec2.eu-west-1.vpce.amazonaws.com"\n'
        + 'cidrs = ["10.30.0.0/16"]\n'
    )

    told = locked(
        """
        import socket
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for at in [("10.20.1.7", 443), ("10.20.1.8", 443), ("10.20.1.7", 80),
                   ("10.30.200.1", 443), ("10.31.0.1", 443)]:
            tried(f"{at[0]} {at[1]}", udp.connect, at)
        udp.close()
        """,
        policy=policy,
    )

    assert {name for name, how in told.outcomes.items() if how.startswith("PermissionError")} == {
        "10.20.1.7 443",
        "10.30.200.1 443",
    }
    assert told.passed == ["10.20.1.7:443", "10.30.200.1:443"]


FOUND_BY_EC2 = """
import os, socket
from botocore.credentials import ReadOnlyCredentials
from secure_bedrock import Policy, lockdown
from secure_bedrock.errors import SecureBedrockError

policy = Policy.from_toml(os.environ["P"])
given = ReadOnlyCredentials(os.environ["KEY"], os.environ["SECRET"], os.environ["TOKEN"])
lockdown(policy, credentials=given)
sys.addaudithook(after)

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for at in [("10.20.1.10", 443), ("10.20.2.10", 443), ("10.20.1.11", 443), ("10.20.1.10", 444)]:
    tried(f"{at[0]} {at[1]}", udp.connect, at)
udp.close()
"""


def test_endpoints_that_ec2_names_are_the_ones_that_stay_open(
    locked: Locked, authority: LocalAuthority
) -> None:
    with LocalVpc(authority=authority) as vpc:
        ec2 = "\n".join(
            f"{key} = {json.dumps(value)}" for key, value in vpc.policy_mapping().items()
        )
        policy = f"""
            region = "eu-west-1"
            models = ["amazon.nova-lite-v1:0"]
            [account]
            vpc_id = "{vpc.vpc_id}"
            [network]
            address_check = "eni"
            ca_bundle = "{vpc.ca_path}"
            [network.endpoints.ec2]\n{ec2}
            """
        keys = vpc.credentials

        told = locked(
            "import sys\n" + FOUND_BY_EC2,
            policy=None,
            P=policy,
            KEY=keys.access_key,
            SECRET=keys.secret_key,
            TOKEN=keys.token or "",
            AWS_ACCESS_KEY_ID="AKIDOFNOBODYATALL000",  # so that it is those given that are used
        )

        assert {request.refused for request in vpc.requests} == {None}
    assert told.outcomes == {
        "10.20.1.10 443": "PermissionError: socket.connect",  # of the hook that comes after
        "10.20.2.10 443": "PermissionError: socket.connect",
        "10.20.1.11 443": "destination-not-listed",
        "10.20.1.10 444": "destination-not-listed",
    }
    assert told.passed == ["10.20.1.10:443", "10.20.2.10:443"]
