"""How each of EC2's listings is asked for: its ids, its filters, the names of its XML.

Source: EC2's service model in botocore 1.44.5 (locations, documented filters, bounds), read 2026-11-20. Error codes of
unknown ids are from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from secure_bedrock.testing.vpc_facts import Item

Values = Callable[[Item], list[str]]
"""Which values of an item a filter looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One listing.

    `ids_alone`: ids and MaxResults exclude each other. `page_bounds`: MaxResults outside is refused; where there
    are none, more than 1000 counts as 1000.
    """

    set_name: str
    id_list: str
    id_member: str
    not_found: str
    filters: Mapping[str, Values]
    ids_alone: bool = False
    page_bounds: tuple[int, int] | None = (5, 1000)


def _member(name: str) -> Values:
    return lambda item: [_text(item[name])] if name in item else []


def _inner(set_name: str, name: str) -> Values:
    return lambda item: [str(part[name]) for part in item.get(set_name, ())]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


TABLES: Mapping[str, Table] = {
    "DescribeVpcEndpoints": Table(
        set_name="vpcEndpointSet",
        id_list="VpcEndpointId",
        id_member="vpcEndpointId",
        not_found="InvalidVpcEndpointId.NotFound",
        page_bounds=None,
        filters={
            "ip-address-type": _member("ipAddressType"),
            "service-name": _member("serviceName"),
            "service-region": _member("serviceRegion"),
            "vpc-endpoint-id": _member("vpcEndpointId"),
            "vpc-endpoint-state": _member("state"),
            "vpc-endpoint-type": _member("vpcEndpointType"),
            "vpc-id": _member("vpcId"),
            "tag-key": _inner("tagSet", "key"),
        },
    ),
    "DescribeNetworkInterfaces": Table(
        set_name="networkInterfaceSet",
        id_list="NetworkInterfaceId",
        id_member="networkInterfaceId",
        not_found="InvalidNetworkInterfaceID.NotFound",
        ids_alone=True,
        filters={
            "addresses.private-ip-address": _inner("privateIpAddressesSet", "privateIpAddress"),
            "availability-zone": _member("availabilityZone"),
            "description": _member("description"),
            "group-id": _inner("groupSet", "groupId"),
            "interface-type": _member("interfaceType"),
            "network-interface-id": _member("networkInterfaceId"),
            "owner-id": _member("ownerId"),
            "private-ip-address": _member("privateIpAddress"),
            "requester-managed": _member("requesterManaged"),
            "status": _member("status"),
            "subnet-id": _member("subnetId"),
            "vpc-id": _member("vpcId"),
        },
    ),
    "DescribeVpcs": Table(
        set_name="vpcSet",
        id_list="VpcId",
        id_member="vpcId",
        not_found="InvalidVpcID.NotFound",
        filters={
            "cidr": _member("cidrBlock"),
            "cidr-block-association.cidr-block": _inner("cidrBlockAssociationSet", "cidrBlock"),
            "owner-id": _member("ownerId"),
            "state": _member("state"),
            "vpc-id": _member("vpcId"),
        },
    ),
}
