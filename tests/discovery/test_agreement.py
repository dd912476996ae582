"""Facts that agree become one set; facts that conflict name both sources."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.discovery.agreement import agree, evidence_for
from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import parse_cidr
from secure_bedrock.values import Evidence, Region

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ZONAL = f"{ID}-a1b2c3d4-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PRIVATE = "bedrock-runtime.eu-west-1.amazonaws.com"


def stated(source: str = "policy", **facts: Any) -> EndpointFacts:
    return EndpointFacts(source=source, **facts)


def observed(**facts: Any) -> EndpointFacts:
    return EndpointFacts(source="ec2", observed=True, **facts)


def test_what_one_source_leaves_open_another_fills() -> None:
    one = stated(cidrs=("10.20.0.0/16",), port=443)
    two = observed(
        names=frozenset({HOST, ZONAL, PRIVATE}),
        addresses=("10.20.1.10", "10.20.2.10"),
        vpc_endpoint_id=ID,
        private_dns_enabled=True,
        service_region=Region("eu-west-1"),
    )

    together = agree([one, two])

    assert together == EndpointFacts(
        source="policy + ec2",
        host=HOST,
        names=frozenset({HOST, ZONAL, PRIVATE}),
        addresses=("10.20.1.10", "10.20.2.10"),
        cidrs=("10.20.0.0/16",),
        vpc_endpoint_id=ID,
        port=443,
        private_dns_enabled=True,
        service_region=Region("eu-west-1"),
        observed=True,
    )


def test_a_stated_zonal_name_is_kept_where_ec2_knows_it() -> None:
    together = agree([stated(host=ZONAL), observed(names=frozenset({HOST, ZONAL}))])

    assert together.host == ZONAL


def test_only_a_private_name_is_chosen_where_there_is_no_other() -> None:
    assert agree([observed(names=frozenset({PRIVATE}))]).host == PRIVATE


def test_stated_addresses_may_be_fewer_than_the_observed_ones() -> None:
    one, two = stated(addresses=("10.20.1.10",)), observed(addresses=("10.20.2.10", "10.20.1.10"))

    assert agree([one, two]).addresses == ("10.20.1.10",)
    assert agree([two, one]).addresses == ("10.20.1.10",)


NARROWED = {
    "a subnet inside the VPC stays": (("10.20.1.0/24",), ("10.20.0.0/16",), {"10.20.1.0/24"}),
    "a supernet of the VPC shrinks to it": (("10.20.0.0/15",), ("10.20.0.0/16",), {"10.20.0.0/16"}),
    "what only one source names is dropped": (
        ("10.20.0.0/16", "10.30.0.0/16"),
        ("10.20.0.0/16", "100.64.0.0/16"),
        {"10.20.0.0/16"},
    ),
    "IPv4 and IPv6 are kept apart": (
        ("10.20.0.0/16", "2600:1f14::/56"),
        ("2600:1f14::/56", "10.20.0.0/16"),
        {"10.20.0.0/16", "2600:1f14::/56"},
    ),
}


@pytest.mark.parametrize(("one", "two", "kept"), NARROWED.values(), ids=NARROWED)
def test_cidrs_narrow_each_other(one: Any, two: Any, kept: set[str]) -> None:
    assert set(agree([stated(cidrs=one), observed(cidrs=two)]).cidrs) == kept


CONFLICTS: dict[str, tuple[EndpointFacts, EndpointFacts, str]] = {
    "two endpoint ids": (
        stated(vpc_endpoint_id=ID),
        observed(vpc_endpoint_id="vpce-0fff123def4567890"),
        "disagree on vpc_endpoint_id: policy says vpce-0abc",
    ),
    "two hosts": (
        stated(host=HOST),
        stated("environment", host=ZONAL),
        f"disagree on host: policy says {HOST}, environment says {ZONAL}",
    ),
    "a host that EC2 does not list": (
        stated(host=PRIVATE),
        observed(names=frozenset({HOST})),
        f"disagree on host: policy says {PRIVATE}, ec2 says only {HOST}",
    ),
    "two ports": (stated(port=443), stated("other", port=8443), "disagree on port"),
    "two Regions": (
        stated(service_region=Region("eu-west-1")),
        observed(service_region=Region("eu-central-1")),
        "disagree on service_region",
    ),
    "two answers about private DNS": (
        stated(private_dns_enabled=True),
        observed(private_dns_enabled=False),
        "disagree on private_dns_enabled",
    ),
    "two lists of names": (
        observed(names=frozenset({HOST})),
        stated(names=frozenset({HOST, ZONAL})),
        "disagree on names",
    ),
    "a stated address that is no interface of the endpoint": (
        stated(addresses=("10.20.1.10", "10.20.9.9")),
        observed(addresses=("10.20.1.10",)),
        "disagree on addresses: policy says 10.20.1.10, 10.20.9.9, ec2 says 10.20.1.10",
    ),
    "two stated lists of addresses": (
        stated(addresses=("10.20.1.10",)),
        stated("lock", addresses=("10.20.1.10", "10.20.2.10")),
        "disagree on addresses",
    ),
    "CIDRs of another VPC": (
        stated(cidrs=("10.20.0.0/16",)),
        observed(cidrs=("10.30.0.0/16",)),
        "disagree on cidrs: policy says 10.20.0.0/16, ec2 says 10.30.0.0/16",
    ),
}


@pytest.mark.parametrize(("one", "two", "reason"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_conflict_is_an_error_in_either_order(
    one: EndpointFacts, two: EndpointFacts, reason: str
) -> None:
    for order in ([one, two], [two, one]):
        with pytest.raises(EndpointDenied) as caught:
            agree(order)
        assert caught.value.rule == "endpoint-facts-conflict"
        assert all(each.source in caught.value.reason for each in order)
    with pytest.raises(EndpointDenied, match=reason):
        agree([one, two])


def test_three_lists_of_cidrs_that_only_agree_in_pairs_conflict() -> None:
    """Otherwise the third list would stand alone and widen what the first two left."""
    a, b, c = "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"
    lists = [(a, b), (b, c), (a, c)]

    with pytest.raises(EndpointDenied, match="disagree on cidrs"):
        agree([stated(str(i), cidrs=each) for i, each in enumerate(lists)])


def test_nothing_from_nobody_is_no_facts() -> None:
    assert agree([]) == EndpointFacts(source="")


def test_evidence_names_the_source_of_each_fact() -> None:
    said = [stated(cidrs=("10.20.0.0/16",)), observed(vpc_endpoint_id=ID, names=frozenset({HOST}))]

    assert evidence_for(said) == (
        Evidence("cidrs", "10.20.0.0/16", "policy"),
        Evidence("vpc_endpoint_id", ID, "ec2"),
        Evidence("names", HOST, "ec2"),
    )


_CIDRS = st.lists(
    st.builds(
        lambda second, third, length: str(
            parse_cidr(f"10.{second}.0.0/16")
            if length == 16
            else parse_cidr(f"10.{second}.{third}.0/24")
        ),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from([16, 24]),
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
_ADDRESSES = st.lists(
    st.sampled_from(["10.0.0.10", "10.1.0.10", "10.2.0.10"]), min_size=1, unique=True
)


@given(one=_CIDRS, two=_CIDRS)
def test_a_further_source_never_widens_the_cidrs(one: list[str], two: list[str]) -> None:
    alone = [stated(cidrs=tuple(one)), observed(cidrs=tuple(two))]
    try:
        kept = [parse_cidr(cidr) for cidr in agree(alone).cidrs]
    except EndpointDenied:
        return
    for source in (one, two):
        networks = [parse_cidr(cidr) for cidr in source]
        assert all(any(cidr[0] in n and cidr[-1] in n for n in networks) for cidr in kept)


@given(one=_ADDRESSES, two=_ADDRESSES)
def test_a_further_source_never_widens_the_addresses(one: list[str], two: list[str]) -> None:
    try:
        kept = agree([stated(addresses=tuple(one)), observed(addresses=tuple(two))]).addresses
    except EndpointDenied:
        assert not set(one) <= set(two)
        return
    assert kept
    assert set(kept) <= set(one) & set(two)
