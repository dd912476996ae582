"""May this socket be opened? Addresses, endpoint names, routes, the guard, and the dialling that it governs."""

from secure_bedrock.network.addresses import never
from secure_bedrock.network.dial import Connector, Dialed, SystemConnector, dial
from secure_bedrock.network.guard import RouteGuard
from secure_bedrock.network.hosts import (
    EndpointUrl,
    endpoint_service_names,
    judge_host,
    parse_endpoint_url,
    private_dns_name,
    vpc_endpoint_id_of,
)
from secure_bedrock.network.interfaces import can_be_interface
from secure_bedrock.network.resolver import Resolver, SystemResolver
from secure_bedrock.network.route import PrivateRoute, RenewableRoutes, RouteSource
from secure_bedrock.values.addresses import Address, Network, parse_address, parse_cidr
from secure_bedrock.values.host_names import is_host_name

__all__ = [
    "Address",
    "Connector",
    "Dialed",
    "EndpointUrl",
    "Network",
    "PrivateRoute",
    "RenewableRoutes",
    "Resolver",
    "RouteGuard",
    "RouteSource",
    "SystemConnector",
    "SystemResolver",
    "can_be_interface",
    "dial",
    "endpoint_service_names",
    "is_host_name",
    "judge_host",
    "never",
    "parse_address",
    "parse_cidr",
    "parse_endpoint_url",
    "private_dns_name",
    "vpc_endpoint_id_of",
]
