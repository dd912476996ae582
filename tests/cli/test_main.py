"""The command line as a whole: options, help, and how errors leave it."""

import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest

from secure_bedrock import errors
from secure_bedrock.cli.failures import report, status_of
from secure_bedrock.cli.main import main
from secure_bedrock.errors import DiscoveryAttempt, Problem
from secure_bedrock.values.version import __version__

SRC = pathlib.Path(errors.__file__).parents[2]

POLICY = """\
region = "eu-west-1"
models = ["amazon.nova-lite-v1:0"]
network = { cidrs = ["10.20.0.0/16"] }
"""


pytestmark = pytest.mark.usefixtures("empty_directory")


@pytest.fixture
def policy_file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "secure-bedrock.toml"
    path.write_text(POLICY)
    return path


def command(*arguments: str, cwd: pathlib.Path, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(SRC), "COLUMNS": "80", **environ}
    return subprocess.run(
        [sys.executable, "-m", "secure_bedrock.cli", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_opens_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("examples:\n  secure-bedrock demo")
    assert "exit status: 0 pass, 1 a finding or a denial, 2 usage, 3 could not determine" in out
    assert all(name in out for name in ("demo", "init", "policy", "explain", "local"))


@pytest.mark.parametrize("name", ["init", "policy", "explain", "local"])
def test_every_subcommand_opens_with_examples(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"examples:\n  secure-bedrock {name}")


def test_help_loads_neither_boto3_nor_pydantic(tmp_path: pathlib.Path) -> None:
    code = (
        "import sys; from secure_bedrock.cli.main import main; main(['--help']);"
        "heavy = {'boto3', 'botocore', 'pydantic', 'tenacity', 'urllib3', 'ssl'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    env = {**os.environ, "PYTHONPATH": str(SRC)}

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"secure-bedrock {__version__}\n"


USAGE = {
    "an unknown command": (["frobnicate"], "invalid choice: 'frobnicate'"),
    "an unknown option": (["explain", "m", "--loud"], "unrecognized arguments: --loud"),
    "an abbreviated option": (["--outp", "json", "explain", "m"], ""),
    "a form that there is not": (["--output", "xml", "explain", "m"], "invalid choice: 'xml'"),
    "no model": (["explain"], "the following arguments are required: MODEL"),
    "a port that is none": (["local", "--port", "70000"], "a port is 0 to 65535"),
    "a Region that is none": (["local", "--region", "Europe"], "not the name of an AWS Region"),
    "a model that is none": (["local", "--model", "sonnet please"], "argument --model: "),
    "a port in other digits": (["local", "--port", "\u0663"], "a port is 0 to 65535"),
}


@pytest.mark.parametrize(("argv", "message"), USAGE.values(), ids=USAGE)
def test_usage_errors_exit_2_with_a_next_step(
    capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    assert main(argv) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
    assert "\nnext: secure-bedrock" in err


NEXT = {
    "of a command": (["init", "--bogus"], "secure-bedrock init --help"),
    "of a command of `policy`": (
        ["policy", "check", "--bogus"],
        "secure-bedrock policy check --help",
    ),
    "before a command": (["--bogus", "init"], "secure-bedrock init --help"),
    "without a command": (["--bogus"], "secure-bedrock --help"),
}


@pytest.mark.parametrize(("argv", "step"), NEXT.values(), ids=NEXT)
def test_an_unknown_option_leads_to_the_help_of_its_command(
    capsys: pytest.CaptureFixture[str], argv: list[str], step: str
) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err == f"error: unrecognized arguments: --bogus\nnext: {step}\n"


@pytest.mark.parametrize("name", ["", "policy"])
def test_without_a_command_the_help_is_talk_and_the_status_usage(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([*name.split(), "--help"]) == 0
    shown = capsys.readouterr().out

    assert main(name.split()) == 2
    assert capsys.readouterr() == ("", shown)


def test_the_package_itself_is_the_command(tmp_path: pathlib.Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "secure_bedrock", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == f"secure-bedrock {__version__}\n"


def test_importing_the_packages_main_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("secure_bedrock.__main__")

    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("policy_file")
@pytest.mark.parametrize("name", ["demo", "local"])
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
def test_a_policy_is_refused_by_a_command_that_brings_its_own(
    capsys: pytest.CaptureFixture[str], name: str, after: bool
) -> None:
    options = ["--policy", "secure-bedrock.toml"]

    assert main([name, *options] if after else [*options, name]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"error: `{name}` brings a policy of its own, so --policy would have no effect [usage]\n"
        "next: leave --policy out\n"
    )


@pytest.mark.parametrize(
    "command", ["", "demo", "init", "policy", "policy check", "explain", "local"]
)
def test_a_description_is_a_sentence_of_at_most_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert main([*command.split(), "--help"]) == 0

    _, _, usage = capsys.readouterr().out.rpartition("usage: ")
    description = usage.split("\n\n")[1]
    assert description[0].isupper()
    assert description.endswith(".")
    assert max(map(len, description.split("\n"))) <= 80


def test_control_characters_in_arguments_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["\x1b[31mred"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.usefixtures("policy_file")
@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
def test_common_options_stand_before_or_after_the_command(
    capsys: pytest.CaptureFixture[str], after: bool
) -> None:
    argv, options = ["policy", "check"], ["--output", "json"]

    assert main([*argv, *options] if after else [*options, *argv]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "secure_bedrock.policy_check/1"


def test_common_options_stand_between_command_and_subcommand(
    capsys: pytest.CaptureFixture[str], policy_file: pathlib.Path
) -> None:
    policy_file.rename("other.toml")

    assert main(["policy", "--policy", "other.toml", "check", "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["valid"] is True


STATUSES: dict[str, tuple[BaseException, int]] = {
    "a denial": (errors.ModelDenied("no"), 1),
    "no endpoint": (errors.EndpointNotFound("none"), 3),
    "a bad policy": (errors.PolicyInvalid("bad"), 2),
    "no policy": (errors.PolicyNotFound("none"), 2),
    "AWS refuses": (errors.AccessDenied("no"), 3),
    "no connection": (errors.ConnectFailed("no"), 3),
    "out of time": (errors.DeadlineExceeded("late"), 3),
    "a file that can't be read": (PermissionError(13, "Permission denied", "x.toml"), 2),
    "an error without a file": (OSError(5, "Input/output error"), 3),
    "a bug": (KeyError("secret"), 3),
}


@pytest.mark.parametrize(("error", "status"), STATUSES.values(), ids=STATUSES)
def test_every_error_has_its_status(error: BaseException, status: int) -> None:
    assert status_of(error) == status


def test_a_bug_is_one_line_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyError("a prompt"), verbose=False) == 3

    err = capsys.readouterr().err
    assert err == (
        "error: unexpected KeyError; this is a bug\n"
        "next: run again with -v and report the traceback\n"
    )


def test_verbose_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-v", "policy", "check"]) == 2

    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert "error: " in err


def test_lists_of_problems_and_attempts_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem("not a Region", key="region", file="p.toml", line=1)
    attempt = DiscoveryAttempt("ec2", "gave\x1b nothing")

    report(errors.PolicyInvalid("bad policy", problems=(problem,)), verbose=False)
    report(
        errors.EndpointNotFound("none", attempts=(attempt,), next_step="add:\n[network]"),
        verbose=False,
    )

    err = capsys.readouterr().err
    assert "error: bad policy [policy-invalid]\n  p.toml:1: region: not a Region\n" in err
    assert "  ec2: gave\\x1b nothing\nnext: add:\n  [network]\n" in err


def test_a_file_error_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    report(PermissionError(13, "Permission denied", "x.toml"), verbose=False)

    assert capsys.readouterr().err.startswith("error: x.toml: Permission denied\n")


def test_the_console_script_exits_with_the_status(
    policy_file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    allowed = command("explain", "amazon.nova-lite-v1:0", cwd=tmp_path)
    denied = command("explain", "amazon.nova-pro-v1:0", cwd=tmp_path)
    policy_file.unlink()
    missing = command("explain", "amazon.nova-lite-v1:0", cwd=tmp_path)

    assert (allowed.returncode, allowed.stderr) == (0, "")
    assert (denied.returncode, denied.stderr) == (1, "")
    assert missing.returncode == 2
    assert missing.stderr.startswith("error: ")
    assert "\nnext: " in missing.stderr


@pytest.mark.usefixtures("policy_file")
def test_colour_follows_the_environment(tmp_path: pathlib.Path) -> None:
    forced = command("explain", "amazon.nova-lite-v1:0", cwd=tmp_path, FORCE_COLOR="1")
    refused = command(
        "explain", "amazon.nova-lite-v1:0", cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1"
    )

    assert "\x1b[32mallowed\x1b[0m" in forced.stdout
    assert "\x1b" not in refused.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_ctrl_c_is_130_and_silent(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A named pipe without a reader holds `init` until the interrupt comes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    timer = threading.Timer(0.3, signal.pthread_kill, (main_thread, signal.SIGINT))
    # A shell that starts the suite in the background has it ignore interrupts, and Python then leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        assert main(["init", "--policy", str(pipe), "--force"]) == 130
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)

    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="this platform has no /dev/full")
@pytest.mark.usefixtures("policy_file")
def test_a_full_disk_is_told_and_could_not_be_determined(tmp_path: pathlib.Path) -> None:
    with pathlib.Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "secure_bedrock.cli", "policy", "check"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert (done.returncode, done.stderr) == (3, b"error: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
@pytest.mark.usefixtures("policy_file")
def test_a_reader_that_leaves_early_is_met_in_silence(tmp_path: pathlib.Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    env = {**os.environ, "PYTHONPATH": str(SRC)}

    done = subprocess.run(
        [sys.executable, "-m", "secure_bedrock.cli", "policy", "check"],
        cwd=tmp_path,
        env=env,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.usefixtures("policy_file")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_stdout_that_is_closed_is_met_in_silence(tmp_path: pathlib.Path, closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m secure_bedrock.cli policy check {closed}', sys.executable],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (141, b"")


def test_a_policy_that_is_named_and_not_there_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policy", "check", "--policy", "nope.toml"]) == 2

    step = "next: correct the path, or write one with `secure-bedrock init`\n"
    assert capsys.readouterr().err.endswith(step)
