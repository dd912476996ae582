"""A caller's ARN as the lock records it: without the name of its session."""

import re

# IAM's and STS's ARNs of callers: a root, user, role, or an assumed role or federated user without its session's name.
_CALLER = re.compile(
    r"arn:aws[a-z-]*:(?:iam|sts)::[0-9]{12}:(?:root|(?:user|role|assumed-role|federated-user)"
    r"(?:/[A-Za-z0-9_+=,.@/-]{1,512})?)",
    re.ASCII,
)
# A session's name is chosen by whoever assumes the role; people write their names and their tickets into it.
_SESSION = re.compile(
    r"(arn:[^:]+:sts::[0-9]{12}:(?:assumed-role/[^/]+|federated-user))/.*", re.DOTALL
)


def caller_arn(text: str) -> str:
    """A caller's ARN without a session's name; ValueError for anything else."""
    if not _CALLER.fullmatch(text):
        raise ValueError("expected the ARN of a caller, without the session's name")
    return text


def without_session(arn: object) -> str | None:
    """The ARN without its session's name; None for what is no caller's ARN."""
    if not isinstance(arn, str):
        return None
    cut = _SESSION.fullmatch(arn)
    try:
        return caller_arn(cut[1] if cut else arn)
    except ValueError:
        return None
