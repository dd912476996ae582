"""What serialise refuses, what it says then, and what the SDK's own headers are."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import InvalidRequest, OperationDenied
from secure_bedrock.transport.core.asking.sdk_headers import (
    SdkHeaders,
    lambda_trace_id,
    new_invocation_id,
)
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.wire import WireRequest
from tests.signing import Route

ROUTE = Route()
SECRET = "the patient's name"
DEEP: list[Any] = []
DEEP.append(DEEP)


def block(**content: Any) -> dict[str, Any]:
    return {"modelId": "a.b", "messages": [{"role": "user", "content": [content]}]}


def test_the_host_is_the_routes_and_stands_first() -> None:
    request = serialise("Converse", {"modelId": "a.b-v1:0"}, route=ROUTE)

    assert request.headers == (("Host", ROUTE.authority), ("Content-Type", "application/json"))
    assert (request.method, request.target) == ("POST", "/model/a.b-v1%3A0/converse")
    assert request.body == b"{}"


def test_an_operation_without_a_shape_is_denied() -> None:
    with pytest.raises(OperationDenied) as refused:
        serialise("StartAsyncInvoke", {"modelId": "a.b"}, route=ROUTE)

    assert refused.value.rule == "not-typed"


REFUSED: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "a required member missing": ("missing-member", "Converse", {"messages": []}, "modelId"),
    "two members missing": (
        "missing-member",
        "ApplyGuardrail",
        {"guardrailIdentifier": "g", "content": []},
        "guardrailVersion, source",
    ),
    "an unknown member": ("unknown-member", "Converse", {"modelId": "a", "message": []}, "message"),
    "a prompt in a name's place": ("unknown-member", "Converse", {"modelId": "a", SECRET: 1}, ""),
    "a name that is no text": ("unknown-member", "Converse", {"modelId": "a", 5: 1}, ""),  # type: ignore[dict-item]
    "a null member": ("wrong-type", "Converse", {"modelId": "a", "messages": None}, "messages"),
    "text for a list": ("wrong-type", "Converse", {"modelId": "a", "messages": SECRET}, "messages"),
    "a number for a model": ("wrong-type", "Converse", {"modelId": 5}, "modelId"),
    "a file for a body": ("wrong-type", "InvokeModel", {"modelId": "a", "body": object()}, "body"),
    "an empty model": ("label", "Converse", {"modelId": ""}, "modelId"),
    "a dot for a model": ("label", "Converse", {"modelId": "."}, "modelId"),
    "a model as long as a book": ("label", "Converse", {"modelId": "a" * 8193}, "modelId"),
    "a climbing model": ("label", "InvokeModel", {"modelId": ".."}, "modelId"),
    "a lone surrogate in a model": ("label", "Converse", {"modelId": "a\ud800"}, "modelId"),
    "a lone surrogate in a body": ("wrong-type", "InvokeModel", {"modelId": "a", "body": "\ud800"}, "body"),
    "a line feed in a header": ("header-value", "InvokeModel", {"modelId": "a", "accept": "a\r\nb"}, "accept"),
    "letters outside ASCII in a header": (
        "header-value",
        "InvokeModel",
        {"modelId": "a", "requestMetadata": '{"n": "ü"}'},
        "requestMetadata",
    ),
    "a space at a header's end": ("header-value", "InvokeModel", {"modelId": "a", "trace": "x "}, "trace"),
    "NaN": ("not-json", "Converse", {"modelId": "a", "inferenceConfig": {"topP": float("nan")}}, ""),
    "an object JSON has not": ("not-json", "Converse", block(text={SECRET}), ""),
    "a circle": ("not-json", "Converse", {"modelId": "a", "messages": DEEP}, ""),
    "text for a blob": (
        "blob-not-bytes",
        "Converse",
        block(image={"format": "png", "source": {"bytes": SECRET}}),
        "bytes",
    ),
    "text for a blob inside a tool's result": (
        "blob-not-bytes",
        "ConverseStream",
        block(toolResult={"content": [{"document": {"source": {"bytes": SECRET}}}]}),
        "bytes",
    ),
    "bytes for text": ("not-json", "Converse", block(text=b"x"), ""),
    "bytes in a tool's input": ("not-json", "Converse", block(toolUse={"input": {"bytes": b"x"}}), ""),
}  # fmt: skip


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_a_call_that_cannot_be_written_is_refused_without_its_values(
    row: tuple[str, str, dict[str, Any], str],
) -> None:
    rule, operation, params, named = row

    with pytest.raises(InvalidRequest) as refused:
        serialise(operation, params, route=ROUTE)

    assert refused.value.rule == rule
    assert named in refused.value.reason
    assert SECRET not in f"{refused.value} {refused.value!r}"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert refused.value.http_status is None


def test_the_callers_parameters_are_left_as_they_were() -> None:
    params = block(image={"format": "png", "source": {"bytes": b"\x89PNG"}})

    body = serialise("Converse", params, route=ROUTE).body

    assert b'"bytes": "iVBORw=="' in body
    assert params == block(image={"format": "png", "source": {"bytes": b"\x89PNG"}})


def test_values_further_down_are_left_to_bedrock_to_judge() -> None:
    body = serialise("Converse", block(image="not a structure"), route=ROUTE).body

    assert b'{"image": "not a structure"}' in body


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_label_never_leaves_its_segment(label: str) -> None:
    target = serialise("Converse", {"modelId": label}, route=ROUTE).target

    assert re.fullmatch(r"/model/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+/converse", target)


def test_each_attempt_tells_its_number() -> None:
    plain = WireRequest("POST", "/", (("Host", "h"),), b"")
    sdk = SdkHeaders(user_agent="secure-bedrock/1", invocation_id="id", max_attempts=4)

    assert sdk.on(plain, attempt=2).headers == (
        ("Host", "h"),
        ("User-Agent", "secure-bedrock/1"),
        ("amz-sdk-invocation-id", "id"),
        ("amz-sdk-request", "attempt=2; max=4"),
    )


def test_an_invocation_id_is_a_random_uuid_of_version_4() -> None:
    ids = {new_invocation_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        for one in ids
    )


TRACES: dict[str, tuple[dict[str, str], str | None]] = {
    "inside Lambda": (
        {"AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": "Root=1-a;Parent=b"},
        "Root=1-a;Parent=b",
    ),
    "with what a header can't hold": (
        {"AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": "a\nb ü"},
        "a%0Ab%20%C3%BC",
    ),
    "elsewhere": ({"_X_AMZN_TRACE_ID": "Root=1-a"}, None),
    "without a trace": ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, None),
    "with an empty trace": ({"AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": ""}, None),
}


@pytest.mark.parametrize("row", TRACES.values(), ids=TRACES)
def test_the_trace_id_is_passed_on_in_lambda_only(row: tuple[dict[str, str], str | None]) -> None:
    environ, expected = row

    assert lambda_trace_id(environ) == expected
