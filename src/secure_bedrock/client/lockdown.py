"""`lockdown()`: what a policy admits, made the rule for every Python socket of this process."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress

from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.network.lockdown import enforce, prove, stands_for
from secure_bedrock.policy import Policy
from secure_bedrock.transport.credentials.metadata import (
    CONTAINER_HOSTS,
    IMDS,
    container_request,
)
from secure_bedrock.transport.credentials.metadata_http import MetadataAddress


def lockdown(
    policy: PolicyLike = None, *, allow_loopback: bool = False, credentials: object = None
) -> None:
    """Refuse every other socket of this process, whoever opens it, until the process ends.

    From then on a connection or datagram to anything but the policy's endpoints, and a look-up of any name but theirs,
    raises LockdownViolation before it is made. Thread-safe; forked children are locked down as well. Idempotent for an
    equal policy; another one is refused, because a lockdown can't be taken back or widened.

    `policy` is a Policy, a file's path, or None for the file that `Policy.load` finds; `allow_loopback` opens every
    port of this machine. Every endpoint of the policy is found first, which may ask EC2 with `credentials`.

    Raises:
        EndpointNotFound: An endpoint of the policy can't be found; nothing is locked down.
        ConfigurationError: Another lockdown is in force, or this one was tried and does not fire.
    """
    chosen = policy_of(policy, {})
    asked_for = (chosen, bool(allow_loopback))
    if stands_for(asked_for):
        prove()
        return
    parts = Parts(chosen, credentials=credentials)
    routes = [parts.routes.route(endpoint.service) for endpoint in chosen.network.endpoints]
    allowance = Allowance.of(
        routes,
        exact=[(at.address, at.port) for at in _credential_addresses(chosen, os.environ)],
        own_names=[socket.gethostname()],
        loopback=bool(allow_loopback),
    )
    enforce(allowance, asked_for)


def _credential_addresses(policy: Policy, environ: Mapping[str, str]) -> Iterator[MetadataAddress]:
    """The metadata addresses of the listed providers, and loopback's one port where the container names it."""
    if "iam-role" in policy.identity.credentials:
        yield from IMDS.values()
    if "container-role" in policy.identity.credentials:
        yield from map(MetadataAddress, CONTAINER_HOSTS)
        # What is refused here is refused again, by name, when credentials are asked for.
        with suppress(CredentialPathDenied):
            request = container_request(environ)
            if request is not None:
                yield request.at
