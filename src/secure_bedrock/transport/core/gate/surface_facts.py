"""What a request of an OpenAI- or Anthropic-shaped API names: its model stands in the body, which is always read."""

from collections.abc import Mapping
from typing import Any, Final

from secure_bedrock.policy.http_surfaces import MANTLE, Surface, body_references
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.transport.core.gate.strict_json import JSON_TYPES, parse_object, refuse_body

# As for InvokeModel. bedrock-mantle knows neither: it answers as if they were not there (seen by others against the
# live service, and undocumented; read 2026-11-20), so whoever sends one believes in a guardrail that does not act.
GUARDRAIL_FIELDS: Final[Mapping[str, Kind]] = {
    "X-Amzn-Bedrock-GuardrailIdentifier": Kind.GUARDRAIL,
    "X-Amzn-Bedrock-GuardrailVersion": Kind.GUARDRAIL_VERSION,
}


def surface_document(
    surface: Surface, fields: Mapping[str, str], body: bytes
) -> dict[str, Any] | None:
    """The body's JSON object, None for an operation without a body; OperationDenied where it is not one."""
    if surface.body is None:
        if body:
            refuse_body("the operation takes no body")
        return None
    if fields.get("content-type", JSON_TYPES[0]) != JSON_TYPES[0]:
        refuse_body("the body is not declared as application/json")
    return parse_object(body)


def surface_references(
    surface: Surface, fields: Mapping[str, str], document: Mapping[str, Any] | None
) -> tuple[Reference, ...]:
    """Everything that the body and the guardrail headers name."""
    named = () if surface.body is None else body_references(surface.body, document)
    return (*named, *_guardrail(surface, fields))


def _guardrail(surface: Surface, fields: Mapping[str, str]) -> list[Reference]:
    found = []
    for name, kind in GUARDRAIL_FIELDS.items():
        value = fields.get(name.lower())
        if value is not None and surface.service == MANTLE:
            found.append(Reference(Kind.UNKNOWN, None, name, ambiguous=True))
        elif value is not None:
            found.append(Reference(kind, value, name))
    return found
