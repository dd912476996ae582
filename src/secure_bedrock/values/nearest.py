"""The word that was probably meant: a slip of the keyboard finds its neighbour."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], *, cutoff: float) -> str | None:
    """The known word most like `word`, None where none reaches `cutoff`, difflib's ratio from 0 to 1."""
    from difflib import get_close_matches  # noqa: PLC0415 only a refusal needs it

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)
