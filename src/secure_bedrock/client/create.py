"""`create_client`: a hardened botocore client, for whatever takes a boto3 client."""

from typing import Any

from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.transport.keywords import refuse_unknown
from secure_bedrock.values import importing


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
