"""P01 and P04: connections, addresses and settings that change while a client lives lead to no other place."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from secure_bedrock.errors import ConnectFailed
from secure_bedrock.testing import ConnectLog, Fault, LocalAuthority, LocalBedrock
from tests.corpus import FIXTURE, CorpusEntry
from tests.promises.place import ENIS, PUBLIC, Place


@pytest.mark.corpus("time-all-enis-down")
def test_interfaces_that_are_all_down_are_a_failure_to_connect_and_no_other_name(
    corpus_entry: CorpusEntry, front_name: str, corpus_server: LocalBedrock, opened: Any
) -> None:
    assert (corpus_entry["expect"], corpus_entry["error"]) == ("allowed", None)  # tried, not denied
    place = Place(corpus_server, PUBLIC)
    place.resolver.set(corpus_server.host, ENIS)
    for name in FIXTURE["dns_names"]:
        if name != corpus_server.host:
            place.resolver.set(name, [PUBLIC])

    failure = ConnectFailed if front_name == "typed" else EndpointConnectionError
    with ConnectLog() as log, pytest.raises(failure):
        opened(place)()

    assert place.dialled == ENIS * 2  # two attempts, both interfaces each
    assert place.asked == [corpus_server.host] * 2
    assert log.events == []
    assert corpus_server.requests == []


def port_of_peer(descriptor: int) -> int | None:
    """The port that a descriptor of this process is connected to."""
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        try:
            peer = twin.getpeername()
        except OSError:  # not connected
            return None
    return int(peer[1]) if isinstance(peer, tuple) else None


def descriptor_to(port: int) -> int:
    """The one descriptor that is connected to the port, found from outside the library."""
    listed = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            listed += [each] * str(each.readlink()).startswith("socket:")
    (found,) = [int(each.name) for each in listed if port_of_peer(int(each.name)) == port]
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
@pytest.mark.corpus("time-peer-moved")
def test_a_descriptor_that_became_another_socket_is_not_written_to(
    corpus_entry: CorpusEntry, authority: LocalAuthority, opened: Any
) -> None:
    with LocalBedrock(region=FIXTURE["region"], authority=authority) as server:
        place = Place(server, *ENIS)
        call = opened(place)
        assert call() == "end_turn"

        kept = descriptor_to(server.port)
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            with socket.create_connection(stranger.getsockname()) as other:
                accepted, _ = stranger.accept()
                os.dup2(
                    other.fileno(), kept
                )  # what a foreign os.close() and the next socket come to
            with accepted, socket.socket(fileno=kept):
                with pytest.raises(corpus_entry.refusal):
                    call()
                accepted.setblocking(False)
                with pytest.raises(BlockingIOError):
                    accepted.recv(1)  # not a byte, and the stranger's connection still stands
        assert call() == "end_turn"

        assert place.dialled == [ENIS[0]] * 2
        assert len(server.requests) == 2


@pytest.mark.corpus("time-thread-env-race")
def test_a_proxy_that_another_thread_sets_meanwhile_is_not_used(
    corpus_entry: CorpusEntry,
    corpus_server: LocalBedrock,
    opened: Any,
    trap: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert corpus_entry["expect"] == "allowed"
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY")
    for name in names:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")  # so that every one is taken back in the end
    place = Place(corpus_server, *ENIS)
    call = opened(place)
    corpus_server.fault(Fault.all()["close-idle"], times=None)  # each call has to dial
    done = threading.Event()

    def keep_setting() -> None:
        while not done.is_set():
            for name in names:
                os.environ[name] = f"http://127.0.0.1:{trap.port}"
            for name in names:
                os.environ.pop(name, None)

    thread = threading.Thread(target=keep_setting)
    thread.start()
    try:
        with ConnectLog() as log:
            assert [call() for _ in range(20)] == ["end_turn"] * 20
    finally:
        done.set()
        thread.join(10)

    assert trap.caught == 0
    assert log.connects == [("127.0.0.1", corpus_server.port)] * 20
    assert place.dialled == ENIS[:1] * 20
