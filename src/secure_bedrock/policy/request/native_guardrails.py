"""What JSON of a model's own API says of guardrails, and what it holds that a guardrail would not see. Pure, total.

Sources, read 2026-11-20: "Configure streaming response behavior" and "Apply tags to user input" of the Bedrock user
guide ("Content outside of input tags isn't processed by guardrails"), InvokeModel in its API reference.
"""

from collections.abc import Mapping
from typing import Final

from secure_bedrock.policy.request.native_words import folded

_CONFIG: Final = folded("amazon-bedrock-guardrailConfig")
# Where other operations name a guardrail. A native payload has no such member: Bedrock reads the header fields, and
# _CONFIG at the top. Whoever writes one believes that it acts.
_GUARDRAILS: Final = frozenset(
    map(
        folded,
        (
            *("guardrail", "guardrail_config", "guardrail_configuration", "guardrail_id"),
            *("guardrail_identifier", "guardrail_version", "guardrails"),
        ),
    )
)
# What free fields beside an operation's own members call text that a model reads, at their top. Sources: the request
# pages of each provider, "Inference request parameters" of the Bedrock user guide, read 2026-11-20. The guardrail is
# documented for the operation's own members, so what stands here is taken for unseen. Deeper, any name could hold text.
_CONTENT: Final = _GUARDRAILS.union(
    map(
        folded,
        (
            *("chat_history", "contents", "context", "conversation", "documents", "examples"),
            *("extra_body", "history", "images", "input", "input_image", "input_text", "inputs"),
            *("instruction", "instructions", "message", "messages", "prefix", "preamble"),
            *("prompt", "query", "response_prefix", "suffix", "system", "system_instruction"),
            *("system_prompt", "texts", "tool_results"),
        ),
    )
)


def configurations(fields: object) -> list[object]:
    """What the payload itself sets the mode and the tags to, at the top of such fields, in any spelling."""
    return _at_top(fields, frozenset((_CONFIG,)))


def guardrails_of(payload: object) -> list[object]:
    """What stands at the payload's top where other operations name a guardrail, in any spelling."""
    return _at_top(payload, _GUARDRAILS)


def holds_content(fields: object) -> bool:
    """Whether free fields hold, at their top, what a model reads; what is no object could hold anything."""
    return not isinstance(fields, Mapping) or any(
        not isinstance(name, str) or folded(name) in _CONTENT for name in fields
    )


def narrows(config: object) -> bool:
    """Whether the payload's own configuration holds more than the mode: a suffix of tags, or what nobody knows."""
    return not isinstance(config, dict) or not config.keys() <= {"streamProcessingMode"}


def _at_top(fields: object, names: frozenset[str]) -> list[object]:
    if not isinstance(fields, Mapping):
        return []
    return [
        value for name, value in fields.items() if isinstance(name, str) and folded(name) in names
    ]
