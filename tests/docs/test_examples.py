"""Every example is a complete, short program that runs against a local Bedrock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secure_bedrock import errors

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"), key=lambda program: program.name)
SRC = Path(str(errors.__file__)).parents[2]

PRINTS = {
    "converse.py": ["You said: Why is the sky blue?", "tokens: ", "peer: 127.0.0.1, TLSv1.3"],
    "hardened_boto3_client.py": ["You said: Is this private?", "refused: config.proxies"],
    "stream.py": ["You said: Tell me a very short story.", "stop reason: end_turn", "first event"],
    "tool_use.py": ["tool: stock", 'The tool says: {"pieces": 12}'],
}


def run(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SECURE_BEDROCK_"))}
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program), *arguments],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(SRC), "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_each_program_is_known_here() -> None:
    assert sorted(PRINTS) == [program.name for program in PROGRAMS]


@pytest.mark.parametrize("program", PRINTS)
def test_an_example_runs_locally(program: str, tmp_path: Path) -> None:
    ran = run(program, "--local", cwd=tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    assert len(lines) == len(PRINTS[program])
    for line, beginning in zip(lines, PRINTS[program], strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize("program", PRINTS)
def test_without_local_an_example_asks_for_a_policy(program: str, tmp_path: Path) -> None:
    ran = run(program, cwd=tmp_path)

    assert ran.returncode == 1
    assert "policy-not-found" in ran.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_an_example_is_short_and_listed(program: Path) -> None:
    assert len(program.read_text("utf-8").splitlines()) < 60
    assert f"]({program.name})" in (EXAMPLES / "README.md").read_text("utf-8")
