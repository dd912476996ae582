"""What a policy file alone says about each service's route, without the environment and without asking anyone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secure_bedrock.errors import AddressDenied, Denied, EndpointNotFound
from secure_bedrock.values import ServiceName

if TYPE_CHECKING:
    from secure_bedrock.discovery.lock.contents import Lock
    from secure_bedrock.network import PrivateRoute, RouteSource
    from secure_bedrock.policy import Policy

_EC2 = "ec2"
_SSM = "ssm"
_BY_SSM = "not in the file: the lock is read from the SSM parameter at run time"
_BY_EC2 = "not in the file: EC2 is asked at run time"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSummary:
    """One service's route as far as the file knows it; `denied` where the file names what can't be a private one.

    `lacking` and `next_step` are there where neither the file nor EC2 can complete the route.
    """

    service: str
    check: str
    text: str
    url: str | None = None
    lacking: str = ""
    next_step: str = ""
    addresses: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    denied: bool = False

    def to_dict(self) -> Mapping[str, object]:
        """The summary as JSON's types."""
        return {
            "service": self.service,
            "url": self.url,
            "address_check": self.check,
            "addresses": list(self.addresses),
            "cidrs": list(self.cidrs),
            "found": self.url is not None,
            "text": self.text,
        }


def routes_in(policy: "Policy", lock: "Lock | None" = None) -> tuple[RouteSummary, ...]:
    """One summary for each service that the policy lets be reached; bedrock-runtime is always among them."""
    from secure_bedrock.discovery import RouteFinder

    finder = RouteFinder.without_aws(policy, lock=lock, environ={})
    return tuple(
        _summary(policy, lock, finder, endpoint.service) for endpoint in policy.network.endpoints
    )


def _summary(
    policy: "Policy", lock: "Lock | None", finder: "RouteSource", service: ServiceName
) -> RouteSummary:
    from secure_bedrock.discovery.address_check import address_check
    from secure_bedrock.network import RouteGuard

    check = address_check(policy, lock, service)
    try:
        route = finder.route(service)
        guard = RouteGuard(route)  # refuses CIDRs that are wider than any VPC's
        if route.addresses:
            guard.judge_answers(route.addresses).or_raise(AddressDenied)
    except Denied as denial:
        return RouteSummary(service=service, check=check, text=denial.reason, denied=True)
    except EndpointNotFound as error:
        asked = "" if lock is not None else _asked(policy, finder, service)
        if asked:
            return RouteSummary(service=service, check=check, text=asked)
        lacking = error.reason.partition(": ")[2]
        return RouteSummary(
            service=service,
            check=check,
            text=f"none from this file: {lacking}",
            lacking=lacking,
            next_step=error.next_step,
        )
    return RouteSummary(
        service=service,
        check=check,
        text=_known(route),
        url=route.url,
        addresses=route.addresses,
        cidrs=route.cidrs,
    )


def _asked(policy: "Policy", finder: "RouteSource", service: ServiceName) -> str:
    """Who is asked for the service at run time; "" for nobody."""
    from secure_bedrock.discovery.address_check import ASKED_FIRST, brings_lock

    if service not in ASKED_FIRST and brings_lock(policy) and _reached(finder, _SSM):
        return _BY_SSM
    listed = _EC2 in policy.network.discovery
    return _BY_EC2 if service != _EC2 and listed and _reached(finder, _EC2) else ""


def _reached(finder: "RouteSource", service: str) -> bool:
    """True where the service's own route is complete: nothing can be asked over half a route."""
    try:
        finder.route(service)
    except (Denied, EndpointNotFound):
        return False
    return True


def _known(route: "PrivateRoute") -> str:
    match route.address_check:
        case "eni":
            return f"{route.url} at {', '.join(route.addresses)}"
        case "cidr":
            return f"{route.url} inside {', '.join(route.cidrs)}"
        case _:
            return f"{route.url} at any RFC 1918 or ULA address"
