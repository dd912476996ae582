"""Who asked AWS, as the lock records it: an ARN without the name of its session."""

import re
from typing import Any, Final

from secure_bedrock.discovery.aws_calls import calling
from secure_bedrock.discovery.hardened_clients import OpenClient

GRANTS: Final = frozenset({"sts:GetCallerIdentity"})

# A session's name is chosen by whoever assumes the role; people write their names and their tickets into it.
_SESSION = re.compile(
    r"(arn:[^:]+:sts::[0-9]{12}:(?:assumed-role/[^/]+|federated-user))/.*", re.DOTALL
)


def asked_caller(open_client: OpenClient) -> str | None:
    """The caller's ARN without its session's name, as GetCallerIdentity tells it; raises CallFailed."""
    with open_client("sts", GRANTS) as client, calling("sts:GetCallerIdentity"):
        answer: Any = client.get_caller_identity()
    return without_session(answer.get("Arn"))


def without_session(arn: object) -> str | None:
    """The ARN without its session's name; None for what is no caller's ARN."""
    from secure_bedrock.discovery.lock_shape import caller  # noqa: PLC0415 only the lock's writer needs it

    if not isinstance(arn, str):
        return None
    cut = _SESSION.fullmatch(arn)
    try:
        return caller(cut[1] if cut else arn)
    except ValueError:
        return None
