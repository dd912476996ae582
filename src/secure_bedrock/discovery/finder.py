"""Where the private endpoint of a service is: asks the policy's sources in order and makes the route."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from secure_bedrock.discovery.address_check import address_check, brings_lock
from secure_bedrock.discovery.agreement import agree, evidence_for
from secure_bedrock.discovery.aws.ec2_calls import ec2_over
from secure_bedrock.discovery.aws.hardened_clients import OpenClient, hardened_clients
from secure_bedrock.discovery.aws.ssm_calls import parameter_over
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.flights import Flights
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.providers import (
    Ec2Provider,
    EnvironmentProvider,
    LockProvider,
    PolicyProvider,
    PrivateDnsProvider,
    Provider,
    SsmProvider,
)
from secure_bedrock.discovery.remedy import new_table, remedy
from secure_bedrock.discovery.renewals import Asked, may_ask
from secure_bedrock.discovery.route_of import missing, not_known, route_of
from secure_bedrock.errors import DeadlineExceeded, DiscoveryAttempt, EndpointNotFound
from secure_bedrock.network import Connector, PrivateRoute, Resolver
from secure_bedrock.policy import Policy
from secure_bedrock.transport.call_deadline import is_late, time_left
from secure_bedrock.transport.credentials.fetching import is_fetching
from secure_bedrock.values import Clock, ServiceName, forget_at_snapshot, parse_service

if TYPE_CHECKING:
    from secure_bedrock.transport.calls.runner import CallRunner

T = TypeVar("T")

_DEFAULT_PORT = "443"


class RouteFinder:
    """A RouteSource for one policy: each service's route is found once and kept until `refresh` or `renew`.

    The policy's own statements always hold, whether or not `network.discovery` lists `policy`. Thread-safe and
    fork-safe; threads that ask for the same service meanwhile share one search. An error is never kept: the next
    call searches again.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        lock: Lock | None = None,
        resolver: Resolver | None = None,
        connector: Connector | None = None,
        credentials: object = None,
        runner: "CallRunner | None" = None,
        environ: Mapping[str, str] | None = None,
        providers: Sequence[Provider] | None = None,
        clock: Clock = time.monotonic,
        afresh: bool = False,
    ) -> None:
        """`lock` is the policy's own, already judged; with one, AWS is not asked. `providers` replaces the sources.

        `afresh` leaves out the lock in the SSM parameter: a new one must not be made from an old one.

        `resolver`, `connector`, `credentials` and `runner` serve the calls to EC2 and SSM.
        """
        self._policy = policy
        self._lock = lock
        if providers is None:
            open_client = hardened_clients(
                policy,
                routes=RouteFinder.without_aws(policy, environ=environ),
                resolver=resolver,
                connector=connector,
                credentials=credentials,
                runner=runner,
            )
            providers = _providers(policy, lock, environ, open_client if lock is None else None)
            providers = [each for each in providers if not (afresh and each.name == "ssm")]
        self._providers = tuple(providers)
        self._routes: dict[ServiceName, PrivateRoute] = {}
        self._flights: Flights[ServiceName, PrivateRoute] = Flights()
        self._clock = clock
        self._changing: set[ServiceName] = set()
        self._renewals: Flights[ServiceName, PrivateRoute | None] = Flights()
        self._asked_again: dict[ServiceName, Asked] = {}
        forget_at_snapshot(self)

    @classmethod
    def without_aws(
        cls, policy: Policy, *, lock: Lock | None = None, environ: Mapping[str, str] | None = None
    ) -> Self:
        """A finder that asks nobody: what the routes of the EC2 and SSM clients come from."""
        return cls(policy, lock=lock, providers=_providers(policy, lock, environ, None))

    def route(self, service: str) -> PrivateRoute:
        """The service's route.

        Raises:
            EndpointNotFound: no source could complete it; `attempts` lists what each one said.
            Denied: a source named something that is not the service's private endpoint, or two conflict.
            DeadlineExceeded: the deadline of the call that needs it passed meanwhile.
        """
        name = _parsed(service)
        known = self._routes.get(name)
        if known is not None:
            return known
        # Looked up again inside: the search that this thread just missed may have ended meanwhile.
        return _shared(self._flights, name, lambda: self._routes.get(name) or self._search(name))

    def refresh(self, service: str) -> PrivateRoute:
        """Search again and keep the new route; when that fails the former one stays for `route`, and this raises."""
        name = _parsed(service)
        return _shared(self._flights, name, lambda: self._search(name))

    def renew(self, service: str, stale: PrivateRoute) -> PrivateRoute | None:
        """A route other than `stale`, for a caller who could reach none of its addresses.

        One that another caller found meanwhile comes at once. Else the sources are asked again, once in
        `RENEWAL_S` seconds for each service whatever comes of it, and only where one of them asks AWS: what
        people state does not change by itself. A search that its caller's deadline cut short does not count for
        who has more time. None where that gave nothing new. Raises what `refresh` raises.
        """
        name = _parsed(service)
        return self._newer(name, stale) or _shared(
            self._renewals,
            name,
            lambda: self._newer(name, stale) or self._searched_again(name, stale),
        )

    def forget_moment(self) -> None:
        """Find every route anew when it is next asked for."""
        self._routes.clear()
        self._asked_again.clear()

    def _newer(self, service: ServiceName, stale: PrivateRoute) -> PrivateRoute | None:
        known = self._routes.get(service)
        return None if known == stale else known

    def _searched_again(self, service: ServiceName, stale: PrivateRoute) -> PrivateRoute | None:
        now, left_s = self._clock(), time_left(before="its endpoint was found")
        if service not in self._changing or not may_ask(
            self._asked_again.get(service), now, left_s
        ):
            return None
        self._asked_again[service] = Asked(now)
        try:
            found = self.refresh(service)
        except DeadlineExceeded:
            self._asked_again[service] = Asked(self._clock(), too_short_s=left_s)
            raise
        return None if found == stale else found

    def _search(self, service: ServiceName) -> PrivateRoute:
        if self._policy.network.endpoint(service) is None:
            raise _no_table(self._policy, service)
        check = address_check(self._policy, self._lock, service)
        said: list[EndpointFacts] = []
        attempts: list[DiscoveryAttempt] = []
        known = EndpointFacts(source="nothing")
        for provider in self._providers:
            if not provider.stated and not missing(known, check):
                continue  # complete, and nobody needs to be asked; who merely states is heard all the same
            answer = provider.find(service, known)
            if isinstance(answer, EndpointFacts):
                said.append(answer)
                known = agree(said)
                if answer.observed and not provider.stated:
                    self._changing.add(service)
            elif not provider.stated and is_late():
                # Later sources must not fill in for one that had no time.
                raise _cut_short(service, answer)
            attempts.append(DiscoveryAttempt(provider.name, _outcome(answer)))
        needs = missing(known, check)
        if needs:
            raise EndpointNotFound(
                f"no private endpoint found for {service}: {not_known(needs)}",
                attempts=tuple(attempts),
                next_step=remedy(self._policy, service, needs),
            )
        route = route_of(service, self._policy, known, check=check, found_by=evidence_for(said))
        self._routes[service] = route
        return route


