"""Every hostile and legitimate setup of the corpus that names and addresses alone decide."""

import json
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.errors import AddressDenied, Denied, EndpointDenied
from secure_bedrock.network import (
    PrivateRoute,
    RouteGuard,
    judge_host,
    parse_endpoint_url,
    vpc_endpoint_id_of,
)
from secure_bedrock.values import AddressCheck, Region, parse_region, parse_service

CORPUS = json.loads((Path(__file__).parents[1] / "data" / "bypass.json").read_text("utf-8"))
CATEGORIES = {"dns", "ipv6", "hostname", "endpoint_url", "idna"}
# Scenarios are about time: tests/network/test_dial.py plays them.
ENTRIES = {
    entry["id"]: entry
    for entry in CORPUS["entries"]
    if entry["category"] in CATEGORIES and "scenario" not in entry["setup"]
}


def pinned_facts(entry: dict[str, Any]) -> dict[str, Any]:
    return {**CORPUS["fixture"], **entry["setup"].get("pinned", {})}


def address_check_of(facts: dict[str, Any]) -> AddressCheck:
    if facts["eni_ips"]:
        return "eni"
    return "cidr" if facts["vpc_cidrs"] else "private"


def own_names(facts: dict[str, Any]) -> frozenset[str]:
    """The pinned names, less the private-DNS ones where private DNS is off."""
    return frozenset(
        name
        for name in facts["dns_names"]
        if facts["private_dns_enabled"] or name.startswith("vpce-")
    )


def pinned_route(entry: dict[str, Any]) -> PrivateRoute:
    facts = pinned_facts(entry)
    names = own_names(facts)
    return PrivateRoute(
        service=parse_service(entry["setup"].get("service", "bedrock-runtime")),
        region=parse_region(facts["region"]),
        host=min(names),
        names=names,
        address_check=address_check_of(facts),
        addresses=tuple(facts["eni_ips"] or ()),
        cidrs=tuple(facts["vpc_cidrs"] or ()),
    )


def url_of(entry: dict[str, Any]) -> object:
    return entry["setup"]["client_kwargs"]["endpoint_url"]


def by_known_names(entry: dict[str, Any]) -> None:
    """Raise what a client with the pinned route raises before it opens a socket."""
    route = pinned_route(entry).with_url(url_of(entry))
    guard = RouteGuard(route)
    if "dns" in entry["setup"]:
        guard.judge_answers(entry["setup"]["dns"]).or_raise(AddressDenied)


def by_grammar(entry: dict[str, Any]) -> None:
    """Raise what a client raises that knows no names, only service, Region, endpoint id and private DNS."""
    facts = pinned_facts(entry)
    ids = {vpc_endpoint_id_of(name) for name in facts["dns_names"]} - {None}
    judge_host(
        parse_endpoint_url(url_of(entry)).host,
        service=parse_service(entry["setup"].get("service", "bedrock-runtime")),
        region=Region(facts["region"]),
        vpc_endpoint_id=ids.pop() if ids else None,
        private_dns=facts["private_dns_enabled"],
    ).or_raise(EndpointDenied)


def test_the_corpus_is_here() -> None:
    assert len(ENTRIES) == 90


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_a_client_that_knows_the_names_decides_as_expected(entry: dict[str, Any]) -> None:
    if entry["expect"] == "allowed":
        by_known_names(entry)
        return

    with pytest.raises(Denied) as caught:
        by_known_names(entry)

    assert type(caught.value).__name__ == entry["error"]


@pytest.mark.parametrize(
    "entry",
    [entry for entry in ENTRIES.values() if entry["error"] != "AddressDenied"],
    ids=[name for name, entry in ENTRIES.items() if entry["error"] != "AddressDenied"],
)
def test_the_grammar_alone_decides_as_expected(entry: dict[str, Any]) -> None:
    if entry["expect"] == "allowed":
        by_grammar(entry)
        return

    with pytest.raises(EndpointDenied):
        by_grammar(entry)
