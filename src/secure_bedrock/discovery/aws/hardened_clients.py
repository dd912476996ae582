"""Hardened botocore clients that discovery opens for itself, one at a time, and closes again."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import TYPE_CHECKING, Any

from secure_bedrock.network import Connector, Resolver, RouteSource
from secure_bedrock.policy import Policy
from secure_bedrock.values import importing

if TYPE_CHECKING:
    from secure_bedrock.transport.calls.runner import CallRunner

OpenClient = Callable[[str, frozenset[str]], AbstractContextManager[Any]]
"""Opens a client of a service that may call the operations granted (`service:Operation`); thread-safe."""


def hardened_clients(
    policy: Policy,
    *,
    routes: RouteSource,
    resolver: Resolver | None = None,
    connector: Connector | None = None,
    credentials: object = None,
    runner: "CallRunner | None" = None,
) -> OpenClient:
    """Opens hardened clients over `routes`, each closed after its use: their models are large and seldom needed.

    With a `runner` each call is retried and leaves an event like any other; without one it is a single attempt.
    """

    @contextmanager
    def opened(service: str, grants: frozenset[str]) -> Iterator[Any]:
        with importing():
            from secure_bedrock.transport.hardened.making.build import build_client  # noqa: PLC0415 - loads botocore
            from secure_bedrock.transport.settings import judge_settings  # noqa: PLC0415 - needed here alone

        client = build_client(
            service,
            policy,
            routes=routes,
            grants=grants,
            resolver=resolver,
            connector=connector,
            credentials=credentials,
            runner=runner,
            # Judged again, and not told of again: whoever holds the finder was told.
            findings=judge_settings(os.environ, region=policy.region),
        )
        with closing(client):
            yield client

    return opened
