"""Stock boto3 reads the local VPC as it reads EC2: shapes, filters, pages, refusals."""

from __future__ import annotations

import json
import ssl
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.testing import Fault, LocalAuthority, LocalBedrock, LocalEndpoint, LocalVpc
from secure_bedrock.testing.ec2_query import matches
from secure_bedrock.testing.vpc import VPC_ID

RUNTIME = "com.amazonaws.eu-west-1.bedrock-runtime"


@pytest.fixture
def vpc() -> Iterator[LocalVpc]:
    with LocalVpc(tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture
def ec2(vpc: LocalVpc, stock: Callable[..., Any]) -> Any:
    return stock(vpc, "ec2")


def only(items: list[Any]) -> Any:
    (item,) = items
    return item


def test_an_interface_endpoint_has_everything_that_a_reader_needs(ec2: Any) -> None:
    found = only(
        ec2.describe_vpc_endpoints(
            Filters=[
                {"Name": "service-name", "Values": [RUNTIME]},
                {"Name": "vpc-id", "Values": [VPC_ID]},
                {"Name": "vpc-endpoint-state", "Values": ["available"]},
            ]
        )["VpcEndpoints"]
    )
    name = f"{found['VpcEndpointId']}-a1b2c3d4"

    assert [entry["DnsName"] for entry in found["DnsEntries"]] == [
        f"{name}.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        f"{name}-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        f"{name}-eu-west-1b.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        "bedrock-runtime.eu-west-1.amazonaws.com",
    ]
    assert all(entry["HostedZoneId"].startswith("Z") for entry in found["DnsEntries"])
    assert (found["VpcEndpointType"], found["State"]) == ("Interface", "available")
    assert (found["ServiceRegion"], found["OwnerId"]) == ("eu-west-1", "111122223333")
    assert found["PrivateDnsEnabled"] is True
    assert found["RequesterManaged"] is False
    assert found["DnsOptions"] == {"DnsRecordIpType": "ipv4"}
    assert len(found["SubnetIds"]) == len(found["NetworkInterfaceIds"]) == 2
    assert json.loads(found["PolicyDocument"])["Statement"][0]["Effect"] == "Allow"
    assert found["CreationTimestamp"].year == 2026


def test_its_network_interfaces_are_a_vpc_endpoints(ec2: Any) -> None:
    endpoint = only(
        ec2.describe_vpc_endpoints(
            Filters=[
                {"Name": "service-name", "Values": [RUNTIME]},
                {"Name": "vpc-id", "Values": [VPC_ID]},
                {"Name": "vpc-endpoint-state", "Values": ["available"]},
            ]
        )["VpcEndpoints"]
    )
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])[
        "NetworkInterfaces"
    ]

    assert [item["PrivateIpAddress"] for item in found] == ["10.20.1.10", "10.20.2.10"]
    assert {item["InterfaceType"] for item in found} == {"vpc_endpoint"}
    assert all(item["RequesterManaged"] and item["Status"] == "in-use" for item in found)
    assert [item["AvailabilityZone"] for item in found] == ["eu-west-1a", "eu-west-1b"]
    assert [item["SubnetId"] for item in found] == endpoint["SubnetIds"]
    assert found[0]["Groups"] == endpoint["Groups"]
    assert found[0]["PrivateIpAddresses"] == [{"Primary": True, "PrivateIpAddress": "10.20.1.10"}]
    assert endpoint["VpcEndpointId"] in found[0]["Description"]


def test_the_vpc_tells_its_cidrs_and_owner(stock: Callable[..., Any]) -> None:
    cidrs = ["10.20.0.0/16", "100.64.0.0/16", "2600:1f18:1:2000::/56"]
    with LocalVpc([], cidrs=cidrs, tls_names=("127.0.0.1",)) as vpc:
        found = only(stock(vpc, "ec2").describe_vpcs(VpcIds=[VPC_ID])["Vpcs"])

    assert (found["CidrBlock"], found["OwnerId"]) == ("10.20.0.0/16", "111122223333")
    four = found["CidrBlockAssociationSet"]
    assert [entry["CidrBlock"] for entry in four] == cidrs[:2]
    assert {entry["CidrBlockState"]["State"] for entry in four} == {"associated"}
    assert found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"] == cidrs[2]


