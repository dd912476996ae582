"""From agreed facts to a route: what is still missing, and the route once nothing is."""

from collections.abc import Mapping
from typing import Final, Literal

from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.discovery.host_check import check_host
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.values import AddressCheck, Evidence, ServiceName

Need = Literal["host", "addresses", "cidrs"]

_NEEDS: Final[Mapping[Need, str]] = {
    "host": "a host name",
    "addresses": "the endpoint's addresses (address_check is eni)",
    "cidrs": "the VPC's CIDRs (address_check is cidr)",
}


def missing(facts: EndpointFacts, check: AddressCheck) -> tuple[Need, ...]:
    """What a route still lacks under this address check; empty when it is complete."""
    lacking: dict[Need, bool] = {
        "host": facts.host is None,
        "addresses": check == "eni" and not facts.addresses,
        "cidrs": check == "cidr" and not facts.cidrs,
    }
    return tuple(need for need, is_lacking in lacking.items() if is_lacking)


def not_known(needs: tuple[Need, ...]) -> str:
    """What is lacking as a clause, for people: `a host name is not known`."""
    verb = "is" if needs == ("host",) else "are"
    return f"{' and '.join(_NEEDS[need] for need in needs)} {verb} not known"


def route_of(
    service: ServiceName,
    policy: Policy,
    facts: EndpointFacts,
    *,
    check: AddressCheck,
    found_by: tuple[Evidence, ...],
) -> PrivateRoute:
    """The route that complete facts describe.

    Only what the policy itself names goes into `own_networks`, and only addresses that it names are final. Every name
    is judged once more, whoever said it: EndpointDenied for one that is not the service's in the policy's Region.
    """
    assert facts.host is not None
    names = facts.names | {facts.host}
    for name in sorted(names):
        check_host(
            name,
            service,
            policy.region,
            vpc_endpoint_id=facts.vpc_endpoint_id,
            where=facts.source,
        )
    endpoint = policy.network.endpoint(service)
    own_addresses = () if endpoint is None else tuple(endpoint.addresses)
    return PrivateRoute(
        service=service,
        region=policy.region,
        host=facts.host,
        names=names,
        port=facts.port or 443,
        address_check=check,
        addresses=facts.addresses,
        cidrs=facts.cidrs,
        own_networks=(*policy.cidrs_for(service), *own_addresses),
        resolve=not own_addresses,
        vpc_endpoint_id=facts.vpc_endpoint_id,
        found_by=found_by,
    )
