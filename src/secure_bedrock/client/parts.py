"""What the clients of one policy share: routes, credentials, transports, audit, retry; each made on first use."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from secure_bedrock.audit import AuditTrail, SinkLike, sinks_from
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.discovery.lock.use import policy_with_lock
from secure_bedrock.network import Connector, PrivateRoute, Resolver
from secure_bedrock.policy import Policy
from secure_bedrock.resilience import RetryEngine, RetrySettings
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.calls.runner import CallRunner
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.credentials.chain import credential_source
from secure_bedrock.transport.credentials.identity import IdentityCheck, asks_sts
from secure_bedrock.transport.loading import load_for_calls
from secure_bedrock.transport.settings.preflight import preflight
from secure_bedrock.transport.typed import TypedChannel
from secure_bedrock.values import PerProcess, importing
from secure_bedrock.values.version import __version__

if TYPE_CHECKING:
    from secure_bedrock.transport.hardened.making.hardened_session import HardenedSession


PolicyLike = Policy | str | os.PathLike[str] | None


def policy_of(policy: PolicyLike, fields: Mapping[str, Any]) -> Policy:
    """The policy that the arguments mean; a policy and fields together are a TypeError."""
    if policy is not None and not isinstance(policy, Policy | str | os.PathLike):
        raise TypeError(
            f"policy is a Policy, the path of its file or None, not a {type(policy).__name__}; "
            "fields make one: Policy(region=…, models=[…])"
        )
    if not fields:
        return policy if isinstance(policy, Policy) else Policy.load(policy)
    if policy is not None:
        raise TypeError("pass a policy or its fields as keywords, not both")
    return Policy(**fields)


class Parts:
    """The shared parts under one policy; thread-safe. Making them opens no socket and asks nobody; the policy's lock is
    read from its file, unless `use_lock` is false: then what AWS says now is looked for, and no lock is.

    `findings` are the settings of the environment that were found and are not followed; one that can't be
    neutralised is refused by name.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        credentials: object = None,
        profile_name: str | None = None,
        sinks: Sequence[SinkLike] | None = None,
        resolver: Resolver | None = None,
        connector: Connector | None = None,
        use_lock: bool = True,
    ) -> None:
        load_for_calls()
        # The one place where a lock reaches a client: before anything is made that keeps the policy.
        policy, lock = policy_with_lock(policy) if use_lock else (policy, None)
        self.policy = policy
        self.findings = preflight(os.environ, region=policy.region, profile=profile_name)
        self.resolver = resolver
        self.connector = connector
        self.source: CredentialSource = credential_source(
            policy,
            credentials=credentials,
            profile_name=profile_name,
            client_for=self._credential_client,
        )
        self.identity = IdentityCheck(policy, asks_sts(self._credential_client))
        self.runner = CallRunner(
            policy,
            AuditTrail(
                sinks_from(_sink_names(policy)) if sinks is None else sinks,
                policy.audit.mode,
                sdk_version=__version__,
                environment=policy.name,
            ),
            RetryEngine(
                RetrySettings(max_attempts=policy.retry.max_attempts, quota=policy.retry.quota)
            ),
        )
        self.routes = RouteFinder(
            policy,
            lock=lock,
            afresh=not use_lock,
            resolver=resolver,
            connector=connector,
            credentials=self.source,
            runner=self.runner,
        )
        self._lock = PerProcess(threading.Lock)
        self._channels: dict[str, TypedChannel] = {}
        self._session: HardenedSession | None = None

    def channel(self, service: str) -> TypedChannel:
        """The typed channel of a service; its route is found when it is first asked for."""
        known = self._channels.get(service)
        if known is not None:
            return known
        with self._lock():
            if service not in self._channels:
                way = RouteHolder(service, self.routes, self._open)
                self._channels[service] = TypedChannel(
                    service, self.policy, way, self.source, self.identity
                )
            return self._channels[service]

    def session(self) -> "HardenedSession":
        """The hardened botocore session; botocore's own is loaded here and not before."""
        with importing():
            from secure_bedrock.transport.hardened.making.build import hardened_session  # noqa: PLC0415 - loads botocore

        with self._lock():
            if self._session is None:
                self._session = hardened_session(
                    self.policy,
                    routes=self.routes,
                    resolver=self.resolver,
                    connector=self.connector,
                    credentials=self.source,
                    identity=self.identity,
                    runner=self.runner,
                    findings=self.findings,
                )
            return self._session

    def close(self) -> None:
        """Close the idle connections of every channel; a later call opens new ones."""
        with self._lock():
            channels = list(self._channels.values())
        for channel in channels:
            channel.drain()

    def _open(self, route: PrivateRoute) -> GuardedTransport:
        return GuardedTransport(
            route, policy=self.policy, resolver=self.resolver, connector=self.connector
        )

    def _credential_client(self, service: str, source: CredentialSource) -> Any:
        with importing():
            from secure_bedrock.transport.hardened.making.build import CREDENTIAL_GRANTS  # noqa: PLC0415 - loads botocore

        return self.session().build_client(service, {}, grants=CREDENTIAL_GRANTS, source=source)

    @contextmanager
    def open_client(self, service: str, grants: frozenset[str]) -> Iterator[Any]:
        """A hardened client for operations that this library calls for itself, closed at the end of the block."""
        with closing(self.session().build_client(service, {}, grants=grants)) as client:
            yield client


def _sink_names(policy: Policy) -> Sequence[str]:
    """The policy's sinks; where it names none, standard output in Lambda, whose log that is, and logging elsewhere."""
    if policy.audit.sinks_written:
        return policy.audit.sinks
    return ("stdout",) if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else ("logging",)
