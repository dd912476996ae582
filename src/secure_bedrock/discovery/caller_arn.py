"""A caller's ARN as the lock records it: without the name of its session."""

import re
from dataclasses import replace

from secure_bedrock.policy.identity_rules import parse_caller

# The resources of callers' ARNs: a root, user, role, or an assumed role or federated user without its session's name.
_CALLER = re.compile(
    r"root|(?:user|role|assumed-role|federated-user)(?:/[A-Za-z0-9_+=,.@/-]{1,512})?", re.ASCII
)
# A session's name is chosen by whoever assumes the role; people write their names and their tickets into it.
_SESSION = re.compile(r"(assumed-role/[^/]+|federated-user)/.*")


def caller_arn(text: str) -> str:
    """A caller's ARN without a session's name; ValueError for anything else."""
    arn = parse_caller(text)
    if arn is None or not _CALLER.fullmatch(arn.resource):
        raise ValueError("expected the ARN of a caller, without the session's name")
    return text


def without_session(arn: object) -> str | None:
    """The ARN without its session's name; None for what is no caller's ARN."""
    parsed = parse_caller(arn)
    if parsed is None:
        return None
    cut = _SESSION.fullmatch(parsed.resource) if parsed.service == "sts" else None
    told = replace(parsed, resource=cut[1]) if cut else parsed
    try:
        return caller_arn(told.format())
    except ValueError:
        return None
