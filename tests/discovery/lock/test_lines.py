"""The lines of a lock's text, against a reader that tells where each member and item begins."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.discovery.lock.lines import Path, find_lines

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def paths_of(value: object, path: Path = ()) -> list[Path]:
    """Every member and item, in the order of the text."""
    if isinstance(value, dict):
        parts: list[tuple[str | int, object]] = list(value.items())
    else:
        parts = list(enumerate(value)) if isinstance(value, list) else []
    return [p for part, inner in parts for p in ((*path, part), *paths_of(inner, (*path, part)))]


@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4), st.booleans())
def test_each_member_and_item_has_the_line_that_json_gave_it(
    document: dict[str, object], escaped: bool
) -> None:
    """An indented text has one member or item on each line, and brackets alone on theirs."""
    text = json.dumps(document, indent=1, ensure_ascii=escaped)
    standing = [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip().rstrip(",") not in ("]", "}")
    ][1:]

    assert dict(zip(paths_of(document), standing, strict=True)) == find_lines(text)


def test_two_members_on_a_line_have_the_same() -> None:
    text = '{"a": {"b": [1,\n 2], "c": []},\n\n "d":\n {}}'

    assert find_lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", 0): 1,
        ("a", "b", 1): 2,
        ("a", "c"): 2,
        ("d",): 4,
    }


@pytest.mark.parametrize("text", ['{"a": 1}', '{"a": 1}\n', "[" * 100_000 + "\n" + "]" * 100_000])
def test_a_text_of_one_line_or_too_deep_has_none(text: str) -> None:
    assert find_lines(text) == {}
