"""Puts a hardened client together: botocore's own class and serialiser, our endpoint, signer and transport."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.config import Config
from botocore.errorfactory import ClientExceptionsFactory
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

from secure_bedrock.network import Connector, PrivateRoute, Resolver
from secure_bedrock.policy import Policy
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.connections.driver import ConnectionSettings, GuardedTransport
from secure_bedrock.transport.credentials import CredentialSource, FrozenCredentials
from secure_bedrock.transport.hardened.making.config_options import Tuning
from secure_bedrock.transport.hardened.making.fixed_user_agent import (
    FixedUserAgent,
    user_agent_text,
)
from secure_bedrock.transport.hardened.reading.quiet_parsing import quiet_parser
from secure_bedrock.transport.hardened.sending.content_free import ContentFreeSerializer
from secure_bedrock.transport.hardened.sending.guarded_calls import ClientParts
from secure_bedrock.transport.hardened.sending.guarded_endpoint import GuardedEndpoint
from secure_bedrock.transport.hardened.sending.guarded_session import GuardedHttpSession, Waits
from secure_bedrock.transport.hardened.sending.quiet_signing import QuietSigner
from secure_bedrock.values import partition_of

NO_ROUTE_URL = "https://no-private-endpoint.invalid"
"""What a client without a route shows as its endpoint; RFC 2606 §2 keeps such a name from ever existing."""


def open_transport(
    route: PrivateRoute,
    *,
    policy: Policy,
    tuning: Tuning,
    resolver: Resolver | None,
    connector: Connector | None,
) -> GuardedTransport:
    """The guarded way to the route, with the caller's connect time-out and pool size."""
    network, timeouts = policy.network, policy.timeouts
    if tuning.max_pool_connections is not None:
        network = replace(network, max_pool_connections=tuning.max_pool_connections)
    if tuning.connect_s is not None:
        timeouts = replace(timeouts, connect_s=tuning.connect_s)
    return GuardedTransport(
        route,
        policy=ConnectionSettings(network, timeouts),
        resolver=resolver,
        connector=connector,
    )


def client_arguments(
    model: ServiceModel,
    *,
    parts: ClientParts,
    tuning: Tuning,
    source: CredentialSource,
    check: Callable[[FrozenCredentials], None],
    emitter: Any,
) -> dict[str, Any]:
    """The keyword arguments of botocore's BaseClient, and our parts, for one client."""
    policy = parts.policy
    events = copy.copy(emitter)
    route = parts.way.known
    session = GuardedHttpSession(
        parts.way, policy=policy, grants=parts.grants, waits=_waits(policy, tuning)
    )
    protocol = model.resolved_protocol
    return {
        "secure_parts": parts,
        "serializer": ContentFreeSerializer(
            create_serializer(protocol, False), validate=tuning.parameter_validation
        ),
        "endpoint": GuardedEndpoint(
            NO_ROUTE_URL if route is None else route.url,
            endpoint_prefix=model.endpoint_prefix,
            event_emitter=events,
            session=session,
        ),
        "response_parser": quiet_parser(protocol),
        "event_emitter": events,
        "request_signer": QuietSigner(
            model.service_id,
            region=policy.region,
            signing_name=model.signing_name,
            source=source,
            check=check,
            event_emitter=events,
        ),
        "service_model": model,
        "loader": packaged_loader(),
        "client_config": _config(policy, tuning),
        "partition": partition_of(policy.region),
        "exceptions_factory": ClientExceptionsFactory(),
        "user_agent_creator": FixedUserAgent(tuning.user_agent),
    }


# botocore-stubs lacks options that botocore 1.40.20 has.
_Config: Any = Config


def _waits(policy: Policy, tuning: Tuning) -> Waits:
    timeouts = policy.timeouts
    return Waits(
        read_s=tuning.read_s or timeouts.read_s,
        first_event_s=tuning.read_s or timeouts.first_event_s,
        idle_s=tuning.read_s or timeouts.idle_s,
    )


def _config(policy: Policy, tuning: Tuning) -> Config:
    """What the client shows as its configuration; nothing in it is a switch that still does something."""
    return _Config(  # type: ignore[no-any-return]
        region_name=policy.region,
        signature_version="v4",
        user_agent=user_agent_text(tuning.user_agent),
        connect_timeout=tuning.connect_s or policy.timeouts.connect_s,
        read_timeout=tuning.read_s or policy.timeouts.read_s,
        max_pool_connections=tuning.max_pool_connections or policy.network.max_pool_connections,
        parameter_validation=tuning.parameter_validation,
        proxies={},
        retries={"mode": "standard", "total_max_attempts": 1},
        inject_host_prefix=False,
        use_dualstack_endpoint=False,
        use_fips_endpoint=False,
        ignore_configured_endpoint_urls=True,
        tcp_keepalive=True,
        disable_request_compression=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
