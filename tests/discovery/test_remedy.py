"""What EndpointNotFound says to write is exactly what is lacking: whoever writes it has a route."""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import EndpointNotFound
from secure_bedrock.policy import Policy

ID = "vpce-0abc123def4567890"
VALUES = {
    "host": f"{ID}-a1b2c3d4.{{service}}.eu-west-1.vpce.amazonaws.com",
    "addresses": ["10.20.1.10"],
    "cidrs": ["10.20.0.0/16"],
}
Tables = dict[str, dict[str, Any]]


def policy_with(endpoints: Tables, **network: Any) -> Policy:
    return Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        network={"endpoints": endpoints, **network},
    )


def refusal(service: str, endpoints: Tables, **network: Any) -> EndpointNotFound:
    with pytest.raises(EndpointNotFound) as caught:
        RouteFinder.without_aws(policy_with(endpoints, **network), environ={}).route(service)
    return caught.value


BEDROCK = "[network.endpoints.bedrock-runtime]"
EC2 = "let EC2 be asked: add [network.endpoints.ec2]"
LACKING: dict[str, tuple[str, Tables, dict[str, Any], str]] = {
    "everything, and no check is written": (
        "bedrock-runtime",
        {},
        {},
        f"write addresses or cidrs into {BEDROCK}, or {EC2}, with addresses or cidrs",
    ),
    "addresses, where CIDRs would not help": (
        "bedrock-runtime",
        {},
        {"address_check": "eni", "cidrs": ["10.20.0.0/16"]},
        f"write addresses into {BEDROCK}, or {EC2}, with addresses",
    ),
    "CIDRs for the check that is written": (
        "bedrock-runtime",
        {},
        {"address_check": "cidr"},
        f"write cidrs into {BEDROCK}, or {EC2}, with cidrs",
    ),
    "a name, because private DNS may not be asked": (
        "bedrock-runtime",
        {},
        {"cidrs": ["10.20.0.0/16"], "discovery": ["policy", "ec2"]},
        (
            f'write host into {BEDROCK}, or add "private-dns" to network.discovery, '
            f"or {EC2}, with host"
        ),
    ),
    "everything, and nobody may be asked": (
        "bedrock-runtime",
        {},
        {"discovery": ["policy"]},
        (
            f"write host and either addresses or cidrs into {BEDROCK}, or {EC2}, "
            'with host and either addresses or cidrs, and list "ec2" in network.discovery'
        ),
    ),
    "EC2's own route": (
        "ec2",
        {"ec2": {}},
        {},
        "write addresses or cidrs into [network.endpoints.ec2]",
    ),
    "a table that may be empty": (
        "sts",
        {},
        {"cidrs": ["10.20.0.0/16"]},
        "add this table to the policy; it may be empty:\n[network.endpoints.sts]",
    ),
    "a table that would not do empty": (
        "sts",
        {},
        {},
        "add this table to the policy, with addresses or cidrs:\n[network.endpoints.sts]",
    ),
    "a table for what EC2 is asked about": (
        "sts",
        {"ec2": {"cidrs": ["10.20.0.0/16"]}},
        {},
        "add this table to the policy; it may be empty:\n[network.endpoints.sts]",
    ),
    "a table for what EC2 can't be asked about yet": (
        "sts",
        {"ec2": {}},
        {},
        "add this table to the policy, with addresses or cidrs:\n[network.endpoints.sts]",
    ),
    "EC2's route, whose table is there": (
        "bedrock-runtime",
        {"ec2": {}},
        {"discovery": ["policy", "private-dns"]},
        (
            f"write addresses or cidrs into {BEDROCK}, or let EC2 be asked: write addresses or "
            'cidrs into [network.endpoints.ec2], and list "ec2" in network.discovery'
        ),
    ),
    "nothing but EC2's mention": (
        "bedrock-runtime",
        {"ec2": {"addresses": ["10.20.1.12"]}},
        {"discovery": ["policy", "private-dns"]},
        (
            f"write addresses or cidrs into {BEDROCK}, or let EC2 be asked: "
            'list "ec2" in network.discovery'
        ),
    ),
    "what EC2 could not say": (
        "bedrock-runtime",
        {"ec2": {"addresses": ["10.20.1.12"]}},
        {},
        f"write addresses or cidrs into {BEDROCK}",
    ),
    "EC2's own table": (
        "ec2",
        {},
        {},
        "add this table to the policy, with addresses or cidrs:\n[network.endpoints.ec2]",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_the_next_step_names_the_keys_that_are_lacking(case: str) -> None:
    service, endpoints, network, step = LACKING[case]

    assert refusal(service, endpoints, **network).next_step == step


def followed(way: str, service: str, endpoints: Tables, network: dict[str, Any]) -> Iterator[Any]:
    """The policies that someone writes who does what one way says, and the service that then has a route."""
    changed: Mapping[str, Any] = network
    if match := re.search(r'(?:add|list) "([a-z0-9-]+)" (?:to|in) network.discovery', way):
        changed = {**network, "discovery": [*network["discovery"], match[1]]}
    table = re.search(r"\[network\.endpoints\.([a-z0-9-]+)\]", way)
    if table is None:
        yield policy_with(endpoints, **changed), "ec2" if "EC2" in way else service
        return
    keys = re.search(r"(?:write|with) ((?:host|addresses|cidrs|and|either|or| )+)", way)
    wanted = re.findall("host|addresses|cidrs", keys[1] if keys else "")
    choices = [{"addresses"}, {"cidrs"}] if " or " in (keys[1] if keys else "") else [set(wanted)]
    for choice in choices:
        written = {
            key: value.format(service=table[1]) if isinstance(value, str) else value
            for key, value in VALUES.items()
            if key in choice or (key == "host" and "host" in wanted)
        }
        merged = {**endpoints, table[1]: {**endpoints.get(table[1], {}), **written}}
        yield policy_with(merged, **changed), table[1]


CHECKS = (None, "eni", "cidr", "private")
CIDRS: tuple[list[str], ...] = ([], ["10.20.0.0/16"])
DISCOVERY = (
    ["policy", "environment", "ec2", "private-dns"],
    ["policy", "private-dns"],
    ["policy", "ec2"],
    ["policy"],
)
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
TABLES: dict[str, tuple[Tables, ...]] = {
    "bedrock-runtime": (
        {},
        {"bedrock-runtime": {"host": HOST}},
        {"bedrock-runtime": {"addresses": ["10.20.1.10"]}},
        {"ec2": {"cidrs": ["10.20.0.0/16"]}},
        {"ec2": {}},
    ),
    "ec2": ({}, {"ec2": {}}),
    "sts": ({}, {"sts": {}}, {"sts": {}, "ec2": {}}),
}


def incomplete(service: str) -> Iterator[tuple[Tables, dict[str, Any], str]]:
    """Policies of every kind without a route for the service, and the next step of each."""
    for check, cidrs, discovery, tables in itertools.product(
        CHECKS, CIDRS, DISCOVERY, TABLES[service]
    ):
        network: dict[str, Any] = {"cidrs": cidrs, "discovery": discovery}
        if check is not None:
            network["address_check"] = check
        finder = RouteFinder.without_aws(policy_with(tables, **network), environ={})
        try:
            finder.route(service)
        except EndpointNotFound as error:
            yield tables, network, error.next_step


@pytest.mark.parametrize("service", TABLES)
def test_whoever_does_what_a_next_step_says_has_a_route(service: str) -> None:
    """Every way in every next step; a way that asks EC2 gives EC2 a route."""
    cases = list(incomplete(service))
    assert len(cases) > 20

    for tables, network, step in cases:
        for way in step.split(", or "):
            for policy, found in followed(way, service, tables, network):
                assert RouteFinder.without_aws(policy, environ={}).route(found).service == found
                assert found == service or "ec2" in policy.network.discovery
