"""The finder asks the policy's sources in order and makes a route of what agrees."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from secure_bedrock.discovery import EndpointFacts, Nothing, RouteFinder
from secure_bedrock.discovery.providers import (
    Ec2Provider,
    EnvironmentProvider,
    PolicyProvider,
    PrivateDnsProvider,
    Provider,
)
from secure_bedrock.errors import EndpointDenied, EndpointNotFound
from secure_bedrock.network import PrivateRoute, RouteGuard
from secure_bedrock.policy import Policy
from secure_bedrock.values import Evidence, ServiceName

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ZONAL = f"{ID}-a1b2c3d4-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PRIVATE = "bedrock-runtime.eu-west-1.amazonaws.com"
VARIABLE = "SECURE_BEDROCK_ENDPOINT_BEDROCK_RUNTIME"
LIMIT_S = 10.0


def policy_with(endpoints: dict[str, Any] | None = None, **network: Any) -> Policy:
    return Policy(
        region="eu-west-1",
        models=["amazon.nova-lite-v1:0"],
        network={"endpoints": endpoints or {}, **network},
    )


def with_ec2(policy: Policy, ec2: Any, environ: dict[str, str] | None = None) -> RouteFinder:
    sources: list[Provider] = [
        PolicyProvider(policy),
        EnvironmentProvider(policy, environ or {}),
        Ec2Provider(policy, ec2),
        PrivateDnsProvider(policy),
    ]
    return RouteFinder(policy, providers=sources)


def test_the_smallest_policy_finds_the_private_dns_name_inside_its_cidrs() -> None:
    finder = RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), environ={})

    route = finder.route("bedrock-runtime")

    assert route == PrivateRoute(
        service=ServiceName("bedrock-runtime"),
        region=route.region,
        host=PRIVATE,
        names=frozenset({PRIVATE}),
        address_check="cidr",
        cidrs=("10.20.0.0/16",),
        own_networks=("10.20.0.0/16",),
        found_by=(
            Evidence("port", "443", "policy"),
            Evidence("cidrs", "10.20.0.0/16", "policy"),
            Evidence("host", PRIVATE, "private-dns"),
        ),
    )


def test_addresses_in_the_policy_are_final() -> None:
    table = {"host": HOST, "addresses": ["10.20.1.10"], "port": 8443}
    finder = RouteFinder(policy_with({"bedrock-runtime": table}), environ={})

    route = finder.route("bedrock-runtime")

    assert route.url == f"https://{HOST}:8443"
    assert route.resolve is False
    assert route.address_check == "eni"
    assert route.addresses == ("10.20.1.10",)
    assert route.own_networks == ("10.20.1.10",)
    assert route.vpc_endpoint_id == ID


def test_loopback_is_own_only_where_the_policy_names_it(
    listed_ec2: Callable[..., Any], interface: Callable[..., Any], vpc: Callable[..., Any]
) -> None:
    """An EC2 that answered with loopback must not open this machine's own ports."""
    policy = policy_with({"ec2": {}}, address_check="eni")
    block = {"CidrBlock": "127.0.0.0/16", "CidrBlockState": {"State": "associated"}}
    ec2 = listed_ec2(
        interfaces=[interface("eni-1", "127.0.0.1")],
        vpc_list=[vpc(CidrBlockAssociationSet=[block])],
    )

    route = with_ec2(policy, ec2).route("bedrock-runtime")

    assert route.own_networks == ()
    assert RouteGuard(route).judge("127.0.0.1").rule == "never-loopback"


def test_ec2_completes_what_the_policy_leaves_open(listed_ec2: Callable[..., Any]) -> None:
    policy = policy_with({"ec2": {}}, address_check="eni")

    route = with_ec2(policy, listed_ec2()).route("bedrock-runtime")

    assert route.host == HOST
    assert route.names == {HOST, ZONAL, PRIVATE}
    assert route.addresses == ("10.20.1.10", "10.20.2.10")
    assert route.cidrs == ("10.20.0.0/16", "2600:1f14::/56")
    assert route.resolve is True
    assert route.own_networks == ()
    assert {(each.name, each.source) for each in route.found_by} >= {
        ("names", "ec2"),
        ("addresses", "ec2"),
        ("vpc_endpoint_id", "ec2"),
    }


