"""Hardened botocore clients and a boto3 session that makes them, from a policy and what can be found out."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from secure_bedrock.audit import AuditTrail, SinkLike, sinks_from
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.network import Connector, Resolver
from secure_bedrock.policy import Policy
from secure_bedrock.resilience import RetryEngine, RetrySettings
from secure_bedrock.transport.call import CallRunner
from secure_bedrock.transport.credentials import CredentialSource, FrozenCredentials
from secure_bedrock.transport.hardening import HardenedSession
from secure_bedrock.transport.session import hardened_session
from secure_bedrock.values.version import __version__

if TYPE_CHECKING:
    from secure_bedrock.client.boto3_session import SecureSession

__all__ = ["SecureSession", "create_client"]

PolicyLike = Policy | str | os.PathLike[str] | None


def create_client(service: str, policy: PolicyLike = None, **boto3_kwargs: Any) -> Any:
    """A genuine, hardened botocore client of `service`, for whatever takes a boto3 client.

    `policy` is a Policy, a file's path, or None for the file that `Policy.load` finds. The rest are boto3's keyword
    arguments: what agrees with the policy is merged, what would move, loosen or disclose traffic is refused by name.
    Looking for the route may ask EC2, over its own private endpoint. A service without a route still gives a client,
    each call of which raises EndpointNotFound.
    """
    return open_session(policy_of(policy)).create_client(service, **boto3_kwargs)


def policy_of(policy: PolicyLike) -> Policy:
    """The policy that an argument means."""
    return policy if isinstance(policy, Policy) else Policy.load(policy)


def open_session(
    policy: Policy,
    *,
    credentials: object = None,
    profile_name: str | None = None,
    sinks: Sequence[SinkLike] | None = None,
    resolver: Resolver | None = None,
    connector: Connector | None = None,
) -> HardenedSession:
    """The machinery under clients of one policy: routes, credentials, retry and audit. Opens nothing."""
    retry = policy.retry
    runner = CallRunner(
        policy,
        AuditTrail(
            sinks_from(policy.audit.sinks) if sinks is None else sinks, sdk_version=__version__
        ),
        RetryEngine(RetrySettings(max_attempts=retry.max_attempts, quota=retry.quota)),
    )
    lent = _Lent()
    finder = RouteFinder(
        policy, resolver=resolver, connector=connector, credentials=lent, runner=runner
    )
    session = hardened_session(
        policy,
        routes=finder,
        resolver=resolver,
        connector=connector,
        credentials=credentials,
        profile_name=profile_name,
        runner=runner,
    )
    lent.source = session.source
    return session


class _Lent:
    """The session's credentials for the finder, which is made before the session is."""

    source: CredentialSource

    def frozen(self) -> FrozenCredentials:
        """What the session's own source gives."""
        return self.source.frozen()


if not TYPE_CHECKING:  # boto3 is imported with the first session, not with the first client

    def __getattr__(name: str) -> object:
        if name != "SecureSession":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from secure_bedrock.client.boto3_session import SecureSession  # noqa: PLC0415

        return SecureSession