def test_an_address_of_ipv6_makes_the_endpoint_dual_stack(stock: Callable[..., Any]) -> None:
    address = "2600:1f18:1:2000::10"
    endpoint = LocalEndpoint(service="bedrock-runtime", addresses=["10.20.1.10", address])
    with LocalVpc([endpoint], tls_names=("127.0.0.1",)) as vpc:
        client = stock(vpc, "ec2")
        found = only(client.describe_vpc_endpoints()["VpcEndpoints"])
        interfaces = client.describe_network_interfaces(
            Filters=[{"Name": "interface-type", "Values": ["vpc_endpoint"]}]
        )["NetworkInterfaces"]

    assert found["IpAddressType"] == "dualstack"
    assert interfaces[1]["Ipv6Addresses"] == [{"Ipv6Address": address}]
    assert "PrivateIpAddress" not in interfaces[1]


def test_the_typical_vpc_has_what_a_careless_reader_trips_over(ec2: Any) -> None:
    endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    by_state = {item["State"] for item in endpoints}
    gateway = only([item for item in endpoints if item["VpcEndpointType"] == "Gateway"])
    gone = only([item for item in endpoints if item["State"] == "deleted"])
    elsewhere = only([item for item in endpoints if item["VpcId"] != VPC_ID])

    assert by_state == {"available", "pending", "deleted"}
    assert gateway["RouteTableIds"]
    assert not gateway.get("DnsEntries")
    assert (gone["DnsEntries"], gone["NetworkInterfaceIds"]) == ([], [])
    assert elsewhere["ServiceName"] == RUNTIME
    assert len({item["VpcEndpointId"] for item in endpoints}) == len(endpoints)


FILTERS: dict[str, tuple[str, list[tuple[str, list[str]]], int]] = {
    "one value": ("vpc_endpoints", [("vpc-endpoint-state", ["pending"])], 1),
    "one of two values": ("vpc_endpoints", [("vpc-endpoint-state", ["pending", "deleted"])], 2),
    "two filters, both": (
        "vpc_endpoints",
        [("service-name", [RUNTIME]), ("vpc-endpoint-state", ["available"])],
        2,
    ),
    "a wildcard": ("vpc_endpoints", [("service-name", ["*.bedrock*"])], 4),
    "nothing": ("vpc_endpoints", [("vpc-id", ["vpc-none"])], 0),
    "the type": ("vpc_endpoints", [("vpc-endpoint-type", ["Gateway"])], 1),
    "a tag": ("vpc_endpoints", [("tag:team", ["claims"])], 0),
    "an interface's address": (
        "network_interfaces",
        [("addresses.private-ip-address", ["10.20.1.11"])],
        1,
    ),
    "a boolean": ("network_interfaces", [("requester-managed", ["false"])], 1),
    "a CIDR": ("vpcs", [("cidr", ["10.20.0.0/16"])], 1),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_choose(ec2: Any, name: str) -> None:
    listing, filters, count = FILTERS[name]
    answer = getattr(ec2, f"describe_{listing}")(
        Filters=[{"Name": key, "Values": values} for key, values in filters]
    )

    (items,) = (value for value in answer.values() if isinstance(value, list))
    assert len(items) == count


def test_tags_can_be_asked_for(stock: Callable[..., Any]) -> None:
    tagged = LocalEndpoint(service="sts", tags={"team": "claims"})
    with LocalVpc([tagged, LocalEndpoint(service="ec2")], tls_names=("127.0.0.1",)) as vpc:
        client = stock(vpc, "ec2")
        for name, value in (("tag:team", "claims"), ("tag-key", "team")):
            found = client.describe_vpc_endpoints(Filters=[{"Name": name, "Values": [value]}])
            assert only(found["VpcEndpoints"])["Tags"] == [{"Key": "team", "Value": "claims"}]


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("a*", "abc", True),
        ("a?", "ab", True),
        ("a?", "abc", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
    ],
)
def test_a_filters_wildcards_are_star_and_question_mark(
    pattern: str, value: str, fits: bool
) -> None:
    assert matches(value, [pattern]) == fits


