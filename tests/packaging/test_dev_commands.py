"""`dev.py` tells about its commands without making an environment, and says how a command ended."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "dev.py"
MODULE = runpy.run_path(str(DEV))
COMMANDS = tuple(MODULE["COMMANDS"])


def dev(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, DEV, "--venv", environment, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Where an environment would be made."""
    return tmp_path / "environment"


def pretended(environment: Path, status: int) -> Path:
    """An environment whose Python writes down what it is asked, does nothing and ends with this status."""
    python = environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{environment}/asked\nexit {status}\n')
    python.chmod(0o755)
    return environment


@pytest.mark.parametrize("command", COMMANDS)
def test_help_behind_a_command_is_that_commands_and_makes_nothing(
    command: str, environment: Path
) -> None:
    """Not the help of what the command runs, which would take an environment."""
    told = dev(environment, command, "--help")

    assert told.returncode == 0
    assert told.stdout.startswith(f"usage: dev.py {command} [-h]")
    assert ("Further arguments go to" in told.stdout) == (command != "check")
    assert not environment.exists()


def test_the_help_of_demo_says_where_further_arguments_go(environment: Path) -> None:
    assert "Further arguments go to secure-bedrock demo." in dev(environment, "demo", "-h").stdout


def test_arguments_for_a_command_that_takes_none_are_a_usage_error(environment: Path) -> None:
    """They were dropped without a word once."""
    refused = dev(environment, "check", "--fix", "src")

    assert refused.returncode == 2
    assert "check takes no arguments: --fix src" in refused.stderr
    assert not environment.exists()


@pytest.mark.skipif(os.name == "nt", reason="the pretended Python is a shell script")
def test_a_failed_installation_asks_after_the_package_index(environment: Path) -> None:
    failed = dev(pretended(environment, 1), "demo")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "dev.py: installing demo.txt failed; is the package index reachable?"
    )


@pytest.mark.skipif(os.name == "nt", reason="the pretended Python is a shell script")
def test_a_full_run_of_the_suite_ends_with_the_verdict(environment: Path) -> None:
    """And a chosen part of it does not: nothing held the gates."""
    digest = MODULE["_digest"](MODULE["_sources"]())
    (pretended(environment, 0) / "wheel.sha256").write_text(digest)

    verdict = "dev.py: the suite passed and the coverage gates held"
    assert dev(environment, "test").stderr.splitlines()[-1] == verdict
    assert verdict not in dev(environment, "test", "tests/values").stderr


@pytest.mark.skipif(os.name == "nt", reason="the pretended Python is a shell script")
def test_what_the_suite_leaves_out_the_whole_proof_runs(environment: Path) -> None:
    """One marker is left out by default; the command that selects it is a line of `.ci/run`."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    digest = MODULE["_digest"](MODULE["_sources"]())
    (pretended(environment, 0) / "wheel.sha256").write_text(digest)
    dev(environment, "exhaustive")
    selected = (environment / "asked").read_text().splitlines()[-1]

    assert options["addopts"][-2:] == ["-m", "not exhaustive"]
    assert selected.startswith("-m pytest ")
    assert selected.endswith(" -m exhaustive")
    assert "python3 dev.py exhaustive" in (ROOT / ".ci" / "run").read_text().splitlines()
