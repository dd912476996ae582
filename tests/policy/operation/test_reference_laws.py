"""What the table finds in a request, against a walk over botocore's own shapes that knows nothing of the table."""

import base64
import json
import random
from collections import Counter
from typing import Any
from urllib.parse import unquote

import botocore
import pytest
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import create_serializer
from hypothesis import example, given
from hypothesis import strategies as st

from secure_bedrock.policy.operation.references import (
    ABSENT,
    Reference,
    parameter_references,
    references,
)
from secure_bedrock.policy.operation.table import operation_table
from tests.service_shapes import (
    DESCRIBED,
    Writer,
    is_document,
    kind_at,
    service_model,
    walked,
)

OPERATIONS = [(s, name) for s in DESCRIBED for name in service_model(s).operation_names]
STRANGER = "memberOfTomorrow"
pytestmark = pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the tables are of another botocore",
)


def plain(value: Any) -> str:
    """One form for a value as parameter and on the wire: bytes are base64 in JSON, themselves elsewhere."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str) else json.dumps(value)


Named = tuple[str, str]


def expected_of(parameters: dict[str, Any], shape: Shape) -> Counter[Named]:
    return Counter((kind, plain(value)) for kind, value in walked(parameters, shape))


def counted(found: tuple[Reference, ...]) -> Counter[Named]:
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
        return kind_at(shape, owner, member) is not None
    if isinstance(shape, ListShape):
        return bool(sum(added(item, shape.member, owner, member) for item in value))
    if isinstance(shape, MapShape):
        return bool(sum(added(item, shape.value, owner, member) for item in value.values()))
    if not isinstance(shape, StructureShape):
        return kind_at(shape, owner, member) is not None
    wire = {m.serialization.get("name", name): name for name, m in shape.members.items()}
    names = [
        added(inner, shape.members[wire[name]], shape.name, wire[name])
        for name, inner in value.items()
    ]
    if any(names):
        value[STRANGER] = "x"
    return any(names) or kind_at(shape, owner, member) is not None


def _body(body: Any, *, raw: bool) -> Any:
    if not body:
        return ABSENT
    return body if raw else json.loads(body)


def found_and_expected(
    service: str, name: str, writer: Writer
) -> tuple[list[Counter[Named]], Counter[Named]]:
    """What the table finds, in the parameters and on the wire, and what the walk over the shapes does."""
    model = service_model(service).operation_model(name)
    shape = model.input_shape
    parameters = {} if shape is None else writer.value(shape)
    expected = Counter() if shape is None else expected_of(parameters, shape)
    operation = operation_table(service).operation(name)

    found = [counted(parameter_references(operation, parameters))]
    if not model.has_event_stream_input:
        found.append(counted(on_the_wire(model, parameters)))
    return found, expected


@pytest.mark.parametrize("service", DESCRIBED)
def test_every_member_of_every_operation_is_found_where_all_are_written(service: str) -> None:
    every: Counter[Named] = Counter()
    for name in service_model(service).operation_names:
        writer = Writer(random.Random(0), share=1.0)
        found, expected = found_and_expected(service, name, writer)
        assert all(each == expected for each in found), name
        every += expected

    assert every


@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32), st.floats(0.3, 1.0))
def test_what_the_table_finds_is_what_a_walk_over_the_shapes_finds(
    operation: tuple[str, str], seed: int, share: float
) -> None:
    writer = Writer(random.Random(seed), share=share)
    found, expected = found_and_expected(*operation, writer)

    assert all(each == expected for each in found)


@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32))
@example(("bedrock-agent-runtime", "Retrieve"), 4_294_967_292)
@example(("bedrock-agentcore-control", "UpdateHarness"), 35_735)
def test_a_member_of_tomorrow_is_told_in_every_structure_that_names_something(
    operation: tuple[str, str], seed: int
) -> None:
    """What else is named stays found; the unknown one makes the request ambiguous."""
    service, name = operation
    model = service_model(service).operation_model(name)
    if model.input_shape is None or model.has_event_stream_input:
        return
    parameters = Writer(random.Random(seed), share=0.8).value(model.input_shape)
    before = on_the_wire(model, parameters)
    after = on_the_wire(model, parameters, strangers=True)
    strange = [found for found in after if found.ambiguous]
    # A choice that is left out names nothing itself: no stranger was put beside it.
    named = [found for found in before if found.value is not None]
    holders = {found.path.rpartition(".")[0] for found in named if found.path.startswith("body.")}

    assert counted(tuple(found for found in after if not found.ambiguous)) == counted(before)
    assert {(found.kind, found.value) for found in strange} <= {("unknown", STRANGER)}
    assert {found.path for found in strange} >= holders
