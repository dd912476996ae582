"""What one request names: a pure walk over the parts of it that the table of operations points to.

The walk is iterative and bounded. Its cost grows with the members that can name something, not with the size of
the body: text, images and whole subtrees without such members are never touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from secure_bedrock.policy.operation.members import BodyMember, BoundMember, Kind, Operation, Place

# Far above what AWS takes: a request has at most some thousand content blocks, and flows nest a few levels.
MAX_DEPTH: Final = 128
MAX_STEPS: Final = 200_000

ABSENT: Final = object()
"""What stands for a body that was not sent; JSON's null is None, and names nothing that could be judged."""

# Kinds whose value is whatever the caller wrote: it is handed on as it is, never looked into.
_FREE: Final = frozenset({Kind.DOCUMENT, Kind.PAYLOAD, Kind.BUILT_IN})

_MAP: Final = ("{}",)


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a request names, and where: `path` is made of the table's words only, never of the caller's.

    `value` is a string, except where `ambiguous` says that something else stands there (a gate denies that) or `kind`
    is `document`, `payload` or `built-in-tool`: anything can stand there. It is left out of the repr, because it may be
    content.
    """

    kind: Kind
    value: object = field(repr=False)
    path: str
    ambiguous: bool = False


# How a value was reached: the way to what holds it, and one more word. Written out only where something is found.
_Way = tuple["_Way | None", str]

# A value that is still to be looked at, what should stand there (containers, then a kind or a structure), and where.
_Here = tuple[object, tuple[str, ...], Kind | None, str | None, _Way, int]


def references(
    operation: Operation,
    *,
    labels: Mapping[str, object],
    query: Mapping[str, object],
    headers: Mapping[str, object],
    body: object = ABSENT,
) -> tuple[Reference, ...]:
    """Everything that the request names: path, query and header first, then the body; never raises.

    A choice of a model that is left out, and so to the service, is a reference without a value.
    `headers` has lower-case names. `body` is the parsed JSON document, or the bytes where `operation.payload` is
    set; it may be ABSENT where `operation.body` and `operation.payload` are both None. A member of a walked structure
    that the table does not know is an ambiguous reference of kind `unknown`, as is what lies beyond MAX_DEPTH or
    MAX_STEPS.
    """
    sources = {Place.LABEL: labels, Place.QUERY: query, Place.HEADER: headers}
    found: list[Reference] = []
    for bound in operation.bound:
        _add_bound(found, bound, sources[bound.place].get(bound.key, ABSENT))
    if body is not ABSENT:
        _Walk(operation, found, wire=True).run(body)
    return tuple(found)


def body_references(operation: Operation, body: object) -> tuple[Reference, ...]:
    """The same of a body alone."""
    found: list[Reference] = []
    _Walk(operation, found, wire=True).run(body)
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
    if body is not ABSENT:
        _Walk(operation, found, wire=False).run(body)
    return tuple(found)


def _add_bound(found: list[Reference], bound: BoundMember, value: object) -> None:
    if value is ABSENT:
        return
    items: Iterable[object] = (value,)
    if bound.place is Place.QUERY and isinstance(value, (list, tuple)):
        items = value
    path = f"{bound.place}:{bound.name}"
    found.extend(_reference(bound.kind, item, path) for item in items)


def _reference(kind: Kind, value: object, path: str) -> Reference:
    return Reference(kind, value, path, kind not in _FREE and not isinstance(value, str))


class _Walk:
    """One walk over one body, depth first, with a stack of its own: no input can exhaust Python's."""

    __slots__ = ("_found", "_operation", "_stack", "_wire")

    def __init__(self, operation: Operation, found: list[Reference], *, wire: bool) -> None:
        self._operation = operation
        self._found = found
        self._wire = wire
        self._stack: list[_Here] = []

    def run(self, body: object) -> None:
        """Add to `found` what the body names, in its order."""
        operation, root = self._operation, (None, "body")
        if operation.payload is not None:
            self._found.append(Reference(operation.payload, body, "body"))
        elif operation.body is not None:
            self._stack.append((body, (), None, operation.body, root, 0))
            self._look()

    def _look(self) -> None:
        stack, way = self._stack, None
        for _ in range(MAX_STEPS):
            if not stack:
                return
            here = stack.pop()
            value, containers, kind, shape, way, depth = here
            if depth > MAX_DEPTH:
                break
            if containers == _MAP and kind is Kind.DOCUMENT:
                # Its keys are names in the document, so it is one.
                self._found.append(_reference(kind, value, _written(way)))
            elif containers:
                self._items(here)
            elif shape is None:
                self._found.append(_reference(kind or Kind.UNKNOWN, value, _written(way)))
            elif isinstance(value, dict):
                self._members(value, shape, way, depth)
            else:
                self._ambiguous(Kind.UNKNOWN, value, way)
        self._ambiguous(Kind.UNKNOWN, None, way)

    def _members(self, value: dict[str, object], shape: str, way: _Way, depth: int) -> None:
        body_shape = self._operation.shapes[shape]
        members = body_shape.members if self._wire else body_shape.parameters
        below: list[_Here] = []
        known = True
        for name, inner in value.items():
            step = members.get(name)
            if step is not None:
                to = (way, "." + step.name)
                below.append((inner, step.containers, step.kind, step.shape, to, depth + 1))
            elif known and name not in members:
                known = False  # one of them is enough to deny
                if self._wire:
                    self._ambiguous(Kind.UNKNOWN, name, way)
        for step in body_shape.choices:
            self._add_left_out(value, step, way)
        for told, said, step in body_shape.needed:
            if value.get(self._key(told)) == said:
                self._add_left_out(value, step, way)
        below.reverse()
        self._stack += below

    def _add_left_out(self, value: dict[str, object], step: BodyMember, way: _Way) -> None:
        if self._key(step) not in value:
            self._found.append(Reference(Kind.MODEL_CHOICE, None, _written((way, "." + step.name))))

    def _key(self, step: BodyMember) -> str:
        return step.name if self._wire else step.member

    def _items(self, here: _Here) -> None:
        value, containers, kind, shape, way, depth = here
        items: Iterable[object]
        if containers[0] == "[]" and isinstance(value, (list, tuple)):
            items = value
        elif containers[0] == "{}" and isinstance(value, dict):
            items = value.values()
        else:
            self._ambiguous(kind or Kind.UNKNOWN, value, way)
            return
        inner, to = containers[1:], (way, containers[0])
        self._stack += reversed([(item, inner, kind, shape, to, depth) for item in items])

    def _ambiguous(self, kind: Kind, value: object, way: _Way | None) -> None:
        self._found.append(Reference(kind, value, _written(way), ambiguous=True))


def _written(way: _Way | None) -> str:
    words = []
    while way is not None:
        way, word = way
        words.append(word)
    return "".join(reversed(words))