@pytest.mark.parametrize(
    "listing", ["describe_vpc_endpoints", "describe_network_interfaces", "describe_vpcs"]
)
def test_pages_join_to_the_whole(stock: Callable[..., Any], vpc: LocalVpc, listing: str) -> None:
    with LocalVpc(page_size=1, tls_names=("127.0.0.1",)) as paged:
        pages = list(stock(paged, "ec2").get_paginator(listing).paginate())
    (name,) = (name for name, value in pages[0].items() if isinstance(value, list))
    whole = getattr(stock(vpc, "ec2"), listing)()

    assert len(pages) == len(whole[name]) > 1
    assert [item for page in pages for item in page[name]] == whole[name]
    assert "NextToken" not in whole


def test_max_results_bounds_a_page(ec2: Any) -> None:
    first = ec2.describe_vpc_endpoints(MaxResults=5)
    rest = ec2.describe_vpc_endpoints(NextToken=first["NextToken"])

    assert (len(first["VpcEndpoints"]), len(rest["VpcEndpoints"])) == (5, 2)


def test_a_page_of_endpoints_has_no_bounds_but_the_thousand(ec2: Any) -> None:
    assert len(ec2.describe_vpc_endpoints(MaxResults=1)["VpcEndpoints"]) == 1
    assert len(ec2.describe_vpc_endpoints(MaxResults=5000)["VpcEndpoints"]) == 7


