"""A member that the tables do not know is told wherever it stands; what they know never is."""

import random
from collections.abc import Iterator
from typing import Any

import botocore
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy import known_members
from secure_bedrock.policy.known_members import has_strangers
from secure_bedrock.policy.operations import operation_table
from tests.service_shapes import DESCRIBED, Writer, is_document, service_model

OPERATIONS = [(s, name) for s in DESCRIBED for name in service_model(s).operation_names]
recorded = pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the tables are of another botocore",
)


def structures(value: Any, shape: Shape) -> Iterator[dict[str, Any]]:
    """Every structure of the parameters, by botocore's shapes."""
    if is_document(shape):
        return
    if isinstance(shape, ListShape):
        for item in value:
            yield from structures(item, shape.member)
    elif isinstance(shape, MapShape):
        for item in value.values():
            yield from structures(item, shape.value)
    elif isinstance(shape, StructureShape):
        yield value
        for name, inner in list(value.items()):
            yield from structures(inner, shape.members[name])


@recorded
@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32), st.floats(0.3, 1.0))
def test_one_new_member_anywhere_is_a_stranger(
    operation: tuple[str, str], seed: int, share: float
) -> None:
    service, name = operation
    shape = service_model(service).operation_model(name).input_shape
    parameters = {} if shape is None else Writer(random.Random(seed), share=share).value(shape)

    assert not has_strangers(service, name, parameters)
    if shape is not None:
        held = list(structures(parameters, shape))
        held[seed % len(held)]["memberOfTomorrow"] = "x"
        assert has_strangers(service, name, parameters)


ROWS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "an operation of tomorrow": ("Chat", {"prompt": "x"}, True),
    "an operation of tomorrow without parameters": ("Chat", {}, False),
    "text where a structure should stand": ("Converse", {"messages": "x", "system": ["y"]}, False),
    "a list too deep, which the walk goes through": ("Converse", {"messages": [[{"z": 1}]]}, True),
    "a map's keys": ("Converse", {"promptVariables": {"anything": {"text": "x"}}}, False),
    "a member of a map's value": ("Converse", {"promptVariables": {"a": {"z": "x"}}}, True),
    "what is in a document": ("Converse", {"additionalModelRequestFields": {"z": {"z": 1}}}, False),
}


@pytest.mark.parametrize(("operation", "parameters", "strange"), ROWS.values(), ids=ROWS)
def test_what_is_strange(operation: str, parameters: dict[str, Any], strange: bool) -> None:
    assert has_strangers("bedrock-runtime", operation, parameters) is strange


def test_what_is_too_much_to_look_at_is_strange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_members, "MAX_STEPS", 5)
    few, many = ({"messages": [{"role": "user"}] * count} for count in (1, 9))

    assert not has_strangers("bedrock-runtime", "Converse", few)
    assert has_strangers("bedrock-runtime", "Converse", many)
