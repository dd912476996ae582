"""Where commands run: an empty directory, and no variable that the command line reads."""

import pathlib

import pytest


@pytest.fixture
def empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """An empty directory to be in, and no variable that the command line reads."""
    for name in (
        "NO_COLOR",
        "FORCE_COLOR",
        "LAMBDA_TASK_ROOT",
        "SECURE_BEDROCK_POLICY",
        "AWS_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
