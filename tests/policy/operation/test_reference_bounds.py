"""How deep and how long the walk over a request goes: to the bound exactly, and what lies behind it is told."""

import dataclasses
from typing import Any

import pytest

from secure_bedrock.policy.operation import references as module
from secure_bedrock.policy.operation.members import Kind, Operation, ShapeGraph, operation_of
from secure_bedrock.policy.operation.references import Reference, references

RAW: dict[str, str | None] = {
    "in": "#Root",
    "model": "model",
    "models[]": "model",
    "byName{}": "model",
    "own": "payload",
}


def made() -> Operation:
    """An operation whose body may hold itself."""
    return operation_of("s", "Op", {"class": "control", "body": "Root"}, ShapeGraph({"Root": RAW}))


def found(body: object) -> tuple[Reference, ...]:
    return references(made(), labels={}, query={}, headers={}, body=body)


def nested(levels: int) -> dict[str, Any]:
    body: dict[str, Any] = {"model": "m"}
    for _ in range(levels):
        body = {"in": body}
    return body


def test_a_model_128_members_down_is_read_and_one_below_it_is_ambiguous() -> None:
    (read,) = found(nested(127))
    (beyond,) = found(nested(128))

    assert read == Reference(Kind.MODEL, "m", "body" + ".in" * 127 + ".model")
    assert (beyond.kind, beyond.ambiguous) == (Kind.UNKNOWN, True)


def test_steps_are_walked_up_to_the_bound_and_one_more_is_ambiguous(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The body and the list are two of them."""
    assert module.MAX_STEPS == 200_000
    monkeypatch.setattr(module, "MAX_STEPS", 50)
    whole = found({"models": ["m"] * 47})
    cut = found({"models": ["m"] * 48})

    assert whole == (Reference(Kind.MODEL, "m", "body.models[]"),) * 47
    assert cut[-1] == Reference(Kind.UNKNOWN, None, "body.models[]", ambiguous=True)


def test_bytes_of_the_models_own_may_stand_in_a_body() -> None:
    assert found({"own": {"a": 1}}) == (Reference(Kind.PAYLOAD, {"a": 1}, "body.own"),)


def test_a_reference_is_a_frozen_value() -> None:
    (one,) = found(nested(0))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.path = "body"  # type: ignore[misc]
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("value", [["m"], "m", 7, None])
def test_what_is_no_map_where_a_map_stands_is_ambiguous(value: object) -> None:
    assert found({"byName": value}) == (
        Reference(Kind.MODEL, value, "body.byName", ambiguous=True),
    )
    assert found({"byName": {"a": "m"}}) == (Reference(Kind.MODEL, "m", "body.byName{}"),)


@pytest.mark.parametrize("value", [{"a": "m"}, "m", 7, None])
def test_what_is_no_list_where_a_list_stands_is_ambiguous(value: object) -> None:
    assert found({"models": value}) == (
        Reference(Kind.MODEL, value, "body.models", ambiguous=True),
    )
