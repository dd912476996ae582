"""The strict reader of JSON."""

import pytest

from secure_bedrock.values.strict_json import MemberTwice, strictly_read


def test_a_document_is_read_as_it_stands() -> None:
    assert strictly_read('{"a": [1, null, {"b": "c"}]}') == {"a": [1, None, {"b": "c"}]}


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'], ids=["at the top", "escaped"]
)
def test_a_member_that_stands_twice_is_told_apart(text: str) -> None:
    with pytest.raises(MemberTwice):
        strictly_read(text)


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "[-Infinity]", "", "{} {}", "{'a': 1}", "[1,]"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        strictly_read(text)
    assert not isinstance(refused.value, MemberTwice)


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(RecursionError):
        strictly_read("[" * 100_000)
