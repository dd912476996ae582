"""What may be a new interface's address is told from what never is."""

import pytest

from secure_bedrock.network import PrivateRoute, can_be_interface
from secure_bedrock.values import Region, ServiceName

HOST = "bedrock-runtime.eu-west-1.amazonaws.com"
FOUR, SIX, HERE = "10.20.0.0/16", "2600:1f18:1234:5600::/56", "127.0.0.0/8"


def route(*cidrs: str) -> PrivateRoute:
    return PrivateRoute(
        service=ServiceName("bedrock-runtime"),
        region=Region("eu-west-1"),
        host=HOST,
        names=frozenset({HOST}),
        address_check="eni",
        addresses=("10.20.1.10",),
        cidrs=cidrs,
    )


JUDGED: dict[str, tuple[object, tuple[str, ...], bool]] = {
    "inside the CIDR": ("10.20.1.77", (FOUR,), True),
    "inside the second CIDR": ("100.63.0.1", (FOUR, "100.63.0.0/16"), True),
    "private, outside the CIDR": ("10.21.1.77", (FOUR,), False),
    "public, CIDR known": ("52.94.0.10", (FOUR,), False),
    "private, no CIDR known": ("172.16.1.1", (), True),
    "public, no CIDR known": ("52.94.0.10", (), False),
    "private, a CIDR of the other family known": ("192.168.1.1", (SIX,), True),
    "IPv6 inside the CIDR": ("2600:1f18:1234:5600::7", (FOUR, SIX), True),
    "IPv6 outside the CIDR": ("2600:1f18:1234:5700::7", (FOUR, SIX), False),
    "IPv6, no CIDR of its family known": ("2600:1f18:1234:5600::7", (FOUR,), False),
    "unique local, no CIDR of its family known": ("fd12::7", (FOUR,), True),
    "the metadata service": ("169.254.169.254", (), False),
    "the metadata service by IPv6": ("fd00:ec2::254", (), False),
    "an IPv4-mapped address": ("::ffff:10.20.1.77", (FOUR,), False),
    "nowhere": ("0.0.0.0", ("0.0.0.0/0",), False),
    "loopback": ("127.0.0.1", (FOUR,), False),
    "loopback that the policy names": ("127.0.0.1", (HERE,), True),
    "no address": ("10.20.1", (FOUR,), False),
    "a zone": ("fd12::7%eth0", (FOUR,), False),
    "None": (None, (FOUR,), False),
}


@pytest.mark.parametrize(("address", "cidrs", "can"), JUDGED.values(), ids=JUDGED.keys())
def test_only_what_a_vpc_assigns_can_be_an_interface(
    address: object, cidrs: tuple[str, ...], can: bool
) -> None:
    assert can_be_interface(address, route(*cidrs)) is can
