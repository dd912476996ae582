"""Where operations say how many tokens they ask for: members of their own, and payloads of a model's own API."""

from collections.abc import Mapping
from typing import Final

# Source: input shapes of bedrock-runtime and bedrock-agent-runtime, botocore 1.44.5, read 2026-11-20.
_AGENT: Final = "bedrock-agent-runtime"
INLINE_AGENT: Final = f"{_AGENT}:InvokeInlineAgent"
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
TYPED: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock-runtime:Responses": ("max_output_tokens",),
    "bedrock-mantle:Responses": ("max_output_tokens",),
    "bedrock-runtime:Converse": ("inferenceConfig.maxTokens",),
    "bedrock-runtime:ConverseStream": ("inferenceConfig.maxTokens",),
    f"{_AGENT}:RetrieveAndGenerate": _RAG_PLACES,
    f"{_AGENT}:RetrieveAndGenerateStream": _RAG_PLACES,
    INLINE_AGENT: tuple(f"{agent}{_PROMPTS}.maximumLength" for agent in ("", "collaborators[].")),
}
"""By operation, the paths of its own places for the limit."""

_FREE: Final = "additionalModelRequestFields"
_RAG_FREE: Final = tuple(f"{step.removesuffix('?')}?.{_FREE}?" for step in _RAG_STEPS)
OVERRIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "bedrock-runtime:Converse": (f"{_FREE}?",),
    "bedrock-runtime:ConverseStream": (f"{_FREE}?",),
    f"{_AGENT}:RetrieveAndGenerate": _RAG_FREE,
    f"{_AGENT}:RetrieveAndGenerateStream": _RAG_FREE,
    INLINE_AGENT: tuple(
        f"{agent}promptOverrideConfiguration?.promptConfigurations[].{_FREE}?"
        for agent in ("", "collaborators[].")
    ),
}
"""By operation, fields that are handed to the model's own API, which may set the limit anew."""

# Bodies of the HTTP surfaces: the places of Responses are its own, those of the others are the models' (read
# 2026-11-20, see http_surfaces).
HOSTS: Final = ("bedrock-runtime", "bedrock-mantle")
"""Services that answer on the HTTP surfaces."""
MODEL_INPUT: Final = "bedrock-runtime:StartAsyncInvoke"
NATIVE: Final = frozenset(
    {
        "bedrock-runtime:InvokeModel",
        "bedrock-runtime:InvokeModelWithResponseStream",
        "sagemaker-runtime:InvokeEndpoint",
        "sagemaker-runtime:InvokeEndpointWithResponseStream",
        *(f"{host}:{name}" for host in HOSTS for name in ("ChatCompletions", "Messages")),
    }
)
"""Operations whose body is the model's own payload, or says its limit as one does."""
# Payloads of a Bedrock model; what a SageMaker endpoint runs is the account's own.
PAYLOADS: Final = frozenset(
    {
        "bedrock-runtime:InvokeModel",
        "bedrock-runtime:InvokeModelWithResponseStream",
        MODEL_INPUT,
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
