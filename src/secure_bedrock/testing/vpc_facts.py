"""What stands in a VPC: endpoints as a test describes them, and everything EC2 would say about them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any, Literal

from secure_bedrock.testing.endpoint_names import endpoint_name, private_name, service_name

Item = dict[str, Any]
"""One thing as EC2 lists it, by the names of its XML elements."""

_ZONES = "abcdef"
# Made-up accounts; 111122223333 is the one of AWS's own documentation.
OWNER = "111122223333"
_CREATED = "2026-01-15T09:30:00.000Z"
_OPEN_POLICY = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEndpoint:
    """One endpoint in the local VPC.

    Addresses are those of its network interfaces, one each; what isn't given is derived, the same each time.
    `service_region` differs from the VPC's Region for an endpoint of another Region's service. `service_name` is what
    EC2 calls the service where that is not `com.amazonaws.<region>.<service>`, as for some services in China.
    """

    service: str
    addresses: Sequence[str] = ("10.20.1.10", "10.20.2.10")
    endpoint_id: str = ""
    vpc_id: str = ""
    state: str = "available"
    kind: Literal["Interface", "Gateway"] = "Interface"
    private_dns: bool = True
    service_region: str = ""
    service_name: str = ""
    owner: str = OWNER
    policy_document: str = field(default=_OPEN_POLICY, repr=False)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an endpoint stands: what it inherits from the VPC."""

    vpc_id: str
    region: str


def endpoint_id_of(endpoint: LocalEndpoint, place: Place) -> str:
    """The id given, else one made from the endpoint's service, state and VPC."""
    return endpoint.endpoint_id or hexadecimal("vpce-", endpoint, place)


def endpoint_item(endpoint: LocalEndpoint, place: Place) -> Item:
    """The endpoint as DescribeVpcEndpoints gives it."""
    region = endpoint.service_region or place.region
    interface = endpoint.kind == "Interface"
    item: Item = {
        "vpcEndpointId": endpoint_id_of(endpoint, place),
        "vpcEndpointType": endpoint.kind,
        "vpcId": endpoint.vpc_id or place.vpc_id,
        "serviceName": endpoint.service_name or service_name(endpoint.service, region),
        "state": endpoint.state,
        "policyDocument": endpoint.policy_document,
        "routeTableIdSet": [] if interface else [hexadecimal("rtb-", endpoint, place)],
        "privateDnsEnabled": interface and endpoint.private_dns,
        "requesterManaged": False,
        "creationTimestamp": _CREATED,
        "tagSet": [{"key": key, "value": value} for key, value in endpoint.tags.items()],
        "ownerId": endpoint.owner,
        "serviceRegion": region,
    }
    return {**item, **_interface_facts(endpoint, place, region)} if interface else item


def interface_items(endpoint: LocalEndpoint, place: Place) -> list[Item]:
    """The endpoint's network interfaces as DescribeNetworkInterfaces gives them; none once it is gone."""
    if endpoint.kind != "Interface" or endpoint.state == "deleted":
        return []
    endpoint_id = endpoint_id_of(endpoint, place)
    return [
        {
            **_interface(address, number, endpoint.vpc_id or place.vpc_id, place.region),
            "networkInterfaceId": _interface_id(endpoint, place, number),
            "subnetId": _subnet_id(endpoint, place, number),
            "description": f"VPC Endpoint Interface {endpoint_id}",
            "groupSet": _groups(endpoint, place),
            "interfaceType": "vpc_endpoint",
            "ownerId": endpoint.owner,
            "requesterId": "700000000000",
            "requesterManaged": True,
        }
        for number, address in enumerate(endpoint.addresses)
    ]


def instance_interface(place: Place, address: str) -> Item:
    """An application's own network interface, for a careless reader to mistake for an endpoint's."""
    return {
        **_interface(address, 0, place.vpc_id, place.region),
        "networkInterfaceId": hexadecimal("eni-", address, place),
        "subnetId": hexadecimal("subnet-", address, place),
        "description": "application host",
        "groupSet": [],
        "interfaceType": "interface",
        "ownerId": OWNER,
        "requesterManaged": False,
    }


