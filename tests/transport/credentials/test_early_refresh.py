"""Credentials that still work outlast a source that hangs or fails when it is asked again before it has to be."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.errors import CredentialPathDenied, DeadlineExceeded
from secure_bedrock.testing import LocalBedrock
from secure_bedrock.transport.call_deadline import time_left, within
from secure_bedrock.transport.credentials import Expiring, FrozenCredentials, RefreshingCredentials
from secure_bedrock.transport.credentials.values import EARLY_PAUSE_S, EARLY_S, EARLY_SHARE
from secure_bedrock.values import Deadline

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
OLD = FrozenCredentials("AKIAOLD", "s")
NEW = FrozenCredentials("AKIANEW", "s")
EARLY_MIN, LATE_MIN = 12, 9
"""Minutes before expiry: in the window where a refresh is tried, and in that where it is needed."""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Values that last as many minutes as are said, over a fetch that notes the time it was given."""

    def __init__(self, minutes: float, fetch: Callable[[], Expiring]) -> None:
        self.given_s: list[float | None] = []
        self.clock = Clock()
        self._fetch = fetch
        self.credentials = RefreshingCredentials(
            self._noted, first=Expiring(OLD, minutes * 60), clock=self.clock, monotonic=self.clock
        )

    def _noted(self) -> Expiring:
        self.given_s.append(time_left())
        return self._fetch()


def fail() -> Expiring:
    raise CredentialPathDenied("gone")


@pytest.fixture
def bedrock() -> Iterator[LocalBedrock]:
    with LocalBedrock() as made:
        yield made


def test_a_process_that_hangs_when_it_is_asked_early_fails_no_call(
    bedrock: LocalBedrock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = bedrock.credentials
    until = (datetime.now(UTC) + timedelta(minutes=EARLY_MIN)).isoformat()
    document = (
        f'{{"Version": 1, "AccessKeyId": "{given.access_key}", "Expiration": "{until}", '
        f'"SecretAccessKey": "{given.secret_key}", "SessionToken": "{given.token}"}}'
    )
    give = tmp_path / "give"
    give.write_text(
        f"#!/bin/sh\nif [ -e {give}.once ]; then echo >> {give}.again; exec sleep 30; fi\n"
        f": > {give}.once\necho '{document}'\n"
    )
    give.chmod(0o700)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(f"[default]\ncredential_process = {give}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    listed = '\n[identity]\ncredentials = ["custom-process"]\n'
    policy = Policy.from_toml(bedrock.policy_toml() + listed)

    with SecureBedrockClient(policy, sinks=[]) as client:
        for _ in range(3):
            assert client.converse(MODEL, "hello", deadline_s=4.0).request_id

    assert (tmp_path / "give.again").read_text() == "\n"


TIMES: dict[str, tuple[float | None, float]] = {
    "a call without a deadline gives it five seconds": (None, 5.0),
    "so does a call with much time": (600.0, 5.0),
    "a call with little gives it a quarter": (2.0, 0.5),
}


@pytest.mark.parametrize("case", TIMES)
def test_an_early_fetch_gets_a_small_part_of_the_calls_time(case: str) -> None:
    deadline_s, expected = TIMES[case]
    source = Source(EARLY_MIN, lambda: Expiring(NEW, 3600.0))

    with within(Deadline.after(deadline_s)):
        assert source.credentials.frozen() is NEW
        assert time_left() is None or time_left() != source.given_s[0]

    assert source.given_s == [pytest.approx(expected, abs=0.1)]
    assert (EARLY_S, EARLY_SHARE) == (5.0, 0.25)


def test_a_late_fetch_has_all_of_the_calls_time() -> None:
    source = Source(LATE_MIN, lambda: Expiring(NEW, 3600.0))

    with within(Deadline.after(60.0)):
        assert source.credentials.frozen() is NEW

    assert source.given_s == [pytest.approx(60.0, abs=0.1)]


def test_after_a_failure_nobody_asks_early_for_half_a_minute() -> None:
    source = Source(15, fail)

    asked = []
    for source.clock.now in (0.0, 1.0, 29.9, 30.0, 31.0, 59.9, 60.0):
        assert source.credentials.frozen() is OLD
        asked.append(len(source.given_s))

    assert asked == [1, 1, 1, 2, 2, 2, 3]
    assert EARLY_PAUSE_S == 30.0


def test_the_pause_counts_from_the_end_of_the_fetch_that_hung() -> None:
    def hang() -> Expiring:
        source.clock.now += 5.0
        raise DeadlineExceeded("the call's deadline passed before it had its credentials")

    source = Source(15, hang)
    for source.clock.now in (0.0, 34.9, 35.0):
        assert source.credentials.frozen() is OLD

    assert len(source.given_s) == 2


def test_after_a_success_there_is_no_pause() -> None:
    """New values in the environment are read with the next call, though the old ones were read just before."""
    fetched = iter([Expiring(OLD, EARLY_MIN * 60), Expiring(NEW, 3600.0)])
    source = Source(EARLY_MIN, lambda: next(fetched))

    assert source.credentials.frozen() is OLD
    assert source.credentials.frozen() is NEW


def test_a_failed_early_fetch_does_not_put_off_the_one_that_is_needed() -> None:
    source = Source(10.1, fail)
    assert source.credentials.frozen() is OLD
    source.clock.now = 7.0

    with pytest.raises(CredentialPathDenied):
        source.credentials.frozen()
    with pytest.raises(CredentialPathDenied):
        source.credentials.frozen()

    assert len(source.given_s) == 3


def test_while_one_thread_asks_the_others_go_on_with_what_they_have() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hang() -> Expiring:
        begun.set()
        assert go_on.wait(10)
        raise CredentialPathDenied("gone")

    source = Source(EARLY_MIN, hang)
    first = threading.Thread(target=source.credentials.frozen)
    first.start()
    assert begun.wait(10)
    began = time.monotonic()
    for _ in range(8):
        assert source.credentials.frozen() is OLD
    assert time.monotonic() - began < 1.0
    go_on.set()
    first.join(10)

    assert len(source.given_s) == 1
