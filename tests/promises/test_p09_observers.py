"""P09: observers of botocore, of HTTP and of logs see a call of ours without what was said; of a stock call they see it.

Both run in a process of its own with every observer at once.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from secure_bedrock.errors import TransportTampered
from secure_bedrock.testing import ConnectLog, LocalBedrock, LocalCredentials

wrapt = pytest.importorskip("wrapt", reason="not in the environments of other botocores")

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"

OBSERVED = """
import http.client, json, logging, os, boto3, urllib3
from botocore.history import get_global_history_recorder

boto3.set_stream_logger("")
urllib3.add_stderr_logger(logging.DEBUG)
http.client.HTTPConnection.debuglevel = 1

class Printer:
    def emit(self, event_type, payload, source):
        print("HISTORY", event_type, payload, source)

recorder = get_global_history_recorder()
recorder.add_handler(Printer())
recorder.enable()
canary = json.loads(os.environ["CANARIES"])
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
asked = {
    "modelId": MODEL,
    "messages": [{"role": "user", "content": [{"text": canary["prompt"]}]}],
    "system": [{"text": canary["system"]}],
}
def use(client):
    client.converse(**asked)
    list(client.converse_stream(**asked)["stream"])
    client.invoke_model(modelId=MODEL, body=json.dumps({"anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9, "messages": [{"role": "user", "content": canary["prompt"]}]}))["body"].read()
"""
OURS = """
from secure_bedrock import SecureBedrockClient, SecureSession, create_client
use(create_client("bedrock-runtime", os.environ["POLICY"]))
use(SecureSession(os.environ["POLICY"]).client("bedrock-runtime"))
with SecureBedrockClient(os.environ["POLICY"]) as client:
    client.converse(MODEL, asked["messages"], system=asked["system"])
"""
STOCK = """
use(boto3.client("bedrock-runtime", region_name="eu-west-1", endpoint_url=os.environ["URL"],
    verify=os.environ["CA"]))
"""
PLUGIN = """
print("WATCHING")
def initialize_client_plugin(client):
    client.meta.events.register("before-send", lambda request, **_: print("WATCHING", request.body))
"""


@pytest.fixture(scope="module")
def server(canaries: Any) -> Iterator[LocalBedrock]:
    keys = LocalCredentials(canaries.access_key, canaries.secret_key, canaries.token)
    with LocalBedrock(credentials=keys, tls_names=("127.0.0.1",)) as running:
        yield running


@dataclass(frozen=True)
class Seen:
    """What the observers of a process wrote, and the datagrams that client-side monitoring sent."""

    written: str
    datagrams: int


@pytest.fixture
def observe(bedrock: LocalBedrock, canaries: Any, tmp_path: Path) -> Any:
    """Runs a script in a process with every observer, and gives what they saw."""
    policy = tmp_path / "secure-bedrock.toml"
    policy.write_text(bedrock.policy_toml(), encoding="utf-8")
    (tmp_path / "watching_plugin.py").write_text(PLUGIN, encoding="utf-8")
    monitor = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    monitor.bind(("127.0.0.1", 0))
    monitor.setblocking(False)
    surroundings = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
        "AWS_ACCESS_KEY_ID": canaries.access_key,
        "AWS_SECRET_ACCESS_KEY": canaries.secret_key,
        "AWS_SESSION_TOKEN": canaries.token,
        "AWS_CSM_ENABLED": "true",
        "AWS_CSM_HOST": "127.0.0.1",
        "AWS_CSM_PORT": str(monitor.getsockname()[1]),
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "watching=watching_plugin",
        "CANARIES": json.dumps({"prompt": canaries.prompt, "system": canaries.system}),
        "POLICY": str(policy),
        "URL": bedrock.loopback_url,
        "CA": bedrock.ca_path,
    }

    def run(script: str) -> Seen:
        done = subprocess.run(
            [sys.executable, "-c", OBSERVED + script],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return Seen(done.stdout + done.stderr, sum(1 for _ in received(monitor)))

    yield run
    monitor.close()


def received(monitor: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield monitor.recv(65536)
        except BlockingIOError:
            return


def test_observers_of_our_calls_see_no_content(
    observe: Any, canaries: Any, bedrock: LocalBedrock
) -> None:
    seen = observe(OURS)
    assert len(bedrock.requests) == 7
    assert seen.written.count("HISTORY API_CALL") == 6  # the observers were there
    assert "[DEBUG]" in seen.written
    assert "WATCHING" not in seen.written
    assert (
        "BOTOCORE_EXPERIMENTAL__PLUGINS, AWS_CSM_ENABLED" in seen.written
    )  # told of, not followed
    assert "send: b" not in seen.written
    assert "AWS4-HMAC-SHA256" not in seen.written
    assert canaries.found_in(seen.written) == set()
    assert seen.datagrams == 0


def test_the_same_observers_see_all_of_a_stock_call(observe: Any, canaries: Any) -> None:
    """The control."""
    seen = observe(STOCK)
    assert "WATCHING" in seen.written
    assert "send: b" in seen.written
    assert canaries.found_in(seen.written) >= {"prompt", "system"}
    assert seen.datagrams > 0


Proxy: Any = wrapt.ObjectProxy


class Observed(Proxy):  # type: ignore[misc]
    """A stream as tracing wraps it: everything passes through."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__wrapped__)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Instruments botocore as OpenTelemetry does: its call patched with wrapt, streams in proxies."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def traced(wrapped: Any, _instance: Any, args: Any, named: Any) -> Any:
        operation, params = args
        seen.append((operation, dict(params)))
        answer = wrapped(*args, **named)
        for member in ("stream", "body"):
            if member in answer:
                answer[member] = Observed(answer[member])
        return answer

    genuine: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    monkeypatch.setattr(BaseClient, "_make_api_call", wrapt.FunctionWrapper(genuine, traced))
    return seen


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream", "InvokeModel"])
def test_tracing_sees_that_a_call_is_made_and_moves_nothing(
    operation: str, spans: Any, make_hardened: Any, ask: Any, bedrock: LocalBedrock
) -> None:
    with ConnectLog() as log:
        assert ask(make_hardened(), operation) == "You said: Hello there"
    assert spans == [(operation, {})]
    assert log.connects == [("127.0.0.1", bedrock.port)]
    assert len(bedrock.requests) == 1


def test_tracing_that_puts_another_stream_in_place_is_found_out(
    monkeypatch: pytest.MonkeyPatch, make_hardened: Any, ask: Any
) -> None:
    genuine: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def replaced(wrapped: Any, _instance: Any, args: Any, named: Any) -> Any:
        answer = wrapped(*args, **named)
        return {**answer, "stream": iter(())}

    monkeypatch.setattr(BaseClient, "_make_api_call", wrapt.FunctionWrapper(genuine, replaced))
    with pytest.raises(TransportTampered):
        ask(make_hardened(), "ConverseStream")