def _shared(flights: Flights[ServiceName, T], service: ServiceName, search: Callable[[], T]) -> T:
    """The search's outcome, its own or that of one which is under way.

    Who fetches credentials waits for nobody: whose search is under way, even its own, may be waiting for them.
    """
    return search() if is_fetching() else flights.join(service, search)


def _providers(
    policy: Policy,
    lock: Lock | None,
    environ: Mapping[str, str] | None,
    open_client: OpenClient | None,
) -> tuple[Provider, ...]:
    """The policy's sources in the policy's order, itself first; those not listed are left out."""
    made: dict[str, Provider] = {
        "environment": EnvironmentProvider(policy, environ),
        "private-dns": PrivateDnsProvider(policy, lock),
    }
    if lock is not None:
        made["lock"] = LockProvider(lock)
    if open_client is not None:
        made["ec2"] = Ec2Provider(policy, ec2_over(open_client))
        if brings_lock(policy):
            made["ssm"] = SsmProvider(policy, parameter_over(open_client))
    listed = (made[name] for name in policy.network.discovery if name in made)
    return (PolicyProvider(policy), *listed)


def _parsed(service: str) -> ServiceName:
    try:
        return parse_service(service)
    except ValueError as error:
        raise EndpointNotFound(f"no endpoint can be found: {error}") from error


def _outcome(answer: EndpointFacts | Nothing) -> str:
    if isinstance(answer, Nothing):
        return answer.why
    given = {evidence.name: evidence.value for evidence in evidence_for([answer])}
    if given.get("port") == _DEFAULT_PORT:  # every table gives it, written or not
        del given["port"]
    told = "; ".join(f"{name} {value}" for name, value in given.items())
    return f"gave {told or 'nothing but the default port'}"


def _cut_short(service: ServiceName, answer: Nothing) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"the call's deadline passed while the endpoint of {service} was looked for: {answer.why}"
    )


def _no_table(policy: Policy, service: ServiceName) -> EndpointNotFound:
    return EndpointNotFound(
        f"the policy has no endpoint for {service}",
        attempts=(DiscoveryAttempt("policy", f"no table [network.endpoints.{service}]"),),
        next_step=new_table(policy, service),
    )
