"""docs/reference/ambient-settings.md is what the table in the code says, and its links lead to tests."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from secure_bedrock.transport.settings import NO_EFFECT, SETTINGS, Verdict

PAGE = "docs/reference/ambient-settings.md"
Rows = Callable[[str, str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    """tools/settings_page.py, which is no package."""
    spec = importlib.util.spec_from_file_location("settings_page", root / "tools/settings_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tool_writes(tool: ModuleType, root: Path) -> None:
    text = (root / PAGE).read_text("utf-8")
    assert tool.filled(text) == text, "run tools/settings_page.py --write"


def test_a_page_that_drifted_is_found_and_mended(
    tool: ModuleType, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root / PAGE).read_text("utf-8")
    page = tmp_path / "page.md"
    page.write_text(text.replace("| `HTTPS_PROXY` | neutralised |", "| `HTTPS_PROXY` | refused |"))
    monkeypatch.setattr(tool, "PAGE", page)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    assert tool.main(["--check"]) == 1
    assert tool.main(["--write"]) == 0
    assert page.read_text("utf-8") == text
    assert tool.main([]) == 0


def test_every_setting_and_every_verdict_is_on_the_page(rows: Rows) -> None:
    settings = [row["setting"].strip("`") for row in rows(PAGE, "setting")]
    assert settings == [
        *(row.name for row in SETTINGS if row.kind == "variable"),
        *(row.name for row in SETTINGS if row.kind != "variable"),
        *NO_EFFECT,
    ]
    assert [row["verdict"] for row in rows(PAGE, "verdict")] == list(get_args(Verdict))


def test_every_linked_test_is_in_the_file_that_is_linked(root: Path) -> None:
    links = re.findall(r"\[`(test_\w+)`\]\(\.\./\.\./(\S+)\)", (root / PAGE).read_text("utf-8"))
    assert len(links) == len(SETTINGS)
    for test, path in set(links):
        assert f"def {test}(" in (root / path).read_text("utf-8")
