"""What a request's bytes name, read no further than the policy needs: megabytes of text and images are not parsed."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeGuard

from secure_bedrock.policy.operation_members import BodyMember, BodyShape, Kind, Operation
from secure_bedrock.policy.operations import OperationTable, operation_table
from secure_bedrock.policy.references import references
from secure_bedrock.policy.request_terms import (
    RequestTerms,
    Terms,
    asks_guardrail,
    asks_tokens,
    read_terms,
)
from secure_bedrock.policy.requests import OVERRIDES, RequestFacts
from secure_bedrock.policy.token_limits import NATIVE
from secure_bedrock.transport.core.named_operation import NamedOperation
from secure_bedrock.transport.core.strict_json import JSON_TYPES, parse_object, refuse_body
from secure_bedrock.transport.core.surface_facts import surface_document, surface_references


def read_facts(
    named: NamedOperation,
    table: OperationTable,
    fields: Mapping[str, str],
    body: bytes,
    *,
    policy: Terms,
    granted: bool,
) -> RequestFacts:
    """The operation and everything that the request names; OperationDenied where that could be read two ways."""
    found, document = named.references, None
    asked = asks_guardrail(policy, table.service, named.name) or asks_tokens(
        policy, table.service, named.name
    )
    if named.operation is not None:
        if named.in_headers:
            found += references(named.operation, labels={}, query={}, headers=fields)
        document = _document(named.operation, table.protocol, fields, body, asked=asked)
        if document is not None and named.operation.payload is None:
            found += references(named.operation, labels={}, query={}, headers={}, body=document)
    elif named.surface is not None:
        document = surface_document(named.surface, fields, body)
        found += surface_references(named.surface, fields, document)
    elif table.protocol == "json" or (table.protocol == "rest-json" and body):
        parse_object(body)
    terms = RequestTerms(body_bytes=len(body))
    if asked:
        terms = read_terms(table.service, named.name, found, document or {}, len(body))
    return RequestFacts(table.service, named.name, found, granted, terms)


def _document(
    operation: Operation, protocol: str, fields: Mapping[str, str], body: bytes, *, asked: bool
) -> dict[str, Any] | None:
    """The body's JSON; None where nobody asks for what it says and it holds no name that matters."""
    if protocol == "json":
        return parse_object(body)
    if operation.payload is not None:
        native = f"{operation.service}:{operation.name}" in NATIVE
        return parse_object(body) if asked and native else None
    if operation.body is None or not body:
        return None
    if fields.get("content-type", JSON_TYPES[0]) not in JSON_TYPES:
        refuse_body("the body is not declared as JSON")
    _check_encoding(body)
    telling = _telling_names(operation.service, operation.name)
    if asked or _names_something(telling, body) or _escapes(body):
        return parse_object(body)
    return None


def _check_encoding(body: bytes) -> None:
    """Refuse what another parser could take for UTF-16 or UTF-32, or decode leniently: names could hide in it."""
    if not body.startswith(b"{") or body.startswith(b"{\0"):
        refuse_body("the body does not begin as a JSON object in UTF-8 does")
    if not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            refuse_body("the body is not UTF-8")


# A member's name could hide behind an escape of its own letters (`\u0075ri`); no serialiser of JSON writes that.
_ESCAPED: Final = re.compile(rb"\\u00[2-7]")


def _escapes(body: bytes) -> bool:
    # One byte is looked for by the processor's own instructions, a pattern is not: where there is none, that is it.
    return b"\\" in body and _ESCAPED.search(body) is not None


# From here on bodies are mostly long texts and images, without a quote for thousands of bytes.
_LONG: Final = 16 * 1024


def _names_something(names: re.Pattern[bytes], body: bytes) -> bool:
    """Whether a telling name stands in the body; in long ones from quote to quote, while these are far apart."""
    at = 0
    if len(body) > _LONG:
        for _ in range(len(body) >> 12):
            at = body.find(b'"', at)
            if at < 0:
                return False
            if names.match(body, at):
                return True
            at += 1
    return names.search(body, at) is not None


@cache
def _telling_names(service: str, name: str) -> re.Pattern[bytes]:
    """Finds the names of members, in quotes, without one of which the body can name nothing that the policy judges.

    For each member that names something it is its own name, or, where the same name is common in members that name
    nothing, that of what it stands in.
    """
    operation = operation_table(service).operation(name)
    assert operation.body is not None, "only a body with members is searched"
    shapes = operation.shapes.below(operation.body)
    common = {name for shape in shapes for name, step in shape.members.items() if step is None}
    found: set[str] = set()
    for shape in shapes:
        for step in filter(_matters, shape.members.values()):
            found.update(_telling(step.name, shape, shapes, common))
    names = "|".join(map(re.escape, sorted(found)))
    return re.compile(f'"(?:{names})"'.encode("ascii"))


def _matters(step: BodyMember | None) -> TypeGuard[BodyMember]:
    if step is None or step.kind in (None, Kind.PAYLOAD, Kind.GUARDRAIL_VERSION):
        return False
    return step.kind is not Kind.DOCUMENT or step.name in OVERRIDES


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
