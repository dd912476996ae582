"""What botocore's parameters name before they are serialised, under its own names."""

from typing import Any

import pytest

from secure_bedrock.policy.operation.members import Kind, Operation, ShapeGraph, operation_of
from secure_bedrock.policy.operation.references import (
    Reference,
    parameter_references,
    references,
)

ROOT: dict[str, str | None] = {"sourceModel as source": "model", "inner": "#Inner", "text": None}
INNER: dict[str, str | None] = {"bucket": "s3"}
GRAPH = ShapeGraph({"Root": ROOT, "Inner": INNER})


def made(**more: Any) -> Operation:
    row = {"class": "control", "body": "Root", "query": {"modelEquals as model": "model"}, **more}
    return operation_of("s", "Op", row, GRAPH)


WHOLE = made()
PART = made(body_member="document")


def test_parameters_go_by_botocores_names_and_bytes_by_those_of_the_wire() -> None:
    source = (Reference(Kind.MODEL, "mm", "body.source"),)
    unknown = (Reference(Kind.UNKNOWN, "sourceModel", "body", ambiguous=True),)

    assert parameter_references(WHOLE, {"sourceModel": "mm", "text": "t"}) == source
    assert parameter_references(PART, {"document": {"sourceModel": "mm"}}) == source
    assert parameter_references(PART, {"sourceModel": "mm"}) == ()
    for body, expected in (({"source": "mm"}, source), ({"sourceModel": "mm"}, unknown)):
        assert references(WHOLE, labels={}, query={}, headers={}, body=body) == expected


def test_a_parameter_that_the_table_does_not_know_names_nothing_here() -> None:
    assert parameter_references(WHOLE, {"newMember": "mm", "source": "mm"}) == ()


@pytest.mark.parametrize(("value", "named"), [("mm", ["mm"]), (["mm", "nn"], ["mm", "nn"])])
def test_a_text_in_the_query_is_one_value_and_a_list_is_several(
    value: object, named: list[str]
) -> None:
    found = parameter_references(WHOLE, {"modelEquals": value})
    assert [one.value for one in found] == named


NEEDING = operation_of(
    "s",
    "Op",
    {"class": "control", "body": "Root"},
    ShapeGraph(
        {"Root": {"typeOfWork as type": None, "sourceModel as source": "model"}},
        {"Root": {"typeOfWork": {"OWN": "sourceModel"}}},
    ),
)
LEFT = (Reference(Kind.MODEL_CHOICE, None, "body.source"),)
UNKNOWN = (Reference(Kind.UNKNOWN, "typeOfWork", "body", ambiguous=True),)
GIVEN = (Reference(Kind.MODEL, "mm", "body.source"),)


def test_what_needs_a_model_is_told_by_botocores_names_or_by_those_of_the_wire() -> None:
    for parameters, found in (
        ({"typeOfWork": "OWN"}, LEFT),
        ({"typeOfWork": "OTHER"}, ()),
        ({"type": "OWN"}, ()),
        ({"typeOfWork": "OWN", "sourceModel": "mm"}, GIVEN),
    ):
        assert parameter_references(NEEDING, parameters) == found
    for body, found in (
        ({"type": "OWN"}, LEFT),
        ({"type": "OTHER"}, ()),
        ({"typeOfWork": "OWN"}, UNKNOWN),
        ({"type": "OWN", "source": "mm"}, GIVEN),
    ):
        assert references(NEEDING, labels={}, query={}, headers={}, body=body) == found


CHOOSING = operation_of(
    "s",
    "Op",
    {"class": "control", "body": "Root"},
    ShapeGraph({"Root": {"modelType as type": "model-choice"}}),
)


def test_a_choice_that_is_left_out_is_told_by_botocores_name_or_by_that_of_the_wire() -> None:
    made, left = ((Reference(Kind.MODEL_CHOICE, value, "body.type"),) for value in ("CUSTOM", None))

    assert parameter_references(CHOOSING, {"modelType": "CUSTOM"}) == made
    assert parameter_references(CHOOSING, {"type": "CUSTOM"}) == left
    for body, found in (({"type": "CUSTOM"}, made), ({}, left)):
        assert references(CHOOSING, labels={}, query={}, headers={}, body=body) == found
