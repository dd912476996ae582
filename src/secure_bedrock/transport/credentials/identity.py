"""Holds credentials against the policy's `[identity]` each time they are about to sign."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from secure_bedrock.errors import DeadlineExceeded, IdentityDenied, SecureBedrockError
from secure_bedrock.policy import Policy
from secure_bedrock.policy.identity_rules import (
    UNKNOWN,
    Caller,
    account_in,
    decide_identity,
    is_restricted,
    parse_principal,
)
from secure_bedrock.transport.botocore_parts.client_errors import code_of
from secure_bedrock.transport.call_deadline import held
from secure_bedrock.transport.credentials.told import is_long_lived, told_by
from secure_bedrock.transport.credentials.values import (
    ClientFor,
    FrozenCredentials,
    StaticCredentials,
)
from secure_bedrock.values import Decision, PerProcess

K = TypeVar("K")
V = TypeVar("V")
_Key = tuple[str, str, str | None]

WhoAmI = Callable[[FrozenCredentials], object]
"""Asks AWS for the ARN of whoever holds the credentials; may raise anything."""

_REMEMBERED: Final = 16  # credentials in use at a time: few, also while they refresh
_ASK: Final = (
    "give sts a route ([network.endpoints.sts]), so that the caller can be asked for, or "
    "use credentials that tell it"
)


class IdentityCheck:
    """Lets credentials of the policy's callers pass; thread-safe, and cheap for those that passed before.

    `who_am_i` is asked only where the credentials themselves do not tell enough, once for each; without it, or where
    it fails, they are refused.
    """

    def __init__(self, policy: Policy, who_am_i: WhoAmI | None = None) -> None:
        self._identity = policy.identity
        self._region = policy.region
        self._who_am_i = who_am_i
        self._restricted = is_restricted(policy.identity)
        self._passed: dict[str, FrozenCredentials] = {}
        self._asked: dict[_Key, Caller] = {}
        self._lock = PerProcess(threading.Lock)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def require(self, values: FrozenCredentials) -> None:
        """Raise IdentityDenied unless the values are of a caller that the policy names."""
        if not self._restricted:
            return
        passed = self._passed.get(values.access_key)
        if passed is values or passed == values:
            return
        decision = self._decide(values)
        decision.or_raise(IdentityDenied)
        self._passed = _with(self._passed, values.access_key, values)

    def require_told(self, values: FrozenCredentials) -> None:
        """The same without a question to AWS: what the values do not tell is let through.

        For calls that find endpoints, which the question itself may need. They hold no content.
        """
        if not self._restricted:
            return
        decision = decide_identity(self._identity, told_by(values, self._region))
        if decision.rule != UNKNOWN:
            decision.or_raise(IdentityDenied)

    def _decide(self, values: FrozenCredentials) -> Decision:
        told = decide_identity(self._identity, told_by(values, self._region))
        if told.rule != UNKNOWN:
            return told
        if self._who_am_i is None:
            raise IdentityDenied(told.reason, rule=UNKNOWN, next_step=_ASK)
        with held(self._lock()):  # threads that begin together ask once
            key = (values.access_key, values.secret_key, values.token)
            caller = self._asked.get(key)
            if caller is None:
                caller = self._ask(self._who_am_i, values, told)
                self._asked = _with(self._asked, key, caller)
        return decide_identity(self._identity, caller)

    def _ask(self, who_am_i: WhoAmI, values: FrozenCredentials, told: Decision) -> Caller:
        try:
            arn = who_am_i(values)
        except DeadlineExceeded:
            raise
        except SecureBedrockError as error:
            why = error.reason
        except Exception as error:  # noqa: BLE001 - botocore's own; AWS's message in it repeats the caller
            why = code_of(error)
        else:
            return Caller(account_in(arn), parse_principal(arn), is_long_lived(values))
        # Out here, so that the failure's text is nobody's context.
        reason = f"{told.reason}, and asking AWS failed: {why}"
        raise IdentityDenied(reason, rule=UNKNOWN, next_step=_ASK)


def asks_sts(client_for: ClientFor) -> WhoAmI:
    """Asks sts:GetCallerIdentity over its private route, with the credentials in question."""

    def who_am_i(values: FrozenCredentials) -> object:
        client: Any = client_for("sts", StaticCredentials(values))
        try:
            return client.get_caller_identity().get("Arn")
        finally:
            client.close()

    return who_am_i


def _with(kept: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """A copy with the value, so that nobody who reads needs a lock; the oldest go."""
    newest = list(kept.items())[-_REMEMBERED + 1 :]
    return {**dict(newest), key: value}
