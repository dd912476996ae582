"""What one request names: a pure walk over the parts of it that the table of operations points to.

The walk is iterative and bounded. Its cost grows with the members that can name something, not with the size of
the body: text, images and whole subtrees without such members are never touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from secure_bedrock.policy.operation_members import (
    BodyShape,
    BoundMember,
    Kind,
    Operation,
    Place,
    ShapeGraph,
)

# Far above what AWS takes: a request has at most some thousand content blocks, and flows nest a few levels.
MAX_DEPTH: Final = 128
MAX_STEPS: Final = 200_000

ABSENT: Final = object()
"""What stands for a body that was not sent; JSON's null is None, and names nothing that could be judged."""

# Kinds whose value is whatever the caller wrote: it is handed on as it is, never looked into.
_FREE: Final = frozenset({Kind.DOCUMENT, Kind.PAYLOAD})


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a request names, and where: `path` is made of the table's words only, never of the caller's.

    `value` is a string, except where `ambiguous` says that something else stands there (a gate denies that) or `kind`
    is `document` or `payload`, whose value is the caller's own. It is left out of the repr, because it may be content.
    """

    kind: Kind
    value: object = field(repr=False)
    path: str
    ambiguous: bool = False


def references(
    operation: Operation,
    *,
    labels: Mapping[str, object],
    query: Mapping[str, object],
    headers: Mapping[str, object],
    body: object = ABSENT,
) -> tuple[Reference, ...]:
    """Everything that the request names: path, query and header first, then the body; never raises.

    `headers` has lower-case names. `body` is the parsed JSON document, or the bytes where `operation.payload` is
    set; it may be ABSENT where `operation.body` and `operation.payload` are both None. A member of a walked structure
    that the table does not know is an ambiguous reference of kind `unknown`, as is what lies beyond MAX_DEPTH or
    MAX_STEPS.
    """
    sources = {Place.LABEL: labels, Place.QUERY: query, Place.HEADER: headers}
    found: list[Reference] = []
    for bound in operation.bound:
        name = bound.name.lower() if bound.place is Place.HEADER else bound.name
        _add_bound(found, bound, sources[bound.place].get(name, ABSENT))
    found.extend(_walk(operation, body, wire=True))
    return tuple(found)


def parameter_references(
    operation: Operation, parameters: Mapping[str, object]
) -> tuple[Reference, ...]:
    """The same of botocore's parameters, before they are serialised; never raises.

    Unknown members are not reported: botocore's own validation refuses them, and the bytes are judged after.
    """
    found: list[Reference] = []
    for bound in operation.bound:
        _add_bound(found, bound, parameters.get(bound.member, ABSENT))
    member = operation.body_member
    body = parameters if member is None else parameters.get(member, ABSENT)
    found.extend(_walk(operation, body, wire=False))
    return tuple(found)


def _add_bound(found: list[Reference], bound: BoundMember, value: object) -> None:
    if value is ABSENT:
        return
    path = f"{bound.place}:{bound.name}"
    items: Iterable[object] = (value,)
    if bound.place is Place.QUERY and isinstance(value, (list, tuple)):
        items = value
    found.extend(_reference(bound.kind, item, path) for item in items)


def _reference(kind: Kind, value: object, path: str) -> Reference:
    return Reference(kind, value, path, kind not in _FREE and not isinstance(value, str))


class _Here(NamedTuple):
    """A value that is still to be looked at, and what should stand there: containers, then a kind or a structure."""

    value: object
    containers: tuple[str, ...]
    kind: Kind | None
    shape: str | None
    path: str
    depth: int


def _walk(operation: Operation, body: object, *, wire: bool) -> list[Reference]:
    """Depth first, with a stack of its own: what comes from outside cannot exhaust Python's."""
    if body is ABSENT:
        return []
    if operation.payload is not None:
        return [Reference(operation.payload, body, "body")]
    if operation.body is None:
        return []
    found: list[Reference] = []
    stack = [_Here(body, (), None, operation.body, "body", 0)]
    for _ in range(MAX_STEPS):
        if not stack:
            return found
        here = stack.pop()
        if here.depth > MAX_DEPTH:
            break
        stack.extend(reversed(_below(here, operation.shapes, found, wire=wire)))
    found.append(Reference(Kind.UNKNOWN, None, here.path, ambiguous=True))
    return found


def _below(here: _Here, shapes: ShapeGraph, found: list[Reference], *, wire: bool) -> list[_Here]:
    """What is still to be looked at under a value; what can be said of the value itself goes into `found`."""
    if here.containers:
        return _items(here, found)
    if here.shape is None:
        assert here.kind is not None, "a step has a kind or a shape"
        found.append(_reference(here.kind, here.value, here.path))
        return []
    if not isinstance(here.value, dict):
        found.append(Reference(Kind.UNKNOWN, here.value, here.path, ambiguous=True))
        return []
    shape = shapes[here.shape]
    if wire:
        strange = [key for key in here.value if key not in shape.known][:1]  # one is enough to deny
        found.extend(Reference(Kind.UNKNOWN, key, here.path, ambiguous=True) for key in strange)
    return _members(here, here.value, shape, wire=wire)


def _members(
    here: _Here, value: dict[object, object], shape: BodyShape, *, wire: bool
) -> list[_Here]:
    left = []
    for step in shape.steps:
        name = step.name if wire else step.member
        if name in value:
            path = f"{here.path}.{step.name}"
            below = _Here(value[name], step.containers, step.kind, step.shape, path, here.depth + 1)
            left.append(below)
    return left


def _items(here: _Here, found: list[Reference]) -> list[_Here]:
    container, *rest = here.containers
    value = here.value
    items: Iterable[object]
    if container == "[]" and isinstance(value, (list, tuple)):
        items = value
    elif container == "{}" and isinstance(value, dict):
        items = value.values()
    else:
        found.append(Reference(here.kind or Kind.UNKNOWN, value, here.path, ambiguous=True))
        return []
    path = here.path + container
    inner, kind, shape, depth = tuple(rest), here.kind, here.shape, here.depth
    return [_Here(item, inner, kind, shape, path, depth) for item in items]
