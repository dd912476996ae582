"""Every code block of the documentation runs, loads, or is output that was really printed.

By the first word of the fence: `python` runs, all blocks of a page in order and in one namespace; `python test` is
a test file; `toml` is a policy; `console` is our own command and what it prints; `sh` is for the
reader's shell and AWS's own command line, and is not run; `text output` is what the block before it prints, where
`…` stands for anything; `text` is shown as it is and held to its source elsewhere.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from secure_bedrock import Policy
from secure_bedrock.policy import policy as policy_module
from secure_bedrock.testing import LocalBedrock

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(__file__).with_name("page_runner.py")
SRC = Path(str(policy_module.__file__)).parents[2]
_FENCE = re.compile(r"^```([a-z ]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = {"python", "python test", "toml", "json", "console", "sh", "text", "text output"}
_HEADER = 'region = "eu-west-1"\nmodels = ["amazon.nova-lite-v1:0"]\n'


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` counts the lines before its code."""

    kind: str
    line: int
    code: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(match[1].strip(), text.count("\n", 0, match.start(2)), match[2])
        for match in _FENCE.finditer(text)
    ]


def pages() -> list[Path]:
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]
    return sorted(page for page in found if blocks_of(page))


def with_kind(kind: str) -> list[str]:
    listed = (page for page in pages() if any(block.kind == kind for block in blocks_of(page)))
    return [page.relative_to(ROOT).as_posix() for page in listed]


def matches(shown: str, printed: str) -> bool:
    """True where `printed` is what is shown; `…` stands for any text."""
    parts = (re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(".*?".join(parts), printed.strip(), re.DOTALL) is not None


def environment() -> dict[str, str]:
    """This process's own, without what would steer the library or a nested pytest."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SECURE_BEDROCK_", "PYTEST_"))
    }
    return {**kept, "PYTHONPATH": str(SRC), "COLUMNS": "80", "NO_COLOR": "1"}


def run(*arguments: str, cwd: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**environment(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_page_has_only_blocks_of_a_known_kind() -> None:
    strange = {(page.name, block.kind) for page in pages() for block in blocks_of(page)} - {
        (page.name, kind) for page in pages() for kind in KINDS
    }

    assert strange == set()


def test_output_stands_behind_the_block_that_prints_it() -> None:
    for page in pages():
        blocks = blocks_of(page)
        for before, after in zip([None, *blocks], blocks, strict=False):
            if after.kind == "text output":
                assert before is not None, (page.name, after.line)
                assert before.kind == "python", (page.name, after.line)


@pytest.mark.parametrize("name", with_kind("python"))
def test_the_python_blocks_of_a_page_run_and_print_what_the_page_shows(
    name: str, tmp_path: Path
) -> None:
    blocks = blocks_of(ROOT / name)
    wanted = [block for block in blocks if block.kind == "python"]
    shown = {
        blocks[at - 1].line: block.code
        for at, block in enumerate(blocks)
        if block.kind == "text output"
    }
    task = {"page": name, "blocks": [[block.line, block.code] for block in wanted]}

    ran = run("-W", "error", str(RUNNER), cwd=tmp_path, text=json.dumps(task))

    assert ran.returncode == 0, ran.stderr
    for block, printed in zip(wanted, json.loads(ran.stdout), strict=True):
        if block.line in shown:
            assert matches(shown[block.line], printed), f"{name}:{block.line} prints:\n{printed}"


@pytest.mark.parametrize("name", with_kind("python test"))
def test_the_tests_of_a_page_pass_with_the_plugin(name: str, tmp_path: Path) -> None:
    blocks = [block.code for block in blocks_of(ROOT / name) if block.kind == "python test"]
    for number, code in enumerate(blocks):
        (tmp_path / f"test_block_{number}.py").write_text(code, "utf-8")
    plugin = ("-p", "secure_bedrock.testing.pytest_plugin", "-p", "no:cacheprovider")

    ran = run("-W", "error", "-m", "pytest", "-q", *plugin, ".", cwd=tmp_path)

    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", with_kind("toml"))
def test_the_toml_blocks_of_a_page_are_policies(name: str) -> None:
    """A block that starts with a table is part of a policy: Region and models are put before it."""
    for block in blocks_of(ROOT / name):
        if block.kind == "toml":
            whole = re.search(r"^region = ", block.code, re.MULTILINE) is not None
            policy = Policy.from_toml(block.code if whole else _HEADER + block.code)
            assert policy.region == "eu-west-1"


@pytest.mark.parametrize("name", with_kind("console"))
def test_our_commands_print_what_a_page_shows(name: str, tmp_path: Path) -> None:
    """`$ secure-bedrock …` and its output; in a directory with a local Bedrock's policy unless `init` makes one."""
    text = "".join(block.code for block in blocks_of(ROOT / name) if block.kind == "console")
    _, *sessions = re.split(r"^\$ secure-bedrock ", text, flags=re.MULTILINE)
    assert sessions
    with LocalBedrock() as bedrock:
        if not sessions[0].startswith("init"):
            (tmp_path / "secure-bedrock.toml").write_text(bedrock.policy_toml(), "utf-8")
        for session in sessions:
            command, _, shown = session.partition("\n")
            ran = run("-m", "secure_bedrock.cli", *shlex.split(command), cwd=tmp_path)
            assert matches(shown, ran.stdout + ran.stderr), ran.stdout + ran.stderr


def test_the_wildcard_of_the_pages_is_no_wildcard_for_what_is_missing() -> None:
    assert matches("a … c", "a b c")
    assert not matches("a … c", "a b")
    assert not matches("a.c", "abc")
