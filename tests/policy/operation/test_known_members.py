"""A member that the tables do not know is told wherever it stands; what they know never is."""

import random
from collections.abc import Iterator
from typing import Any

import botocore
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy.operation import known_members
from secure_bedrock.policy.operation.known_members import stranger_in, stranger_on_the_wire
from secure_bedrock.policy.operation.table import operation_table
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

    assert stranger_in(service, name, parameters) is None
    if shape is not None:
        held = list(structures(parameters, shape))
        held[seed % len(held)]["memberOfTomorrow"] = "x"
        assert stranger_in(service, name, parameters) is not None


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
    assert (stranger_in("bedrock-runtime", operation, parameters) is not None) is strange


def test_what_is_too_much_to_look_at_is_strange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_members, "MAX_STEPS", 5)
    few, many = ({"messages": [{"role": "user"}] * count} for count in (1, 9))

    assert stranger_in("bedrock-runtime", "Converse", few) is None
    assert stranger_in("bedrock-runtime", "Converse", many) is not None


def test_a_place_is_told_in_the_tables_words() -> None:
    message = {"role": "user", "content": [{"text": "x"}, {"image": {"source": {"url": "x"}}}]}
    found = stranger_in("bedrock-runtime", "Converse", {"messages": [message]})
    assert found == "messages[].content[].image.source"

    variables = {"a customer's name": {"text": "x", "href": "x"}}
    found = stranger_in("bedrock-runtime", "Converse", {"promptVariables": variables})
    assert found == "promptVariables{}"
    assert stranger_in("bedrock-runtime", "Converse", {"x": 1}) == "the request"


@recorded
def test_on_the_wire_members_have_the_names_that_botocore_writes() -> None:
    """Every structure of a body with a member that is renamed there, and no other, is in the table by its wire names."""
    renamed: dict[str, dict[str, set[str]]] = {}
    for service in DESCRIBED:
        model = service_model(service)
        for name in model.shape_names:
            shape = model.shape_for(name)
            if isinstance(shape, StructureShape):
                wired = {
                    member.serialization.get("name", key)
                    for key, member in shape.members.items()
                    if "location" not in member.serialization
                }
                if not wired <= shape.members.keys():
                    renamed.setdefault(service, {})[name] = wired

    assert renamed == {
        service: {name: set(members) for name, members in shapes.items()}
        for service, shapes in known_members._ON_THE_WIRE.items()
    }


def test_a_whole_body_is_the_member_that_it_is_of() -> None:
    """`Converse` has its members in its body; an operation with one member for the body has that one's."""
    messages = {"messages": [{"role": "user", "content": []}]}
    assert stranger_on_the_wire("bedrock-runtime", "Converse", None, messages) is None
    assert stranger_on_the_wire("bedrock-runtime", "Converse", None, {"x": 1}) == "the request"
    assert stranger_on_the_wire("bedrock-runtime", "Chat", None, {"x": 1}) == "the request"
    assert stranger_on_the_wire("bedrock-runtime", "Chat", None, {}) is None
    build = ("bedrock", "StartAutomatedReasoningPolicyBuildWorkflow", "sourceContent")
    assert stranger_on_the_wire(*build, {"workflowContent": {}}) is None
    assert stranger_on_the_wire(*build, {"workflowContent": {"x": 1}}) == "workflowContent"
    assert stranger_on_the_wire(*build, {"sourceContent": {}}) == "the request"
    gateway = ("bedrock-agentcore-control", "CreateGateway", None)
    assert stranger_on_the_wire(*gateway, {"domainOverride": {"default": "x"}}) is None
    assert stranger_on_the_wire(*gateway, {"domainOverride": {"defaultDomain": "x"}})
