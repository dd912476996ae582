"""The three read-only EC2 calls that discovery makes, over a hardened client on a route of its own."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from secure_bedrock.discovery.ec2_answers import Answer
from secure_bedrock.errors import (
    DeadlineExceeded,
    IncompleteResponse,
    ServiceError,
    TransportError,
)
from secure_bedrock.network import Connector, Resolver, RouteSource
from secure_bedrock.policy import Policy

if TYPE_CHECKING:
    from secure_bedrock.transport.call import CallRunner

GRANTS = frozenset(
    {"ec2:DescribeVpcEndpoints", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs"}
)
"""What the wire gate lets this client call, whatever the policy's operations are."""

# What EC2 and the STS family answer where an identity may not call; source: the EC2 API reference's list of
# client error codes, and botocore's own checks on the three (read 2026-11-20).
_REFUSALS = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})


class CallFailed(Exception):
    """A call gave no answer; the text says why, without anything of what was asked or answered."""


class DescribeCalls(Protocol):
    """EC2 as discovery sees it. Every call is paginated to its end and raises CallFailed when it can't be."""

    def vpc_endpoints(self, filters: Mapping[str, str]) -> Sequence[Answer]:
        """DescribeVpcEndpoints with each filter's one value."""
        ...

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Answer]:
        """DescribeNetworkInterfaces of exactly these ids."""
        ...

    def vpcs(self, ids: Sequence[str]) -> Sequence[Answer]:
        """DescribeVpcs of exactly these ids."""
        ...


OpenCalls = Callable[[], AbstractContextManager[DescribeCalls]]
"""Opens EC2 for one search; thread-safe."""


def hardened_calls(
    policy: Policy,
    *,
    routes: RouteSource,
    resolver: Resolver | None = None,
    connector: Connector | None = None,
    credentials: object = None,
    runner: "CallRunner | None" = None,
) -> OpenCalls:
    """Opens EC2 over a hardened client of its own, closed after the search: its model is large and seldom needed.

    With a `runner` each call is retried and leaves an event like any other; without one it is a single attempt.
    """

    @contextmanager
    def opened() -> Iterator[DescribeCalls]:
        from secure_bedrock.transport.hardened.session import build_client  # noqa: PLC0415 - loads botocore
        from secure_bedrock.transport.settings import judge_settings  # noqa: PLC0415 - needed here alone

        client = build_client(
            "ec2",
            policy,
            routes=routes,
            grants=GRANTS,
            resolver=resolver,
            connector=connector,
            credentials=credentials,
            runner=runner,
            # Judged again, and not told of again: whoever holds the finder was told.
            findings=judge_settings(os.environ, region=policy.region),
        )
        with closing(client):
            yield HardenedDescribeCalls(client)

    return opened


class Pages(Protocol):
    """What this room uses of a botocore client."""

    def get_paginator(self, operation_name: str) -> Any:
        """Botocore's paginator of the operation."""
        ...


class HardenedDescribeCalls:
    """DescribeCalls over a botocore client of EC2."""

    def __init__(self, client: Pages) -> None:
        self._client = client

    def vpc_endpoints(self, filters: Mapping[str, str]) -> Sequence[Answer]:
        """The endpoints that match all filters."""
        listed = [{"Name": name, "Values": [value]} for name, value in filters.items()]
        return self._all("describe_vpc_endpoints", "VpcEndpoints", Filters=listed)

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The interfaces of these ids."""
        return self._all(
            "describe_network_interfaces", "NetworkInterfaces", NetworkInterfaceIds=list(ids)
        )

    def vpcs(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The VPCs of these ids."""
        return self._all("describe_vpcs", "Vpcs", VpcIds=list(ids))

    def _all(self, operation: str, member: str, **arguments: object) -> Sequence[Answer]:
        try:
            pages = self._client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(member, ())]
        except (ServiceError, TransportError, DeadlineExceeded, IncompleteResponse) as error:
            raise CallFailed(f"{_action(operation)} failed: {error.reason}") from error
        except Exception as error:
            if not _is_botocores(error):
                raise
            raise CallFailed(_why(operation, error)) from error


def _action(operation: str) -> str:
    return "ec2:" + "".join(word.capitalize() for word in operation.split("_"))


def _is_botocores(error: Exception) -> bool:
    """True for botocore's own exceptions, told by their home: this room does not import botocore."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)


def _why(operation: str, error: Exception) -> str:
    """The failure in our words: AWS's message is left out, because it repeats the caller's identity."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    action = _action(operation)
    if code in _REFUSALS:
        return f"AWS refused {action}: allow that action for the caller's identity"
    return f"{action} failed: {code or type(error).__name__}"
