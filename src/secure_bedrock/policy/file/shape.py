"""How a mapping is held against a description of its keys: every problem is found, none stops the search.

Nothing is coerced: a string is no number, an integer may stand for a number, a boolean for neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from secure_bedrock.policy.shown import described, similar

Path = tuple[str | int, ...]
Found = list[tuple[Path, str]]
"""Problems as they are found: where, and what to write instead."""


class Mark(Enum):
    """What reading gives in place of a value."""

    BAD = "bad"
    OMIT = "omit"


BAD: Final = Mark.BAD
"""There was a problem, which has been noted."""
OMIT: Final = Mark.OMIT
"""The value is the default, spelt out."""


class Shape(Protocol):
    """A description of one value."""

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The value as the policy keeps it, or BAD with at least one problem added to `found`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string that `parse` returns or refuses with ValueError."""

    parse: Callable[[str], Any]

    def read(self, value: object, path: Path, found: Found) -> Any:
        """What `parse` made of the string."""
        if not isinstance(value, str):
            return _wrong("a string", value, path, found)
        return attempt(lambda: self.parse(value), path, found)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words; those in `later` are known and not supported by this version."""

    words: tuple[str, ...]
    later: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The word."""
        if isinstance(value, str) and value in self.words:
            return value
        if isinstance(value, str) and value in self.later:
            found.append((path, f"not supported yet: {self.later[value]}"))
            return BAD
        expected = " or ".join(f'"{word}"' for word in self.words)
        return _wrong(expected, value, path, found, meant=similar(value, self.words))


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The boolean."""
        if isinstance(value, bool):
            return value
        return _wrong("true or false", value, path, found)


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer in a range, both ends included."""

    least: int
    most: int

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The integer."""
        if isinstance(value, int) and not isinstance(value, bool) and self._fits(value):
            return int(value)
        expected = f"an integer from {self.least} to {self.most}"
        return _wrong("the integer 1" if self.most == 1 else expected, value, path, found)

    def _fits(self, value: int) -> bool:
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time in seconds, more than 0 and at most `most`."""

    most: float

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The time as a float."""
        if isinstance(value, int | float) and not isinstance(value, bool) and self._fits(value):
            return float(value)
        expected = f"a number of seconds, more than 0 and at most {self.most:g}"
        return _wrong(expected, value, path, found)

    def _fits(self, value: float) -> bool:
        return 0 < value <= self.most  # false for NaN


@dataclass(frozen=True, slots=True)
class Off:
    """A setting that this version can't keep: only the values that turn it off may stand."""

    values: tuple[object, ...]
    instead: str

    def read(self, value: object, path: Path, found: Found) -> Any:
        """OMIT where the setting is turned off."""
        if any(type(value) is type(off) and value == off for off in self.values):
            return OMIT
        found.append((path, f"not supported yet: {self.instead}"))
        return BAD


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of at least `least` items that all have one shape; kept as a tuple."""

    item: Shape
    of: str
    least: int = 0

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The items in their order."""
        if not isinstance(value, list):
            return _wrong(f"a list of {self.of}", value, path, found)
        if len(value) < self.least:
            found.append((path, f"an empty list of {self.of} would allow none; leave the key out"))
            return BAD
        items = [self.item.read(item, (*path, n), found) for n, item in enumerate(value)]
        return BAD if any(item is BAD for item in items) else tuple(items)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with known keys; kept as what `build` makes of those that were written.

    `places` says in which table a key belongs, for those who wrote it into this one.
    """

    keys: Mapping[str, Shape]
    build: Callable[..., Any]
    required: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The built section; BAD where a key was wrong, unknown or missing."""
        if not isinstance(value, Mapping):
            return _wrong("a table", value, path, found)
        before = len(found)
        parts = {
            key: shape.read(value[key], (*path, key), found)
            for key, shape in self.keys.items()
            if key in value
        }
        found.extend(((*path, key), self._unknown(key)) for key in value if key not in self.keys)
        found.extend(
            ((*path, key), "required, but not there") for key in self.required if key not in value
        )
        if len(found) > before:
            return BAD
        kept = {key: part for key, part in parts.items() if part is not OMIT}
        return attempt(lambda: self.build(**kept), path, found)

    def _unknown(self, key: str) -> str:
        if key in self.places:
            return f"unknown key here; it belongs in {self.places[key]}"
        return f"unknown key{similar(key, tuple(self.keys))}"


@dataclass(frozen=True, slots=True)
class TableOrList:
    """A table, or the short form that writes the list of one of its keys alone."""

    table: Table
    key: str

    def read(self, value: object, path: Path, found: Found) -> Any:
        """The built section."""
        if not isinstance(value, list):
            if not isinstance(value, Mapping):
                short = f'a list of identifiers ({path[-1]} = ["…"]) or a table'
                return _wrong(short, value, path, found)
            return self.table.read(value, path, found)
        items = self.table.keys[self.key].read(value, path, found)
        return BAD if items is BAD else self.table.build(**{self.key: items})


def read_each(
    value: object, path: Path, found: Found, read: Callable[[str, object, Path, Found], Any]
) -> Any:
    """A table whose keys are names: what `read` makes of each name, value and path, in the file's order, as a tuple."""
    if not isinstance(value, Mapping):
        return _wrong("a table", value, path, found)
    before = len(found)
    parts = [read(name, part, (*path, name), found) for name, part in value.items()]
    return tuple(parts) if len(found) == before else BAD


def attempt(parse: Callable[[], Any], path: Path, found: Found) -> Any:
    """What `parse` returns; BAD where it raises ValueError, whose text is then the problem."""
    try:
        return parse()
    except ValueError as error:
        found.append((path, str(error)))
        return BAD


def _wrong(expected: str, value: object, path: Path, found: Found, meant: str = "") -> Any:
    found.append((path, f"expected {expected}, got {described(value)}{meant}"))
    return BAD
