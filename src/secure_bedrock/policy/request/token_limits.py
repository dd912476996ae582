"""How many tokens may a request ask for? What it says is read, and the decision is pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.policy.operation.references import ABSENT
from secure_bedrock.policy.request.native_tokens import base_of, native_limits, states_limit
from secure_bedrock.policy.request.slots import filled, read_slot
from secure_bedrock.policy.request.token_places import (
    INLINE_AGENT,
    MODEL_INPUT,
    NATIVE,
    OVERRIDES,
    PAYLOADS,
    TYPED,
)
from secure_bedrock.values import Decision

_MOST_SHOWN: Final = 10**9
_STEP: Final = "write max_tokens (what the operation or the model calls it)"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The limits that a request asks for.

    `typed` is what stands in the operation's own places, ABSENT where one is left out; `native` what stands in fields
    of the model's own API, each with the name that it has there.
    """

    typed: tuple[object, ...] = field(default=(), repr=False)
    native: tuple[tuple[str, object], ...] = field(default=(), repr=False)


def token_facts(key: str, body: Mapping[str, Any]) -> TokenFacts:
    """What a request of the operation (`service:Operation`) asks for; `body` is its parsed JSON, or empty."""
    typed = [found for path in TYPED.get(key, ()) for found in read_slot(body, path)]
    if key in NATIVE:
        free: list[object] = [body]
    elif key == MODEL_INPUT:
        free = read_slot(body, "modelInput?")
    else:
        free = [found for path in OVERRIDES.get(key, ()) for found in read_slot(body, path)]
    return TokenFacts(
        tuple(typed), tuple(each for fields in free for each in native_limits(fields))
    )


def with_max_tokens(limit: int, key: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the limit in the operation's own places, where the caller states none."""
    filled_in = dict(params)
    if key != INLINE_AGENT:  # its prompts are the caller's: none is written for it
        for path in TYPED.get(key, ()):
            filled_in = filled(filled_in, path, limit)
    return filled_in


def refuse_tokens(limit: int, key: str, model_id: str | None, facts: TokenFacts) -> Decision | None:
    """Why the request may ask for more tokens than the policy admits; None where it can't. Total."""
    asked = [value for value in facts.typed if value is not ABSENT]
    for value in (*asked, *(value for _, value in facts.native)):
        if type(value) is not int or value < 1:
            reason = "a limit of tokens in the request is no whole number from 1 up"
            return Decision(False, "max-tokens-ambiguous", reason, next_step=_STEP)
        if value > limit:
            shown = str(value) if value < _MOST_SHOWN else "far more"
            reason = f"the request asks for {shown} tokens, and limits.max_tokens is {limit}"
            return Decision(False, "max-tokens", reason, next_step=f"ask for {limit} at most")
    native = key in NATIVE or key == MODEL_INPUT
    stated = (
        states_limit(key, model_id, (name for name, _ in facts.native))
        if native
        else len(asked) == len(facts.typed) > 0
    )
    return None if stated else _unstated(key, model_id)


def _unstated(key: str, model_id: str | None) -> Decision:
    if key in PAYLOADS and base_of(model_id) is None:
        reason = "the ARN does not tell which model it is, nor what that model calls its limit"
        step = "call Converse, which has one name for it, or name the model by its id or profile"
    elif key in NATIVE or key == MODEL_INPUT or key in TYPED:
        reason, step = "the request leaves it to the model how many tokens it writes", _STEP
    else:
        reason = "the operation has no place for limits.max_tokens, so it can't be kept"
        step = "call an operation that has one, or leave limits.max_tokens out of this policy"
    return Decision(False, "max-tokens-unstated", reason, next_step=step)
