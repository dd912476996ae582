"""How the tests of the documentation read it: pages, tables and fenced blocks."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_CELLS = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def rows() -> Callable[[str, str], list[dict[str, str]]]:
    """The rows of every table of a page whose first column has this heading, each by column heading."""
    return _rows


def _rows(page: str, first_column: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    heads: list[str] = []
    for line in (ROOT / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            heads = []
            continue
        cells = [cell.strip() for cell in _CELLS.split(line)[1:-1]]
        if not heads:
            heads = cells
        elif heads[0] == first_column and not set("".join(cells)) <= set("-: "):
            found.append(dict(zip(heads, cells, strict=True)))
    return found