def vpc_item(vpc_id: str, cidrs: Sequence[str]) -> Item:
    """The VPC as DescribeVpcs gives it; IPv6 CIDRs stand in their own set."""
    four = [cidr for cidr in cidrs if ":" not in cidr]
    six = [cidr for cidr in cidrs if ":" in cidr]
    return {
        "vpcId": vpc_id,
        "ownerId": OWNER,
        "state": "available",
        "cidrBlock": four[0],
        "cidrBlockAssociationSet": [
            {
                "associationId": hexadecimal("vpc-cidr-assoc-", vpc_id, cidr),
                "cidrBlock": cidr,
                "cidrBlockState": {"state": "associated"},
            }
            for cidr in four
        ],
        "ipv6CidrBlockAssociationSet": [
            {
                "associationId": hexadecimal("vpc-cidr-assoc-", vpc_id, cidr),
                "ipv6CidrBlock": cidr,
                "ipv6CidrBlockState": {"state": "associated"},
            }
            for cidr in six
        ],
        "dhcpOptionsId": hexadecimal("dopt-", vpc_id),
        "instanceTenancy": "default",
        "isDefault": False,
    }


def hexadecimal(prefix: str, *parts: object) -> str:
    """An id in AWS's form (17 hexadecimal digits), the same for the same parts."""
    return prefix + hashlib.sha256(repr(parts).encode()).hexdigest()[:17]


def _interface_facts(endpoint: LocalEndpoint, place: Place, region: str) -> Item:
    numbers = range(len(endpoint.addresses))
    gone = endpoint.state == "deleted"
    six = any(":" in address for address in endpoint.addresses)
    return {
        "subnetIdSet": [_subnet_id(endpoint, place, number) for number in numbers],
        "groupSet": _groups(endpoint, place),
        "ipAddressType": "dualstack" if six else "ipv4",
        "dnsOptions": {"dnsRecordIpType": "dualstack" if six else "ipv4"},
        "networkInterfaceIdSet": [
            _interface_id(endpoint, place, number) for number in numbers if not gone
        ],
        "dnsEntrySet": [] if gone else _dns_entries(endpoint, place, region),
    }


def _dns_entries(endpoint: LocalEndpoint, place: Place, region: str) -> list[Item]:
    """The Region's name first, then one for each zone, then the private-DNS name; no reader may rely on the order."""
    found = endpoint_id_of(endpoint, place)
    zones = ["", *(place.region + _ZONES[n % 6] for n in range(len(endpoint.addresses)))]
    names = [
        endpoint_name(endpoint.service, region, endpoint_id=found, zone=zone) for zone in zones
    ]
    entries = [
        {"dnsName": name, "hostedZoneId": hexadecimal("Z", region).upper()} for name in names
    ]
    if endpoint.private_dns:
        private = private_name(endpoint.service, region)
        entries.append({"dnsName": private, "hostedZoneId": hexadecimal("Z", private).upper()})
    return entries


def _groups(endpoint: LocalEndpoint, place: Place) -> list[Item]:
    group = hexadecimal("sg-", endpoint_id_of(endpoint, place))
    return [{"groupId": group, "groupName": f"{endpoint.service}-endpoint"}]


def _interface_id(endpoint: LocalEndpoint, place: Place, number: int) -> str:
    return hexadecimal("eni-", endpoint_id_of(endpoint, place), number)


def _subnet_id(endpoint: LocalEndpoint, place: Place, number: int) -> str:
    return hexadecimal("subnet-", endpoint.vpc_id or place.vpc_id, number)


def _interface(address: str, number: int, vpc_id: str, region: str) -> Item:
    """What every interface has; one with an IPv6 address has an IPv4 address only if the subnet gave it one."""
    item: Item = {
        "vpcId": vpc_id,
        "availabilityZone": region + _ZONES[number % 6],
        "macAddress": f"02:00:00:00:00:{number:02x}",
        "sourceDestCheck": True,
        "status": "in-use",
    }
    if isinstance(ip_address(address), IPv6Address):
        return {**item, "ipv6AddressesSet": [{"ipv6Address": address}], "ipv6Address": address}
    addresses = [{"primary": True, "privateIpAddress": address}]
    return {**item, "privateIpAddress": address, "privateIpAddressesSet": addresses}
