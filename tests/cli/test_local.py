"""`local` serves until it is interrupted and prints the policy that reaches it."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from secure_bedrock import errors
from secure_bedrock.cli.main import main
from secure_bedrock.policy import Policy

SRC = pathlib.Path(errors.__file__).parents[2]
LIMIT_S = 60


@contextmanager
def serving(*arguments: str, cwd: pathlib.Path) -> Iterator["subprocess.Popen[str]"]:
    """A running `local`; killed at the end if the test left it running."""
    # A shell that starts the suite in the background has it ignore interrupts, and a child inherits just that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "secure_bedrock.cli", "local", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)


def until_listening(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith("listening on 127.0.0.1:"):
            return said
    raise AssertionError(said)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_policy_is_printed_and_an_interrupt_is_the_normal_end(
    tmp_path: pathlib.Path, ending: signal.Signals
) -> None:
    with serving(cwd=tmp_path) as process:
        said = until_listening(process)
        process.send_signal(ending)
        out, err = process.communicate(timeout=LIMIT_S)

    policy = Policy.from_toml(out)
    endpoint = policy.network.endpoint("bedrock-runtime")
    assert endpoint is not None
    assert endpoint.addresses == ("127.0.0.1",)
    assert f"listening on 127.0.0.1:{endpoint.port};" in said
    assert "export AWS_ACCESS_KEY_ID=" in said
    assert (process.returncode, err) == (0, "stopped\n")
    assert not pathlib.Path(policy.network.ca_bundle or "/").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_written_policy_is_exported_by_a_path_that_holds_in_any_directory(
    tmp_path: pathlib.Path,
) -> None:
    with serving("--write", "my local.toml", cwd=tmp_path) as process:
        said = until_listening(process)

    assert f"export SECURE_BEDROCK_POLICY='{tmp_path / 'my local.toml'}'\n" in said


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_policy_is_written_and_described_as_json(tmp_path: pathlib.Path) -> None:
    options = ["--write", "local.toml", "--output", "json", "--region", "us-east-1"]
    options += ["--model", "amazon.nova-lite-v1:0"]
    with serving(*options, cwd=tmp_path) as process:
        until_listening(process)
        policy = Policy.load(tmp_path / "local.toml")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)

    found = json.loads(out)
    assert found["schema"] == "secure_bedrock.local/1"
    assert found["policy"] == (tmp_path / "local.toml").read_text()
    assert set(found["environment"]) >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert policy.region == "us-east-1"
    assert policy.models.allow == ("amazon.nova-lite-v1:0",)
    assert ".bedrock-runtime.us-east-1." in found["host"]


def test_a_file_of_someone_else_is_left_as_it_is(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "secure-bedrock.toml"
    mine.write_text("mine")

    assert main(["local", "--write", str(mine)]) == 2

    assert mine.read_text() == "mine"
    assert "was not written by this command" in capsys.readouterr().err


def test_a_port_that_is_taken_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert main(["local", "--port", str(port)]) == 2

    err = capsys.readouterr().err
    assert err.startswith(f"error: can't listen on 127.0.0.1:{port}: ")
    assert "next: leave --port out" in err


@pytest.mark.parametrize("package", ["cryptography", "trustme"])
def test_a_missing_extra_is_named(tmp_path: pathlib.Path, package: str) -> None:
    """The package is hidden from a fresh interpreter, as where the extra was not installed."""
    code = (
        f"import sys; sys.modules[{package!r}] = None; from secure_bedrock.cli.main import main;"
        "sys.exit(main(['local']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: the local Bedrock needs {package}, which is not installed [usage]\n"
        'next: in a clone of the repository: pip install ".[testing]"\n'
    )
