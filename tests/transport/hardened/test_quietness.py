"""Nothing of what is said, and no credential, reaches botocore's logs or its history through a hardened client."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.history import get_global_history_recorder

from secure_bedrock.testing import Fault, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
PROMPT = "the harbour kettle is a secret"
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]


class Recorder:
    """A history handler that keeps everything."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        self.seen.append((event_type, repr(payload)))


@pytest.fixture
def history() -> Iterator[Recorder]:
    recorder: Any = get_global_history_recorder()
    kept = Recorder()
    recorder.add_handler(kept)
    recorder.enable()
    yield kept
    recorder.disable()
    recorder._handlers.remove(kept)


def use_everything(client: Any, bedrock: LocalBedrock) -> None:
    client.converse(modelId=MODEL, messages=MESSAGES)
    list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])
    client.invoke_model(
        modelId=MODEL, body=b'{"max_tokens": 5, "messages": [], "x": "%s"}' % PROMPT.encode()
    )
    bedrock.fault(Fault.error("ValidationException", 400, PROMPT))
    with pytest.raises(ClientError):
        client.converse(modelId=MODEL, messages=MESSAGES)
    with pytest.raises(ParamValidationError):
        client.converse(modelId=MODEL, messages=PROMPT)
    bedrock.fault(Fault.stream_exception("validationException"))
    with pytest.raises(ClientError):
        list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])


def test_debug_logs_and_history_hold_no_content_and_no_credential(
    make: Any, bedrock: LocalBedrock, caplog: pytest.LogCaptureFixture, history: Recorder
) -> None:
    secrets = (PROMPT, "You said", bedrock.credentials.secret_key, bedrock.credentials.token)
    with caplog.at_level(logging.DEBUG):
        client = make()
        with caplog.at_level(logging.DEBUG, logger="botocore"):
            try:
                use_everything(client, bedrock)
            except ClientError:
                pytest.fail("the local Bedrock refused a request of the test's own")
    lines = [record.getMessage() for record in caplog.records]
    assert any("Calling endpoint" in line or "Event" in line for line in lines)  # logging was on
    for secret in secrets:
        assert secret is not None
        assert not [line for line in lines if secret in line]
        assert not [entry for entry in history.seen if secret in entry[1]]
    assert not [line for line in lines if "AWS4-HMAC-SHA256" in line]


def test_the_history_sees_that_a_call_was_made_and_not_what_was_said(
    make: Any, history: Recorder
) -> None:
    make().converse(modelId=MODEL, messages=MESSAGES)
    (entry,) = history.seen
    assert entry[0] == "API_CALL"
    assert "'params': {}" in entry[1]
