"""On which line of a lock's text each member and item stands; the JSON reader does not tell."""

import json
import re
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_Tokens = Iterator[tuple[str, int]]


def find_lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every member and item of a text that is JSON.

    Empty for a text of one line, such as a parameter's, and for one that is nested too deeply to be a lock.
    """
    if "\n" not in text.strip():
        return {}
    found: dict[Path, int] = {}
    tokens = _tokens(text)
    try:
        _note(next(tokens)[0], tokens, (), found)
    except RecursionError:
        return {}
    return found


def _tokens(text: str) -> _Tokens:
    """Every word and mark of the text, with its line."""
    line, at = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield match[0], line


def _note(first: str, tokens: _Tokens, path: Path, found: dict[Path, int]) -> None:
    """Note what the value that begins with `first` holds, and go past its end."""
    place = 0
    while first in ("{", "["):
        word, line = next(tokens)
        if word in ("}", "]"):
            return
        if word == ",":
            continue
        inner: Path = (*path, place if first == "[" else json.loads(word))
        found[inner] = line
        if first == "{":
            next(tokens)  # the colon
            word, _ = next(tokens)
        _note(word, tokens, inner, found)
        place += 1
