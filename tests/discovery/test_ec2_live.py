"""Discovery through a real hardened EC2 client, against a local VPC that speaks EC2's protocol."""

import dataclasses
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from secure_bedrock.audit import AuditTrail, InvocationEvent
from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import AddressDenied, EndpointDenied, EndpointNotFound
from secure_bedrock.network import RouteGuard
from secure_bedrock.policy import Policy
from secure_bedrock.resilience import RetryEngine
from secure_bedrock.testing import (
    ConnectLog,
    Fault,
    LocalCredentials,
    LocalEndpoint,
    LocalVpc,
    StaticResolver,
)
from secure_bedrock.transport.calls.runner import CallRunner

ACTIONS = ["DescribeVpcEndpoints", "DescribeNetworkInterfaces", "DescribeVpcs"]


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "SECURE_BEDROCK_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def vpc() -> Iterator[LocalVpc]:
    with LocalVpc(page_size=1) as running:
        yield running


def policy_over(vpc: LocalVpc, **changes: Any) -> Policy:
    fields: dict[str, Any] = {
        "region": "eu-west-1",
        "models": ["amazon.nova-lite-v1:0"],
        "network": {
            "address_check": "eni",
            "ca_bundle": vpc.ca_path,
            "endpoints": {"ec2": vpc.policy_mapping()},
        },
        "account": {"vpc_id": vpc.vpc_id},
        **changes,
    }
    return Policy(**fields)


def finder_over(vpc: LocalVpc, **changes: Any) -> RouteFinder:
    return RouteFinder(policy_over(vpc, **changes), credentials=vpc.credentials, environ={})


def test_ec2_names_the_endpoint_its_addresses_and_its_vpcs_cidrs(vpc: LocalVpc) -> None:
    with ConnectLog() as log:
        route = finder_over(vpc).route("bedrock-runtime")

    assert route.host.startswith("vpce-")
    assert route.host in route.names
    assert "bedrock-runtime.eu-west-1.amazonaws.com" in route.names
    assert route.addresses == ("10.20.1.10", "10.20.2.10")
    assert route.cidrs == ("10.20.0.0/16",)
    assert route.resolve is True
    assert route.own_networks == ()
    assert RouteGuard(route).judge("10.20.2.10").allowed
    assert not RouteGuard(route).judge("10.20.9.9").allowed
    assert set(received(vpc)) == set(ACTIONS)
    assert set(log.connects) == {("127.0.0.1", vpc.port)}
    assert log.lookups == []


def received(vpc: LocalVpc) -> list[str | None]:
    return [request.operation for request in vpc.requests]


def test_a_second_question_asks_ec2_nothing(vpc: LocalVpc) -> None:
    finder = finder_over(vpc)
    finder.route("bedrock-runtime")
    asked = len(vpc.requests)

    finder.route("bedrock-runtime")

    assert len(vpc.requests) == asked


def test_without_the_vpcs_id_several_endpoints_are_listed_and_none_is_picked(
    vpc: LocalVpc,
) -> None:
    with pytest.raises(EndpointNotFound) as caught:
        finder_over(vpc, account={}).route("bedrock-runtime")

    outcomes = {each.provider: each.outcome for each in caught.value.attempts}
    assert outcomes["ec2"].startswith("several endpoints match (vpce-")
    assert received(vpc) == ["DescribeVpcEndpoints"] * 2


@pytest.mark.parametrize("action", ACTIONS)
def test_a_refused_call_names_the_iam_action(vpc: LocalVpc, action: str) -> None:
    vpc.deny(action)

    with pytest.raises(EndpointNotFound) as caught:
        finder_over(vpc).route("bedrock-runtime")

    outcomes = {each.provider: each.outcome for each in caught.value.attempts}
    assert (
        outcomes["ec2"] == f"AWS refused ec2:{action}: allow that action for the caller's identity"
    )


def test_wrong_credentials_give_nothing_and_the_code(vpc: LocalVpc) -> None:
    wrong = LocalCredentials(access_key="LOCALWRONGKEY", secret_key="wrong", token=None)

    with pytest.raises(EndpointNotFound) as caught:
        RouteFinder(policy_over(vpc), credentials=wrong, environ={}).route("bedrock-runtime")

    outcomes = {each.provider: each.outcome for each in caught.value.attempts}
    assert outcomes["ec2"] == "ec2:DescribeVpcEndpoints failed: AuthFailure"


def test_an_unreachable_ec2_gives_nothing(vpc: LocalVpc) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        table = {**vpc.policy_mapping(), "port": unheard.getsockname()[1]}
        network = {"address_check": "eni", "ca_bundle": vpc.ca_path, "endpoints": {"ec2": table}}

        with pytest.raises(EndpointNotFound) as caught:
            finder_over(vpc, network=network).route("bedrock-runtime")

    outcomes = {each.provider: each.outcome for each in caught.value.attempts}
    assert outcomes["ec2"].startswith("ec2:DescribeVpcEndpoints failed: ")


def test_with_a_runner_a_failed_answer_is_retried_and_every_call_leaves_an_event(
    vpc: LocalVpc,
) -> None:
    policy = policy_over(vpc)
    events: list[InvocationEvent] = []
    engine = RetryEngine(sleep=lambda _seconds: None)
    runner = CallRunner(policy, AuditTrail([events.append]), engine)
    vpc.fault(Fault.status(503))

    route = RouteFinder(policy, credentials=vpc.credentials, runner=runner, environ={}).route(
        "bedrock-runtime"
    )

    assert route.addresses == ("10.20.1.10", "10.20.2.10")
    assert {event.operation for event in events} == set(ACTIONS)
    assert {event.outcome for event in events} == {"ok"}
    assert events[0].attempts == 2


