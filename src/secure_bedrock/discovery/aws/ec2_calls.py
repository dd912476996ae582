"""The three read-only EC2 calls that discovery makes, over a hardened client on a route of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from secure_bedrock.discovery.aws.calls import Pages, listed
from secure_bedrock.discovery.aws.ec2_answers import Answer
from secure_bedrock.discovery.aws.hardened_clients import OpenClient

GRANTS = frozenset(
    {"ec2:DescribeVpcEndpoints", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"}
)
"""What the wire gate lets this client call, whatever the policy's operations are."""


Filters = Mapping[str, Sequence[str]]
"""By filter: the values of which an endpoint has one."""


class DescribeCalls(Protocol):
    """EC2 as discovery sees it. Every call is paginated to its end and raises CallFailed when it can't be."""

    def vpc_endpoints(self, filters: Filters) -> Sequence[Answer]:
        """DescribeVpcEndpoints of what has one of the values of every filter."""
        ...

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Answer]:
        """DescribeNetworkInterfaces of exactly these ids."""
        ...

    def vpcs(self, ids: Sequence[str]) -> Sequence[Answer]:
        """DescribeVpcs of exactly these ids."""
        ...


OpenCalls = Callable[[], AbstractContextManager[DescribeCalls]]
"""Opens EC2 for one search; thread-safe."""


def ec2_over(open_client: OpenClient) -> OpenCalls:
    """Opens EC2 through a client that may make the three calls and no other."""

    @contextmanager
    def opened() -> Iterator[DescribeCalls]:
        with open_client("ec2", GRANTS) as client:
            yield HardenedDescribeCalls(client)

    return opened


class HardenedDescribeCalls:
    """DescribeCalls over a botocore client of EC2."""

    def __init__(self, client: Pages) -> None:
        self._client = client

    def vpc_endpoints(self, filters: Filters) -> Sequence[Answer]:
        """The endpoints that match all filters."""
        asked = [{"Name": name, "Values": list(values)} for name, values in filters.items()]
        return self._all("describe_vpc_endpoints", "VpcEndpoints", Filters=asked)

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The interfaces of these ids."""
        return self._all(
            "describe_network_interfaces", "NetworkInterfaces", NetworkInterfaceIds=list(ids)
        )

    def vpcs(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The VPCs of these ids."""
        return self._all("describe_vpcs", "Vpcs", VpcIds=list(ids))

    def _all(self, operation: str, member: str, **arguments: object) -> Sequence[Answer]:
        return listed(self._client, "ec2", operation, member, **arguments)
