"""JSON that everybody on the way reads alike: no member twice, no NaN; the one strict reader of this library."""

import json
from typing import Any, Final, NoReturn


class MemberTwice(ValueError):
    """A key stands twice in one object."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MemberTwice
    return found


def _no_constant(_: str) -> NoReturn:
    """NaN and the infinities are Python's words, not JSON's."""
    raise ValueError


_decode: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode


def strictly_read(text: str) -> Any:
    """The document that the text holds; ValueError where it can be read in another way, MemberTwice as one of these.

    RecursionError where it is nested too deeply. Errors hold the text: they are not to be chained or shown.
    """
    return _decode(text)
