"""Hardened botocore clients, for whatever takes a boto3 client; and the boto3 session that makes them."""

from typing import TYPE_CHECKING, Any

from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.transport.keywords import refuse_unknown
from secure_bedrock.values import importing

if TYPE_CHECKING:
    from secure_bedrock.client.boto3_session import SecureSession

__all__ = ["SecureSession", "create_client"]


def create_client(
    service: str,
    policy: PolicyLike = None,
    *,
    credentials: object = None,
    **boto3_kwargs: Any,
) -> Any:
    """A genuine, hardened botocore client of `service`, for whatever takes a boto3 client.

    `policy` is a Policy, a file's path, or None for the file that `Policy.load` finds. The rest are boto3's keyword
    arguments: what agrees with the policy is merged, what would move, loosen or disclose traffic is refused by name.
    `credentials` are frozen credentials or a source with `frozen()`, as for `SecureBedrockClient`.
    Looking for the route may ask EC2, over its own private endpoint. A service without a route still gives a client,
    each call of which raises EndpointNotFound.
    """
    with importing():
        from secure_bedrock.transport.hardened.making.arguments import KEYWORDS  # noqa: PLC0415 - loads botocore

    refuse_unknown("create_client()", boto3_kwargs, {"policy", "credentials", *KEYWORDS})
    parts = Parts(policy_of(policy, {}), credentials=credentials)
    return parts.session().create_client(service, **boto3_kwargs)


if not TYPE_CHECKING:  # boto3 is imported with the first session, not with the first client

    def __getattr__(name: str) -> object:
        if name != "SecureSession":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from secure_bedrock.client.boto3_session import SecureSession  # noqa: PLC0415

        return SecureSession
