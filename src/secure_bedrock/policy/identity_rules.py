"""May this caller call? A pure decision over the policy's `[identity]`."""

import re
from dataclasses import dataclass
from typing import Final

from secure_bedrock.policy.sections import IdentityPolicy
from secure_bedrock.values import Decision, Evidence
from secure_bedrock.values.arns import Arn, is_account, parse_arn

UNKNOWN: Final = "identity-unknown"
"""The rule of a refusal that rests on ignorance: asking AWS who the caller is could lift it."""

# ARNs of the callers that AWS names, and what an IAM name and path are made of. Source: IAM user guide, "IAM
# identifiers", and STS API reference, AssumedRoleUser (read 2026-11-20).
_SERVICES: Final = frozenset({"iam", "sts"})
_NAME: Final = r"[A-Za-z0-9+=,.@_-]{1,64}"
_IAM: Final = re.compile(rf"(role|user)/((?:[!-.0-~]{{1,64}}/){{0,8}})({_NAME})", re.ASCII)
_SESSION: Final = re.compile(rf"assumed-role/({_NAME})/[A-Za-z0-9+=,.@_-]{{2,64}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, so that two of them can be compared.

    A role's path is left out: the ARN of its sessions does not tell it, and an account has no two roles of one name
    (IAM user guide, "IAM and AWS STS quotas", read 2026-11-20). A user's path is kept in `name`.
    """

    partition: str
    account: str
    kind: str
    name: str

    def format(self) -> str:
        """The ARN, of a role without its path and of a session without its name."""
        return f"arn:{self.partition}:iam::{self.account}:{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of whoever signs a request; None: not known."""

    account: str | None = None
    principal: Principal | None = None
    long_lived: bool = False


def parse_caller(arn: object) -> Arn | None:
    """The ARN of a caller in its parts, of whatever kind the caller is; None for every other ARN and object."""
    try:
        parsed = parse_arn(arn)
    except ValueError:
        return None
    owned = parsed.region is None and is_account(parsed.account)
    return parsed if owned and parsed.service in _SERVICES else None


def parse_principal(arn: object) -> Principal | None:
    """The role or user that an ARN is of, a role's session included; None for every other ARN and object."""
    parsed = parse_caller(arn)
    if parsed is None:
        return None
    if parsed.service == "sts":
        session = _SESSION.fullmatch(parsed.resource)
        return session and Principal(parsed.partition, parsed.account, "role", session[1])
    match = _IAM.fullmatch(parsed.resource)
    if match is None:
        return None
    kind, path, name = match.groups()
    told = path + name if kind == "user" else name
    return Principal(parsed.partition, parsed.account, kind, told)


def account_in(arn: object) -> str | None:
    """The account of a caller's ARN, of whatever kind the caller is; None where it is no such ARN."""
    parsed = parse_caller(arn)
    return None if parsed is None else parsed.account


def is_restricted(identity: IdentityPolicy) -> bool:
    """Whether the policy asks anything about the caller."""
    return bool(identity.accounts or identity.principals or identity.long_lived_keys == "deny")


def decide_identity(identity: IdentityPolicy, caller: Caller) -> Decision:
    """Allow a caller that the policy names; refuse every other one, and one that is not known well enough.

    Reasons name accounts, roles and users, never a key or a session.
    """
    if identity.long_lived_keys == "deny" and caller.long_lived:
        return _refuse(
            "long-lived-key",
            'the credentials are a long-lived key, and identity.long_lived_keys is "deny"',
            "use a role's temporary credentials",
        )
    refusal = _refuse_account(identity, caller)
    if refusal is None:
        refusal = _refuse_principal(identity, caller)
    if refusal is not None:
        return refusal
    return Decision(True, "identity", "the caller is one that the policy names")


def _refuse_account(identity: IdentityPolicy, caller: Caller) -> Decision | None:
    if not identity.accounts or caller.account in identity.accounts:
        return None
    if caller.account is None:
        return _unknown("account")
    return _refuse(
        "account",
        f"the credentials are of account {caller.account}, which identity.accounts does not name",
        "use credentials of an account that it names, or add the account if it is yours",
        Evidence("account", caller.account),
    )


def _refuse_principal(identity: IdentityPolicy, caller: Caller) -> Decision | None:
    if not identity.principals:
        return None
    if caller.principal is None:
        return _unknown("principal")
    if caller.principal in {parse_principal(arn) for arn in identity.principals}:
        return None
    arn = caller.principal.format()
    return _refuse(
        "principal",
        f"the caller is {arn}, which identity.principals does not name",
        "call as one that it names, or add the ARN if it may call",
        Evidence("principal", arn),
    )


def _unknown(what: str) -> Decision:
    return _refuse(UNKNOWN, f"the credentials do not tell the caller's {what}", "")


def _refuse(rule: str, reason: str, next_step: str, *evidence: Evidence) -> Decision:
    return Decision(False, rule, reason, evidence, next_step)
