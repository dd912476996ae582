"""A local server ends when it is told to, whatever it is in the middle of."""

import socket
import threading
import time

import pytest

from secure_bedrock.testing import LocalBedrock


def test_it_can_be_stopped_while_a_connections_thread_is_being_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine that takes long; stop() once tried to wait for a thread that did not run yet."""
    starting, start = threading.Event(), threading.Thread.start

    def slowly(thread: threading.Thread) -> None:
        starting.set()
        time.sleep(0.2)
        start(thread)

    with LocalBedrock() as bedrock:
        monkeypatch.setattr(threading.Thread, "start", slowly)
        # Not waiting long for the thread that accepts, it comes to the other one in time.
        monkeypatch.setattr("secure_bedrock.testing.local_server._STOP_S", 0.05)
        with socket.create_connection(("127.0.0.1", bedrock.port)):
            assert starting.wait(5)
            bedrock.stop()
