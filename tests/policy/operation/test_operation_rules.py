"""The rules that say what a member names, against every member of every service, and against ones that are new."""

import copy
from typing import Any

import botocore
import pytest

import generate_operations as generator
from operation_model.classes import BY_HAND, Unclassified, class_of
from operation_model.graph import ServiceGraph
from operation_model.kinds import (
    EXCEPTIONS,
    KINDS,
    NAMES_NOTHING,
    NEEDED,
    STRUCTURES,
    Unexplained,
    unused_rules,
)
from secure_bedrock.policy.operation.members import Kind, OperationClass
from secure_bedrock.policy.operation.table import BEDROCK_SERVICES, operation_table

DESCRIBED = sorted(BEDROCK_SERVICES)
recorded = pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the rules were read against another botocore",
)


def model_of(service: str) -> dict[str, Any]:
    """A copy, because the tests add to it and the loader keeps what it read."""
    model = generator.packaged_loader().load_service_model(service, "service-2")
    return copy.deepcopy(dict(model))


def test_every_kind_and_class_that_a_rule_gives_is_one_that_the_library_knows() -> None:
    kinds = {*KINDS, *(kind for kind, _ in EXCEPTIONS.values() if kind is not None)}

    # What no member of a service model is: the HTTP surfaces name the one, and what is unknown is the other.
    assert {Kind(kind) for kind in kinds} == set(Kind) - {Kind.UNKNOWN, Kind.KEPT}
    assert {OperationClass(name) for name in BY_HAND.values()} == set(OperationClass)


def test_no_member_name_has_two_rules() -> None:
    names = [name for line in (*KINDS.values(), *NAMES_NOTHING.values()) for name in line.split()]

    assert sorted(names) == sorted(set(names))


@recorded
def test_every_rule_explains_a_member_and_every_class_by_hand_an_operation() -> None:
    graphs = [ServiceGraph(service, model_of(service)) for service in DESCRIBED]
    operations = {f"{graph.service}:{name}" for graph in graphs for name in graph.operations}

    assert unused_rules([leaf for graph in graphs for leaf in graph.leaves()]) == []
    assert set(BY_HAND) <= operations


@recorded
def test_an_operation_whose_first_word_says_nothing_has_to_be_read() -> None:
    model = model_of("bedrock-runtime")
    model["operations"]["SummonModel"] = model["operations"]["InvokeModel"]

    with pytest.raises(Unclassified, match="bedrock-runtime:SummonModel"):
        ServiceGraph("bedrock-runtime", model).row("SummonModel")


NEW_MEMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "its name says model": ("sideModel", {"type": "string"}),
    "its name says lambda": ("hookLambdaReference", {"type": "string"}),
    "its pattern takes Bedrock ARNs": (
        "thing",
        {"type": "string", "pattern": "arn:aws:bedrock:.*"},
    ),
    "a general name whose pattern takes Bedrock ARNs": (
        "name",
        {"type": "string", "pattern": "arn:aws:bedrock:.*"},
    ),
    "a general name, and a model's shape": ("value", {"type": "string", "_name": "ModelId"}),
    "its documentation speaks of an ARN": ("thing", {"type": "string", "documentation": "an ARN"}),
    "free-form JSON": ("thing", {"type": "structure", "members": {}, "document": True}),
    "bytes": ("thing", {"type": "blob"}),
    "a known name that became a choice": ("modelId", {"type": "string", "enum": ["a", "b"]}),
}


@recorded
@pytest.mark.parametrize("row", NEW_MEMBERS.values(), ids=NEW_MEMBERS)
@pytest.mark.parametrize("wrapped", ["plain", "list", "map", "structure"])
def test_a_new_member_that_may_name_something_has_to_be_read(
    row: tuple[str, dict[str, Any]], wrapped: str
) -> None:
    member, shape = row
    model = model_of("bedrock-runtime")

    with pytest.raises(Unexplained, match=member):
        ServiceGraph("bedrock-runtime", with_member(model, member, shape, wrapped))


