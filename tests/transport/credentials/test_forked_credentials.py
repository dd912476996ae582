"""A child that is forked while another thread fetches credentials fetches its own and does not wait."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.transport.credentials import (
    CredentialSource,
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
)
from secure_bedrock.transport.credentials.chain import credential_source

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork"),
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

LIMIT_S = 20
CHILD_S = 5


def key_in_child_while_the_parent_fetches(
    make: Callable[[Callable[[], None]], CredentialSource],
) -> str:
    """The access key that a child gets while a thread of its parent is in the fetch; "" where it waited for ever."""
    parent = os.getpid()
    inside, go = threading.Event(), threading.Event()

    def linger() -> None:
        if os.getpid() == parent:
            inside.set()
            assert go.wait(LIMIT_S)

    source = make(linger)
    thread = threading.Thread(target=source.frozen)
    thread.start()
    assert inside.wait(LIMIT_S)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(CHILD_S)  # a child that waits would wait for ever
        os.write(writing, source.frozen().access_key.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    go.set()
    thread.join(LIMIT_S)
    return said


@pytest.mark.parametrize("expires_at", [None, 0.0], ids=["the first fetch", "a refresh"])
def test_a_child_does_not_wait_for_its_parents_fetch(expires_at: float | None) -> None:
    def make(linger: Callable[[], None]) -> CredentialSource:
        def fetch() -> Expiring:
            linger()
            return Expiring(FrozenCredentials("ASIAFRESH", "s"), float("inf"))

        old = FrozenCredentials("ASIAOLD", "s")
        first = None if expires_at is None else Expiring(old, expires_at)
        return RefreshingCredentials(fetch, first=first)

    assert key_in_child_while_the_parent_fetches(make) == "ASIAFRESH"


def test_a_child_refreshes_early_though_its_parent_does() -> None:
    def make(linger: Callable[[], None]) -> CredentialSource:
        def fetch() -> Expiring:
            linger()
            return Expiring(FrozenCredentials("ASIAFRESH", "s"), float("inf"))

        first = Expiring(FrozenCredentials("ASIAOLD", "s"), 12 * 60)
        return RefreshingCredentials(fetch, first=first, clock=lambda: 0.0)

    assert key_in_child_while_the_parent_fetches(make) == "ASIAFRESH"


def test_a_child_does_not_wait_for_its_parents_search() -> None:
    policy = Policy(
        region="eu-west-1",
        models=["anthropic.claude-3-haiku-20240307-v1:0"],
        network={"cidrs": ["10.20.0.0/16"]},
        identity={"credentials": ["env"]},
    )

    class Environment(dict[str, str]):
        """Values that take their time: the search is under way for as long as they are read."""

        linger: Callable[[], None]

        def get(self, key: str, default: Any = None) -> Any:
            if key == "AWS_ACCESS_KEY_ID":
                self.linger()
            return super().get(key, default)

    def make(linger: Callable[[], None]) -> CredentialSource:
        environ = Environment(AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="s")
        environ.linger = linger
        return credential_source(policy, environ=environ)

    assert key_in_child_while_the_parent_fetches(make) == "AKIAENV"
