"""From agreed facts to a route: what is still missing, and the route once nothing is."""

from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.values import AddressCheck, Evidence, ServiceName


def missing(facts: EndpointFacts, check: AddressCheck) -> str:
    """What a route still lacks under this address check, for people; empty when it is complete."""
    lacking = []
    if facts.host is None:
        lacking.append("a host name")
    if check == "eni" and not facts.addresses:
        lacking.append("the endpoint's addresses (address_check is eni)")
    if check == "cidr" and not facts.cidrs:
        lacking.append("the VPC's CIDRs (address_check is cidr)")
    return " and ".join(lacking)


def route_of(
    service: ServiceName, policy: Policy, facts: EndpointFacts, found_by: tuple[Evidence, ...]
) -> PrivateRoute:
    """The route that complete facts describe.

    Only what the policy itself names goes into `own_networks`, and only addresses that it names are final.
    """
    assert facts.host is not None
    endpoint = policy.network.endpoint(service)
    own_addresses = () if endpoint is None else tuple(endpoint.addresses)
    return PrivateRoute(
        service=service,
        region=policy.region,
        host=facts.host,
        names=facts.names | {facts.host},
        port=facts.port or 443,
        address_check=policy.address_check_for(service),
        addresses=facts.addresses,
        cidrs=facts.cidrs,
        own_networks=(*policy.cidrs_for(service), *own_addresses),
        resolve=not own_addresses,
        vpc_endpoint_id=facts.vpc_endpoint_id,
        found_by=found_by,
    )