REFUSALS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "too large a page": (
        lambda ec2: ec2.describe_network_interfaces(MaxResults=1001),
        "InvalidParameterValue",
    ),
    "a made-up token": (
        lambda ec2: ec2.describe_vpc_endpoints(NextToken="page-x"),
        "InvalidNextToken",
    ),
    "a token beyond the end": (
        lambda ec2: ec2.describe_vpc_endpoints(NextToken="page-99"),
        "InvalidNextToken",
    ),
    "an unknown filter": (
        lambda ec2: ec2.describe_vpc_endpoints(Filters=[{"Name": "colour", "Values": ["red"]}]),
        "InvalidParameterValue",
    ),
    "an unknown endpoint": (
        lambda ec2: ec2.describe_vpc_endpoints(VpcEndpointIds=["vpce-0"]),
        "InvalidVpcEndpointId.NotFound",
    ),
    "an unknown interface": (
        lambda ec2: ec2.describe_network_interfaces(NetworkInterfaceIds=["eni-0"]),
        "InvalidNetworkInterfaceID.NotFound",
    ),
    "an unknown VPC": (
        lambda ec2: ec2.describe_vpcs(VpcIds=["vpc-0"]),
        "InvalidVpcID.NotFound",
    ),
    "a parameter that is not known here": (
        lambda ec2: ec2.describe_network_interfaces(IncludeManagedResources=True),
        "UnknownParameter",
    ),
    "an action that is not served": (lambda ec2: ec2.describe_instances(), "InvalidAction"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_ec2_refuses_is_refused(ec2: Any, vpc: LocalVpc, name: str) -> None:
    call, code = REFUSALS[name]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(ec2)

    assert caught.value.response["Error"]["Code"] == code
    assert vpc.requests[0].refused == code


def test_ids_and_a_page_size_exclude_each_other(ec2: Any) -> None:
    interface = ec2.describe_network_interfaces()["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidParameterCombination"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=[interface], MaxResults=5)


def test_a_denied_action_is_unauthorised_until_cleared(ec2: Any, vpc: LocalVpc) -> None:
    vpc.deny("DescribeNetworkInterfaces")
    vpc.deny("DescribeVpcs", code="RequestLimitExceeded", status=503)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        ec2.describe_network_interfaces()
    with pytest.raises(botocore.exceptions.ClientError, match="RequestLimitExceeded"):
        ec2.describe_vpcs()

    assert caught.value.response["Error"]["Code"] == "UnauthorizedOperation"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"]
    vpc.clear()
    assert ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert [request.operation for request in vpc.requests] == ["DescribeNetworkInterfaces"]


KEYS: dict[str, tuple[dict[str, str], str]] = {
    "an unknown key": ({"aws_access_key_id": "OTHERKEY"}, "AuthFailure"),
    "a wrong secret": ({"aws_secret_access_key": "other"}, "SignatureDoesNotMatch"),
    "another token": ({"aws_session_token": "other"}, "AuthFailure"),
    "another Region": ({"region_name": "us-east-1"}, "SignatureDoesNotMatch"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_signature_is_refused_by_ec2s_own_codes(
    vpc: LocalVpc, stock: Callable[..., Any], name: str
) -> None:
    changed, code = KEYS[name]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        stock(vpc, "ec2", **changed).describe_vpcs()

    assert caught.value.response["Error"]["Code"] == code


QUERIES = {
    "a parameter twice": (b"Action=DescribeVpcs&Version=2016-11-15&Action=X", b"MalformedQuery"),
    "another version": (b"Action=DescribeVpcs&Version=2014-01-01", b"NoSuchVersion"),
    "an empty body": (b"", b"NoSuchVersion"),
    "too small a page, which botocore itself would refuse": (
        b"Action=DescribeVpcs&Version=2016-11-15&MaxResults=4",
        b"InvalidParameterValue",
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_malformed_query_is_refused(
    vpc: LocalVpc,
    signed: Callable[..., bytes],
    dial: Callable[..., ssl.SSLSocket],
    read_all: Callable[[ssl.SSLSocket], bytes],
    name: str,
) -> None:
    body, code = QUERIES[name]
    sock = dial(vpc)
    sock.sendall(signed(vpc, "/", body, service="ec2"))

    assert b"<Code>" + code in read_all(sock)


def test_only_posts_to_the_root_are_queries(
    vpc: LocalVpc,
    signed: Callable[..., bytes],
    dial: Callable[..., ssl.SSLSocket],
    read_all: Callable[[ssl.SSLSocket], bytes],
) -> None:
    sock = dial(vpc)
    sock.sendall(signed(vpc, "/other", b"", service="ec2"))

    assert b"HTTP/1.1 404" in read_all(sock)


def test_faults_strike_the_vpc_too(ec2: Any, vpc: LocalVpc) -> None:
    vpc.fault(Fault.redirect(307))
    with pytest.raises(botocore.parsers.ResponseParserError):  # it wants XML in a redirect too
        ec2.describe_vpcs()
    assert len(vpc.requests) == 1

    assert ec2.describe_vpcs()["Vpcs"]


def test_endpoints_can_change_while_it_runs(ec2: Any, vpc: LocalVpc) -> None:
    vpc.set_endpoints([LocalEndpoint(service="sts", private_dns=False)])
    found = only(ec2.describe_vpc_endpoints()["VpcEndpoints"])

    assert found["ServiceName"] == "com.amazonaws.eu-west-1.sts"
    assert found["PrivateDnsEnabled"] is False
    assert len(found["DnsEntries"]) == 3


def test_an_endpoint_of_another_region_says_so(stock: Callable[..., Any]) -> None:
    endpoint = LocalEndpoint(service="bedrock-runtime", service_region="eu-central-1")
    with LocalVpc([endpoint], tls_names=("127.0.0.1",)) as vpc:
        found = only(stock(vpc, "ec2").describe_vpc_endpoints()["VpcEndpoints"])

    assert found["ServiceRegion"] == "eu-central-1"
    assert found["ServiceName"] == "com.amazonaws.eu-central-1.bedrock-runtime"
    assert ".bedrock-runtime.eu-central-1.vpce." in found["DnsEntries"][0]["DnsName"]
    assert "-eu-west-1a." in found["DnsEntries"][1]["DnsName"]


def test_the_policy_section_reaches_it_under_a_shared_authority() -> None:
    authority = LocalAuthority()
    with LocalBedrock(authority=authority) as bedrock, LocalVpc(authority=authority) as vpc:
        policy = Policy.from_toml(bedrock.policy_toml() + "\n" + vpc.policy_section())
        endpoint = policy.network.endpoint("ec2")

        assert vpc.ca_path == bedrock.ca_path == policy.network.ca_bundle
        assert endpoint is not None
        assert (endpoint.host, endpoint.port) == (vpc.host, vpc.port)
        assert endpoint.vpc_endpoint_id == "vpce-0ec2ec2ec2ec2ec20"
        parsed = tomllib.loads(vpc.policy_section())
        assert parsed["network"]["endpoints"]["ec2"] == vpc.policy_mapping()
    authority.close()


def test_a_vpc_under_the_private_name_names_no_endpoint_id() -> None:
    vpc = LocalVpc(host="ec2.eu-west-1.amazonaws.com")

    assert "vpc_endpoint_id" not in vpc.policy_mapping()
