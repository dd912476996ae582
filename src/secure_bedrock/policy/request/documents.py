"""JSON in no fixed shape as a member of a request: what it names depends on who reads it."""

from collections.abc import Mapping
from typing import Final

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.native_names import native_references
from secure_bedrock.values.strict_json import strictly_read

# Read by the model's own API. A text of JSON in jobs that evaluate (EvaluationBedrockModel, botocore 1.44.5, read
# 2026-11-20).
_OVERRIDES: Final = (
    *("additionalModelRequestFields", "additionalParams", "modelInput", "modelConfiguration"),
    "inferenceParams",
)
# Read by a connector of a knowledge base or of a gateway: hosts, sites and buckets in words of each connector's own.
_CONNECTORS: Final = ("connectorParameters", "parameterValues")

JUDGED: Final = (*_OVERRIDES, *_CONNECTORS)
"""Members that hold such JSON and are judged. Others are content: a payment's terms, settings of the account's code."""


def document_references(reference: Reference) -> tuple[Reference, ...]:
    """What a member of kind `document` names; nothing where it is content. Total over every value."""
    path, value = reference.path, reference.value
    if path.endswith(_CONNECTORS):
        return (Reference(Kind.UNKNOWN, None, path, ambiguous=True),) if value else ()
    if not path.endswith(_OVERRIDES):
        return ()
    fields = _read(value) if path.endswith("inferenceParams") else value
    if not isinstance(fields, Mapping):
        return (Reference(Kind.DOCUMENT, None, path, ambiguous=True),)
    return native_references(fields, path)


def _read(text: object) -> object:
    """The document that a text holds; None where it is none that can be read in one way only."""
    try:
        return strictly_read(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return None