@recorded
def test_a_new_member_that_has_nothing_to_do_with_models_changes_nothing_but_what_is_known() -> (
    None
):
    model = with_member(model_of("bedrock-runtime"), "colour", {"type": "string"}, "plain")
    graph = ServiceGraph("bedrock-runtime", model)
    rows = {"Converse": graph.row("Converse")}

    assert graph.shapes(rows)["Message"] == {
        "colour": None,
        "content[]": "#ContentBlock",
        "role": None,
    }


def with_member(
    model: dict[str, Any], member: str, shape: dict[str, Any], wrapped: str
) -> dict[str, Any]:
    """The model with one more member in a structure that Converse can hold."""
    shape = dict(shape)
    name = shape.pop("_name", "BrandNew")
    shapes = model["shapes"] | {name: shape}
    target = {
        "plain": name,
        "list": "BrandNewList",
        "map": "BrandNewMap",
        "structure": "BrandNewBox",
    }
    shapes["BrandNewList"] = {"type": "list", "member": {"shape": name}}
    shapes["BrandNewMap"] = {"type": "map", "key": {"shape": "String"}, "value": {"shape": name}}
    shapes["BrandNewBox"] = {"type": "structure", "members": {member: {"shape": name}}}
    outer = "box" if wrapped == "structure" else member
    shapes["Message"]["members"][outer] = {"shape": target[wrapped]}
    return model | {"shapes": shapes}


CLASSES = {
    "a call to a model": ("bedrock-runtime", "Converse", "inference"),
    "a call whose answer goes to a bucket": ("bedrock-runtime", "StartAsyncInvoke", "data-exit"),
    "a call to an agent": ("bedrock-agent-runtime", "InvokeAgent", "indirect-inference"),
    "a call to models outside AWS": ("bedrock-agentcore", "InvokeHarness", "data-exit"),
    "a batch job": ("bedrock", "CreateModelInvocationJob", "data-exit"),
    "where prompts are logged to": (
        "bedrock",
        "PutModelInvocationLoggingConfiguration",
        "data-exit",
    ),
    "a data source, which may be a web site": ("bedrock-agent", "CreateDataSource", "data-exit"),
    "an agent with a Lambda function": ("bedrock-agent", "CreateAgent", "data-exit"),
    "a list": ("bedrock", "ListFoundationModels", "read"),
    "taking away what names a bucket": ("bedrock-agent", "DeleteKnowledgeBaseDocuments", "control"),
    "a tag": ("bedrock", "TagResource", "control"),
    "a SageMaker endpoint": ("sagemaker-runtime", "InvokeEndpoint", "indirect-inference"),
}


@pytest.mark.parametrize("row", CLASSES.values(), ids=CLASSES)
def test_an_operation_is_for_what_its_class_says(row: tuple[str, str, str]) -> None:
    service, name, op_class = row

    assert operation_table(service).operation(name).op_class == op_class


def test_a_change_is_a_data_exit_only_where_content_goes_somewhere() -> None:
    assert class_of("s", "CreateThing", {"model", "secret"}) == "control"
    assert class_of("s", "CreateThing", {"model", "url"}) == "data-exit"
    assert class_of("s", "CreateThingJob", set()) == "data-exit"
    assert class_of("s", "Get", {"s3"}) == "read"


def test_what_a_value_needs_and_what_tells_as_a_whole_are_members_of_the_models() -> None:
    loader = generator.packaged_loader()
    members = {
        f"{structure}.{member}"
        for service in DESCRIBED
        for structure, row in generator.members_of(service, loader)["shapes"].items()
        for member in row
    }
    assert members >= STRUCTURES <= EXCEPTIONS.keys()
    for key, values in NEEDED.items():
        structure = key.partition(".")[0]
        assert {key, *(f"{structure}.{other}" for other in values.values())} <= members
