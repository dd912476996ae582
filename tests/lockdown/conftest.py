"""Processes that are locked down: a hook can't be removed, so each test has one of its own."""

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalAuthority, LocalBedrock

START = Path(__file__).parent / "probes" / "start.py"


@dataclass(frozen=True)
class Told:
    """What a process told: how each call ended, and what got past the lockdown."""

    outcomes: dict[str, str]
    passed: list[str]


Locked = Callable[..., Told]


@pytest.fixture(scope="package")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(authority=authority, tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture(scope="package")
def locked(server: LocalBedrock) -> Locked:
    """Runs statements in a process that was locked down for the server's policy, or for `policy`; None: for none."""

    def run(
        block: str, *, policy: str | None = "", loopback: bool = False, **environment: object
    ) -> Told:
        keys = server.credentials
        given = {name: str(value) for name, value in environment.items()}
        if policy is not None:
            given |= {
                "POLICY": policy or server.policy_toml(),
                "LOOPBACK": "yes" if loopback else "no",
            }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            [sys.executable, "-W", "error", START],
            input=textwrap.dedent(block),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={
                **kept,
                "AWS_ACCESS_KEY_ID": keys.access_key,
                "AWS_SECRET_ACCESS_KEY": keys.secret_key,
                "AWS_SESSION_TOKEN": keys.token or "",
                "AWS_EC2_METADATA_DISABLED": "true",
                **given,
            },
        )
        assert done.returncode == 0, done.stderr
        return Told(**json.loads(done.stdout.splitlines()[-1]))

    return run


@pytest.fixture
def came(lasting_trap: Any) -> Callable[[int], bool]:
    """`came(n)` is True where n connections, no more and no fewer, have reached the trap in this test."""
    before = lasting_trap.caught

    def exactly(expected: int) -> bool:
        ends = time.monotonic() + 5
        while lasting_trap.caught - before < expected and time.monotonic() < ends:
            time.sleep(0.01)  # the trap counts on a thread of its own
        return bool(lasting_trap.caught - before == expected)

    return exactly
