"""Could an interface of the endpoint's VPC have this address at all?"""

from secure_bedrock.network.addresses import never_range
from secure_bedrock.network.ranges import LOOPBACK, PRIVATE
from secure_bedrock.network.route import PrivateRoute
from secure_bedrock.values.addresses import parse_address, parse_cidr


def can_be_interface(text: object, route: PrivateRoute) -> bool:
    """True for an address inside the VPC's CIDRs of its family, or inside private space where the route knows none.

    It approves nothing: it tells what may be an interface that came after the route was found from what never is,
    so that a false answer of DNS has nobody asked. Every input gets an answer.
    """
    try:
        address = parse_address(text)
    except ValueError:
        return False
    reserved = never_range(address)
    if reserved is not None and reserved.name != LOOPBACK:
        return False
    # Loopback stands in a route's CIDRs only where the policy names it, for tests.
    cidrs = [cidr for cidr in map(parse_cidr, route.cidrs) if cidr.version == address.version]
    return any(address in network for network in cidrs or [row.network for row in PRIVATE])
