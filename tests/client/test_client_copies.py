"""The same client elsewhere: pickled, copied, in many threads, in a forked child."""

import copy
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import LocalBedrock
from tests.forks import in_child

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
WAYS: dict[str, Callable[[SecureBedrockClient], SecureBedrockClient]] = {
    "pickle": lambda client: pickle.loads(pickle.dumps(client)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("used", [False, True])
def test_a_copy_is_a_client_of_its_own(
    way: str, used: bool, local: LocalBedrock, env_keys: None
) -> None:
    with ExitStack() as stack:
        client = stack.enter_context(SecureBedrockClient(local.policy))
        if used:
            client.converse(MODEL, "Hello")
        twin = stack.enter_context(WAYS[way](client))

        assert twin is not client
        assert twin.policy == client.policy
        assert twin.converse(MODEL, "Hello").text == "You said: Hello"
        client.close()
        assert twin.converse(MODEL, "Hello").text == "You said: Hello"


@pytest.mark.parametrize("way", WAYS)
def test_explicit_credentials_are_not_carried_away(way: str, client: SecureBedrockClient) -> None:
    with pytest.raises(TypeError, match="explicit credentials"):
        WAYS[way](client)


def test_a_pickle_holds_no_credential(local: LocalBedrock, env_keys: None) -> None:
    with SecureBedrockClient(local.policy, profile_name=None) as client:
        client.converse(MODEL, "Hello")
        data = pickle.dumps(client)

    for secret in (local.credentials.secret_key, local.credentials.token or ""):
        assert secret.encode() not in data


def test_thirty_two_threads_share_one_client(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    barrier = threading.Barrier(32)

    def talk(number: int) -> list[str]:
        barrier.wait()
        said = []
        for turn in range(3):
            prompt = f"thread {number} turn {turn}"
            if turn == 1:
                with client.converse_stream(MODEL, prompt) as stream:
                    said.append("".join(stream.text_stream))
            else:
                said.append(client.converse(MODEL, prompt).text)
        return said

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(talk, range(32)))

    for number, said in enumerate(answers):
        assert said == [f"You said: thread {number} turn {turn}" for turn in range(3)]
    assert len(local.requests) == len(events) == 96
    assert {event.outcome for event in events} == {"ok"}
    assert len({event.event_id for event in events}) == 96


def test_a_forked_child_calls_over_a_connection_of_its_own(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    client.converse(MODEL, "parent before")
    before = local.connections
    said = in_child(lambda: client.converse(MODEL, "child").text)

    assert said == "You said: child"
    assert local.connections == before + 1
    assert client.converse(MODEL, "parent after").text == "You said: parent after"
    assert local.connections == before + 1  # the parent's own is as good as before
    assert len(events) == 2


def test_a_stream_under_way_stays_the_parents(
    client: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    stream = client.converse_stream(MODEL, "Hello there")
    next(iter(stream))
    said = in_child(lambda: client.converse(MODEL, "child").text)

    assert said == "You said: child"
    assert stream.response().text == "You said: Hello there"
    assert [event.outcome for event in events] == ["ok"]


def test_a_child_does_not_wait_for_a_lock_that_the_parent_held(
    client: SecureBedrockClient,
) -> None:
    with client._parts._lock():
        said = in_child(lambda: client.converse(MODEL, "child").text)

    assert said == "You said: child"
