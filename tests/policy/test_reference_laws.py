"""What the table finds in a request, against a walk over botocore's own shapes that knows nothing of the table."""

import base64
import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import botocore
import pytest
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

import generate_operations as generator
from operation_model.kinds import Leaf, kind_of
from secure_bedrock.policy.operations import operation_table
from secure_bedrock.policy.references import (
    ABSENT,
    Reference,
    parameter_references,
    references,
)

DESCRIBED = sorted(set(generator.SERVICES) - generator.NAMES_ONLY)
LOADER = generator.packaged_loader()
MODELS = {s: ServiceModel(LOADER.load_service_model(s, "service-2"), s) for s in DESCRIBED}
OPERATIONS = [(s, name) for s in DESCRIBED for name in MODELS[s].operation_names]
STRANGER = "memberOfTomorrow"
DEEPEST_REPEAT = 3  # how often a structure may stand inside itself
pytestmark = pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the tables are of another botocore",
)


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


Found = tuple[str, str]


def walked(value: Any, shape: Shape, owner: str, member: str) -> Iterator[Found]:
    """(kind, value) of everything that the parameters name, by botocore's shapes."""
    if is_document(shape) or not isinstance(shape, (StructureShape, ListShape, MapShape)):
        yield from _leaf(value, shape, owner, member)
    elif isinstance(shape, ListShape):
        for item in value:
            yield from walked(item, shape.member, owner, member)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from walked(item, shape.value, owner, member)
    else:
        for name, inner in value.items():
            yield from walked(inner, shape.members[name], shape.name, name)


def is_document(shape: Shape) -> bool:
    """A map of documents is one itself: whoever reads it needs its keys."""
    inner = shape.value if isinstance(shape, MapShape) else shape
    return bool(getattr(inner, "is_document_type", False))


def _leaf(value: Any, shape: Shape, owner: str, member: str) -> Iterator[Found]:
    free = shape.type_name == "blob" or is_document(shape)
    if not free and not isinstance(shape, StringShape):
        return
    kind = kind_of(
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
    if kind is not None:
        yield kind, plain(value)


def plain(value: Any) -> str:
    """One form for a value as parameter and on the wire: bytes are base64 in JSON, themselves elsewhere."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str) else json.dumps(value)


def counted(found: tuple[Reference, ...]) -> Counter[Found]:
    assert not [reference for reference in found if reference.ambiguous]
    return Counter((reference.kind.value, plain(reference.value)) for reference in found)


def on_the_wire(
    model: OperationModel, parameters: dict[str, Any], *, strangers: bool = False
) -> tuple[Reference, ...]:
    """What the table finds in the request that botocore writes, with unknown members added to its body or without."""
    service = model.service_model.service_name
    table = operation_table(service)
    operation = table.operation(model.name)
    protocol = model.service_model.metadata["protocol"]
    request = create_serializer(protocol, include_validation=False).serialize_to_request(
        parameters, model
    )
    labels: dict[str, str] = {}
    if protocol == "rest-json":
        path = request["url_path"].partition("?")[0]
        match = table.match_rest(request["method"], path)
        assert match is not None
        assert match.name == model.name
        labels = {name: unquote(value) for name, value in match.labels.items()}
    body = _body(request["body"], raw=operation.payload is not None)
    if strangers and operation.body is not None:
        assert model.input_shape is not None
        inner = model.input_shape.serialization.get("payload")
        added(body, model.input_shape.members[inner] if inner else model.input_shape)
    query = request["query_string"] or {}
    return references(
        operation,
        labels=labels,
        query=query if isinstance(query, dict) else {},
        headers={name.lower(): value for name, value in request["headers"].items()},
        body=body,
    )


def added(value: Any, shape: Shape, owner: str = "", member: str = "") -> bool:
    """Put an unknown member into every structure that holds something that names; True where there is some."""
    if is_document(shape):
        return any(_leaf(value, shape, owner, member))
    if isinstance(shape, ListShape):
        return bool(sum(added(item, shape.member, owner, member) for item in value))
    if isinstance(shape, MapShape):
        return bool(sum(added(item, shape.value, owner, member) for item in value.values()))
    if not isinstance(shape, StructureShape):
        return any(_leaf(value, shape, owner, member))
    wire = {m.serialization.get("name", name): name for name, m in shape.members.items()}
    names = [
        added(inner, shape.members[wire[name]], shape.name, wire[name])
        for name, inner in value.items()
    ]
    if any(names):
        value[STRANGER] = "x"
    return any(names)


def _body(body: Any, *, raw: bool) -> Any:
    if not body:
        return ABSENT
    return body if raw else json.loads(body)


def agree(service: str, name: str, writer: Writer) -> Counter[Found]:
    model = MODELS[service].operation_model(name)
    shape = model.input_shape
    parameters = {} if shape is None else writer.value(shape)
    expected = Counter() if shape is None else Counter(walked(parameters, shape, "", ""))
    operation = operation_table(service).operation(name)

    assert counted(parameter_references(operation, parameters)) == expected
    if not model.has_event_stream_input:
        assert counted(on_the_wire(model, parameters)) == expected
    return expected


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_member_of_every_operation_is_found_where_all_are_written(service: str) -> None:
    found: Counter[Found] = Counter()
    for name in MODELS[service].operation_names:
        found += agree(service, name, Writer(random.Random(0), share=1.0))

    assert found


@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32), st.floats(0.3, 1.0))
def test_what_the_table_finds_is_what_a_walk_over_the_shapes_finds(
    operation: tuple[str, str], seed: int, share: float
) -> None:
    agree(*operation, Writer(random.Random(seed), share=share))


@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32))
def test_a_member_of_tomorrow_is_told_in_every_structure_that_names_something(
    operation: tuple[str, str], seed: int
) -> None:
    """What else is named stays found; the unknown one makes the request ambiguous."""
    service, name = operation
    model = MODELS[service].operation_model(name)
    if model.input_shape is None or model.has_event_stream_input:
        return
    parameters = Writer(random.Random(seed), share=0.8).value(model.input_shape)
    before = on_the_wire(model, parameters)
    after = on_the_wire(model, parameters, strangers=True)
    strange = [found for found in after if found.ambiguous]
    holders = {found.path.rpartition(".")[0] for found in before if found.path.startswith("body.")}

    assert counted(tuple(found for found in after if not found.ambiguous)) == counted(before)
    assert {(found.kind, found.value) for found in strange} <= {("unknown", STRANGER)}
    assert {found.path for found in strange} >= holders
