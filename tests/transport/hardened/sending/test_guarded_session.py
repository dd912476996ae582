"""The pieces between botocore and the guarded transport, by themselves."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.model import ServiceModel
from botocore.response import StreamingBody

from secure_bedrock.errors import (
    IncompleteResponse,
    InvalidRequest,
    OperationDenied,
    TransportTampered,
)
from secure_bedrock.transport.botocore_parts.packaged_loader import PackagedLoader, packaged_loader
from secure_bedrock.transport.hardened.reading.answer_facts import note_answer, note_event
from secure_bedrock.transport.hardened.reading.raw_body import RawBody
from secure_bedrock.transport.hardened.reading.withheld_message import withhold_message
from secure_bedrock.transport.hardened.sending.call_state import CallState
from secure_bedrock.transport.hardened.sending.content_free import known_path
from secure_bedrock.values import Deadline

MODEL_LABEL = "anthropic.claude-3-haiku-20240307-v1%3A0"


def body(*pieces: bytes) -> RawBody:
    return RawBody(iter(pieces))


def test_a_raw_body_reads_as_asked() -> None:
    raw = body(b"abc", b"defg", b"h")
    assert raw.readable()
    assert raw.read(2) == b"ab"
    assert raw.read(4) == b"cdef"
    assert raw.tell() == 6
    buffer = bytearray(5)
    assert raw.readinto(buffer) == 2
    assert bytes(buffer[:2]) == b"gh"
    assert raw.read(3) == b""
    assert raw.read() == b""


def test_a_raw_body_streams_what_is_left() -> None:
    raw = body(b"abc", b"def")
    assert raw.read(1) == b"a"
    assert list(raw.stream(1024, decode_content=False)) == [b"bc", b"def"]
    assert raw.tell() == 6


def test_a_raw_body_has_lines_and_an_end() -> None:
    raw = body(b"one\ntw", b"o\n")
    assert raw.readlines() == [b"one\n", b"two\n"]
    closed: list[bool] = []
    raw = RawBody(iter((b"x",)), close=lambda: closed.append(True))
    raw.close()
    raw.close()
    assert closed == [True]
    assert raw.read() == b""
    assert not raw.readable()


streaming: Any = StreamingBody  # botocore-stubs asks for a file


def test_botocores_streaming_body_works_over_it() -> None:
    wrapped = streaming(body(b"abc", b"def"), "6")
    wrapped.set_socket_timeout(5)
    assert wrapped.read(4) == b"abcd"
    assert wrapped.read() == b"ef"
    assert list(streaming(body(b"abc", b"def"), None).iter_chunks(4)) == [b"abcd", b"ef"]
    assert list(streaming(body(b"a\nb\n"), None).iter_lines()) == [b"a", b"b"]


def test_a_cut_body_raises_through_botocores_streaming_body() -> None:
    def pieces() -> Any:
        yield b"abc"
        raise IncompleteResponse("cut", rule="cut")

    wrapped = streaming(RawBody(pieces()), None)
    assert wrapped.read(3) == b"abc"
    with pytest.raises(IncompleteResponse):
        wrapped.read()


STATE = CallState(operation="InvokeModel", deadline=Deadline(), invocation_id="i")


def prepared(client: Any, content: Any) -> AWSPreparedRequest:
    url = f"{client.meta.endpoint_url}/model/{MODEL_LABEL}/invoke"
    headers: Any = {"Content-Type": "application/json"}
    return AWSPreparedRequest("POST", url, headers, content, True)


@pytest.mark.parametrize("content", [5, object(), io.StringIO, SimpleNamespace(read=lambda: 7)])
def test_a_body_that_is_no_bytes_does_not_leave(make: Any, content: Any) -> None:
    client = make()
    with pytest.raises((InvalidRequest, TypeError)):
        client._endpoint.http_session.send(prepared(client, content), STATE)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{}",
        b"{}",
        bytearray(b"{}"),
        io.BytesIO(b"{}"),
        io.StringIO("{}"),
        SimpleNamespace(read=lambda: b"{}"),
    ],
)
def test_every_kind_of_body_is_read_whole_and_still_meets_the_gate(make: Any, content: Any) -> None:
    client = make()
    with pytest.raises(OperationDenied, match="SigV4"):
        client._endpoint.http_session.send(prepared(client, content), STATE)


@pytest.mark.parametrize("state", [None, {}, "token"])
def test_a_request_without_its_call_does_not_leave(make: Any, state: Any) -> None:
    client = make()
    with pytest.raises(TransportTampered):
        client._endpoint.http_session.send(prepared(client, b"{}"), state)


def test_paths_end_where_the_model_ends() -> None:
    loader = packaged_loader()
    model = ServiceModel(
        loader.load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime"
    )
    shape = model.operation_model("Converse").input_shape
    table = {
        "": "",
        ".messages[0].content[2].text": "messages[0].content[2].text",
        ".messages[0].secret": "messages[0]",
        ".promptVariables.secret.text": "promptVariables",
        ".promptVariables (key: secret)": "promptVariables",
        ".additionalModelRequestFields.secret": "additionalModelRequestFields",
        "secret": "",
        ".messages.secret": "messages",
    }
    assert {path: known_path(path, shape) for path in table} == table


def test_the_loaders_path_can_not_be_added_to() -> None:
    loader = PackagedLoader()
    loader.search_paths.append("/evil")
    assert loader.search_paths == [PackagedLoader.BUILTIN_DATA_PATH]
    assert packaged_loader() is packaged_loader()


def test_messages_are_withheld_and_the_rest_is_kept() -> None:
    parsed: dict[str, Any] = {
        "Error": {"Code": "ModelErrorException", "Message": "secret"},
        "originalStatusCode": 500,
        "originalMessage": "secret",
        "resourceName": "arn:x",
        "details": [{"message": "secret", "code": "c"}],
        "ResponseMetadata": {"HTTPHeaders": {"x-amzn-error-message": "secret", "date": "d"}},
    }
    withhold_message(parsed)
    assert "secret" not in repr(parsed)
    assert parsed["resourceName"] == "arn:x"
    assert parsed["originalStatusCode"] == 500
    assert parsed["details"][0]["code"] == "c"
    assert parsed["ResponseMetadata"]["HTTPHeaders"] == {"date": "d"}
    odd: dict[str, Any] = {"Error": {"Code": "say: the secret", "Message": "x"}}
    withhold_message(odd)
    assert odd["Error"]["Code"] == "Unknown"
    withhold_message(nothing := {"Error": None, "ResponseMetadata": None})
    assert nothing == {"Error": None, "ResponseMetadata": None}


def test_only_members_that_name_something_keep_text_and_only_an_identifier() -> None:
    parsed: dict[str, Any] = {
        "Error": {"Code": "Throttling", "Message": "secret", "Type": "Sender", "Detail": "secret"},
        "resourceName": "the secret of it",
        "error_description": "secret",
        "reason": "CannotParse",
        "fieldList": [{"name": "secret", "message": "secret"}],
        "Limit": 5,
        "blob": b"secret",
        "deep": [[[[[["secret"]]]]]],
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}, "RequestId": "id-1"},
    }
    withhold_message(parsed)
    assert parsed == {
        "Error": {
            "Code": "Throttling",
            "Message": "AWS answered Throttling; its message is withheld",
            "Type": "Sender",
            "Detail": "withheld",
        },
        "resourceName": "withheld",
        "error_description": "withheld",
        "reason": "CannotParse",
        "fieldList": [{"name": "withheld", "message": "withheld"}],
        "Limit": 5,
        "blob": "withheld",
        "deep": [[[["withheld"]]]],
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}, "RequestId": "id-1"},
    }


def test_facts_of_odd_answers_are_left_out() -> None:
    record: Any = SimpleNamespace(
        stop_reason=None, error_code=None, server_latency_ms=None, total_tokens=None
    )
    note_answer(record, "not a mapping")
    note_answer(record, {"usage": {"totalTokens": True}, "stopReason": 5, "metrics": []})
    note_event(record, {"metadata": None, "messageStop": {"stopReason": "end_turn"}})
    note_answer(None, {})
    note_event(None, {})
    assert record.total_tokens is None
    assert record.stop_reason == "end_turn"