def test_ec2_is_not_asked_once_the_route_is_complete(listed_ec2: Callable[..., Any]) -> None:
    policy = policy_with({"ec2": {}, "bedrock-runtime": {"host": HOST}}, cidrs=["10.20.0.0/16"])
    ec2 = listed_ec2()

    assert with_ec2(policy, ec2).route("bedrock-runtime").host == HOST
    assert ec2.asked == []


def test_the_environment_selects_a_zonal_name_that_ec2_knows(
    listed_ec2: Callable[..., Any],
) -> None:
    policy = policy_with({"ec2": {}}, address_check="eni")

    route = with_ec2(policy, listed_ec2(), {VARIABLE: ZONAL}).route("bedrock-runtime")

    assert route.host == ZONAL
    assert Evidence("host", ZONAL, "environment") in route.found_by


def test_the_environment_cannot_contradict_a_complete_policy() -> None:
    policy = policy_with({"bedrock-runtime": {"host": HOST, "addresses": ["10.20.1.10"]}})

    with pytest.raises(EndpointDenied, match=r"policy says .* environment says") as caught:
        RouteFinder(policy, environ={VARIABLE: ZONAL}).route("bedrock-runtime")

    assert caught.value.rule == "endpoint-facts-conflict"


def test_a_stated_source_is_heard_after_a_complete_one_too() -> None:
    policy = policy_with(
        {"bedrock-runtime": {"host": HOST}},
        cidrs=["10.20.0.0/16"],
        discovery=["private-dns", "environment"],
    )

    with pytest.raises(EndpointDenied, match="disagree on host"):
        RouteFinder(policy, environ={VARIABLE: ZONAL}).route("bedrock-runtime")


def test_what_the_policy_states_holds_where_discovery_leaves_it_out() -> None:
    policy = policy_with(
        {"bedrock-runtime": {"host": HOST}}, cidrs=["10.20.0.0/16"], discovery=["private-dns"]
    )

    assert RouteFinder(policy, environ={}).route("bedrock-runtime").host == HOST


def test_a_source_that_discovery_leaves_out_is_not_asked() -> None:
    policy = policy_with(cidrs=["10.20.0.0/16"], discovery=["policy", "private-dns"])

    assert RouteFinder(policy, environ={VARIABLE: HOST}).route("bedrock-runtime").host == PRIVATE


def test_policy_addresses_that_ec2_does_not_know_are_a_conflict(
    listed_ec2: Callable[..., Any],
) -> None:
    policy = policy_with({"ec2": {}, "bedrock-runtime": {"addresses": ["10.20.9.9"]}})

    with pytest.raises(EndpointDenied, match=r"disagree on addresses: policy says 10\.20\.9\.9"):
        with_ec2(policy, listed_ec2()).route("bedrock-runtime")


def test_eni_mode_without_addresses_finds_nothing_and_never_a_weaker_check() -> None:
    policy = policy_with(address_check="eni", cidrs=["10.20.0.0/16"])

    with pytest.raises(EndpointNotFound) as caught:
        RouteFinder(policy, environ={}).route("bedrock-runtime")

    error = caught.value
    assert error.reason.endswith(
        ": a host name and the endpoint's addresses (address_check is eni) are not known"
    )
    assert [attempt.provider for attempt in error.attempts] == [
        "policy",
        "environment",
        "ec2",
        "private-dns",
    ]
    assert str(error.attempts[1]) == f"environment: {VARIABLE} is not set"
    assert "no route for ec2" in error.attempts[2].outcome
    assert error.next_step.endswith("add [network.endpoints.ec2], with addresses")


