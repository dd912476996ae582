"""Botocore's service models as an oracle: what requests look like, and what their members name, by its shapes alone.

Nothing here reads the tables of operations. The kinds are the generator's rules for names (`operation_model.kinds`); where
such a member stands is found by walking botocore's shapes.
"""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

import generate_operations as generator
from operation_model.kinds import NEEDED, STRUCTURES, Leaf, kind_of
from secure_bedrock.policy.operation.table import BEDROCK_SERVICES

DESCRIBED = sorted(BEDROCK_SERVICES)
DEEPEST_REPEAT = 3  # how often a structure may stand inside itself

Found = tuple[str, Any]


@cache
def service_model(service: str) -> ServiceModel:
    """The packaged model of a service."""
    loader = generator.packaged_loader()
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def is_document(shape: Shape) -> bool:
    """A map of documents is one itself: whoever reads it needs its keys."""
    inner = shape.value if isinstance(shape, MapShape) else shape
    return bool(getattr(inner, "is_document_type", False))


def is_leaf(shape: Shape, owner: str, member: str) -> bool:
    """Whether what stands there is looked at as it is, and not into."""
    if is_document(shape) or f"{owner}.{member}" in STRUCTURES:
        return True
    return not isinstance(shape, (StructureShape, ListShape, MapShape))


def kind_at(shape: Shape, owner: str, member: str) -> str | None:
    """What a text, blob, document or one of STRUCTURES at `owner.member` names; None where it names nothing."""
    free = shape.type_name == "blob" or is_document(shape)
    told = f"{owner}.{member}" in STRUCTURES
    if not free and not told and not isinstance(shape, StringShape):
        return None
    return kind_of(
        Leaf(
            structure=owner,
            member=member,
            shape=shape.name,
            pattern=shape.metadata.get("pattern", ""),
            documentation="",  # it can make a rule necessary, never change what the rule says
            opaque=free,
            enumerated="enum" in shape.metadata,
        )
    )


def walked(value: Any, shape: Shape, owner: str = "", member: str = "") -> Iterator[Found]:
    """(kind, value) of everything that the parameters name, by botocore's shapes; None for a choice that is left out."""
    if is_leaf(shape, owner, member):
        kind = kind_at(shape, owner, member)
        if kind is not None:
            yield kind, value
    elif isinstance(shape, ListShape):
        for item in value:
            yield from walked(item, shape.member, owner, member)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from walked(item, shape.value, owner, member)
    elif isinstance(shape, StructureShape):
        for name, inner in value.items():
            yield from walked(inner, shape.members[name], shape.name, name)
        for name, left_out in shape.members.items():
            if name not in value and kind_at(left_out, shape.name, name) == "model-choice":
                yield "model-choice", None
        yield from (("model-choice", None) for _ in left_to_the_service(value, shape))


def left_to_the_service(value: dict[str, Any], shape: StructureShape) -> list[str]:
    """The members that are not there although what is there makes them necessary."""
    return [
        other
        for name in value
        for said, other in NEEDED.get(f"{shape.name}.{name}", {}).items()
        if name in shape.members and value[name] == said and other not in value
    ]


class Writer:
    """Parameters for a shape; every text is another one, so that a finding tells where it came from."""

    def __init__(self, chance: random.Random, *, share: float) -> None:
        self._chance = chance
        self._share = share
        self._texts = 0

    def value(self, shape: Shape, above: tuple[str, ...] = ()) -> Any:
        if getattr(shape, "is_document_type", False):
            return {"free": self._text()}
        if isinstance(shape, StructureShape):
            return self._structure(shape, above)
        if isinstance(shape, ListShape):
            return [self.value(shape.member, above) for _ in range(self._chance.randint(1, 2))]
        if isinstance(shape, MapShape):
            return {self._text(): self.value(shape.value, above)}
        return self._scalar(shape)

    def _structure(self, shape: StructureShape, above: tuple[str, ...]) -> dict[str, Any]:
        if above.count(shape.name) >= DEEPEST_REPEAT:
            return {}
        return {
            name: self.value(member, (*above, shape.name))
            for name, member in shape.members.items()
            if not member.serialization.get("eventstream") and self._wanted(name, shape)
        }

    def _wanted(self, name: str, shape: StructureShape) -> bool:
        """A label is always written: without it there is no path."""
        bound = shape.members[name].serialization.get("location") == "uri"
        return bound or self._chance.random() < self._share

    def _scalar(self, shape: Shape) -> Any:
        if isinstance(shape, StringShape):
            return self._text()
        if shape.type_name == "blob":
            return self._text().encode()
        if shape.type_name == "timestamp":
            return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        return {"boolean": True, "float": 0.5, "double": 0.5}.get(shape.type_name, 1)

    def _text(self) -> str:
        self._texts += 1
        return f"t{self._texts}"


@dataclass(frozen=True)
class Member:
    """A place in an operation's parameters where something is named: `path` has member names, `[]` and `{}`."""

    service: str
    operation: str
    path: tuple[str, ...]
    kind: str

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} {'.'.join(self.path)}".replace(".[]", "[]")


@cache
def members_of(service: str) -> tuple[Member, ...]:
    """Every place where an operation of the service names something; a structure inside itself is entered once."""
    model = service_model(service)
    found: list[Member] = []
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None:
            places = _places(shape, "", "", (), ())
            found += [Member(service, name, path, kind) for path, kind in places]
    return tuple(found)


