"""On which line of a TOML text each key and each list item stands; tomllib does not tell.

The scanner reads only text that tomllib has already accepted, and its findings are used only if they name exactly the
keys and items that tomllib found. Otherwise no line is known: none is better than a wrong one.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
# Strings of TOML 1.0 (§String); a multi-line one may end in up to two quotes of its own.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")  # numbers, booleans, dates


class _Lost(Exception):
    """The text is not what the scanner expects."""


def find_lines(text: str, data: Mapping[str, Any]) -> Lines:
    """The line (from 1) of every key and list item of `data`, which tomllib made of `text`; empty when unsure."""
    try:
        offsets = _Scanner(text).document()
    except (_Lost, RecursionError):
        return {}
    if offsets.keys() != paths_of(data):
        return {}
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return {path: bisect_right(starts, offset) for path, offset in offsets.items()}


def paths_of(value: object, path: Path = ()) -> set[Path]:
    """Every key and item under a value, as paths."""
    if isinstance(value, Mapping):
        parts: list[tuple[str | int, object]] = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    else:
        return set()
    return {p for part, inner in parts for p in ((*path, part), *paths_of(inner, (*path, part)))}


class _Scanner:
    """One pass over a text, noting where keys and items begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[Path, int] = {}
        self.array_tables: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        """Offsets by path."""
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self._next() == "[":
                table = self._header()
            else:
                self._key_value(table)
        return self.offsets

    def _header(self) -> Path:
        """`[table]` or `[[array of tables]]`; the path that the keys below it belong to."""
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        *parents, last = self._key()
        self._expect("]]" if is_array else "]")
        path: Path = ()
        for part in parents:
            path = self._enter((*path, part), start)
        path = (*path, last)
        if is_array:
            self.array_tables[path] = self.array_tables.get(path, -1) + 1
        return self._enter(path, start)

    def _enter(self, path: Path, start: int) -> Path:
        """Note a table; an array of tables is entered at its newest one."""
        self.offsets.setdefault(path, start)
        if path not in self.array_tables:
            return path
        path = (*path, self.array_tables[path])
        self.offsets.setdefault(path, start)
        return path

    def _key_value(self, table: Path) -> None:
        start = self.at
        path = table
        for part in self._key():
            path = (*path, part)
            self.offsets.setdefault(path, start)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key's parts; the scanner stands behind it and the space that follows."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            match = _STRING.match(self.text, self.at) or _BARE_KEY.match(self.text, self.at)
            if match is None:
                raise _Lost
            self.at = match.end()
            parts.append(_plain_key(match[0]))
            self._skip(_SPACE)
            if self._next() != ".":
                return parts
            self.at += 1

    def _value(self, path: Path) -> None:
        if self._next() == "[":
            self._items(path)
        elif self._next() == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            if match is None:
                raise _Lost
            self.at = match.end()

    def _items(self, path: Path) -> None:
        self.at += 1
        place = 0
        while not self._closed("]"):
            self.offsets[(*path, place)] = self.at
            self._value((*path, place))
            self._separated("]")
            place += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while not self._closed("}"):
            self._key_value(path)
            self._separated("}")

    def _closed(self, end: str) -> bool:
        """True, and past it, where the bracket closes here."""
        self._skip(_BLANK)
        closed = self._next() == end
        self.at += closed
        return closed

    def _separated(self, end: str) -> None:
        """Past a comma; a closing bracket is left for `_closed`."""
        self._skip(_BLANK)
        if self._next() == ",":
            self.at += 1
        elif self._next() != end:
            raise _Lost

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        assert match is not None  # both patterns match the empty string
        self.at = match.end()
        return self.at

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _expect(self, mark: str) -> None:
        if not self.text.startswith(mark, self.at):
            raise _Lost
        self.at += len(mark)


def _plain_key(key: str) -> str:
    """A key without its quotes and escapes."""
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])
