"""Requests that reach a model which no list of ids can judge: another provider's, or whichever AWS chooses."""

from collections.abc import Callable, Mapping
from typing import Final

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.values import Decision

# With these AWS chooses no model; what remains is MANAGED, and its own parsers. The values of FoundationModelType,
# EmbeddingModelType, both RerankingModelType and ParsingStrategy (botocore 1.44.5, read 2026-11-20). One that is left
# out can be MANAGED: "If not specified, defaults to MANAGED for managed embedding knowledge bases".
_NO_CHOICE: Final = frozenset(
    {"CUSTOM", "NONE", "BEDROCK_FOUNDATION_MODEL", "MULTI_MODAL_EMBEDDINGS"}
)


def _outside(_: object) -> Decision:
    """Whatever its name: `anthropic.claude-…` at another provider is not the model that the policy lists."""
    reason = "the request reaches models of a provider outside Bedrock, and no policy can allow one"
    return Decision(False, "model-outside-aws", reason)


def _chosen(value: object) -> Decision | None:
    if type(value) is str and value in _NO_CHOICE:
        return None
    return Decision(
        False,
        "model-choice",
        "the request leaves the choice of a model to AWS, which could take any",
        next_step="write CUSTOM (where documents are parsed, BEDROCK_FOUNDATION_MODEL) and name a listed model",
    )


CHOICES: Final[Mapping[Kind, Callable[[object], Decision | None]]] = {
    Kind.EXTERNAL_MODEL: _outside,
    Kind.MODEL_CHOICE: _chosen,
}
"""By kind, the refusal of a value, or None where it may stand; total over every object."""
