"""What the policy requires of every request is added to the caller's parameters, once per call, on both front ends."""

from collections.abc import Mapping
from typing import Any

from secure_bedrock.policy.request.guardrails import with_guardrail
from secure_bedrock.policy.request.terms import Terms, asks_guardrail, asks_tokens
from secure_bedrock.policy.request.token_limits import with_max_tokens


def with_requirements(
    policy: Terms, service: str, operation: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """A copy of the parameters with the policy's guardrail and token limit, where they have a place and none stands.

    The caller's own dict is never changed, and what it holds never replaced: the gate judges that. Never raises.
    """
    key, whole = f"{service}:{operation}", dict(params)
    if asks_guardrail(policy, service, operation):
        whole = with_guardrail(policy.guardrail, key, whole)
    limit = policy.limits.max_tokens
    if limit is not None and asks_tokens(policy, service, operation):
        whole = with_max_tokens(limit, key, whole)
    return whole
