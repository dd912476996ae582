"""Who asked AWS, as the lock records it: an ARN without the name of its session."""

import re
from dataclasses import replace
from typing import Any, Final

from secure_bedrock.discovery.aws_calls import calling
from secure_bedrock.discovery.hardened_clients import OpenClient
from secure_bedrock.policy.identity_rules import parse_caller

GRANTS: Final = frozenset({"sts:GetCallerIdentity"})

# A session's name is chosen by whoever assumes the role; people write their names and their tickets into it.
_SESSION = re.compile(r"(assumed-role/[^/]+|federated-user)/.*")


def asked_caller(open_client: OpenClient) -> str | None:
    """The caller's ARN without its session's name, as GetCallerIdentity tells it; raises CallFailed."""
    with open_client("sts", GRANTS) as client, calling("sts:GetCallerIdentity"):
        answer: Any = client.get_caller_identity()
    return without_session(answer.get("Arn"))


def without_session(arn: object) -> str | None:
    """The ARN without its session's name; None for what is no caller's ARN."""
    from secure_bedrock.discovery.lock_shape import caller  # noqa: PLC0415 only the lock's writer needs it

    parsed = parse_caller(arn)
    if parsed is None:
        return None
    cut = _SESSION.fullmatch(parsed.resource) if parsed.service == "sts" else None
    told = replace(parsed, resource=cut[1]) if cut else parsed
    try:
        return caller(told.format())
    except ValueError:
        return None
