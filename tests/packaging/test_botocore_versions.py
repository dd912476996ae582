"""The locks of `dev.py versions` are what they are named after, and its counts are pytest's."""

from __future__ import annotations

import os
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = runpy.run_path(str(ROOT / "dev.py"))
LOCKS: list[Path] = MODULE["_version_locks"]()
pinned: Any = MODULE["_pinned"]


def test_there_are_five_from_the_lower_bound_to_the_newest() -> None:
    lowest = dict(entry.split("==") for entry in MODULE["_lower_bounds"]())
    newest = pinned(ROOT / "requirements" / "dev.txt")

    assert len(LOCKS) >= 5
    assert pinned(LOCKS[0]).items() >= lowest.items()
    assert pinned(LOCKS[-1]).items() <= newest.items()
    assert [lock.stem for lock in LOCKS] == list(MODULE["_tried_versions"]())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_is_hashed_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()

    assert pinned(lock)["botocore"] == lock.stem
    assert {"boto3", "pytest", "pytest-xdist", "tenacity", "trustme"} <= set(pinned(lock))
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in text


def suite(tmp_path: Path, text: str) -> tuple[int, int, int]:
    (tmp_path / "test_it.py").write_text(text)
    options = ["-o", "addopts=", "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")]
    counts: tuple[int, int, int] = MODULE["_counted"](
        Path(sys.executable), options, tmp_path / "report.xml"
    )
    return counts


MIXED = """
import pytest
def test_passes(): pass
def test_fails(): assert False
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.fixture
def broken(): raise OSError
def test_breaks_before_it_runs(broken): pass
"""


@pytest.mark.parametrize(
    ("text", "counts"),
    [(MIXED, (1, 2, 1)), ("def test_passes(): pass", (1, 0, 0))],
    ids=["some fail", "all pass"],
)
def test_failures_and_errors_are_counted_as_failed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    text: str,
    counts: tuple[int, int, int],
) -> None:
    """And what pytest says goes to stderr: stdout is the table's."""
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "1")
    assert "PYTEST_ADDOPTS" not in os.environ

    assert suite(tmp_path, text) == counts
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("passed", "failed", "holds"), [(9, 0, True), (9, 1, False), (0, 0, False)]
)
def test_a_version_holds_when_tests_ran_and_none_failed(
    passed: int, failed: int, holds: bool
) -> None:
    assert MODULE["Outcome"]("1.40.14", passed, failed, 0, 1.0).holds is holds
