"""The fixtures as a user's test run has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PASSES = """
import socket

def test_bedrock_runs(local_bedrock):
    socket.create_connection(("127.0.0.1", local_bedrock.port)).close()
    assert local_bedrock.policy.region == "eu-west-1"

def test_loopback_is_fine(no_public_sockets, local_bedrock):
    socket.create_connection(("127.0.0.1", local_bedrock.port)).close()
    assert len(no_public_sockets.connects) == 1

def test_each_test_has_its_own(local_bedrock):
    assert local_bedrock.requests == []

def test_a_client_over_it_is_at_hand(secure_client, local_bedrock, no_public_sockets):
    reply = secure_client.converse(local_bedrock.models[0], "Hello")
    assert reply.text == "You said: Hello"
    assert [request.operation for request in local_bedrock.requests] == ["Converse"]
"""

FAILS = """
import sys

def test_it_looked_outside(no_public_sockets):
    sys.audit("socket.getaddrinfo", "public.example", 443, 0, 0, 0)
"""

MISTAKEN = """
def test_the_answer_divides_by_nothing(secure_client, local_bedrock):
    local_bedrock.script(lambda request: 1 / 0)
    assert secure_client.converse(local_bedrock.models[0], "Hello").text == "You said: Hello"
"""


def run(directory: Path, source: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_mine.py").write_text(source)
    arguments = ["-p", "secure_bedrock.testing.pytest_plugin", "-p", "no:cacheprovider", "-q"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *arguments, "."],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(autouse=True)
def _source_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    import secure_bedrock

    monkeypatch.setenv("PYTHONPATH", str(Path(str(secure_bedrock.__file__)).parents[1]))


def test_the_fixtures_work_in_a_project_without_any_set_up(tmp_path: Path) -> None:
    ran = run(tmp_path, PASSES)

    assert "4 passed" in ran.stdout, ran.stdout


def test_an_attempt_to_leave_the_machine_fails_the_test(tmp_path: Path) -> None:
    ran = run(tmp_path, FAILS)

    assert "tried to leave this machine: public.example:443" in ran.stdout, ran.stdout
    assert ran.returncode == 1


def test_a_mistake_in_a_scripted_answer_fails_the_run(tmp_path: Path) -> None:
    """The client tries again and gets the default answer; that the script broke is told all the same."""
    ran = run(tmp_path, MISTAKEN)

    assert "1 passed, 1 error" in ran.stdout
    assert "ZeroDivisionError" in ran.stdout
