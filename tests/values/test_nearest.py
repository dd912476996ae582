"""The word that was probably meant."""

import pytest

from secure_bedrock.values.nearest import nearest

WORDS = ("endpoints", "addresses", "address_check")


@pytest.mark.parametrize(
    ("word", "cutoff", "meant"),
    [
        ("endpoint", 0.75, "endpoints"),
        ("adresses", 0.75, "addresses"),
        ("address", 0.7, "addresses"),
        ("address_check", 1.0, "address_check"),
        ("address", 0.9, None),
        ("endpoint", 1.0, None),
        ("cidrs", 0.7, None),
        ("", 0.1, None),
    ],
)
def test_the_most_similar_word_is_told_where_it_is_similar_enough(
    word: str, cutoff: float, meant: str | None
) -> None:
    assert nearest(word, WORDS, cutoff=cutoff) == meant


def test_it_is_the_same_in_whatever_order_they_are_known() -> None:
    assert nearest("ab", ["abc", "abd"], cutoff=0.5) == nearest("ab", ["abd", "abc"], cutoff=0.5)


def test_of_no_words_none_is_meant() -> None:
    assert nearest("endpoint", (), cutoff=0.0) is None
