"""The reasons for survivors name code that is there, and the committed page is of these files and these reasons."""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evidence" / "mutation.md"
ACCEPTED = ROOT / "tools" / "mutation" / "accepted.toml"
AT_LEAST = 90.0  # per cent; what `dev.py mutate` itself asks for

_ROW = re.compile(r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+) % \|", re.MULTILINE)
_SURVIVOR = re.compile(r"^- `(\S+):\d+` \((\S+)\) `(.+)`\n  (.+)$", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def _tools_are_found() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "tools"))
    yield
    sys.path.remove(str(ROOT / "tools"))


def rows() -> dict[str, tuple[int, int, int, int]]:
    """The page's table: mutants, killed, stopped and survived by file."""
    return {
        file: (int(mutants), int(killed), int(stopped), int(survived))
        for file, mutants, killed, stopped, survived, _ in _ROW.findall(PAGE.read_text("utf-8"))
    }


def survivors() -> Counter[tuple[str, str, str, str]]:
    """The page's survivors as file, where, change and the reason given."""
    found = _SURVIVOR.findall(PAGE.read_text("utf-8"))
    return Counter(
        (file, where, change.replace("` → `", " → "), why) for file, where, change, why in found
    )


def test_every_reason_is_of_a_change_that_the_code_still_has() -> None:
    from mutation.report import key_of, reasons
    from mutation.rooms import targets
    from mutation.sites import mutants_of

    there = Counter(
        key_of(mutant)
        for target in targets()
        for mutant in mutants_of(target.file, target.path.read_text("utf-8"))
    )

    assert {key: r.times for key, r in reasons().items() if r.times > there[key]} == {}


def test_a_change_has_one_reason_and_a_reason_is_a_sentence() -> None:
    listed = tomllib.loads(ACCEPTED.read_text("utf-8"))["survivor"]
    keys = Counter(
        (row["file"], row["where"], change.strip())
        for row in listed
        for change in dict.fromkeys(row["changes"])
    )

    assert [key for key, times in keys.items() if times > 1] == []
    assert all(len(row["why"].split()) >= 4 for row in listed)


def test_the_page_is_of_the_files_that_are_mutated() -> None:
    """`python3 dev.py mutate` writes it anew: a file that was added has to be run."""
    from mutation.rooms import targets

    assert list(rows()) == [*(target.file for target in targets()), "all"]


def test_the_pages_sums_are_right_and_high_enough() -> None:
    table = rows()
    total = table.pop("all")

    assert tuple(map(sum, zip(*table.values(), strict=True))) == total
    for file, (mutants, killed, stopped, survived) in {**table, "all": total}.items():
        assert killed + stopped + survived == mutants, file
    assert 100 * (total[1] + total[2]) / total[0] >= AT_LEAST


def test_every_survivor_of_the_page_has_its_reason_and_every_reason_a_survivor() -> None:
    from mutation.report import reasons

    expected = Counter(
        {
            (file, where.strip("()"), change.replace("`", "'"), f"{kind}: {reason.why}"): reason.times
            for (file, where, change), reason in reasons().items()
            for kind in ["equivalent" if reason.equivalent else "accepted"]
        }
    )  # fmt: skip

    assert "not explained" not in PAGE.read_text("utf-8")
    assert survivors().total() == rows()["all"][3]
    assert survivors() == expected
