"""A call that waits for its credentials ends at its deadline, whatever holds them up."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from secure_bedrock import Policy, SecureBedrockClient, create_client
from secure_bedrock.errors import DeadlineExceeded
from secure_bedrock.testing import LocalBedrock
from secure_bedrock.transport.call_deadline import held, not_after_the_caller, time_left, within
from secure_bedrock.transport.credentials import Expiring, FrozenCredentials, RefreshingCredentials
from secure_bedrock.values import Deadline

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
DEADLINE_S = 0.4
LIMITS = "[retry]\nmax_attempts = 1\n[timeouts]\nconnect_s = 5.0\n"
ENOUGH_S = 3.0  # less than one exchange may take by itself


class Slow:
    """A service on loopback that sends one byte after the other, or none at all, for as long as anybody listens."""

    def __init__(self) -> None:
        self.silent = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._drip, args=(sock,), daemon=True))
                self._threads[-1].start()

    def _drip(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            sock.sendall(b"" if self.silent else b"HTTP/1.1 200 OK\r\nX-A: ")
            while not self.over.wait(0.05):
                sock.sendall(b"" if self.silent else b"b")

    def close(self) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.close()


def typed(text: str) -> None:
    with SecureBedrockClient(Policy.from_toml(text), sinks=[]) as client:
        client.converse(MODEL, "hello", deadline_s=DEADLINE_S)


def hardened(text: str) -> None:
    limits = f"{LIMITS}deadline_s = {DEADLINE_S}\n"
    client = create_client("bedrock-runtime", Policy.from_toml(text.replace(LIMITS, limits)))
    try:
        client.converse(modelId=MODEL, messages=MESSAGES)
    except ReadTimeoutError as error:  # what botocore calls it
        raise error.__cause__ or error from None
    finally:
        client.close()


FRONTS: dict[str, Callable[[str], None]] = {"typed": typed, "hardened": hardened}


def seconds_until_it_ended(front: str, bedrock: LocalBedrock, extra: str = "") -> float:
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="credentials"):
        FRONTS[front](f"{bedrock.policy_toml()}{LIMITS}{extra}")
    return time.monotonic() - began


@pytest.mark.parametrize("front", FRONTS)
def test_a_slow_container_service_holds_no_call_past_its_deadline(
    front: str, bedrock: LocalBedrock, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"http://127.0.0.1:{slow.port}/v1/credentials"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)

    assert seconds_until_it_ended(front, bedrock) < ENOUGH_S
    assert bedrock.requests == []


@pytest.mark.parametrize("front", FRONTS)
def test_a_slow_sts_holds_no_call_past_its_deadline(
    front: str, bedrock: LocalBedrock, slow: Slow, plain_surroundings: Any
) -> None:
    (plain_surroundings / ".aws").mkdir()
    (plain_surroundings / ".aws" / "config").write_text(
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/app\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
    )
    sts = (
        '[network.endpoints.sts]\nhost = "sts.eu-west-1.amazonaws.com"\n'
        f'addresses = ["127.0.0.1"]\nport = {slow.port}\n'
    )
    slow.silent = True  # no handshake either

    assert seconds_until_it_ended(front, bedrock, sts) < ENOUGH_S
    assert bedrock.requests == []


PROCESS = '[identity]\ncredentials = ["custom-process"]\n'


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("last", ["exec sleep 30", "sleep 4; exit 1"], ids=["itself", "its child"])
def test_a_process_that_hangs_holds_no_call_past_its_deadline(
    last: str, front: str, bedrock: LocalBedrock, plain_surroundings: Path
) -> None:
    """Also where a child of its own keeps the pipes."""
    (plain_surroundings / ".aws").mkdir()
    config = f"[default]\ncredential_process = {plain_surroundings / 'hang'}\n"
    (plain_surroundings / ".aws" / "config").write_text(config)
    (plain_surroundings / "hang").write_text(
        f"#!/bin/sh\necho $$ > {plain_surroundings / 'pid'}\n{last}\n"
    )
    (plain_surroundings / "hang").chmod(0o700)

    assert seconds_until_it_ended(front, bedrock, PROCESS) < ENOUGH_S
    assert bedrock.requests == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((plain_surroundings / "pid").read_text()), 0)


def until(seconds: float) -> Deadline:
    return Deadline.after(seconds)


def test_who_waits_for_anothers_fetch_waits_until_the_deadline_and_no_longer() -> None:
    fetching, go_on = threading.Event(), threading.Event()

    def fetch() -> Expiring:
        fetching.set()
        assert go_on.wait(10)
        return Expiring(FrozenCredentials("AKIA", "s"), time.time() + 3600)

    source = RefreshingCredentials(fetch)
    other = threading.Thread(target=source.frozen)
    other.start()
    assert fetching.wait(10)
    began = time.monotonic()
    with within(until(0.2)), pytest.raises(DeadlineExceeded):
        source.frozen()
    assert time.monotonic() - began < ENOUGH_S
    go_on.set()
    other.join(10)
    with within(until(5)):
        assert source.frozen().access_key == "AKIA"


def test_the_earlier_of_two_deadlines_counts_and_only_inside() -> None:
    near, far, never = until(10), until(20), Deadline()
    assert not_after_the_caller(far) is far
    assert time_left() is None
    with within(near):
        assert not_after_the_caller(far) is near
        assert not_after_the_caller(never) is near
        left = time_left()
        assert left is not None
        assert 9 < left <= 10
        with within(never):
            assert not_after_the_caller(far) is far
    with within(far):
        assert not_after_the_caller(near) is near
    assert time_left() is None


def test_a_lock_is_given_back_and_not_taken_when_it_is_late() -> None:
    lock = threading.Lock()
    with suppress(ZeroDivisionError), held(lock):
        assert lock.locked()
        raise ZeroDivisionError
    assert not lock.locked()
    with within(until(-1)), pytest.raises(DeadlineExceeded), held(lock):
        raise AssertionError("held")
    assert not lock.locked()


def test_another_thread_has_no_part_in_the_deadline() -> None:
    seen: list[float | None] = []
    with within(until(5)):
        thread = threading.Thread(target=lambda: seen.append(time_left()))
        thread.start()
        thread.join(5)
    assert seen == [None]
