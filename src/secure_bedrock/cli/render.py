"""How output looks: tables of 80 columns, a little colour, versioned JSON; foreign text can't steer a terminal."""

import json
import os
import textwrap
from collections.abc import Mapping, Sequence
from typing import TextIO

WIDTH = 80
_GAP = "  "
_CODES = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}


def clean(text: str) -> str:
    """The text with every unprintable character spelled out: controls, bidi overrides, line separators, surrogates."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def wants_colour(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """NO_COLOR wins, then FORCE_COLOR, then TERM=dumb, then whether the stream is a terminal.

    Source: no-color.org and force-color.org, read 2026-11-20: each counts when it is not empty.
    """
    env = os.environ if environ is None else environ
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return True
    return env.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """The text in a colour where the stream wants colour, else as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if wants_colour(stream) else text


def columns(rows: Sequence[Sequence[str]], *, indent: int = 0) -> str:
    """Rows under each other; the last column takes what is left of 80 columns and wraps between words only.

    Names and identifiers are never broken, because people copy them. Every cell is cleaned.
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]) - 1)]
    return "\n".join(line for row in cells for line in _lines(row, widths, indent))


def paragraph(text: str, *, indent: int = 0) -> str:
    """Each line of the text, cleaned and wrapped between words."""
    lines = [part for line in text.split("\n") for part in _wrapped(clean(line), WIDTH - indent)]
    return "\n".join(f"{' ' * indent}{line}".rstrip() for line in lines)


def labelled(label: str, text: str) -> list[str]:
    """The text on one line, cleaned and wrapped between words; the label never stands alone on its line."""
    return textwrap.wrap(
        clean(text),
        WIDTH,
        initial_indent=f"{label} ",
        subsequent_indent=_GAP,
        break_long_words=False,
        break_on_hyphens=False,
    )


def document(what: str, body: Mapping[str, object]) -> str:
    """JSON with its schema first: `secure_bedrock.<what>/1`. ASCII, so nothing in it can steer a terminal."""
    return json.dumps({"schema": f"secure_bedrock.{what}/1", **body}, indent=2)


def _lines(row: Sequence[str], widths: Sequence[int], indent: int) -> list[str]:
    head = " " * indent + "".join(
        cell.ljust(width) + _GAP for cell, width in zip(row, widths, strict=False)
    )
    room = max(WIDTH - len(head), WIDTH // 3)
    wrapped = _wrapped(row[-1], room)
    return [(head if i == 0 else " " * len(head)) + part for i, part in enumerate(wrapped)]


def _wrapped(text: str, width: int) -> list[str]:
    whole = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return whole or [""]
