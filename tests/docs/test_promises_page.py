"""docs/promises.md has every promise, links tests that exist, and no test of a promise is missing from it."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

IDS = [f"P{number:02}" for number in range(1, 16)]


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    """tools/promise_index.py, which is no package."""
    spec = importlib.util.spec_from_file_location("promise_index", root / "tools/promise_index.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/promises.md").read_text("utf-8")


@pytest.fixture(scope="module")
def sections(page: str) -> dict[str, str]:
    """The text under each promise's heading."""
    _, *parts = re.split(r"^## (P\d\d)$", page, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_page_is_what_the_tool_writes(tool: ModuleType, page: str) -> None:
    assert tool.indexed(page, tool.TESTS) == page, "run tools/promise_index.py --write"


def test_every_promise_has_its_section_and_its_list(sections: dict[str, str]) -> None:
    assert list(sections) == IDS
    for promise, text in sections.items():
        assert text.count(f"<!-- tests {promise} -->") == 1


def test_every_linked_test_exists(root: Path, page: str) -> None:
    linked = re.findall(r"\]\(\.\./(tests/[^)]+)\)", page)

    assert linked
    assert [path for path in linked if not (root / path).is_file()] == []


def test_every_test_of_a_promise_is_linked(tool: ModuleType, page: str) -> None:
    for path in tool.TESTS.glob("test_*.py"):
        assert f"(../tests/promises/{path.name})" in page


@pytest.mark.parametrize("promise", IDS)
def test_a_promise_has_a_test_or_says_what_is_still_to_come(
    promise: str, sections: dict[str, str]
) -> None:
    text = sections[promise]

    assert "](../tests/" in text or "Still to come: " in text


def test_the_readme_promises_nothing_that_has_no_test(
    rows: Callable[[str, str], list[dict[str, str]]], sections: dict[str, str]
) -> None:
    promised = [row["id"] for row in rows("README.md", "id")]

    assert promised == [name for name in IDS if "](../tests/" in sections[name]]


def test_the_tool_links_each_file_under_its_promise(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "test_p02_bytes.py").write_text('"""No byte before TLS.\n\nMore."""\n')
    (tmp_path / "test_p02_again.py").write_text('"""Nor the second time."""\n')
    text = "a\n<!-- tests P02 -->\nold\n<!-- end -->\nb\n<!-- tests P03 -->\n<!-- end -->\n"

    assert tool.indexed(text, tmp_path) == (
        "a\n<!-- tests P02 -->\n"
        "- [`test_p02_again.py`](../tests/promises/test_p02_again.py): Nor the second time.\n"
        "- [`test_p02_bytes.py`](../tests/promises/test_p02_bytes.py): No byte before TLS.\n"
        "<!-- end -->\nb\n<!-- tests P03 -->\n- No file of its own yet.\n<!-- end -->\n"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_p02_bytes.py", ""),
        ("test_promise.py", '"""A sentence."""'),
        ("test_p99_more.py", '"""A sentence."""'),
    ],
    ids=["no docstring", "no promise's name", "a promise without a list"],
)
def test_the_tool_refuses_a_file_that_it_can_t_place(
    name: str, text: str, tool: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(tool.IndexProblem):
        tool.indexed("<!-- tests P02 -->\n<!-- end -->\n", tmp_path)


def test_the_tool_checks_unless_told_to_write(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "promises.md"
    page.write_text("<!-- tests P02 -->\n<!-- end -->\n")
    (tmp_path / "test_p02_bytes.py").write_text('"""No byte before TLS."""\n')
    monkeypatch.setattr(tool, "PAGE", page)
    monkeypatch.setattr(tool, "TESTS", tmp_path)

    assert tool.main([]) == 1
    assert "test_p02" not in page.read_text()
    assert tool.main(["--write"]) == 0
    assert tool.main(["--check"]) == 0
    assert "test_p02" in page.read_text()


def test_the_tool_says_what_it_can_t_place(
    tool: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tool, "TESTS", tmp_path)
    (tmp_path / "test_promise.py").write_text('"""A sentence."""\n')

    assert tool.main([]) == 2
    assert "test_promise.py is not called" in capsys.readouterr().err
