"""A client's route: found once, renewed only where nothing was sent and nothing could be, closed for good."""

from dataclasses import replace
from typing import Any

import pytest

from secure_bedrock.errors import (
    AddressDenied,
    ConfigurationError,
    ConnectFailed,
    EndpointNotFound,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.testing import LocalBedrock
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.values import Deadline, parse_region, parse_service

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
SERVICE = "bedrock-runtime"


class Routes:
    """A source whose route changes with every renewal."""

    def __init__(self) -> None:
        self.current = PrivateRoute(
            service=parse_service(SERVICE),
            region=parse_region("eu-west-1"),
            host=HOST,
            names=frozenset({HOST}),
            address_check="eni",
            addresses=("10.20.1.10",),
        )
        self.asked = 0

    def route(self, service: str) -> PrivateRoute:
        return self.current

    def renew(self, service: str, stale: PrivateRoute) -> PrivateRoute | None:
        assert stale == self.current
        self.asked += 1
        self.current = replace(self.current, addresses=(f"10.20.2.{self.asked}",))
        return self.current


class Fixed:
    """A source that can't look again."""

    def __init__(self) -> None:
        self.current = Routes().current

    def route(self, service: str) -> PrivateRoute:
        return self.current


def holder_of(routes: Any, bedrock: LocalBedrock) -> RouteHolder:
    return RouteHolder(
        SERVICE, routes, lambda route: GuardedTransport(route, policy=bedrock.policy)
    )


RULES: dict[str, tuple[AddressDenied | ConnectFailed, bool]] = {
    "an address that is no interface's": (
        AddressDenied("x", rule="not-eni-address", address="10.20.2.7"),
        True,
    ),
    "an address that no interface has": (
        AddressDenied("x", rule="not-eni-address", address="52.94.0.10"),
        False,
    ),
    "an address that nobody names": (AddressDenied("x", rule="not-eni-address"), False),
    "a name without address": (AddressDenied("x", rule="no-answer"), True),
    "nothing listens": (ConnectFailed("x", rule="connect-failed"), True),
    "nothing answers": (ConnectFailed("x", rule="connect-timeout"), True),
    "an address no endpoint has": (AddressDenied("x", rule="never-loopback"), False),
    "an address outside the CIDRs": (AddressDenied("x", rule="outside-vpc-cidrs"), False),
    "a mapped address": (AddressDenied("x", rule="never-ipv4-mapped"), False),
    "another peer than dialled": (AddressDenied("x", rule="peer-mismatch"), False),
    "more answers than any endpoint has": (AddressDenied("x", rule="too-many-answers"), False),
    "a resolver that is down": (ConnectFailed("x", rule="resolver-failed"), False),
    "a handshake that was cut": (ConnectFailed("x", rule="tls-cut"), False),
    "a request that may have run": (ConnectFailed("x", rule="closed-before-answer"), False),
}


@pytest.mark.parametrize("name", RULES)
def test_only_what_an_outdated_route_looks_like_renews_it(name: str, bedrock: LocalBedrock) -> None:
    error, expected = RULES[name]
    routes = Routes()
    holder = holder_of(routes, bedrock)
    tried = holder.transport()

    assert holder.renewed(tried, error, Deadline()) is expected
    assert routes.asked == expected
    assert (holder.transport() is tried) is not expected
    assert holder.route() == routes.current


OUTDATED = AddressDenied("x", rule="not-eni-address", address="10.20.2.7")


def test_past_the_deadline_nothing_is_looked_for(bedrock: LocalBedrock) -> None:
    routes = Routes()
    holder = holder_of(routes, bedrock)

    assert not holder.renewed(holder.transport(), OUTDATED, Deadline.after(-1))
    assert routes.asked == 0


def test_a_source_that_cannot_look_again_is_not_asked(bedrock: LocalBedrock) -> None:
    holder = holder_of(Fixed(), bedrock)

    assert not holder.renewed(holder.transport(), OUTDATED, Deadline())


def test_who_tried_the_former_route_gets_the_present_one(bedrock: LocalBedrock) -> None:
    routes = Routes()
    holder = holder_of(routes, bedrock)
    tried = holder.transport()

    assert holder.renewed(tried, OUTDATED, Deadline())
    assert holder.renewed(tried, OUTDATED, Deadline())
    assert routes.asked == 1


def test_a_closed_one_opens_nothing_and_renews_nothing(bedrock: LocalBedrock) -> None:
    routes = Routes()
    holder = holder_of(routes, bedrock)
    tried = holder.transport()
    holder.close()
    holder.forget_moment()

    assert not holder.renewed(tried, OUTDATED, Deadline())
    assert routes.asked == 0
    with pytest.raises(ConfigurationError, match="closed"):
        holder.transport()


def test_a_route_that_is_missing_is_looked_for_by_every_call(bedrock: LocalBedrock) -> None:
    class Missing(Routes):
        def route(self, service: str) -> PrivateRoute:
            self.asked += 1
            raise EndpointNotFound("nowhere")

    routes = Missing()
    holder = holder_of(routes, bedrock)

    assert holder.look() is None
    with pytest.raises(EndpointNotFound):
        holder.transport()
    assert (routes.asked, holder.known) == (2, None)
