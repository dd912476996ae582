"""What a request's bytes name, read no further than the policy needs: megabytes of text and images are not parsed."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from secure_bedrock.policy.operation.known_members import stranger_on_the_wire
from secure_bedrock.policy.operation.members import BodyMember, BodyShape, Kind, Operation
from secure_bedrock.policy.operation.references import Reference, body_references, references
from secure_bedrock.policy.operation.table import OperationTable, operation_table
from secure_bedrock.policy.request.documents import JUDGED
from secure_bedrock.policy.request.judgement import RequestFacts
from secure_bedrock.policy.request.native_names import native_references
from secure_bedrock.policy.request.terms import (
    RequestTerms,
    Terms,
    asks_terms,
    read_terms,
)
from secure_bedrock.policy.request.token_places import NATIVE
from secure_bedrock.transport.core.gate.body_search import READ_WHOLE, check_utf8, may_name
from secure_bedrock.transport.core.gate.named_operation import NamedOperation
from secure_bedrock.transport.core.gate.native_payload import (
    check_declared,
    native_document,
    unwrapped,
)
from secure_bedrock.transport.core.gate.strict_json import JSON_TYPES, parse_object, refuse_body
from secure_bedrock.transport.core.gate.surface_facts import (
    GUARDRAIL_FIELDS,
    surface_document,
    surface_references,
)

NATIVE_BODIES: Final = frozenset(
    {"bedrock-runtime:InvokeModel", "bedrock-runtime:InvokeModelWithResponseStream"}
)
"""Operations whose body is JSON of a Bedrock model's own API: SageMaker's and AgentCore's are of the account's code."""

_STREAMED: Final = "bedrock-runtime:InvokeModelWithBidirectionalStream"

_GUARDRAIL_KEYS: Final = frozenset(map(str.lower, GUARDRAIL_FIELDS))


def read_facts(
    named: NamedOperation,
    table: OperationTable,
    fields: Mapping[str, str],
    body: bytes,
    *,
    policy: Terms,
    granted: bool,
    ours: bool = False,
) -> RequestFacts:
    """The operation and everything that the request names; OperationDenied where that could be read two ways.

    `ours` says that this library's serialiser wrote the body from parameters whose every member the tables know.
    """
    found, document = named.references, None
    asked = asks_terms(policy, table.service, named.name)
    operation = named.operation
    if operation is not None:
        if not fields.keys().isdisjoint(_GUARDRAIL_KEYS):
            found += _unbound_guardrail(operation, fields)
        if named.in_headers:
            found += references(operation, labels={}, query={}, headers=fields)
        if operation.payload is None:
            whole = asked or (not ours and len(body) <= READ_WHOLE)
            document = _document(operation, table.protocol, fields, body, whole=whole)
            if document is not None:
                found += _named(operation, document, ours=ours)
        else:
            key = f"{operation.service}:{operation.name}"
            document = _payload(key, fields, body, asked=asked)
            if document is not None and key in NATIVE_BODIES:
                found += native_references(document, "body")
    elif named.surface is not None:
        document = surface_document(named.surface, fields, body)
        found += surface_references(named.surface, fields, document)
    elif table.protocol == "json" or (table.protocol == "rest-json" and body):
        parse_object(body)
    if named.line is not None and len(found) == len(named.references) and not (asked or granted):
        most = policy.limits.max_request_bytes
        if most is None or len(body) <= most:
            return named.line
    terms = RequestTerms(body_bytes=len(body))
    if asked:
        terms = read_terms(table.service, named.name, found, document or {}, len(body))
    return RequestFacts(table.service, named.name, found, granted, terms)


def _unbound_guardrail(operation: Operation, fields: Mapping[str, str]) -> tuple[Reference, ...]:
    """Guardrail headers where the operation has none: their sender believes in what does not act."""
    bound = {member.key for member in operation.bound}
    return tuple(
        Reference(Kind.UNKNOWN, None, name, ambiguous=True)
        for name in GUARDRAIL_FIELDS
        if name.lower() in fields and name.lower() not in bound
    )


def _document(
    operation: Operation, protocol: str, fields: Mapping[str, str], body: bytes, *, whole: bool
) -> dict[str, Any] | None:
    """The body's JSON; None where nobody asks for what it says and it holds no name that matters."""
    if protocol == "json":
        return parse_object(body)
    if not body or (operation.body is None and not whole):
        return None
    if fields.get("content-type", JSON_TYPES[0]) not in JSON_TYPES:
        refuse_body("the body is not declared as JSON")
    _check_encoding(body)
    if whole:
        return parse_object(body)
    telling = _telling_names(operation.service, operation.name)
    return parse_object(body) if may_name(telling, body) else None


