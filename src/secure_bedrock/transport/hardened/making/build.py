"""Hardened botocore clients and sessions, from a policy and a source of routes."""

import os
from collections.abc import Mapping
from typing import Any

from secure_bedrock.network import Connector, Resolver, RouteSource
from secure_bedrock.policy import Policy
from secure_bedrock.transport.calls.runner import CallRunner
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.credentials.chain import credential_source
from secure_bedrock.transport.credentials.identity import IdentityCheck, asks_sts
from secure_bedrock.transport.hardened.making.hardened_session import HardenedSession, SessionParts
from secure_bedrock.transport.loading import load_for_calls
from secure_bedrock.transport.settings import Finding
from secure_bedrock.transport.settings.preflight import preflight

# What fetching credentials and asking whose they are takes, and nothing else. Source: the calls that
# botocore.credentials and botocore.tokens make (botocore 1.44.5, read 2026-11-20).
CREDENTIAL_GRANTS = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sts:GetCallerIdentity",
        "sso:GetRoleCredentials",
        "sso-oidc:CreateToken",
        "signin:CreateOAuth2Token",
    }
)


def build_client(
    service: str,
    policy: Policy,
    *,
    routes: RouteSource,
    resolver: Resolver | None = None,
    connector: Connector | None = None,
    credentials: object = None,
    grants: frozenset[str] = frozenset(),
    runner: CallRunner | None = None,
    findings: tuple[Finding, ...] | None = None,
    **boto3_kwargs: Any,
) -> Any:
    """A genuine botocore client of `service` whose every request passes the gate and the guarded transport.

    `grants` are operations (`service:Operation`) that this library calls for itself. Without a `runner` a call is
    one attempt and leaves no event. `findings` are as for `hardened_session`. Raises what `judge_arguments` and
    `judge_settings` raise.
    """
    session = hardened_session(
        policy,
        routes=routes,
        resolver=resolver,
        connector=connector,
        credentials=credentials,
        runner=runner,
        findings=findings,
    )
    return session.build_client(service, boto3_kwargs, grants=grants)


def hardened_session(
    policy: Policy,
    *,
    routes: RouteSource,
    resolver: Resolver | None = None,
    connector: Connector | None = None,
    credentials: object = None,
    profile_name: str | None = None,
    runner: CallRunner | None = None,
    findings: tuple[Finding, ...] | None = None,
    identity: IdentityCheck | None = None,
    environ: Mapping[str, str] | None = None,
) -> HardenedSession:
    """A botocore session whose clients are hardened; credentials are looked for when a call first needs them.

    `findings` are those of a preflight that was made already; without them it is made here. `identity` is shared with
    other clients of the policy; without it the session has a check of its own.
    """
    load_for_calls()
    surroundings = os.environ if environ is None else environ
    if findings is None:
        findings = preflight(surroundings, region=policy.region, profile=profile_name)
    made: list[HardenedSession] = []

    def client_for_credentials(service: str, source: CredentialSource) -> Any:
        return made[0].build_client(service, {}, grants=CREDENTIAL_GRANTS, source=source)

    parts = SessionParts(
        policy=policy,
        identity=identity or IdentityCheck(policy, asks_sts(client_for_credentials)),
        routes=routes,
        resolver=resolver,
        connector=connector,
        runner=runner,
        findings=findings,
    )
    source = credential_source(
        policy,
        credentials=credentials,
        profile_name=profile_name,
        client_for=client_for_credentials,
        environ=surroundings,
    )
    made.append(HardenedSession(parts, source))
    return made[0]
