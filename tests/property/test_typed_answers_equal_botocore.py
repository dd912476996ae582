"""What the typed path reads is what botocore reads: answers, errors and event streams from the same bytes."""

import json
import struct
from base64 import b64encode
from binascii import crc32
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStream
from botocore.exceptions import EventStreamError
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.parsers import EventStreamJSONParser, RestJSONParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import ServiceError
from secure_bedrock.transport.core.answering.eventstream import FrameParser
from secure_bedrock.transport.core.answering.stream_events import event_of
from secure_bedrock.transport.core.answering.whole_answers import (
    EVENT_STREAM,
    error_of,
    open_stream,
    parse_invoke_answer,
    parse_json_answer,
)

MODEL: ServiceModel = botocore.session.Session().get_service_model("bedrock-runtime")
repeatable = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class Head:
    status: int
    fields: Mapping[str, str]

    def get(self, name: str, /) -> str | None:
        return self.fields.get(name)


DOCUMENTS = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=12),
    "blob": st.binary(max_size=20).map(lambda raw: b64encode(raw).decode()),
    "integer": st.integers(0, 10**6),
    "long": st.integers(),
    "boolean": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "double": st.floats(allow_nan=False, allow_infinity=False),
}


@cache
def on_the_wire(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """JSON that the service may send for the shape: required members and some of the others, blobs as base64."""
    if getattr(shape, "is_document_type", False):
        return DOCUMENTS
    if isinstance(shape, StructureShape):
        members = {name: later(below, depth) for name, below in shape.members.items()}
        if shape.is_tagged_union:
            return st.sampled_from(sorted(members)).flatmap(
                lambda name: st.fixed_dictionaries({name: members[name]})
            )
        required = {name: members[name] for name in shape.required_members}
        optional = {name: s for name, s in members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional if depth < 8 else {})
    if shape.type_name == "list":
        return st.lists(later(shape.member, depth), max_size=2)  # type: ignore[attr-defined]
    if shape.type_name == "map":
        return st.dictionaries(st.text(), later(shape.value, depth), max_size=2)  # type: ignore[attr-defined]
    return SCALARS[shape.type_name]


def later(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: on_the_wire(shape, depth + 1))


def output(operation: str) -> StructureShape:
    shape = MODEL.operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    return shape


def botocores(operation: str, head: Head, body: bytes) -> dict[str, Any]:
    """botocore's answer without the metadata that it adds."""
    response = {"status_code": head.status, "headers": HeadersDict(head.fields), "body": body}
    parsed = RestJSONParser().parse(response, output(operation))
    parsed.pop("ResponseMetadata", None)
    return dict(parsed)


def known(operation: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The members that the installed botocore knows: the oldest one supported lacks some."""
    return {name: value for name, value in answer.items() if name in output(operation).members}


@pytest.mark.parametrize("operation", ["Converse", "CountTokens", "ApplyGuardrail"])
@repeatable
@given(data=st.data())
def test_every_json_answer_equals_botocores(operation: str, data: st.DataObject) -> None:
    body = json.dumps(data.draw(on_the_wire(output(operation)))).encode()
    head = Head(200, {"content-type": "application/json"})

    assert parse_json_answer(operation, head, body) == botocores(operation, head, body)


@pytest.mark.parametrize("block", sorted(MODEL.shape_for("ContentBlock").members))  # type: ignore[attr-defined]
@settings(repeatable, max_examples=10)
@given(data=st.data())
def test_every_kind_of_content_equals_botocores(block: str, data: st.DataObject) -> None:
    shape = MODEL.shape_for("ContentBlock").members[block]  # type: ignore[attr-defined]
    answer = {
        "output": {
            "message": {"role": "assistant", "content": [{block: data.draw(on_the_wire(shape))}]}
        },
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    }
    body, head = json.dumps(answer).encode(), Head(200, {"content-type": "application/json"})

    assert parse_json_answer("Converse", head, body) == botocores("Converse", head, body)


@repeatable
@given(
    body=DOCUMENTS.map(lambda d: json.dumps([d]).encode()),
    fields=st.dictionaries(
        st.sampled_from(
            ["x-amzn-bedrock-performanceconfig-latency", "x-amzn-bedrock-service-tier"]
        ),
        st.sampled_from(["standard", "flex", ""]),
    ),
)
def test_every_native_answer_equals_botocores(body: bytes, fields: dict[str, str]) -> None:
    head = Head(200, {"content-type": "application/json", **fields})
    theirs = botocores("InvokeModel", head, body)

    ours = known("InvokeModel", parse_invoke_answer(head, body))

    assert ours == {**theirs, "body": theirs["body"].encode()}


CODES = ["ThrottlingException", "ValidationException", "ModelErrorException", "FutureException"]
DECORATED = st.builds(
    lambda prefix, code, suffix: prefix + code + suffix,
    st.sampled_from(["", "com.amazon.bedrock#"]),
    st.sampled_from(CODES),
    st.sampled_from(["", ":", ":http://internal.amazon.com/coral/x/"]),
)


@repeatable
@given(
    status=st.sampled_from([400, 403, 404, 408, 424, 429, 500, 503]),
    header=st.none() | DECORATED,
    body=st.fixed_dictionaries(
        {}, optional={"__type": DECORATED, "code": DECORATED, "message": st.text()}
    ),
)
def test_every_error_code_equals_botocores(
    status: int, header: str | None, body: dict[str, str]
) -> None:
    fields = {"x-amzn-requestid": "req-1"} | ({"x-amzn-errortype": header} if header else {})
    head, raw = Head(status, fields), json.dumps(body).encode()
    theirs = botocores("Converse", head, raw)

    ours = error_of(status, fields, raw)

    assert isinstance(ours, ServiceError)
    assert ours.code == theirs["Error"]["Code"]


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    block = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack("!H", len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack("!I", crc32(prelude)) + block + payload
    return message + struct.pack("!I", crc32(message))


class Body:
    """The part of urllib3's response that botocore's EventStream reads."""

    def __init__(self, wire: bytes) -> None:
        self.wire = wire

    def stream(self) -> list[bytes]:
        return [self.wire[at : at + 100] for at in range(0, len(self.wire), 100)]


def botocores_events(operation: str, member: str, wire: bytes) -> tuple[list[Any], str | None]:
    """The events, and the code of the error that ended them."""
    shape = output(operation).members[member]
    events: list[Any] = []
    try:
        events.extend(EventStream(Body(wire), shape, EventStreamJSONParser(), operation))  # type: ignore[arg-type]
    except EventStreamError as error:
        return events, error.response["Error"]["Code"]
    return events, None


def our_events(wire: bytes) -> tuple[list[Any], str | None]:
    parser = FrameParser()
    events: list[Any] = []
    try:
        for found in parser.feed(wire):
            event = event_of(found)
            payload = event.payload if isinstance(event.payload, dict) else {"bytes": event.payload}
            events.append({event.name: payload})
    except ServiceError as error:
        return events, error.code
    parser.close()
    return events, None


STREAMS = {"ConverseStream": "stream", "InvokeModelWithResponseStream": "body"}


@pytest.mark.parametrize("operation", STREAMS)
@settings(repeatable, max_examples=80)
@given(data=st.data())
def test_every_event_stream_equals_botocores(operation: str, data: st.DataObject) -> None:
    member = STREAMS[operation]
    shape = output(operation).members[member]
    assert isinstance(shape, StructureShape)
    kinds = {name: s for name, s in shape.members.items() if not s.metadata.get("exception")}
    wire = b""
    for name in data.draw(st.lists(st.sampled_from(sorted(kinds)), max_size=6)):
        payload = data.draw(on_the_wire(kinds[name], 2)) | (
            {"bytes": "eyJhIjogMX0="} if name == "chunk" else {}
        )
        headers = {
            ":event-type": name,
            ":content-type": "application/json",
            ":message-type": "event",
        }
        wire += frame(headers, json.dumps(payload).encode())
    end = data.draw(st.sampled_from(["none", "error", *sorted(set(shape.members) - set(kinds))]))
    if end == "error":
        wire += frame({":message-type": "error", ":error-code": "InternalError"}, b"")
    elif end != "none":
        wire += frame({":message-type": "exception", ":exception-type": end}, b'{"message": "x"}')

    assert our_events(wire) == botocores_events(operation, member, wire)


@pytest.mark.parametrize("tier", [{}, {"x-amzn-bedrock-service-tier": "flex"}])
def test_a_streams_head_equals_botocores(tier: dict[str, str]) -> None:
    operation = "InvokeModelWithResponseStream"
    fields = {"content-type": EVENT_STREAM, "x-amzn-bedrock-content-type": "application/json"}
    head = Head(200, fields | tier)
    response = {
        "status_code": 200,
        "headers": HeadersDict(head.fields),
        "body": Body(b""),
        "context": {},
    }
    theirs = RestJSONParser().parse(response, output(operation))

    assert known(operation, open_stream(operation, head)) == {
        name: value for name, value in theirs.items() if name not in ("body", "ResponseMetadata")
    }


def test_what_botocore_destroys_is_kept() -> None:
    """A member of a union that botocore does not know is replaced by its name; ours stays whole."""
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"hologram": {"beam": 1}}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    }
    body, head = json.dumps(answer).encode(), Head(200, {"content-type": "application/json"})

    theirs = botocores("Converse", head, body)["output"]["message"]["content"]

    assert theirs == [{"SDK_UNKNOWN_MEMBER": {"name": "hologram"}}]
    assert parse_json_answer("Converse", head, body) == answer
