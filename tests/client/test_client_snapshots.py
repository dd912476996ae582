"""A client in a snapshot of its process: what a restored copy keeps, what it makes anew, and what no two copies share."""

import gc
import os
import random
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient, create_client
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import IncompleteResponse, SecureBedrockError
from secure_bedrock.testing import Answer, ConnectLog, LocalBedrock
from secure_bedrock.values.restore import forget_all
from tests.forks import in_child

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]
CHILDREN = 4


def hardened(client: SecureBedrockClient) -> Callable[[], Any]:
    runtime = client.client("bedrock-runtime")
    return lambda: runtime.converse(modelId=MODEL, messages=MESSAGES)


def typed(client: SecureBedrockClient) -> Callable[[], Any]:
    return lambda: client.converse(MODEL, "Hello")


@pytest.mark.parametrize("front", [typed, hardened])
def test_a_restored_client_opens_a_connection_of_its_own(
    front: Any, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    call = front(client)
    call()
    call()
    with ConnectLog() as log:
        forget_all()
        call()
        call()

    assert log.connects == [("127.0.0.1", local.port)]
    assert len({request.connection for request in local.requests}) == 2


def test_a_client_that_was_closed_for_good_stays_closed(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    runtime = client.client("bedrock-runtime")
    runtime.converse(modelId=MODEL, messages=MESSAGES)
    runtime.close()
    forget_all()
    with pytest.raises(SecureBedrockError, match="closed"):
        runtime.converse(modelId=MODEL, messages=MESSAGES)


def test_a_restored_client_asks_for_credentials_again(
    local: LocalBedrock, env_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SecureBedrockClient(local.policy, sinks=[]) as client:
        client.converse(MODEL, "Hello")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "LOCALRESTOREDKEY")
        client.converse(MODEL, "Hello")
        forget_all()
        with pytest.raises(SecureBedrockError):
            client.converse(MODEL, "Hello")  # the server knows the first key only

    keys = [_key_of(request.headers["authorization"]) for request in local.requests]
    assert keys == [local.credentials.access_key] * 2 + ["LOCALRESTOREDKEY"]


def _key_of(authorization: str) -> str:
    return authorization.partition("Credential=")[2].partition("/")[0]


def test_credentials_that_were_passed_stay(
    client: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    client.converse(MODEL, "Hello")
    forget_all()
    client.converse(MODEL, "Hello")

    assert [event.outcome for event in events] == ["ok", "ok"]


def test_a_stream_that_was_under_way_ends_as_cut(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    local.script(Answer.text("one two three four five six seven eight", pace_s=0.05))
    stream = client.converse_stream(MODEL, "Hello")
    forget_all()
    with pytest.raises(IncompleteResponse):
        stream.response()

    assert [event.outcome for event in events] == ["incomplete"]


def test_a_dropped_client_is_not_kept_for_the_next_snapshot(
    local: LocalBedrock, env_keys: None
) -> None:
    client = SecureBedrockClient(local.policy, sinks=[])
    client.converse(MODEL, "Hello")
    runtime = create_client("bedrock-runtime", local.policy)
    held = [
        weakref.ref(each)
        for each in (client._parts.routes, client._parts.source, runtime._secure.way)
    ]
    client.close()
    runtime.close()
    del client, runtime
    gc.collect()

    assert [each() for each in held] == [None] * 3


def test_importing_registers_nothing_and_the_first_client_registers_once(
    local: LocalBedrock, tmp_path: Path
) -> None:
    (tmp_path / "snapshot_restore_py.py").write_text(
        textwrap.dedent("""
            seen = []

            def register_before_snapshot(func, *args, **kwargs):
                seen.append("before")
                return func

            def register_after_restore(func, *args, **kwargs):
                seen.append("after")
                return func
        """),
        encoding="utf-8",
    )
    program = """
import sys
import secure_bedrock
from secure_bedrock import Policy, SecureBedrockClient
print("snapshot_restore_py" in sys.modules)
policy = Policy.load(sys.argv[1])
made = [SecureBedrockClient(policy) for _ in range(3)]
print(sys.modules["snapshot_restore_py"].seen)
"""
    policy = tmp_path / "policy.toml"
    policy.write_text(local.policy_toml(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program, str(policy)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stderr, done.stdout.splitlines()) == ("", ["False", "['before', 'after']"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_no_two_copies_of_a_process_draw_the_same(client: SecureBedrockClient) -> None:
    """A forked child is a copy of its parent's memory, as a restored environment is of its snapshot's."""
    client.converse(MODEL, "Hello")
    drawn = [_drawn_in_child(client) for _ in range(CHILDREN)]

    for kind in range(3):
        values = [value for child in drawn for value in child[kind::3]]
        assert len(set(values)) == len(values) == CHILDREN * 50


def _drawn_in_child(client: SecureBedrockClient) -> list[str]:
    """Fifty times an event id, an invocation id and a retry's jitter."""
    from secure_bedrock.audit import new_event_id
    from secure_bedrock.transport.core.asking.sdk_headers import new_invocation_id

    def drawn() -> str:
        random.seed(20261120)  # Python seeds it anew in a child, which nobody does after a restore
        jitter = client._parts.runner.engine._random
        lines = [f"{new_event_id(1.0)}\n{new_invocation_id()}\n{jitter()}" for _ in range(50)]
        return "\n".join(lines)

    return in_child(drawn).splitlines()
