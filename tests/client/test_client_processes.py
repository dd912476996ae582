"""A client beyond one process: spawned children, a forked child that ends, many threads that begin at once."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import ConnectLog, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]
THREADS = 64
CHILD_S = 10
# forkserver starts from a process that never held the client; both rebuild everything from the pickle.
STARTS = [
    method
    for method in ("spawn", "forkserver")
    if method in multiprocessing.get_all_start_methods()
]


@pytest.mark.parametrize("method", STARTS)
def test_a_pickled_client_calls_from_a_process_that_was_started_for_it(
    method: str, local: LocalBedrock, env_keys: None
) -> None:
    with SecureBedrockClient(local.policy) as client:
        client.converse(MODEL, "parent")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
            reply = pool.submit(SecureBedrockClient.converse, client, MODEL, "child").result(60)
        assert reply.text == "You said: child"
        assert client.converse(MODEL, "parent again").text == "You said: parent again"

    assert len({request.connection for request in local.requests}) == 2


PROGRAM = """
import multiprocessing
import sys

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.errors import ModelDenied


def ask(policy):
    with SecureBedrockClient(policy, sinks=[]) as client:
        try:
            client.converse("amazon.titan-text-express-v1", "Hello")
        except ModelDenied:
            return client.converse(sys.argv[2], "Hello").text


if __name__ == "__main__":
    policy = Policy.load(sys.argv[1])
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(ask, [policy] * 4))
"""


def test_spawned_workers_make_their_clients_from_a_pickled_policy(
    local: LocalBedrock, env_keys: None, tmp_path: Path
) -> None:
    program, policy = tmp_path / "workers.py", tmp_path / "policy.toml"
    program.write_text(PROGRAM, encoding="utf-8")
    policy.write_text(local.policy_toml(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program), str(policy), MODEL],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.stderr, done.stdout.strip()) == ("", str(["You said: Hello"] * 4))
    assert len(local.requests) == 4


def typed_call(client: SecureBedrockClient) -> Any:
    return lambda text: client.converse(MODEL, text).text


def hardened_call(client: SecureBedrockClient) -> Any:
    runtime = client.client("bedrock-runtime")

    def call(text: str) -> str:
        messages = [{"role": "user", "content": [{"text": text}]}]
        answer = runtime.converse(modelId=MODEL, messages=messages)
        return str(answer["output"]["message"]["content"][0]["text"])

    return call


@pytest.mark.parametrize("front", [typed_call, hardened_call])
def test_64_threads_whose_first_call_is_the_clients_first(
    front: Any, client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    """Route, trust store, transport and credentials are all made on first use: by one of them, for all."""
    call = front(client)
    barrier = threading.Barrier(THREADS, timeout=20)

    def talk(number: int) -> str:
        barrier.wait()
        return str(call(f"thread {number}"))

    with ConnectLog() as log, ThreadPoolExecutor(THREADS) as pool:
        said = list(pool.map(talk, range(THREADS)))

    assert said == [f"You said: thread {number}" for number in range(THREADS)]
    assert len(local.requests) == THREADS
    assert len({event.event_id for event in events}) == THREADS
    assert set(log.connects) == {("127.0.0.1", local.port)}
    assert len(log.connects) <= THREADS


def test_explicit_credentials_are_in_no_clients_pickle(
    local: LocalBedrock, client: SecureBedrockClient
) -> None:
    import pickle

    with pytest.raises(TypeError, match="explicit credentials"):
        pickle.dumps(client)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(client.client("bedrock-runtime"))
    assert pickle.loads(pickle.dumps(local.policy)) == local.policy
    assert isinstance(local.policy, Policy)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("end", ["os._exit", "drops everything first"])
@pytest.mark.parametrize("front", [typed_call, hardened_call])
def test_a_child_that_ends_leaves_the_parents_connection_usable(
    front: Any, end: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    """A TLS shutdown or a single byte from the child would end the session that the parent still has."""
    call = front(client)
    call("before")
    before = local.connections
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(CHILD_S)
            if end != "os._exit":
                import gc

                client.close()
                del call, client
                gc.collect()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    assert call("after") == "You said: after"
    assert local.connections == before
