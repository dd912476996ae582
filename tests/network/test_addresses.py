"""The never-set answers by the project's own tables."""

import json
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.network import Address, never, parse_address
from secure_bedrock.network.addresses import never_range
from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6, PRIVATE

# First and last address of every range, and the neighbours on both sides.
DATA = Path(__file__).parents[1] / "data" / "never.json"
NEVER: dict[str, str | None] = json.loads(DATA.read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize(("text", "why"), NEVER.items(), ids=NEVER.keys())
def test_the_never_set_names_why(text: str, why: str | None) -> None:
    assert never(parse_address(text)) == why


# Each has a narrower range in front that takes a part of it, so a wider one would refuse the same addresses.
WITHIN = {
    "224.0.0.1": "224.0.0.0/4",
    "::": "::/128",
    "100::1": "100::/64",
    "fe00::1": "fe00::/9",
    "fe80::1": "fe80::/10",
    "::ffff:10.0.0.1": "::ffff:0:0/96",
}


@pytest.mark.parametrize(("text", "cidr"), WITHIN.items(), ids=WITHIN.keys())
def test_a_refusal_names_the_range_as_its_registry_writes_it(text: str, cidr: str) -> None:
    row = never_range(parse_address(text))

    assert row is not None
    assert (row.cidr, row.network) == (cidr, ip_network(cidr))


def test_a_zoned_address_object_is_judged_by_its_number() -> None:
    assert never(ip_address("fe80::1%eth0")) == "link-local"


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_the_integer_bounds_agree_with_the_networks(address: Address) -> None:
    rows = NEVER_V4 if address.version == 4 else NEVER_V6
    named = next((row.name for row in rows if address in row.network), None)

    assert never(address) == named


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_can_be_is_global_unicast_or_ula(address: IPv6Address) -> None:
    if never(address) is None:
        assert address in ip_network("2000::/3") or address in ip_network("fd00::/8")


def test_every_range_names_its_source_and_date_and_none_stands_behind_a_wider_one() -> None:
    for rows in (NEVER_V4, NEVER_V6, PRIVATE):
        for position, row in enumerate(rows):
            _, _, date = row.source.rpartition(", ")
            assert date[:2] in {"19", "20"}
            assert len(date) in {7, 10}
            hidden = [a for a in rows[:position] if a.first <= row.first and row.last <= a.last]
            assert hidden == []
