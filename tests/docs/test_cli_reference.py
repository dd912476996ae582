"""docs/reference/cli.md shows the help texts as the command prints them, and every exit status."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_bedrock.cli import failures
from secure_bedrock.cli.main import main

COMMANDS = ("", "demo", "init", "policy", "policy check", "lock", "explain", "local")
_HEADING = re.compile(r"^## `secure-bedrock ?(.*)`$", re.MULTILINE)
_BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks(root: Path) -> dict[str, str]:
    """The help text under each command's heading."""
    _, *parts = _HEADING.split((root / "docs/reference/cli.md").read_text("utf-8"))
    return {name: _BLOCK.findall(text)[0] for name, text in zip(*[iter(parts)] * 2, strict=True)}


def test_every_command_is_on_the_page(blocks: dict[str, str]) -> None:
    assert list(COMMANDS) == list(blocks)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_text_is_what_the_command_prints(
    command: str,
    blocks: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert main([*command.split(), "--help"]) == 0

    assert capsys.readouterr().out == blocks[command]


def test_every_subcommand_that_the_help_lists_has_its_own_heading(blocks: dict[str, str]) -> None:
    listed = re.findall(r"^    ([a-z]+)  ", blocks[""], re.MULTILINE)

    assert listed
    assert set(listed) <= set(blocks)


def test_the_exit_statuses_are_those_of_the_command(
    rows: Callable[[str, str], list[dict[str, str]]],
) -> None:
    names = ("PASS", "FINDING", "USAGE", "UNDETERMINED", "INTERRUPTED", "PIPE_CLOSED")
    expected = [str(getattr(failures, name)) for name in names]

    assert expected == [row["status"] for row in rows("docs/reference/cli.md", "status")]
