"""Where is the private endpoint, and what is known about it?"""

from dataclasses import dataclass, replace
from typing import Protocol, Self, get_args, runtime_checkable

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network.hosts import HTTPS_PORT, EndpointUrl, parse_endpoint_url
from secure_bedrock.values import AddressCheck, Evidence, Region, ServiceName
from secure_bedrock.values.host_names import is_host_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateRoute:
    """One service's private endpoint: its names, its port, and what its addresses are held against.

    A value without effects: it opens nothing and resolves nothing. Making one raises EndpointDenied when a name is
    not a plain lower-case host name, `host` is not among `names`, the port is not 1 to 65535, or the address check is
    not one that exists.

    Attributes:
        host: The name that is resolved, sent as SNI and Host, and checked against the certificate.
        names: Every name known to be this endpoint's, `host` included.
        addresses: The endpoint's interface addresses, where they are known.
        cidrs: The CIDRs of the VPC that owns the endpoint, where they are known.
        own_networks: CIDRs and addresses that the policy itself names; only they can admit loopback.
        resolve: False where the addresses are final: DNS is never asked.
        found_by: What each fact rests on, for people.
    """

    service: ServiceName
    region: Region
    host: str
    names: frozenset[str]
    port: int = HTTPS_PORT
    address_check: AddressCheck
    addresses: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    own_networks: tuple[str, ...] = ()
    resolve: bool = True
    vpc_endpoint_id: str | None = None
    found_by: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if self.host not in self.names or not all(map(is_host_name, self.names)):
            raise EndpointDenied(
                "a route's names are lower-case host names, its host among them", rule="route-names"
            )
        # bool is an int: port=True would otherwise be port 1.
        if type(self.port) is not int or not 1 <= self.port <= 65535:
            raise EndpointDenied("a route's port is 1 to 65535", rule="route-port")
        if self.address_check not in get_args(AddressCheck):
            raise EndpointDenied(
                "a route's address check is eni, cidr or private", rule="route-address-check"
            )

    @property
    def url(self) -> str:
        """`https://host`, with the port when it is not 443."""
        return str(EndpointUrl(self.host, self.port))

    @property
    def authority(self) -> str:
        """What the Host header says: the host, with the port when it is not 443."""
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"

    def with_url(self, url: object) -> Self:
        """The route under another of its names; EndpointDenied unless the URL is that name's, with this port."""
        asked = parse_endpoint_url(url)
        if asked.host not in self.names:
            raise EndpointDenied(
                f"{asked.host} is not a name of the {self.service} endpoint", rule="endpoint-host"
            )
        if asked.port != self.port:
            raise EndpointDenied(
                f"port {asked.port} is not the {self.service} endpoint's ({self.port})",
                rule="endpoint-port",
            )
        return replace(self, host=asked.host)


class RouteSource(Protocol):
    """What finds routes. Implementations are thread-safe."""

    def route(self, service: str) -> PrivateRoute:
        """The service's route; EndpointNotFound when there is none."""
        ...


@runtime_checkable
class RenewableRoutes(RouteSource, Protocol):
    """A source that can look again when a route's addresses turn out to be of yesterday."""

    def renew(self, service: str, stale: PrivateRoute) -> PrivateRoute | None:
        """A route other than `stale`, under the same rules; None when there is none or it is too early to ask."""
        ...
