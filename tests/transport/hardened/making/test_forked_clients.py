"""A child that is forked while another thread makes a client or opens its transport does not wait for it."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.discovery import RouteFinder
from secure_bedrock.policy import Policy
from secure_bedrock.testing import LocalBedrock
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.hardened.making.build import hardened_session

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork"),
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

LIMIT_S = 20
CHILD_S = 10


class Parent:
    """Keeps the parent's thread where `linger` is called, until a child was through there."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._inside, self._go = threading.Event(), threading.Event()

    def linger(self) -> None:
        if os.getpid() == self._pid:
            self._inside.set()
            assert self._go.wait(LIMIT_S)

    def exit_code_of_child(self, work: Callable[[], object]) -> int:
        """0 where a child did the work while the parent's thread stood in the middle of it."""
        thread = threading.Thread(target=work)
        thread.start()
        assert self._inside.wait(LIMIT_S)
        child = os.fork()
        if child == 0:
            signal.alarm(CHILD_S)  # a child that waits would wait for ever
            try:
                work()
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        self._go.set()
        thread.join(LIMIT_S)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def policy(bedrock: LocalBedrock) -> Policy:
    return Policy.from_toml(bedrock.policy_toml())


def test_a_child_does_not_wait_for_its_parents_transport(policy: Policy) -> None:
    parent = Parent()
    routes = RouteFinder(policy)

    def open_transport(route: Any) -> GuardedTransport:
        parent.linger()
        return GuardedTransport(route, policy=policy)

    holder = RouteHolder("bedrock-runtime", routes, open_transport)

    assert parent.exit_code_of_child(holder.transport) == 0
    holder.close()


def test_a_child_does_not_wait_for_its_parents_client_class(
    policy: Policy, bedrock: LocalBedrock
) -> None:
    parent = Parent()
    session = hardened_session(policy, routes=RouteFinder(policy), credentials=bedrock.credentials)
    session.get_component("event_emitter").register(
        "creating-client-class", lambda **_: parent.linger()
    )

    assert parent.exit_code_of_child(lambda: session.create_client("bedrock-runtime")) == 0
