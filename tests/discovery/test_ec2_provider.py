"""What the ec2 provider makes of EC2's answers, and where it says nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.providers import Ec2Provider
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.policy import Policy
from secure_bedrock.values import BEDROCK_RUNTIME, Region, parse_service

ID = "vpce-0abc123def4567890"
OTHER_ID = "vpce-0fff123def4567890"
VPC = "vpc-0123456789abcdef0"
UNKNOWN = EndpointFacts(source="nothing")


def policy_with(**changes: Any) -> Policy:
    network = {"cidrs": ["10.20.0.0/16"], "endpoints": {"ec2": {}}}
    fields: dict[str, Any] = {
        "region": "eu-west-1",
        "models": ["amazon.nova-lite-v1:0"],
        "network": network,
        **changes,
    }
    return Policy(**fields)


def test_the_one_endpoint_gives_all_it_has(listed_ec2: Callable[..., Any]) -> None:
    ec2 = listed_ec2()

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.source == "ec2"
    assert found.observed
    assert len(found.names) == 3
    assert found.addresses == ("10.20.1.10", "10.20.2.10")
    assert found.cidrs == ("10.20.0.0/16", "2600:1f14::/56")
    assert found.vpc_endpoint_id == ID
    assert found.private_dns_enabled is True
    assert found.service_region == Region("eu-west-1")
    assert ec2.asked == [
        {
            "service-name": ("com.amazonaws.eu-west-1.bedrock-runtime",),
            "vpc-endpoint-state": ("available",),
        },
        ("eni-1", "eni-2"),
        (VPC,),
    ]


def test_the_policys_endpoint_and_vpc_are_part_of_the_question(
    listed_ec2: Callable[..., Any],
) -> None:
    ec2 = listed_ec2()
    known = EndpointFacts(source="policy", vpc_endpoint_id=ID)

    Ec2Provider(policy_with(account={"vpc_id": VPC}), ec2).find(BEDROCK_RUNTIME, known)

    assert ec2.asked[0]["vpc-endpoint-id"] == (ID,)
    assert ec2.asked[0]["vpc-id"] == (VPC,)


def test_sagemaker_runtime_is_asked_for_under_its_documented_service_name(
    listed_ec2: Callable[..., Any], endpoint: Callable[..., Any]
) -> None:
    service = "com.amazonaws.eu-west-1.sagemaker.runtime"
    name = f"{ID}-a1b2c3d4.runtime.sagemaker.eu-west-1.vpce.amazonaws.com"
    ec2 = listed_ec2(endpoints=[endpoint(ServiceName=service, DnsEntries=[{"DnsName": name}])])

    found = Ec2Provider(policy_with(), ec2).find(parse_service("sagemaker-runtime"), UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.names == {name}
    assert ec2.asked[0]["service-name"] == (service,)


def test_names_of_other_services_and_off_private_names_are_not_taken(
    listed_ec2: Callable[..., Any], endpoint: Callable[..., Any]
) -> None:
    entries = [
        *endpoint()["DnsEntries"],
        {"DnsName": f"{ID}-a1b2c3d4.s3.eu-west-1.vpce.amazonaws.com"},
        {"DnsName": f"{OTHER_ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"},
        {"DnsName": "bedrock-runtime.example.com"},
    ]
    ec2 = listed_ec2(endpoints=[endpoint(DnsEntries=entries, PrivateDnsEnabled=False)])

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    under = "bedrock-runtime.eu-west-1.vpce.amazonaws.com"
    assert isinstance(found, EndpointFacts)
    assert found.names == {f"{ID}-a1b2c3d4.{under}", f"{ID}-a1b2c3d4-eu-west-1a.{under}"}


def test_a_policy_without_a_route_for_ec2_asks_nothing(listed_ec2: Callable[..., Any]) -> None:
    ec2 = listed_ec2()
    policy = policy_with(network={"cidrs": ["10.20.0.0/16"]})

    found = Ec2Provider(policy, ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, Nothing)
    assert found.why.startswith("the policy has no route for ec2")
    assert ec2.asked == []


def test_ec2s_own_endpoint_is_not_looked_up_through_ec2(listed_ec2: Callable[..., Any]) -> None:
    ec2 = listed_ec2()

    found = Ec2Provider(policy_with(), ec2).find(parse_service("ec2"), UNKNOWN)

    assert found == Nothing("EC2's own endpoint can't be looked up through EC2")
    assert ec2.asked == []


def test_several_endpoints_are_listed_and_none_is_picked(
    listed_ec2: Callable[..., Any], endpoint: Callable[..., Any]
) -> None:
    ec2 = listed_ec2(endpoints=[endpoint(VpcEndpointId=OTHER_ID), endpoint()])

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == Nothing(
        f"several endpoints match ({ID}, {OTHER_ID}): write the right one's vpc_endpoint_id "
        "into [network.endpoints.bedrock-runtime]"
    )


NOTHING: dict[str, tuple[dict[str, Any], str]] = {
    "no endpoint": (
        {"none": True},
        "no interface endpoint in state available matches service-name=",
    ),
    "one that is being made": (
        {"State": "pendingAcceptance"},
        "no interface endpoint in state available",
    ),
    "a gateway": ({"VpcEndpointType": "Gateway"}, "no interface endpoint in state available"),
    "no interface": ({"NetworkInterfaceIds": []}, f"{ID} has no network interface"),
    "an answer that does not parse": ({"VpcId": None}, "EC2's answer could not be read: VpcId"),
}


@pytest.mark.parametrize(("changes", "why"), NOTHING.values(), ids=NOTHING)
def test_where_there_is_nothing_the_reason_is_given(
    listed_ec2: Callable[..., Any],
    endpoint: Callable[..., Any],
    changes: dict[str, Any],
    why: str,
) -> None:
    endpoints = [] if "none" in changes else [endpoint(**changes)]

    found = Ec2Provider(policy_with(), listed_ec2(endpoints=endpoints)).find(
        BEDROCK_RUNTIME, UNKNOWN
    )

    assert isinstance(found, Nothing)
    assert why in found.why


def test_a_failed_call_is_nothing_with_its_reason(listed_ec2: Callable[..., Any]) -> None:
    ec2 = listed_ec2(fails="AWS refused ec2:DescribeVpcEndpoints")

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == Nothing("AWS refused ec2:DescribeVpcEndpoints")


NOT_AS_ASKED: dict[str, tuple[dict[str, Any], str]] = {
    "another service": ({"ServiceName": "com.amazonaws.eu-west-1.bedrock"}, "service name"),
    "another Region's service": ({"ServiceRegion": "us-east-1"}, "ServiceRegion us-east-1"),
    "another id": ({"VpcEndpointId": OTHER_ID}, f"has id {OTHER_ID}, not {ID}"),
    "another VPC": ({"VpcId": "vpc-0ffffffffffffffff"}, "has VPC vpc-0ffffffffffffffff"),
}


@pytest.mark.parametrize(("changes", "reason"), NOT_AS_ASKED.values(), ids=NOT_AS_ASKED)
def test_an_answer_to_another_question_is_refused(
    listed_ec2: Callable[..., Any],
    endpoint: Callable[..., Any],
    changes: dict[str, Any],
    reason: str,
) -> None:
    ec2 = listed_ec2(endpoints=[endpoint(**changes)])
    provider = Ec2Provider(policy_with(account={"vpc_id": VPC}), ec2)

    with pytest.raises(EndpointDenied, match=reason) as caught:
        provider.find(BEDROCK_RUNTIME, EndpointFacts(source="policy", vpc_endpoint_id=ID))

    assert caught.value.rule == "endpoint-not-as-asked"


def test_cidrs_of_a_vpc_that_was_not_asked_for_are_not_taken(
    listed_ec2: Callable[..., Any], vpc: Callable[..., Any]
) -> None:
    ec2 = listed_ec2(vpc_list=[vpc(VpcId="vpc-0ffffffffffffffff")])

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.cidrs == ()


PUBLIC_BLOCK = {"CidrBlock": "54.1.0.0/16", "CidrBlockState": {"State": "associated"}}

# sentence → (network of the policy, addresses of the interface, CIDRs of its VPC, or None where it is not described)
PUBLIC: dict[str, tuple[dict[str, Any], dict[str, Any], list[Any] | None]] = {
    "a VPC that is not described": ({}, {"address": "54.1.2.3"}, None),
    "a VPC that owns the public CIDR": ({}, {"address": "54.1.2.3"}, [PUBLIC_BLOCK]),
    "an IPv6 address of AWS's ranges": (
        {},
        {"address": "10.20.1.10", "Ipv6Addresses": [{"Ipv6Address": "2600:1f14::a"}]},
        [],
    ),
    "a policy with other CIDRs": ({"cidrs": ["10.20.0.0/16"]}, {"address": "54.1.2.3"}, []),
    "a public CIDR that alone would approve": (
        {"address_check": "cidr"},
        {"address": "10.20.1.10"},
        [PUBLIC_BLOCK],
    ),
}


Public = Callable[[dict[str, Any], list[Any] | None], Any]


@pytest.fixture
def public_ec2(
    listed_ec2: Callable[..., Any], interface: Callable[..., Any], vpc: Callable[..., Any]
) -> Public:
    """Makes an EC2 of one interface with these addresses, in a VPC with these CIDRs."""

    def make(addresses: dict[str, Any], blocks: list[Any] | None) -> Any:
        described = {"Ipv6CidrBlockAssociationSet": [], "CidrBlockAssociationSet": blocks}
        return listed_ec2(
            interfaces=[interface("eni-1", **addresses)],
            vpc_list=[] if blocks is None else [vpc(**described)],
        )

    return make


@pytest.mark.parametrize(("network", "addresses", "blocks"), PUBLIC.values(), ids=PUBLIC)
def test_a_public_address_is_denied_as_in_a_lock(
    public_ec2: Public,
    network: dict[str, Any],
    addresses: dict[str, Any],
    blocks: list[Any] | None,
) -> None:
    policy = policy_with(network={"endpoints": {"ec2": {}}, **network})

    with pytest.raises(EndpointDenied, match="is not private") as caught:
        Ec2Provider(policy, public_ec2(addresses, blocks)).find(BEDROCK_RUNTIME, UNKNOWN)

    assert caught.value.rule == "endpoint-public-address"
    assert "network.cidrs" in caught.value.next_step


def test_a_public_address_in_a_cidr_of_the_policy_is_taken(public_ec2: Public) -> None:
    ec2 = public_ec2({"address": "54.1.2.3"}, [PUBLIC_BLOCK])
    policy = policy_with(network={"cidrs": ["54.1.0.0/16"], "endpoints": {"ec2": {}}})

    found = Ec2Provider(policy, ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.addresses == ("54.1.2.3",)


def test_an_interface_that_was_not_asked_for_gives_no_address(
    listed_ec2: Callable[..., Any], interface: Callable[..., Any]
) -> None:
    ec2 = listed_ec2(
        interfaces=[interface("eni-1", "10.20.1.10"), interface("eni-666", "10.20.9.9")]
    )

    found = Ec2Provider(policy_with(), ec2).find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, Nothing)
    assert "NetworkInterfaceId" in found.why
