"""Who asks AWS, as STS tells it."""

from typing import Any, Final

from secure_bedrock.discovery.aws.calls import calling
from secure_bedrock.discovery.aws.hardened_clients import OpenClient
from secure_bedrock.discovery.caller_arn import without_session

GRANTS: Final = frozenset({"sts:GetCallerIdentity"})


def asked_caller(open_client: OpenClient) -> str | None:
    """The caller's ARN without its session's name, as GetCallerIdentity tells it; raises CallFailed."""
    with open_client("sts", GRANTS) as client, calling("sts:GetCallerIdentity"):
        answer: Any = client.get_caller_identity()
    return without_session(answer.get("Arn"))
