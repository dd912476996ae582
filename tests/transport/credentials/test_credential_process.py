"""A `credential_process` is waited for as long as it may take, and leaves nothing of its output in an error."""

import os
import signal
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from secure_bedrock.errors import CredentialPathDenied, DeadlineExceeded
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog
from secure_bedrock.transport.call_deadline import within
from secure_bedrock.transport.credentials import CredentialSource, process
from secure_bedrock.transport.credentials.chain import credential_source
from secure_bedrock.values import Deadline

SAID = "hunter2"
HANG = f"echo {SAID}; echo {SAID} >&2; exec sleep 30"
ENOUGH_S = 3.0

Script = Callable[[str], CredentialSource]


@pytest.fixture
def script(plain_surroundings: Path) -> Script:
    """A source whose process writes its number into `pid` and runs the lines of a shell."""

    def make(lines: str) -> CredentialSource:
        (plain_surroundings / ".aws").mkdir()
        config = f"[default]\ncredential_process = {plain_surroundings / 'give'}\n"
        (plain_surroundings / ".aws" / "config").write_text(config)
        (plain_surroundings / "give").write_text(
            f"#!/bin/sh\necho $$ > {plain_surroundings / 'pid'}\n{lines}\n"
        )
        (plain_surroundings / "give").chmod(0o700)
        policy = Policy(
            region="eu-west-1",
            models=["amazon.nova-lite-v1:0"],
            network={"cidrs": ["10.20.0.0/16"]},
            identity={"credentials": ["custom-process"]},
        )
        return credential_source(policy, environ={"HOME": str(plain_surroundings)})

    return make


def is_gone(folder: Path) -> bool:
    try:
        os.kill(int((folder / "pid").read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def document(minutes: float) -> str:
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    return (
        '{"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "s", "SessionToken": "t", '
        f'"Expiration": "{until}"}}'
    )


def test_a_process_that_hangs_is_killed_and_nothing_that_it_wrote_is_repeated(
    script: Script, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PROCESS_S", 0.3)
    began = time.monotonic()

    with pytest.raises(CredentialPathDenied) as caught:
        script(HANG).frozen()

    assert time.monotonic() - began < ENOUGH_S
    assert is_gone(plain_surroundings)
    assert caught.value.rule == "credential-process"
    assert "longer than 0.3 seconds" in str(caught.value)
    assert SAID not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_process_has_a_minute() -> None:
    assert process.PROCESS_S == 60


def test_a_process_that_writes_more_than_a_pipe_holds_is_read(script: Script) -> None:
    many = (
        "i=0; while [ $i -lt 3000 ]; do echo '                                '; i=$((i+1)); done"
    )

    assert script(f"{many}; echo '{document(60)}'").frozen().access_key == "ASIAPROCESS"


def test_a_process_that_writes_without_end_is_killed_and_not_kept_in_memory(
    script: Script, plain_surroundings: Path
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CredentialPathDenied) as caught:
            script(f"exec yes {SAID}").frozen()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 30 * process.OUTPUT_BYTES
    assert is_gone(plain_surroundings)
    assert caught.value.rule == "credential-process"
    assert "wrote more than 262144 bytes" in str(caught.value)
    assert SAID not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_the_limit_is_what_may_be_written(script: Script) -> None:
    text = document(60)
    blanks = process.OUTPUT_BYTES - len(text) - 1
    exactly = f"printf '%{blanks}s' ''; echo '{text}'"

    assert script(exactly).frozen().access_key == "ASIAPROCESS"


def test_one_byte_more_than_the_limit_is_refused(script: Script) -> None:
    text = document(60)
    blanks = process.OUTPUT_BYTES - len(text)

    with pytest.raises(CredentialPathDenied, match="wrote more than"):
        script(f"printf '%{blanks}s' ''; echo '{text}'").frozen()


def test_what_a_process_says_beside_its_output_is_read_and_kept_nowhere(script: Script) -> None:
    """A program that logs much still gives its credentials: its pipe must not be full."""
    noise = f"yes {SAID} | head -c 5000000 >&2"
    tracemalloc.start()
    try:
        found = script(f"{noise}; echo '{document(60)}'").frozen()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found.access_key == "ASIAPROCESS"
    assert peak < 5_000_000


def test_a_process_that_ended_is_not_waited_for_because_its_child_holds_the_pipes(
    script: Script, tmp_path: Path
) -> None:
    began = time.monotonic()
    background = f"sleep 20 & echo $! > {tmp_path / 'child'}"

    found = script(f"{background}\necho '{document(60)}'").frozen()

    assert found.access_key == "ASIAPROCESS"
    assert time.monotonic() - began < ENOUGH_S
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_what_the_child_of_an_ended_process_still_passes_on_is_taken(script: Script) -> None:
    found = script(f"(sleep 0.1; echo '{document(60)}') &").frozen()

    assert found.access_key == "ASIAPROCESS"


def test_a_process_that_closes_its_pipes_and_goes_on_is_killed_at_its_time(
    script: Script, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PROCESS_S", 0.5)

    with pytest.raises(CredentialPathDenied, match=r"longer than 0\.5 seconds"):
        script("exec >&- 2>&-; exec sleep 30").frozen()

    assert is_gone(plain_surroundings)


def test_a_process_that_fails_has_not_given_credentials(script: Script) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        script(f"echo '{document(60)}'; echo {SAID} >&2; exit 3").frozen()

    assert caught.value.rule == "credential-provider"
    assert SAID not in str(caught.value)


def test_a_process_that_hangs_when_it_is_asked_again_is_killed_too(
    script: Script, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first values are almost over, so that the refresh is waited for."""
    monkeypatch.setattr(process, "PROCESS_S", 0.5)
    asked = plain_surroundings / "asked"
    source = script(f"[ -e {asked} ] && exec sleep 30\ntouch {asked}\necho '{document(5)}'")

    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()

    assert caught.value.rule == "credential-process"
    assert is_gone(plain_surroundings)


def test_no_process_is_started_for_a_call_that_is_late() -> None:
    with ConnectLog() as log, within(Deadline.after(-1)), pytest.raises(DeadlineExceeded):
        process.CredentialProcess(["true"])

    assert log.processes == []


def test_who_is_interrupted_leaves_no_process_behind(
    script: Script, plain_surroundings: Path
) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    source = script(HANG)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            source.frozen()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert is_gone(plain_surroundings)


def test_what_another_user_owns_is_left_and_the_wait_is_over_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As `sudo` does: it can't be killed."""
    monkeypatch.setattr(process, "PROCESS_S", 0.1)
    started = process.CredentialProcess(
        ["sleep", "30"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    kill = os.kill

    def not_ours(_number: int, _signal: int) -> NoReturn:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", not_ours)
        with pytest.raises(CredentialPathDenied):
            started.communicate()

    assert started.returncode is None
    kill(started._process.pid, signal.SIGKILL)
    started._process.wait(5)