def _named(operation: Operation, document: dict[str, Any], *, ours: bool) -> tuple[Reference, ...]:
    """What the body's members name; a payload among them is read as the model's own API reads it."""
    found = body_references(operation, document)
    for each in found:
        if each.kind is Kind.PAYLOAD and isinstance(each.value, str):
            payload = native_document(unwrapped(each.value))
            found += () if payload is None else native_references(payload, each.path)
    if not ours:
        place = stranger_on_the_wire(
            operation.service, operation.name, operation.body_member, document
        )
        if place is not None:
            found += (Reference(Kind.UNKNOWN, None, f"body ({place})", ambiguous=True),)
    return found


def _payload(
    key: str, fields: Mapping[str, str], body: bytes, *, asked: bool
) -> dict[str, Any] | None:
    """A payload's JSON where the policy asks for what it says, or where it may name something."""
    if key == _STREAMED:
        refuse_body("the body is a stream of events, which nobody can read before it is sent")
    if key in NATIVE_BODIES:
        check_declared(fields.get("content-type"))
    if asked and key in NATIVE:
        return parse_object(body)
    return native_document(body) if key in NATIVE_BODIES else None


def _check_encoding(body: bytes) -> None:
    """Refuse what another parser could take for UTF-16 or UTF-32, or decode leniently: names could hide in it."""
    if body[:1] != b"{" or body[1:2] == b"\0":
        refuse_body("the body does not begin as a JSON object in UTF-8 does")
    if not body.isascii():
        check_utf8(body)


@cache
def _telling_names(service: str, name: str) -> re.Pattern[bytes]:
    """Finds the names of members, in quotes, without one of which the body can name nothing that the policy judges.

    For each member that names something, and each structure in which something is missed, it is its own name, or, where
    the same name is common in members that name nothing, that of what it stands in.
    """
    operation = operation_table(service).operation(name)
    assert operation.body is not None, "only a body with members is searched"
    shapes = operation.shapes.below(operation.body)
    common = {name for shape in shapes for name, step in shape.members.items() if step is None}
    found: set[str] = set()
    for shape in shapes:
        for step in filter(None, shape.members.values()):
            if _matters(step) or (step.shape and _may_leave_out(operation.shapes[step.shape])):
                found.update(_telling(step.name, shape, shapes, common))
    names = "|".join(map(re.escape, sorted(found)))
    return re.compile(f'"(?:{names})"'.encode("ascii"))


def _may_leave_out(shape: BodyShape) -> bool:
    """Whether what is missing in the structure can leave a choice to the service."""
    return bool(shape.choices or shape.needed)


def _matters(step: BodyMember | None) -> bool:
    if step is None or step.kind in (None, Kind.GUARDRAIL_VERSION):
        return False
    return step.kind is not Kind.DOCUMENT or step.name in JUDGED


def _telling(name: str, shape: BodyShape, shapes: list[BodyShape], common: set[str]) -> set[str]:
    if name not in common:
        return {name}
    above = {
        step.name
        for each in shapes
        for step in each.members.values()
        if step is not None and step.shape == shape.name
    }
    return above if above and not above & common else {name}
