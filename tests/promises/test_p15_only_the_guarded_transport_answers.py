"""P15: an answer that did not pass through the guarded transport is not returned, whoever gave it.

The table tells the story once, over clients as users make them; tests/transport/hardened/test_tampering.py has every
seam of botocore's.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.httpsession
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.endpoint import Endpoint

from secure_bedrock import SecureSession
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import TransportTampered
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.hardened.reading.raw_body import RawBody

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello there"}]}]
FORGED: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "forged"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
OK = SimpleNamespace(status_code=200, headers={})


def forged_response(**_: Any) -> AWSResponse:
    headers: Any = {}
    return AWSResponse("https://x", 200, headers, RawBody(iter((b"{}",))))


def answer_before_send(client: Any, _stack: ExitStack) -> None:
    """As moto does: a handler of `before-send` gives a response."""
    client.meta.events.register("before-send", forged_response)


def answer_before_call(client: Any, _stack: ExitStack) -> None:
    client.meta.events.register("before-call", lambda **_: (OK, FORGED))


def replace_endpoint(client: Any, _stack: ExitStack) -> None:
    answering = SimpleNamespace(make_request=lambda *_: (OK, FORGED), close=lambda: None)
    client._endpoint = answering


def patch_calls(_client: Any, stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(BaseClient, "_make_api_call", return_value=FORGED))


def patch_convert(client: Any, stack: ExitStack) -> None:
    stack.enter_context(mock.patch.object(client, "_make_request", return_value=(OK, FORGED)))


FORGERIES: dict[str, Callable[[Any, ExitStack], None]] = {
    "a handler before sending": answer_before_send,
    "a handler before the call": answer_before_call,
    "another endpoint": replace_endpoint,
    "botocore's call, patched": patch_calls,
    "the client's request, patched": patch_convert,
}


@pytest.fixture(params=["client()", "SecureSession"])
def hardened(
    request: pytest.FixtureRequest,
    make_hardened: Any,
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
) -> Iterator[Any]:
    """A hardened client in each way that gives one sinks of its own."""
    if request.param == "client()":
        yield make_hardened()
        return
    session = SecureSession(bedrock.policy, credentials=bedrock.credentials, sinks=[events.append])
    client = session.client("bedrock-runtime")
    yield client
    client.close()


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_forged_answer_is_not_returned(
    name: str,
    operation: str,
    hardened: Any,
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    with ExitStack() as stack, ConnectLog() as log:
        FORGERIES[name](hardened, stack)
        with pytest.raises(TransportTampered):
            getattr(hardened, operation)(modelId=MODEL, messages=MESSAGES)

    assert log.events == []
    assert bedrock.requests == []
    assert [(event.outcome, event.error_class) for event in events] == [
        ("refused", "TransportTampered")
    ]


def test_another_http_session_is_refused_when_it_is_put_in(hardened: Any, ask: Any) -> None:
    with pytest.raises(TransportTampered):
        hardened._endpoint.http_session = botocore.httpsession.URLLib3Session()

    assert ask(hardened, "Converse") == "You said: Hello there"


PATCHES: dict[str, tuple[Any, str, Any]] = {
    "botocore's calls": (BaseClient, "_make_api_call", FORGED),
    "botocore's requests": (Endpoint, "make_request", (OK, FORGED)),
    "botocore's HTTP": (botocore.httpsession.URLLib3Session, "send", forged_response()),
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_typed_call_does_not_pass_what_mocks_patch(
    name: str, make: Any, bedrock: LocalBedrock
) -> None:
    """Mocks, recorders and plugins live in botocore; a typed call passes none of it."""
    owner, attribute, answer = PATCHES[name]
    with mock.patch.object(owner, attribute, return_value=answer):
        reply = make().converse(MODEL, "Hello there")

    assert reply.text == "You said: Hello there"
    assert len(bedrock.requests) == 1