def _places(
    shape: Shape, owner: str, member: str, path: tuple[str, ...], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if is_leaf(shape, owner, member):
        kind = kind_at(shape, owner, member)
        if kind is not None:
            yield path, kind
    elif isinstance(shape, ListShape):
        yield from _places(shape.member, owner, member, (*path, "[]"), above)
    elif isinstance(shape, MapShape):
        yield from _places(shape.value, owner, member, (*path, "{}"), above)
    elif isinstance(shape, StructureShape) and not (
        shape.name in above or shape.serialization.get("eventstream")
    ):
        for name, inner in shape.members.items():
            yield from _places(inner, shape.name, name, (*path, name), (*above, shape.name))


ALLOWED = object()
NEVER = {
    "external-model": "gpt-4o",
    "system-tool": "nova_grounding",
    "url": "https://example.com/x",
}
"""What no policy can allow, by kind."""
OWN_CHOICES = ("CUSTOM", "BEDROCK_FOUNDATION_MODEL")
"""Choices of a model that the request names itself."""
CALLERS_TOOLS = ("AMAZON.UserInput", "inline_function")
"""Built-in tools that AWS does not run."""


@dataclass(frozen=True)
class Filled:
    """Parameters with one value of the caller's and else what the model requires.

    `blocked` are the kinds among what is required for which no policy can allow a value.
    """

    parameters: dict[str, Any]
    blocked: frozenset[str]


class Filler:
    """Writes the least that botocore and the service take; where a value names something, one of `allowed`."""

    def __init__(self, allowed: dict[str, Any]) -> None:
        self._allowed = allowed
        self._blocked: set[str] = set()

    def fill(self, member: Member, value: Any = ALLOWED) -> Filled:
        """The least parameters of the member's operation that hold `value` there, by default an allowed one."""
        shape = service_model(member.service).operation_model(member.operation).input_shape
        assert shape is not None
        self._blocked = set()
        parameters = self._along(shape, member.path, value, "", "")
        return Filled(parameters, frozenset(self._blocked))

    def _along(self, shape: Shape, path: tuple[str, ...], value: Any, owner: str, name: str) -> Any:
        if not path:
            return self._least(shape, owner, name) if value is ALLOWED else value
        here, rest = path[0], path[1:]
        if here == "[]":
            assert isinstance(shape, ListShape)
            more = shape.metadata.get("min", 1) - 1
            others = [self._least(shape.member, owner, name) for _ in range(more)]
            return [self._along(shape.member, rest, value, owner, name), *others]
        if here == "{}":
            assert isinstance(shape, MapShape)
            key = self._scalar(shape.key)
            return {key: self._along(shape.value, rest, value, owner, name)}
        assert isinstance(shape, StructureShape)
        inner = self._along(shape.members[here], rest, value, shape.name, here)
        if shape.is_tagged_union:
            return {here: inner}
        return self._complete({**self._required(shape, without=here), here: inner}, shape)

    def _complete(self, value: dict[str, Any], shape: StructureShape) -> dict[str, Any]:
        others = left_to_the_service(value, shape)
        return {**value, **{o: self._least(shape.members[o], shape.name, o) for o in others}}

    def _required(self, shape: StructureShape, without: str = "") -> dict[str, Any]:
        """What the service requires, and the choices of a model that are AWS's where they are left out."""
        return {
            name: self._least(inner, shape.name, name)
            for name, inner in shape.members.items()
            if name != without
            and (
                name in shape.required_members or kind_at(inner, shape.name, name) == "model-choice"
            )
        }

    def _least(self, shape: Shape, owner: str, name: str) -> Any:
        if isinstance(shape, StructureShape) and not is_leaf(shape, owner, name):
            if shape.is_tagged_union:
                return self._union(shape)
            return self._complete(self._required(shape), shape)
        if isinstance(shape, ListShape):
            # An empty list of texts could stand in a query string, where it would be nothing at all.
            floor = 0 if isinstance(shape.member, StructureShape) else 1
            least = max(floor, shape.metadata.get("min", 0))
            return [self._least(shape.member, owner, name) for _ in range(least)]
        if isinstance(shape, MapShape):
            least = shape.metadata.get("min", 0)
            key = self._scalar(shape.key)
            return {key: self._least(shape.value, owner, name)} if least else {}
        kind = kind_at(shape, owner, name)
        return self._scalar(shape) if kind is None else self.named(kind, shape)

    def _union(self, shape: StructureShape) -> dict[str, Any]:
        """The first of its members that needs nothing blocked, else the first."""
        before = frozenset(self._blocked)
        for name, inner in shape.members.items():
            found = {name: self._least(inner, shape.name, name)}
            if self._blocked == before:
                return found
            self._blocked = set(before)
        first = next(iter(shape.members))
        return {first: self._least(shape.members[first], shape.name, first)}

    def named(self, kind: str, shape: Shape) -> Any:
        """A value of the kind that the policy allows; where it can allow none, one that is noted as blocked."""
        if kind in NEVER:
            self._blocked.add(kind)
            return NEVER[kind]
        if kind == "built-in-tool":
            if isinstance(shape, StructureShape):
                self._blocked.add(kind)
                return {}
            return next(each for each in CALLERS_TOOLS if each in shape.metadata["enum"])
        if kind == "document" and isinstance(shape, StringShape):
            return "{}"
        if kind == "model-choice":
            return next(each for each in OWN_CHOICES if each in shape.metadata["enum"])
        return self._allowed[kind] if kind in self._allowed else self._scalar(shape)

    @staticmethod
    def _scalar(shape: Shape) -> Any:
        least = shape.metadata.get("min", 1)
        if is_document(shape):
            return {}
        if "enum" in shape.metadata:
            return shape.metadata["enum"][0]
        if isinstance(shape, StringShape):
            return ("abcdefghij" * 300)[: max(least, min(10, shape.metadata.get("max", 10)))]
        if shape.type_name == "blob":
            return b"{}".ljust(least)
        if shape.type_name == "timestamp":
            return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        return True if shape.type_name == "boolean" else least
