"""What native payloads call the limit of their tokens, and which of these names a model obeys."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from secure_bedrock.policy.model.identifiers import (
    BaseId,
    FoundationModelArn,
    ProfileArn,
    ProfileId,
    parse_model_id,
)
from secure_bedrock.policy.request.slots import AMBIGUOUS
from secure_bedrock.policy.request.token_places import HOSTS, PAYLOADS

# What the limit is called in native payloads. Sources, all read 2026-11-20: the "Inference request parameters" pages of
# the Bedrock user guide for each provider (anthropic-claude-messages, anthropic-claude-text-completion, titan-text,
# cohere-command, cohere-command-r-plus, meta, mistral, mistral-chat-completion, jamba, jurassic2, deepseek, openai,
# palmyra-x5, pegasus), "Complete request schema" of the Nova user guide, "Invoke your imported model"; and for
# parameters.max_new_tokens Hugging Face's text-generation-inference, for max_output_tokens OpenAI's Responses API.
_COUNTS: Final = frozenset(
    {
        "max_tokens",
        "max_tokens_to_sample",
        "max_completion_tokens",
        "max_output_tokens",
        "max_new_tokens",
        "max_gen_len",
        "max_length",
        "maxTokens",
        "maxTokenCount",
        "maxOutputTokens",
        "maxNewTokens",
        "maxGenLen",
    }
)
_HOLDERS: Final = frozenset(
    {
        "inferenceConfig",
        "inference_config",
        "textGenerationConfig",
        "generationConfig",
        "generation_config",
        "parameters",
    }
)
# Thinking may take more than max_tokens when it is interleaved with tool calls ("Extended thinking", Bedrock user
# guide), so its budget is judged; it limits no answer, so it states nothing.
_THINKING: Final = frozenset({"thinking", "reasoning_config"})
_BUDGET: Final = "budget_tokens"

_CHAT: Final = frozenset({"max_tokens", "max_completion_tokens"})
# Which of them a provider's models obey; another one would be ignored, and so states nothing.
_OBEYED: Final[Mapping[str, frozenset[str]]] = {
    "ai21": frozenset({"max_tokens", "maxTokens"}),
    "amazon": frozenset(
        {
            "inferenceConfig.maxTokens",
            "inferenceConfig.max_new_tokens",
            "textGenerationConfig.maxTokenCount",
        }
    ),
    "anthropic": frozenset({"max_tokens", "max_tokens_to_sample"}),
    "cohere": frozenset({"max_tokens"}),
    "deepseek": _CHAT,
    "google": _CHAT,
    "meta": frozenset({"max_gen_len"}),
    "minimax": _CHAT,
    "mistral": _CHAT,
    "moonshot": _CHAT,
    "moonshotai": _CHAT,
    "nvidia": _CHAT,
    "openai": _CHAT,
    "qwen": _CHAT,
    "twelvelabs": frozenset({"maxOutputTokens"}),
    "writer": _CHAT,
    "zai": _CHAT,
}
# Models that write no text: embeddings, images, video, ranks. Source: "Supported foundation models" of the Bedrock
# user guide, read 2026-11-20.
_TEXTLESS: Final = (
    "amazon.nova-2-multimodal-embeddings-",
    "amazon.nova-canvas-",
    "amazon.nova-reel-",
    "amazon.rerank-",
    "amazon.titan-embed-",
    "amazon.titan-image-",
    "cohere.embed-",
    "cohere.rerank-",
    "luma.",
    "stability.",
    "twelvelabs.marengo-",
)

# These state the limit by a name of the API, whichever provider's model answers it (OpenAI API reference, "Create chat
# completion"; Anthropic API reference, "Messages"; read 2026-11-20).
_BY_API: Final[Mapping[str, frozenset[str]]] = {
    f"{host}:{name}": obeyed
    for host in HOSTS
    for name, obeyed in (("ChatCompletions", _CHAT), ("Messages", frozenset({"max_tokens"})))
}


def native_limits(fields: object) -> Iterator[tuple[str, object]]:
    """The limits in a payload of a model's own API, each by its name there; what is no object holds one unknown."""
    if not isinstance(fields, dict):
        yield "fields", AMBIGUOUS
        return
    for name in sorted(_COUNTS & fields.keys()):
        yield name, fields[name]
    for holder in sorted(_HOLDERS & fields.keys()):
        inner = fields[holder]
        if isinstance(inner, dict):
            for name in sorted(_COUNTS & inner.keys()):
                yield f"{holder}.{name}", inner[name]
    for holder in sorted(_THINKING & fields.keys()):
        inner = fields[holder]
        if isinstance(inner, dict) and _BUDGET in inner:
            yield f"{holder}.{_BUDGET}", inner[_BUDGET]


def states_limit(key: str, model_id: str | None, names: Iterable[str]) -> bool:
    """Whether the model obeys one of the limits that a payload of the operation (`service:Operation`) holds by name.

    A model that writes no text needs none.
    """
    names = {name for name in names if not name.endswith(_BUDGET)}
    if key in _BY_API:
        return bool(names & _BY_API[key])
    base = base_of(model_id)
    if base is None:
        # An ARN that does not tell its model: whichever name stands there, the model may obey another one.
        return key not in PAYLOADS and bool(names)
    if base.format().startswith(_TEXTLESS):
        return True
    obeyed = _OBEYED.get(base.provider)
    return bool(names if obeyed is None else names & obeyed)


def base_of(model_id: str | None) -> BaseId | None:
    """The base id behind the identifier; None where an ARN does not tell."""
    try:
        model = parse_model_id(model_id)
    except ValueError:
        return None
    if isinstance(model, ProfileArn):
        model = model.profile
    if isinstance(model, ProfileId | FoundationModelArn):
        return model.base
    return model if isinstance(model, BaseId) else None