def test_the_attempts_tell_what_each_source_gave() -> None:
    policy = policy_with(address_check="eni", cidrs=["10.20.0.0/16"])

    with pytest.raises(EndpointNotFound) as caught:
        RouteFinder(policy, environ={VARIABLE: HOST}).route("bedrock-runtime")

    outcomes = {attempt.provider: attempt.outcome for attempt in caught.value.attempts}
    assert outcomes["policy"] == "gave cidrs 10.20.0.0/16"
    assert outcomes["environment"] == f"gave vpc_endpoint_id {ID}; host {HOST}"


GAVE = {
    "nothing that was written": ({}, "gave nothing but the default port"),
    "a port of its own": ({"port": 8443}, "gave port 8443"),
    "a name": ({"vpc_endpoint_id": ID}, f"gave vpc_endpoint_id {ID}"),
}


@pytest.mark.parametrize(("table", "outcome"), GAVE.values(), ids=GAVE)
def test_a_default_port_is_not_told_as_something_that_was_given(
    table: dict[str, Any], outcome: str
) -> None:
    with pytest.raises(EndpointNotFound) as caught:
        RouteFinder(policy_with({"bedrock-runtime": table}), environ={}).route("bedrock-runtime")

    assert str(caught.value.attempts[0]) == f"policy: {outcome}"


def test_another_service_has_its_own_route_and_cidrs() -> None:
    policy = policy_with({"sts": {"cidrs": ["10.30.0.0/16"]}}, cidrs=["10.20.0.0/16"])

    route = RouteFinder(policy, environ={}).route("sts")

    assert route.host == "sts.eu-west-1.amazonaws.com"
    assert route.cidrs == ("10.30.0.0/16",)
    assert route.own_networks == ("10.30.0.0/16",)


@pytest.mark.parametrize("name", ["", "Bedrock Runtime", "bedrock-runtime.", "../ec2"])
def test_what_is_no_service_has_no_endpoint(name: str) -> None:
    with pytest.raises(EndpointNotFound, match="not the boto3 name of an AWS service"):
        RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), environ={}).route(name)


class Counted:
    """A source that counts how often it is asked, and fails, waits or answers as it is told."""

    name = "counted"
    stated = True

    def __init__(self, answer: EndpointFacts | Nothing) -> None:
        self.answer = answer
        self.asked = 0
        self.go = threading.Event()
        self.go.set()

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        self.asked += 1
        assert self.go.wait(LIMIT_S)
        return self.answer


COMPLETE = EndpointFacts(source="counted", host=HOST, cidrs=("10.20.0.0/16",))


def test_a_route_is_found_once_and_again_on_refresh() -> None:
    source = Counted(COMPLETE)
    finder = RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), providers=[source])

    first = finder.route("bedrock-runtime")
    assert finder.route("bedrock-runtime") is first
    assert source.asked == 1

    source.answer = EndpointFacts(source="counted", host=ZONAL, cidrs=("10.20.0.0/16",))
    assert finder.refresh("bedrock-runtime").host == ZONAL
    assert finder.route("bedrock-runtime").host == ZONAL
    assert source.asked == 2


def test_an_error_is_not_kept() -> None:
    source = Counted(Nothing("not yet"))
    finder = RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), providers=[source])

    with pytest.raises(EndpointNotFound, match="not yet"):
        finder.route("bedrock-runtime")
    source.answer = COMPLETE

    assert finder.route("bedrock-runtime").host == HOST


def test_a_failed_refresh_keeps_the_former_route() -> None:
    source = Counted(COMPLETE)
    finder = RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), providers=[source])
    before = finder.route("bedrock-runtime")

    source.answer = Nothing("EC2 is down")
    with pytest.raises(EndpointNotFound):
        finder.refresh("bedrock-runtime")

    assert finder.route("bedrock-runtime") is before


def test_threads_share_one_search() -> None:
    source = Counted(COMPLETE)
    source.go.clear()
    finder = RouteFinder(policy_with(cidrs=["10.20.0.0/16"]), providers=[source])

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(finder.route, "bedrock-runtime") for _ in range(8)]
        threading.Event().wait(0.05)
        source.go.set()
        routes = [each.result(LIMIT_S) for each in asked]

    assert source.asked == 1
    assert all(route is routes[0] for route in routes)
