"""The committed page is what the matrix says; this needs no root."""

from collections import Counter
from dataclasses import replace

from .testbed.front_end import Kind
from .testbed.matrix import ROWS
from .testbed.page import PAGE, expected, render
from .testbed.rows import Outcome, Row, delivered


def cells(page: str) -> dict[str, list[str]]:
    """The page's rows: the first cell, and what stands in the others."""
    lines = [line for line in page.splitlines() if line.startswith("| ") and line[2] != "|"]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: rest for first, *rest in split}


def test_the_page_lists_exactly_the_rows_of_the_matrix() -> None:
    """`python3 dev.py route-matrix` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_the_page_has_zero_for_ours_in_every_row() -> None:
    table = cells(PAGE.read_text(encoding="utf-8"))

    assert len(table) == len(ROWS)
    for typed, hardened in (outcomes[1:] for outcomes in table.values()):
        assert typed.startswith("0: ")
        assert hardened.startswith("0: ")


def test_boto3_sends_something_out_in_many_rows() -> None:
    """A matrix in which nothing can leave would prove nothing."""
    kinds = Counter(row.raw.kind for row in ROWS)

    assert kinds["delivered"] >= 10
    assert kinds["tried"] >= 5


def test_rows_have_names_of_their_own() -> None:
    assert [name for name, times in Counter(row.name for row in ROWS).items() if times > 1] == []


def test_a_page_of_ours_that_leaks_would_say_so() -> None:
    leaking = replace(ROWS[0], typed=delivered("52.94.0.10"))

    def outcome_of(row: Row, kind: Kind) -> Outcome:
        return expected(leaking if row is ROWS[0] else row, kind)

    typed = next(iter(cells(render(outcome_of)).values()))[1]
    assert typed == "> 0: prompt delivered to 52.94.0.10"
