"""`SecureSession`: a boto3 session under a policy."""

from collections.abc import Sequence
from typing import Any

from secure_bedrock.audit import SinkLike
from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.network import Connector, Resolver
from secure_bedrock.transport.hardened.making.arguments import session_arguments
from secure_bedrock.transport.hardened.making.boto3_session import GuardedBoto3Session


class SecureSession(GuardedBoto3Session):
    """A boto3.Session whose `client()` only makes hardened clients, all under one policy.

    `policy` is a Policy, a file's path, or None for the file that `Policy.load` finds; `sinks` replace the policy's.
    The rest are boto3's keyword arguments, of `Session` and of its `client()`: they stand for every client that names
    none of its own, and are judged like those. RegionDenied at once for another Region than the policy's; a botocore
    session of the caller's would bring its own settings and is EnvironmentDenied.
    """

    def __init__(
        self,
        policy: PolicyLike = None,
        *,
        credentials: object = None,
        profile_name: str | None = None,
        sinks: Sequence[SinkLike] | None = None,
        resolver: Resolver | None = None,
        connector: Connector | None = None,
        **boto3_kwargs: Any,
    ) -> None:
        found = policy_of(policy, {})
        defaults = session_arguments(boto3_kwargs, policy=found)
        parts = Parts(
            found,
            credentials=credentials,
            profile_name=profile_name,
            sinks=sinks,
            resolver=resolver,
            connector=connector,
        )
        super().__init__(parts.session(), defaults)