def test_without_a_runner_a_failed_answer_is_nothing(vpc: LocalVpc) -> None:
    vpc.fault(Fault.status(503))

    with pytest.raises(EndpointNotFound) as caught:
        finder_over(vpc).route("bedrock-runtime")

    assert "ec2:DescribeVpcEndpoints failed" in str(caught.value)


ELSEWHERE = LocalEndpoint(
    service="bedrock-runtime", service_region="us-east-1", addresses=["10.20.3.10"]
)


def test_an_endpoint_of_another_regions_service_is_not_taken() -> None:
    with LocalVpc([ELSEWHERE]) as vpc:
        with pytest.raises(EndpointNotFound, match="no interface endpoint in state available"):
            finder_over(vpc).route("bedrock-runtime")


def test_beside_an_endpoint_of_another_regions_service_the_own_one_is_taken() -> None:
    own = LocalEndpoint(service="bedrock-runtime", addresses=["10.20.1.10"])
    with LocalVpc([ELSEWHERE, own]) as vpc:
        route = finder_over(vpc).route("bedrock-runtime")

    assert route.addresses == ("10.20.1.10",)
    assert all("us-east-1" not in name for name in route.names)


def test_an_endpoint_of_another_regions_service_is_not_taken_by_its_id_either() -> None:
    named = dataclasses.replace(ELSEWHERE, endpoint_id="vpce-0fff123def4567890")
    with LocalVpc([named]) as vpc:
        network = {
            "address_check": "eni",
            "ca_bundle": vpc.ca_path,
            "endpoints": {
                "ec2": vpc.policy_mapping(),
                "bedrock-runtime": {"vpc_endpoint_id": named.endpoint_id},
            },
        }
        with pytest.raises(EndpointNotFound, match="vpc-endpoint-id=vpce-0fff123def4567890"):
            finder_over(vpc, network=network).route("bedrock-runtime")


def test_a_service_region_that_is_not_that_of_the_services_name_is_refused() -> None:
    """What EC2 would never answer: the name that was asked for, in another Region."""
    contradictory = dataclasses.replace(
        ELSEWHERE, service_name="com.amazonaws.eu-west-1.bedrock-runtime"
    )
    with LocalVpc([contradictory]) as vpc:
        with pytest.raises(
            EndpointDenied, match="ServiceRegion us-east-1, not eu-west-1"
        ) as caught:
            finder_over(vpc).route("bedrock-runtime")

    assert caught.value.rule == "endpoint-not-as-asked"


PARTITIONS = {
    "GovCloud": ("us-gov-west-1", "com.amazonaws", "amazonaws.com"),
    "China": ("cn-north-1", "com.amazonaws", "amazonaws.com.cn"),
    "China, under its own prefix": ("cn-north-1", "cn.com.amazonaws", "amazonaws.com.cn"),
    "European Sovereign Cloud": ("eusc-de-east-1", "com.amazonaws", "amazonaws.eu"),
    "its own prefix": ("eusc-de-east-1", "eu.amazonaws", "amazonaws.eu"),
}


@pytest.mark.parametrize(("region", "prefix", "suffix"), PARTITIONS.values(), ids=PARTITIONS)
def test_an_endpoint_is_found_under_either_name_of_its_partition(
    region: str, prefix: str, suffix: str
) -> None:
    endpoint = LocalEndpoint(service="sts", service_name=f"{prefix}.{region}.sts")
    with LocalVpc([endpoint], region=region) as vpc:
        network = {
            "address_check": "eni",
            "ca_bundle": vpc.ca_path,
            "endpoints": {"ec2": vpc.policy_mapping(), "sts": {}},
        }
        route = finder_over(vpc, region=region, network=network).route("sts")

    assert route.host.endswith(f".sts.{region}.vpce.{suffix}")
    assert route.addresses == ("10.20.1.10", "10.20.2.10")


def test_addresses_of_the_policy_that_ec2_does_not_list_are_a_conflict(vpc: LocalVpc) -> None:
    network = {
        "ca_bundle": vpc.ca_path,
        "endpoints": {
            "ec2": vpc.policy_mapping(),
            "bedrock-runtime": {"addresses": ["10.20.1.99"]},
        },
    }

    with pytest.raises(EndpointDenied, match=r"policy says 10\.20\.1\.99"):
        finder_over(vpc, network=network).route("bedrock-runtime")


def test_a_route_to_ec2_that_is_refused_is_a_denial_and_no_fall_back(vpc: LocalVpc) -> None:
    """EC2's own name answering with a public address must not end in a weaker source."""
    table = {**vpc.policy_mapping(), "cidrs": ["10.20.0.0/16"]}
    del table["addresses"]
    network = {"cidrs": ["10.20.0.0/16"], "ca_bundle": vpc.ca_path, "endpoints": {"ec2": table}}
    finder = RouteFinder(
        policy_over(vpc, network=network),
        resolver=StaticResolver({vpc.host: ["52.94.0.10"]}),
        credentials=vpc.credentials,
        environ={},
    )

    with pytest.raises(AddressDenied):
        finder.route("bedrock-runtime")
    assert vpc.requests == []


def test_a_setting_is_told_of_once_although_ec2_is_asked(
    vpc: LocalVpc, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Asking EC2 makes a client of its own, which judges the surroundings again and says nothing new of them."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")

    with caplog.at_level(logging.INFO, logger="secure_bedrock"):
        client = SecureBedrockClient(policy_over(vpc), credentials=vpc.credentials)
        client.route()

    (line,) = [line for line in caplog.messages if "not followed" in line]
    assert "AWS_ENDPOINT_URL" in line
