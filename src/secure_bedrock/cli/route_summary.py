"""What a policy file alone says about each service's route, without the environment and without asking anyone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secure_bedrock.errors import AddressDenied, ConfigurationError, Denied
from secure_bedrock.values import ServiceName

if TYPE_CHECKING:
    from secure_bedrock.network import PrivateRoute, RouteSource
    from secure_bedrock.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSummary:
    """One service's route as far as the file knows it; `denied` where the file names what can't be a private one."""

    service: str
    check: str
    text: str
    url: str | None = None
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


def routes_in(policy: "Policy") -> tuple[RouteSummary, ...]:
    """One summary for each service that the policy lets be reached; bedrock-runtime is always among them."""
    from secure_bedrock.discovery import RouteFinder

    finder = RouteFinder.without_aws(policy, environ={})
    return tuple(
        _summary(policy, finder, endpoint.service) for endpoint in policy.network.endpoints
    )


def _summary(policy: "Policy", finder: "RouteSource", service: ServiceName) -> RouteSummary:
    from secure_bedrock.network import RouteGuard

    check = policy.address_check_for(service)
    try:
        route = finder.route(service)
        guard = RouteGuard(route)  # refuses CIDRs that are wider than any VPC's
        if route.addresses:
            guard.judge_answers(route.addresses).or_raise(AddressDenied)
    except Denied as denial:
        return RouteSummary(service=service, check=check, text=denial.reason, denied=True)
    except ConfigurationError as error:
        return RouteSummary(service=service, check=check, text=_unknown(policy, service, error))
    return RouteSummary(
        service=service,
        check=check,
        text=_known(route),
        url=route.url,
        addresses=route.addresses,
        cidrs=route.cidrs,
    )


def _unknown(policy: "Policy", service: str, error: ConfigurationError) -> str:
    asks_ec2 = "ec2" in policy.network.discovery and policy.network.endpoint("ec2") is not None
    if asks_ec2 and service != "ec2":
        return "not in the file: EC2 is asked at run time"
    return error.reason


def _known(route: "PrivateRoute") -> str:
    match route.address_check:
        case "eni":
            return f"{route.url} at {', '.join(route.addresses)}"
        case "cidr":
            return f"{route.url} inside {', '.join(route.cidrs)}"
        case _:
            return f"{route.url} at any RFC 1918 or ULA address"
