"""`private` admits the three RFC 1918 ranges and ULA to their edges, and nothing beside them."""

import pytest

from secure_bedrock.network import PrivateRoute, RouteGuard
from secure_bedrock.network.ranges import PRIVATE
from secure_bedrock.values import BEDROCK_RUNTIME, Region

HOST = "bedrock-runtime.eu-west-1.amazonaws.com"
GUARD = RouteGuard(
    PrivateRoute(
        service=BEDROCK_RUNTIME,
        region=Region("eu-west-1"),
        host=HOST,
        names=frozenset({HOST}),
        address_check="private",
    )
)

EDGES: dict[str, str] = {
    "9.255.255.255": "not-private-address",
    "10.0.0.0": "private-address",
    "10.127.255.255": "private-address",
    "10.128.0.0": "private-address",
    "10.255.255.255": "private-address",
    "11.0.0.0": "not-private-address",
    "100.64.0.1": "not-private-address",
    "172.15.255.255": "not-private-address",
    "172.16.0.0": "private-address",
    "172.24.0.0": "private-address",
    "172.31.255.255": "private-address",
    "172.32.0.0": "not-private-address",
    "192.167.255.255": "not-private-address",
    "192.168.0.0": "private-address",
    "192.168.128.0": "private-address",
    "192.168.255.255": "private-address",
    "192.169.0.0": "not-private-address",
    "2600:1f18:aaaa::10": "not-private-address",
    "fcff:ffff::1": "never-ula-undefined",
    "fd00:ec2::254": "never-instance-services",
    "fd01::": "private-address",
    "fd80::1": "private-address",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "private-address",
    "fe00::": "never-unassigned",
}


@pytest.mark.parametrize(("address", "rule"), EDGES.items(), ids=EDGES.keys())
def test_the_edges_of_private_space(address: str, rule: str) -> None:
    decision = GUARD.judge(address)

    assert (decision.rule, decision.allowed) == (rule, rule == "private-address")


def test_the_ranges_are_called_what_their_documents_call_them() -> None:
    assert [(str(row.network), row.name) for row in PRIVATE] == [
        ("10.0.0.0/8", "rfc1918"),
        ("172.16.0.0/12", "rfc1918"),
        ("192.168.0.0/16", "rfc1918"),
        ("fd00::/8", "ula"),
    ]
