"""A small change to a text or to bytes: what is wrong by a character, for laws and fuzzing."""

from typing import AnyStr


def spliced(text: AnyStr, at: int, piece: AnyStr, cut: int) -> AnyStr:
    """The text with `piece` in place of `cut` characters from `at`, which counts on from the start past the end."""
    at %= len(text) + 1
    return text[:at] + piece + text[at + cut :]
