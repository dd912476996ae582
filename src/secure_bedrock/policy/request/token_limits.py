"""How many tokens may a request ask for? Where operations and native payloads say it, and the pure decision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.policy.model.identifiers import (
    BaseId,
    FoundationModelArn,
    ProfileArn,
    ProfileId,
    parse_model_id,
)
from secure_bedrock.policy.operation.references import ABSENT
from secure_bedrock.policy.request.slots import AMBIGUOUS, filled, read_slot
from secure_bedrock.values import Decision


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The limits that a request asks for.

    `typed` is what stands in the operation's own places, ABSENT where one is left out; `native` what stands in fields
    of the model's own API, each with the name that it has there.
    """

    typed: tuple[object, ...] = field(default=(), repr=False)
    native: tuple[tuple[str, object], ...] = field(default=(), repr=False)


# Source: input shapes of bedrock-runtime and bedrock-agent-runtime, botocore 1.44.5, read 2026-11-20.
_AGENT: Final = "bedrock-agent-runtime"
_RAG: Final = "retrieveAndGenerateConfiguration?"
_RAG_STEPS: Final = (
    f"{_RAG}.knowledgeBaseConfiguration?.generationConfiguration",
    f"{_RAG}.externalSourcesConfiguration?.generationConfiguration",
    f"{_RAG}.knowledgeBaseConfiguration?.orchestrationConfiguration?",
)
_RAG_PLACES: Final = tuple(
    f"{step}.inferenceConfig.textInferenceConfig.maxTokens" for step in _RAG_STEPS
)
_PROMPTS: Final = "promptOverrideConfiguration?.promptConfigurations[].inferenceConfiguration"
_TYPED: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock-runtime:Responses": ("max_output_tokens",),
    "bedrock-mantle:Responses": ("max_output_tokens",),
    "bedrock-runtime:Converse": ("inferenceConfig.maxTokens",),
    "bedrock-runtime:ConverseStream": ("inferenceConfig.maxTokens",),
    f"{_AGENT}:RetrieveAndGenerate": _RAG_PLACES,
    f"{_AGENT}:RetrieveAndGenerateStream": _RAG_PLACES,
    f"{_AGENT}:InvokeInlineAgent": tuple(
        f"{agent}{_PROMPTS}.maximumLength" for agent in ("", "collaborators[].")
    ),
}
# Fields that are handed to the model's own API, which may set the limit anew.
_FREE: Final = "additionalModelRequestFields"
_RAG_FREE: Final = tuple(f"{step.removesuffix('?')}?.{_FREE}?" for step in _RAG_STEPS)
_OVERRIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock-runtime:Converse": (f"{_FREE}?",),
    "bedrock-runtime:ConverseStream": (f"{_FREE}?",),
    f"{_AGENT}:RetrieveAndGenerate": _RAG_FREE,
    f"{_AGENT}:RetrieveAndGenerateStream": _RAG_FREE,
    f"{_AGENT}:InvokeInlineAgent": tuple(
        f"{agent}promptOverrideConfiguration?.promptConfigurations[].{_FREE}?"
        for agent in ("", "collaborators[].")
    ),
}
# Bodies of the HTTP surfaces: the places of Responses are its own, those of the others are the models' (read
# 2026-11-20, see http_surfaces).
_HOSTS: Final = ("bedrock-runtime", "bedrock-mantle")
_MODEL_INPUT: Final = "bedrock-runtime:StartAsyncInvoke"
NATIVE: Final = frozenset(
    {
        "bedrock-runtime:InvokeModel",
        "bedrock-runtime:InvokeModelWithResponseStream",
        "sagemaker-runtime:InvokeEndpoint",
        "sagemaker-runtime:InvokeEndpointWithResponseStream",
        *(f"{host}:{name}" for host in _HOSTS for name in ("ChatCompletions", "Messages")),
    }
)
"""Operations whose body is the model's own payload, or says its limit as one does."""
# Payloads of a Bedrock model; what a SageMaker endpoint runs is the account's own.
_PAYLOADS: Final = frozenset(
    {
        "bedrock-runtime:InvokeModel",
        "bedrock-runtime:InvokeModelWithResponseStream",
        _MODEL_INPUT,
    }
)

# These write no text: they count, rank, look up or check.
EXEMPT: Final = frozenset(
    {
        "bedrock-runtime:CountTokens",
        "bedrock-runtime:ApplyGuardrail",
        "bedrock-runtime:InvokeGuardrailChecks",
        f"{_AGENT}:Rerank",
        f"{_AGENT}:Retrieve",
        "bedrock-runtime:CountMessageTokens",
        *(
            f"bedrock-mantle:{name}"
            for name in ("CountMessageTokens", "Embeddings", "GetModel", "ListModels")
        ),
    }
)

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
    for host in _HOSTS
    for name, obeyed in (("ChatCompletions", _CHAT), ("Messages", frozenset({"max_tokens"})))
}

_MOST_SHOWN: Final = 10**9
_STEP: Final = "write max_tokens (what the operation or the model calls it)"


def token_facts(key: str, body: Mapping[str, Any]) -> TokenFacts:
    """What a request of the operation (`service:Operation`) asks for; `body` is its parsed JSON, or empty."""
    typed = [found for path in _TYPED.get(key, ()) for found in read_slot(body, path)]
    if key in NATIVE:
        free: list[object] = [body]
    elif key == _MODEL_INPUT:
        free = read_slot(body, "modelInput?")
    else:
        free = [found for path in _OVERRIDES.get(key, ()) for found in read_slot(body, path)]
    return TokenFacts(
        tuple(typed), tuple(each for fields in free for each in native_limits(fields))
    )


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


def with_max_tokens(limit: int, key: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the limit in the operation's own places, where the caller states none."""
    filled_in = dict(params)
    if key != f"{_AGENT}:InvokeInlineAgent":  # its prompts are the caller's: none is written for it
        for path in _TYPED.get(key, ()):
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
    native = key in NATIVE or key == _MODEL_INPUT
    stated = _states(key, model_id, facts) if native else len(asked) == len(facts.typed) > 0
    return None if stated else _unstated(key, model_id)


def _unstated(key: str, model_id: str | None) -> Decision:
    if key in _PAYLOADS and _base_of(model_id) is None:
        reason = "the ARN does not tell which model it is, nor what that model calls its limit"
        step = "call Converse, which has one name for it, or name the model by its id or profile"
    elif key in NATIVE or key == _MODEL_INPUT or key in _TYPED:
        reason, step = "the request leaves it to the model how many tokens it writes", _STEP
    else:
        reason = "the operation has no place for limits.max_tokens, so it can't be kept"
        step = "call an operation that has one, or leave limits.max_tokens out of this policy"
    return Decision(False, "max-tokens-unstated", reason, next_step=step)


def _states(key: str, model_id: str | None, facts: TokenFacts) -> bool:
    """Whether one of the limits is one that the model obeys; a model that writes no text needs none."""
    names = {name for name, _ in facts.native if not name.endswith(_BUDGET)}
    if key in _BY_API:
        return bool(names & _BY_API[key])
    base = _base_of(model_id)
    if base is None:
        # An ARN that does not tell its model: whichever name stands there, the model may obey another one.
        return key not in _PAYLOADS and bool(names)
    if base.format().startswith(_TEXTLESS):
        return True
    obeyed = _OBEYED.get(base.provider)
    return bool(names if obeyed is None else names & obeyed)


def _base_of(model_id: str | None) -> BaseId | None:
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
