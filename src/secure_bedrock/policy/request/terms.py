"""What a request says of itself that the policy's guardrail and limits are held against, and when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from secure_bedrock.policy.operation.members import OperationClass
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.operation.table import SERVICES, operation_table
from secure_bedrock.policy.request import guardrails, token_places
from secure_bedrock.policy.request.guardrails import (
    GuardrailFacts,
    guardrail_facts,
    refuse_guardrail,
)
from secure_bedrock.policy.request.token_limits import TokenFacts, refuse_tokens, token_facts
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.values import Decision

_HARMLESS: Final = frozenset({OperationClass.READ, OperationClass.CONTROL})


class Terms(Protocol):
    """What is read of a `Policy`."""

    @property
    def guardrail(self) -> GuardrailPolicy: ...
    @property
    def limits(self) -> LimitsPolicy: ...


_NO_GUARDRAIL: Final = GuardrailFacts()
_NO_TOKENS: Final = TokenFacts()


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """What was read of a request. The default is what nothing was read of: where the policy asks, it is refused.

    `body_bytes` is the body's length, None where it is not known.
    """

    guardrail: GuardrailFacts = _NO_GUARDRAIL
    tokens: TokenFacts = _NO_TOKENS
    body_bytes: int | None = None


NOTHING_READ: Final = RequestTerms()


def asks_guardrail(policy: Terms, service: str, operation: str) -> bool:
    """Whether the policy wants its guardrail in such a request."""
    if not policy.guardrail.required:
        return False
    return f"{service}:{operation}" not in guardrails.EXEMPT and reaches_model(service, operation)


def asks_tokens(policy: Terms, service: str, operation: str) -> bool:
    """Whether the policy limits the tokens of such a request."""
    if policy.limits.max_tokens is None:
        return False
    return f"{service}:{operation}" not in token_places.EXEMPT and reaches_model(service, operation)


def asks_terms(policy: Terms, service: str, operation: str) -> bool:
    """Whether the policy asks for what a request says of guardrails or tokens."""
    if not policy.guardrail.required and policy.limits.max_tokens is None:
        return False
    return asks_guardrail(policy, service, operation) or asks_tokens(policy, service, operation)


@lru_cache(1024)
def reaches_model(service: str, operation: str) -> bool:
    """Whether content may reach a model: true unless the table says that the operation only reads or controls.

    AWS's other services (sts, ec2 …) have no models; a service or an operation that no table knows might.
    """
    if service not in SERVICES:
        return True
    table = operation_table(service)
    if not table.described:
        return False
    try:
        return table.operation(operation).op_class not in _HARMLESS
    except KeyError:
        return True


def read_terms(
    service: str,
    operation: str,
    references: tuple[Reference, ...],
    body: Mapping[str, Any],
    body_bytes: int,
) -> RequestTerms:
    """What a request says, from what it names and its parsed JSON body (empty where it has none)."""
    key = f"{service}:{operation}"
    return RequestTerms(guardrail_facts(key, references, body), token_facts(key, body), body_bytes)


def refuse_terms_guardrail(
    policy: Terms, service: str, operation: str, terms: RequestTerms
) -> Decision | None:
    """Why the request does not carry the policy's guardrail; None where it does or need not."""
    if not asks_guardrail(policy, service, operation):
        return None
    return refuse_guardrail(policy.guardrail, f"{service}:{operation}", terms.guardrail)


def refuse_terms_limits(
    policy: Terms, service: str, operation: str, model_id: str | None, terms: RequestTerms
) -> Decision | None:
    """Which of the policy's limits the request would exceed; None where it keeps them."""
    most = policy.limits.max_request_bytes
    if most is not None and (terms.body_bytes is None or terms.body_bytes > most):
        reason = f"the body is longer than limits.max_request_bytes, {most}"
        return Decision(False, "max-request-bytes", reason, next_step="send less in one request")
    limit = policy.limits.max_tokens
    if limit is None or not asks_tokens(policy, service, operation):
        return None
    return refuse_tokens(limit, f"{service}:{operation}", model_id, terms.tokens)
