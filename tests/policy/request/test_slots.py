"""One path language for settings in a body: what stands there, and a copy with what is missing filled in."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy.operation.references import ABSENT
from secure_bedrock.policy.request.slots import AMBIGUOUS, filled, read_slot

READ: dict[str, tuple[object, str, list[object]]] = {
    "a member that is there": ({"a": 1}, "a", [1]),
    "null is there": ({"a": None}, "a", [None]),
    "a member that is missing": ({}, "a", [ABSENT]),
    "an optional one that is missing": ({}, "a?.b", []),
    "an optional one that is there": ({"a": {}}, "a?.b", [ABSENT]),
    "a member below one that is missing": ({}, "a.b.c", [ABSENT]),
    "each item of a list": ({"a": [{"b": 1}, {}]}, "a[].b", [1, ABSENT]),
    "a list that is missing": ({}, "a[].b", []),
    "an empty list": ({"a": []}, "a[].b", []),
    "a tuple is a list": ({"a": ({"b": 1},)}, "a[].b", [1]),
    "no list where one should be": ({"a": {"b": 1}}, "a[].b", [AMBIGUOUS]),
    "no object on the way": ({"a": "text"}, "a.b", [AMBIGUOUS]),
    "no object at the top": ([1], "a", [AMBIGUOUS]),
}

FILLED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "what is missing": ({"z": 1}, "a", {"z": 1, "a": 7}),
    "what is missing below": ({}, "a.b.c", {"a": {"b": {"c": 7}}}),
    "beside what is there": ({"a": {"z": 1}}, "a.b", {"a": {"z": 1, "b": 7}}),
    "what is there stays": ({"a": {"b": 1}}, "a.b", {"a": {"b": 1}}),
    "null stays": ({"a": None}, "a", {"a": None}),
    "an optional one is not made": ({}, "a?.b", {}),
    "an optional one is filled": ({"a": {}}, "a?.b", {"a": {"b": 7}}),
    "each item that lacks it": (
        {"a": [{"b": 1}, {}]},
        "a[].b",
        {"a": [{"b": 1}, {"b": 7}]},
    ),
    "no list stays": ({"a": {"b": {}}}, "a[].b", {"a": {"b": {}}}),
    "no object stays": ({"a": "text"}, "a.b", {"a": "text"}),
}


@pytest.mark.parametrize("sentence", READ)
def test_what_stands_at_a_path(sentence: str) -> None:
    document, path, found = READ[sentence]
    assert read_slot(document, path) == found


@pytest.mark.parametrize("sentence", FILLED)
def test_a_copy_is_filled(sentence: str) -> None:
    document, path, expected = FILLED[sentence]
    before = copy.deepcopy(document)

    assert filled(document, path, 7) == expected
    assert document == before


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=8,
)
PATHS = st.sampled_from(["a", "a.b", "a?.b", "a[].b", "a[].b.a", "b?.a[].a"])


@given(st.dictionaries(st.sampled_from("ab"), ANY), PATHS)
def test_once_filled_nothing_is_missing_and_nothing_else_changed(
    document: dict[str, Any], path: str
) -> None:
    before = copy.deepcopy(document)
    whole = filled(document, path, 7)

    assert document == before
    assert ABSENT not in read_slot(whole, path)
    assert filled(whole, path, 8) == whole
    missing = read_slot(document, path)
    assert read_slot(whole, path) == [7 if found is ABSENT else found for found in missing]
