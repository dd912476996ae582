"""An EC2 that answers from lists: what DescribeCalls gets where a test needs answers that AWS would never give."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from secure_bedrock.discovery.aws.calls import CallFailed

ENDPOINT_ID = "vpce-0abc123def4567890"


def an_endpoint(**changes: Any) -> dict[str, Any]:
    host = f"{ENDPOINT_ID}-a1b2c3d4"
    under = "bedrock-runtime.eu-west-1.vpce.amazonaws.com"
    return {
        "VpcEndpointId": ENDPOINT_ID,
        "VpcEndpointType": "Interface",
        "VpcId": "vpc-0123456789abcdef0",
        "ServiceName": "com.amazonaws.eu-west-1.bedrock-runtime",
        "ServiceRegion": "eu-west-1",
        "State": "available",
        "PrivateDnsEnabled": True,
        "NetworkInterfaceIds": ["eni-1", "eni-2"],
        "DnsEntries": [
            {"DnsName": f"{host}.{under}", "HostedZoneId": "Z1"},
            {"DnsName": f"{host}-eu-west-1a.{under}", "HostedZoneId": "Z1"},
            {"DnsName": "bedrock-runtime.eu-west-1.amazonaws.com", "HostedZoneId": "Z2"},
        ],
        **changes,
    }


def an_interface(name: str, address: str, **changes: Any) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": name,
        "VpcId": "vpc-0123456789abcdef0",
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}],
        "Ipv6Addresses": [],
        **changes,
    }


def a_vpc(**changes: Any) -> dict[str, Any]:
    return {
        "VpcId": "vpc-0123456789abcdef0",
        "CidrBlock": "10.20.0.0/16",
        "CidrBlockAssociationSet": [
            {"CidrBlock": "10.20.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.99.0.0/16", "CidrBlockState": {"State": "disassociated"}},
        ],
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": "2600:1f14::/56", "Ipv6CidrBlockState": {"State": "associated"}},
        ],
        **changes,
    }


@dataclass
class ListedEc2:
    """DescribeCalls over three lists, opened by calling it; `fails` makes every call fail with that text."""

    endpoints: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [an_endpoint()])
    interfaces: Sequence[Mapping[str, Any]] = field(
        default_factory=lambda: [
            an_interface("eni-1", "10.20.1.10"),
            an_interface("eni-2", "10.20.2.10"),
        ]
    )
    vpc_list: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [a_vpc()])
    fails: str = ""
    asked: list[object] = field(default_factory=list)

    def __call__(self) -> AbstractContextManager["ListedEc2"]:
        return nullcontext(self)

    def vpc_endpoints(self, filters: Mapping[str, Sequence[str]]) -> Sequence[Mapping[str, object]]:
        return self._answer(dict(filters), self.endpoints)

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Mapping[str, object]]:
        return self._answer(tuple(ids), self.interfaces)

    def vpcs(self, ids: Sequence[str]) -> Sequence[Mapping[str, object]]:
        return self._answer(tuple(ids), self.vpc_list)

    def _answer(
        self, question: object, answer: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, object]]:
        self.asked.append(question)
        if self.fails:
            raise CallFailed(self.fails)
        return answer


@pytest.fixture
def listed_ec2() -> Callable[..., Any]:
    """Makes an EC2 that answers from lists."""
    return ListedEc2


@pytest.fixture
def endpoint() -> Callable[..., dict[str, Any]]:
    return an_endpoint


@pytest.fixture
def interface() -> Callable[..., dict[str, Any]]:
    return an_interface


@pytest.fixture
def vpc() -> Callable[..., dict[str, Any]]:
    return a_vpc
