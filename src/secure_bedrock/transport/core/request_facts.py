"""What a request's bytes name, read no further than the policy needs: megabytes of text and images are not parsed."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from secure_bedrock.policy.operation_members import BodyMember, BodyShape, Kind, Operation
from secure_bedrock.policy.operations import OperationMatch, OperationTable, operation_table
from secure_bedrock.policy.references import references
from secure_bedrock.policy.requests import OVERRIDES, RequestFacts
from secure_bedrock.transport.core.strict_json import parse_object, refuse_body

# A member's name could hide behind an escape of its own letters (`\u0075ri`); no serialiser of JSON writes that.
_ESCAPED_ASCII: Final = re.compile(rb"\\u00[2-7]")
_JSON_TYPES: Final = (
    "application/json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
)


def read_facts(
    match: OperationMatch,
    table: OperationTable,
    fields: Mapping[str, str],
    body: bytes,
    *,
    granted: bool,
) -> RequestFacts:
    """The operation and everything that the request names; OperationDenied where that could be read two ways."""
    if not table.described:
        if table.protocol == "json":
            parse_object(body)
        return RequestFacts(service=table.service, operation=match.name, granted=granted)
    operation = table.operation(match.name)
    document = _document(operation, table.protocol, fields, body)
    named = references(
        operation, labels=match.labels, query=match.query, headers=fields, body=document
    )
    return RequestFacts(
        service=table.service, operation=match.name, references=named, granted=granted
    )


def _document(
    operation: Operation, protocol: str, fields: Mapping[str, str], body: bytes
) -> object:
    """The parsed body where something in it matters, else None."""
    if protocol == "json":
        return parse_object(body)
    if operation.payload is not None or operation.body is None or not body:
        return None
    if fields.get("content-type", _JSON_TYPES[0]) not in _JSON_TYPES:
        refuse_body("the body is not declared as JSON")
    _check_encoding(body)
    needles = _needles(operation.service, operation.name)
    if any(needle in body for needle in needles) or _hides_names(body):
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


def _hides_names(body: bytes) -> bool:
    return b"\\u00" in body and _ESCAPED_ASCII.search(body) is not None


@cache
def _needles(service: str, name: str) -> tuple[bytes, ...]:
    """Names of members, in quotes, without one of which the body can name nothing that the policy judges.

    For each member that names something it is its own name, or, where the same name is common in members that name
    nothing, that of what it stands in.
    """
    operation = operation_table(service).operation(name)
    assert operation.body is not None, "only a body with members is searched"
    shapes = tuple(_reachable(operation, operation.body))
    common = {each for shape in shapes for each in shape.known - {s.name for s in shape.steps}}
    found: set[str] = set()
    for shape in shapes:
        for step in filter(_matters, shape.steps):
            found.update(_telling(step.name, shape, shapes, common))
    return tuple(f'"{needle}"'.encode("ascii") for needle in sorted(found))


def _matters(step: BodyMember) -> bool:
    if step.kind is Kind.DOCUMENT:
        return step.name in OVERRIDES
    return step.kind not in (None, Kind.PAYLOAD, Kind.GUARDRAIL_VERSION)


def _telling(
    name: str, shape: BodyShape, shapes: tuple[BodyShape, ...], common: set[str]
) -> set[str]:
    if name not in common:
        return {name}
    above = {s.name for each in shapes for s in each.steps if s.shape == shape.name}
    return above if above and not above & common else {name}


def _reachable(operation: Operation, root: str) -> Iterator[BodyShape]:
    seen, left = {root}, [root]
    while left:
        shape = operation.shapes[left.pop()]
        yield shape
        fresh = {step.shape for step in shape.steps if step.shape is not None} - seen
        seen |= fresh
        left += fresh
