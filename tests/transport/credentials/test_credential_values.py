"""Credential values: accepted as values, refreshed in time, refused where they would open connections."""

import copy
import pickle
import threading
from datetime import datetime
from typing import Any

import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials, RefreshableCredentials

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.credentials import (
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
    StaticCredentials,
    freeze,
)

VALUES = FrozenCredentials("AKIAEXAMPLE", "hunter2", "t0ken")


def test_values_are_in_no_repr_and_in_no_pickle() -> None:
    for shown in (
        repr(VALUES),
        str(VALUES),
        repr(StaticCredentials(VALUES)),
        repr(Expiring(VALUES, 1.0)),
    ):
        assert "hunter2" not in shown
        assert "t0ken" not in shown
        assert "AKIAEXAMPLE" not in shown
    for operation in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            operation(VALUES)


@pytest.mark.parametrize(
    "passed",
    [
        Credentials("AKIAEXAMPLE", "hunter2", "t0ken"),
        ReadOnlyCredentials("AKIAEXAMPLE", "hunter2", "t0ken"),
        FrozenCredentials("AKIAEXAMPLE", "hunter2", "t0ken"),
        StaticCredentials(VALUES),
    ],
)
def test_objects_that_hold_the_values_are_accepted(passed: Any) -> None:
    frozen = freeze(passed).frozen()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == (
        "AKIAEXAMPLE",
        "hunter2",
        "t0ken",
    )


def test_refreshable_credentials_are_refused_unread() -> None:
    def refresh() -> Any:
        raise AssertionError("it was read")

    refreshable = RefreshableCredentials(
        "AKIAEXAMPLE", "hunter2", "t0ken", datetime.now().astimezone(), refresh, "sts"
    )
    with pytest.raises(CredentialPathDenied) as caught:
        freeze(refreshable)
    assert caught.value.rule == "refreshable-credentials"
    assert "get_frozen_credentials" in caught.value.next_step


@pytest.mark.parametrize("passed", [{"access_key": "a"}, object(), "AKIA", ("a", "b")])
def test_other_objects_are_no_credentials(passed: Any) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        freeze(passed)
    assert caught.value.rule == "not-credentials"


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX: y", "\x7f", "ключ"])
def test_values_that_no_header_could_carry_are_refused(key: str) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        FrozenCredentials(key, "secret")
    assert caught.value.rule == "malformed-credentials"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def numbered(clock: Clock, lifetime_s: float = 3600.0) -> tuple[list[int], Any]:
    fetched: list[int] = []

    def fetch() -> Expiring:
        fetched.append(len(fetched))
        return Expiring(FrozenCredentials(f"KEY{len(fetched)}", "s"), clock.now + lifetime_s)

    return fetched, fetch


def test_values_are_fetched_once_and_again_before_they_expire() -> None:
    clock = Clock()
    fetched, fetch = numbered(clock)
    source = RefreshingCredentials(fetch, clock=clock)
    assert source.frozen().access_key == "KEY1"
    clock.now = 3600 - 15 * 60 - 1
    assert source.frozen().access_key == "KEY1"
    clock.now += 2
    assert source.frozen().access_key == "KEY2"
    clock.now += 3600
    assert source.frozen().access_key == "KEY3"
    assert len(fetched) == 3


def test_a_failed_early_fetch_is_forgiven_and_a_late_one_is_not() -> None:
    clock = Clock()

    def fail() -> Expiring:
        raise CredentialPathDenied("gone")

    source = RefreshingCredentials(fail, first=Expiring(VALUES, 3600.0), clock=clock)
    clock.now = 3600 - 12 * 60
    assert source.frozen() is VALUES
    clock.now = 3600 - 9 * 60
    with pytest.raises(CredentialPathDenied):
        source.frozen()


def test_one_thread_fetches_while_the_others_wait() -> None:
    clock = Clock()
    fetched, fetch = numbered(clock)
    source = RefreshingCredentials(fetch, clock=clock)
    threads = [threading.Thread(target=source.frozen) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(fetched) == 1


def test_in_the_advisory_window_others_go_on_with_what_they_have() -> None:
    clock = Clock()
    clock.now = 3600 - 12 * 60
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Expiring:
        begun.set()
        go_on.wait(5)
        return Expiring(FrozenCredentials("NEW", "s"), 9999.0)

    source = RefreshingCredentials(slow, first=Expiring(VALUES, 3600.0), clock=clock)
    thread = threading.Thread(target=source.frozen)
    thread.start()
    assert begun.wait(5)
    assert source.frozen() is VALUES
    go_on.set()
    thread.join(5)
    assert source.frozen().access_key == "NEW"
    assert repr(source) == "RefreshingCredentials()"
