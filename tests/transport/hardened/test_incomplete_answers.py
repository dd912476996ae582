"""An answer that was cut, misframed or is no answer at all is an error on hardened clients too."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.model import ServiceModel

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    IncompleteResponse,
    RedirectDenied,
    SecureBedrockError,
    TlsDenied,
)
from secure_bedrock.testing import Fault, LocalBedrock
from secure_bedrock.transport.hardened.event_stream import CompleteEventStream
from secure_bedrock.transport.hardened.packaged import packaged_loader
from secure_bedrock.transport.hardened.quiet_parsing import parse_answer, quiet_parser
from secure_bedrock.transport.hardened.raw_body import RawBody

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
PROMPT = "the harbour kettle is a secret"
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]
ONE_TRY = "[retry]\nmax_attempts = 1\n"
FAULTS = Fault.all(stall_s=0.4)

PLAIN: dict[str, type[Exception]] = {
    "reset-after-accept": EndpointConnectionError,
    "certificate-other-name": TlsDenied,
    "certificate-expired": TlsDenied,
    "certificate-unknown-issuer": TlsDenied,
    "certificate-self-signed": TlsDenied,
    "throttle": ClientError,
    "status-500": ClientError,
    "status-502": ClientError,
    "status-503": ClientError,
    "status-504": ClientError,
    "redirect-301": RedirectDenied,
    "redirect-302": RedirectDenied,
    "redirect-307": RedirectDenied,
    "redirect-308": RedirectDenied,
    "stall-head": ReadTimeoutError,
    "stall-body": ReadTimeoutError,
    "cut": IncompleteResponse,
    "cut-in-head": IncompleteResponse,
    "html-200": IncompleteResponse,
    "empty-200": IncompleteResponse,
    "conflicting-lengths": IncompleteResponse,
    "length-and-chunked": IncompleteResponse,
    "stray-100": IncompleteResponse,
    "stray-101": IncompleteResponse,
    "stray-response": IncompleteResponse,
    "reset-after-request": ConnectionClosedError,
    "close-after-request": ConnectionClosedError,
    "truncated-json": IncompleteResponse,
}

STREAM: dict[str, type[Exception]] = {
    **{name: kind for name, kind in PLAIN.items() if name != "truncated-json"},
    "stream-error": ClientError,
    "stream-modelStreamErrorException": ClientError,
    "bad-message-crc": ChecksumMismatch,
    "bad-prelude-crc": ChecksumMismatch,
    "end-early": IncompleteResponse,
    "cut-in-event": IncompleteResponse,
}


def _client(make: Any) -> Any:
    return make(toml=ONE_TRY, config=Config(read_timeout=0.15))


@pytest.mark.parametrize("name", PLAIN)
def test_a_faulty_answer_raises(
    name: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(FAULTS[name])
    with pytest.raises((BotoCoreError, ClientError, SecureBedrockError)) as caught:
        _client(make).converse(modelId=MODEL, messages=MESSAGES)
    assert isinstance(caught.value, PLAIN[name]), repr(caught.value)
    assert PROMPT not in repr(caught.value) + str(caught.value)
    assert len(events) == 1
    assert events[0].outcome != "ok"


@pytest.mark.parametrize("name", STREAM)
def test_a_faulty_stream_raises_and_leaves_one_event(
    name: str, make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(FAULTS[name])
    with pytest.raises(Exception) as caught:
        list(_client(make).converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])
    assert isinstance(caught.value, STREAM[name]), repr(caught.value)
    assert PROMPT not in repr(caught.value) + str(caught.value)
    assert len(events) == 1
    assert events[0].outcome != "ok"


@pytest.mark.parametrize("name", ["drip", "close-idle"])
def test_odd_but_whole_answers_are_answers(name: str, make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(FAULTS[name])
    client = make()
    for _ in range(2):
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"


def test_a_cut_answer_is_asked_for_once_more(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(FAULTS["cut"])
    assert make().converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    assert len(bedrock.requests) == 2


def test_a_stream_cut_at_any_byte_never_ends_quietly(make: Any, bedrock: LocalBedrock) -> None:
    client = make(toml=ONE_TRY)
    for at in range(200, 900, 23):
        bedrock.fault(Fault.cut(at))
        with pytest.raises((IncompleteResponse, ConnectionClosedError)):
            list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])


def test_the_deadline_ends_a_call_as_a_time_out(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.stall(0.5))
    client = make(toml="[timeouts]\ndeadline_s = 0.2\n")
    with pytest.raises(ReadTimeoutError) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert isinstance(caught.value.__cause__, SecureBedrockError)


def test_nobody_listening_is_a_connection_error(make: Any, bedrock: LocalBedrock) -> None:
    class Refusing:
        def connect(self, address: str, port: int, timeout_s: float) -> Any:
            raise ConnectionRefusedError

    client = make(toml=ONE_TRY, connector=Refusing())
    with pytest.raises(EndpointConnectionError) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert bedrock.host in str(caught.value)
    assert MODEL not in str(caught.value)


def test_a_connection_that_takes_too_long_is_a_connect_time_out(make: Any) -> None:
    class Waiting:
        def connect(self, address: str, port: int, timeout_s: float) -> Any:
            raise TimeoutError

    client = make(toml=ONE_TRY, connector=Waiting(), config=Config(connect_timeout=0.1))
    with pytest.raises(ConnectTimeoutError):
        client.converse(modelId=MODEL, messages=MESSAGES)


def quiet_answer(protocol: str, status: int, body: bytes, **headers: str) -> Any:
    answer = {"status_code": status, "headers": headers, "body": body, "context": {}}
    return parse_answer(quiet_parser(protocol), answer, None)


@pytest.mark.parametrize("body", [b"<a>", b"not XML", PROMPT.encode()])
def test_an_unparsable_success_is_incomplete_and_not_repeated(body: bytes) -> None:
    model = ServiceModel(packaged_loader().load_service_model("sts", "service-2"), "sts")
    shape = model.operation_model("GetCallerIdentity").output_shape
    answer = {"status_code": 200, "headers": {}, "body": body, "context": {}}
    with pytest.raises(IncompleteResponse) as caught:
        parse_answer(quiet_parser("query"), answer, shape)
    assert PROMPT not in str(caught.value)
    assert caught.value.__context__ is None


def test_an_unparsable_error_keeps_its_status() -> None:
    parsed = quiet_answer("query", 403, PROMPT.encode(), Date="d")
    assert parsed["Error"] == {"Code": "403", "Message": ""}
    assert parsed["ResponseMetadata"] == {"HTTPStatusCode": 403, "HTTPHeaders": {"date": "d"}}
    assert quiet_answer("rest-json", 503, b"<html>busy")["Error"]["Code"] == "503"


def test_a_stream_without_an_event_is_incomplete() -> None:
    state = SimpleNamespace(record=None, url="")
    raw = RawBody(iter(()), state=state)
    stream = CompleteEventStream(raw, None, None, "InvokeModelWithResponseStream")
    with pytest.raises(IncompleteResponse, match="no event"):
        list(stream)
    stream.close()
