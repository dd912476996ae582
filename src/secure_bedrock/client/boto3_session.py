"""`SecureSession`: a boto3 session under a policy."""

from collections.abc import Sequence

from secure_bedrock.audit import SinkLike
from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.network import Connector, Resolver
from secure_bedrock.transport.hardened.boto3_session import GuardedBoto3Session


class SecureSession(GuardedBoto3Session):
    """A boto3.Session whose `client()` only makes hardened clients, all under one policy.

    `policy` is a Policy, a file's path, or None for the file that `Policy.load` finds; `sinks` replace the policy's.
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
    ) -> None:
        parts = Parts(
            policy_of(policy, {}),
            credentials=credentials,
            profile_name=profile_name,
            sinks=sinks,
            resolver=resolver,
            connector=connector,
        )
        super().__init__(parts.session())
