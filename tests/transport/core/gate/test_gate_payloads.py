"""The gate reads payloads of a model's own API wherever a request holds one, and leaves what is none alone."""

import json
from base64 import b64encode
from typing import Any

import pytest

from secure_bedrock.errors import OperationDenied, SecureBedrockError
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.transport.core.gate import request_facts
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest
from tests.signing import Route, signed_for

MODEL = "amazon.nova-lite-v1:0"
RUNTIME = Route("bedrock-runtime", "bedrock-runtime.eu-west-1.amazonaws.com")
ENDPOINTS = Route("sagemaker-runtime", "runtime.sagemaker.eu-west-1.amazonaws.com")
POLICY = Policy(
    region="eu-west-1",
    models={
        "allow": [MODEL, "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/mine"],
        "accounts": ["111122223333"],
    },
    operations={
        "allow": [
            "Converse",
            "CountTokens",
            "InvokeModel",
            "InvokeModelWithResponseStream",
            "StartAsyncInvoke",
            "sagemaker-runtime:InvokeEndpoint",
        ],
        "s3_buckets": ["mine"],
    },
)


def gated(path: str, body: bytes, *, route: Route = RUNTIME, ours: bool = False) -> GatedRequest:
    target = path if path.startswith("/") else f"/model/{encode_label(MODEL)}/{path}"
    request = signed_for(route, target, body, ("Content-Type", "application/json"), ours=ours)
    return gate(request, route=route, policy=POLICY)


def rule(path: str, body: bytes, **more: Any) -> str | None:
    try:
        gated(path, body, **more)
    except SecureBedrockError as error:
        return error.rule
    return None


def at(uri: str) -> dict[str, Any]:
    source = {"s3Location": {"uri": uri, "bucketOwner": "999988887777"}}
    return {
        "messages": [{"role": "user", "content": [{"video": {"format": "mp4", "source": source}}]}]
    }


def native(payload: object) -> dict[str, tuple[str, bytes]]:
    """The same payload in each request that can hold one."""
    text = json.dumps(payload).encode()
    counted = {"input": {"invokeModel": {"body": b64encode(text).decode()}}}
    output = {"s3OutputDataConfig": {"s3Uri": "s3://mine/out"}}
    later = {"modelId": MODEL, "modelInput": payload, "outputDataConfig": output}
    free = {"messages": [], "additionalModelRequestFields": payload}
    return {
        "InvokeModel": ("invoke", text),
        "InvokeModelWithResponseStream": ("invoke-with-response-stream", text),
        "CountTokens": ("count-tokens", json.dumps(counted).encode()),
        "CountTokens of a Converse": (
            "count-tokens",
            json.dumps({"input": {"converse": free}}).encode(),
        ),
        "StartAsyncInvoke": ("/async-invoke", json.dumps(later).encode()),
        "Converse": ("converse", json.dumps(free).encode()),
    }


NAMING: dict[str, tuple[object, str | None]] = {
    "a bucket that the policy lists": (at("s3://mine/a.mp4"), None),
    "a bucket that it does not": (at("s3://elsewhere/a.mp4"), "s3-bucket"),
    "a bucket far down": ({"a": [{"b": {"s3Uri": "s3://elsewhere"}}]}, "s3-bucket"),
    "a tool that AWS runs": (
        {"toolConfig": {"tools": [{"systemTool": {"name": "x"}}]}},
        "system-tool",
    ),
    "servers to call": ({"extra": {"mcp_servers": []}}, "url"),
    "a search of the web": ({"tools": [{"type": "web_search_20250305"}]}, "system-tool"),
    "an image at a URL": ({"image_url": "https://e.com"}, "url"),
    "another model": ({"model": "amazon.nova-pro-v1:0"}, "model-not-listed"),
    "the listed model": ({"model": MODEL}, None),
    "the caller's tool": (
        {"tools": [{"name": "f", "input_schema": {"properties": {"url": {}, "s3Location": {}}}}]},
        None,
    ),
}
ROWS = [
    pytest.param(*request, expected, id=f"{where}: {what}")
    for what, (payload, expected) in NAMING.items()
    for where, request in native(payload).items()
]


@pytest.mark.parametrize("ours", [False, True], ids=["another's", "ours"])
@pytest.mark.parametrize(("path", "body", "expected"), ROWS)
def test_a_payload_is_judged_wherever_it_stands(
    path: str, body: bytes, expected: str | None, ours: bool
) -> None:
    assert rule(path, body, ours=ours) == expected


UTF_16 = json.dumps(at("s3://elsewhere/a.mp4"))
HIDDEN: dict[str, bytes] = {
    "a name behind an escape": b'{"\\u00733Uri": "s3://elsewhere"}',
    "a name twice": b'{"s3Uri": "s3://elsewhere", "s3Uri": "s3://mine"}',
    "UTF-16": UTF_16.encode("utf-16"),
    "UTF-16 without a mark, little end first": UTF_16.encode("utf-16-le"),
    "UTF-16 without a mark, big end first": UTF_16.encode("utf-16-be"),
    "UTF-16 behind a space": (" " + UTF_16).encode("utf-16-be"),
    "UTF-32": UTF_16.encode("utf-32-be"),
    "bytes that are not UTF-8": b'{"messages": "\xff"}',
    "a list of payloads": b'[{"s3Uri": "s3://elsewhere"}]',
    "lines of JSON": b'{"s3Uri": "s3://mine"}\n{"s3Uri": "s3://elsewhere"}',
}


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_name_can_not_hide(body: bytes) -> None:
    assert rule("invoke", body) in ("s3-bucket", "body-ambiguous")


ALONE: dict[str, bytes] = {
    "an empty body": b"",
    "text": b"a,b\n1,2",
    "bytes": bytes(range(256)),
    "JSON that is malformed": b'{"messages": [',
    "an escape of a control character": b'{"text": "\\u0000"}',
    "BOM of UTF-8": b'\xef\xbb\xbf{"messages": []}',
}


@pytest.mark.parametrize("body", ALONE.values(), ids=ALONE.keys())
def test_what_tells_no_name_is_not_read(body: bytes) -> None:
    assert gated("invoke", body).body == body


def test_a_blob_that_is_no_base64_is_refused() -> None:
    body = json.dumps({"input": {"invokeModel": {"body": "e30=*"}}}).encode()

    assert rule("count-tokens", body) == "body-ambiguous"


def test_the_accounts_own_code_may_be_told_any_place() -> None:
    body = json.dumps({"url": "https://e.com", "s3Uri": "s3://elsewhere"}).encode()

    assert gated("/endpoints/mine/invocations", body, route=ENDPOINTS).operation == "InvokeEndpoint"


STRANGE = {"messages": [], "inferenceConfig": {"memberOfTomorrow": 1}}


def test_a_body_that_others_made_is_read_whole() -> None:
    assert rule("converse", json.dumps(STRANGE).encode()) == "member-unknown"
    assert rule("converse", b'{"messages": [], "messages": []}') == "body-ambiguous"
    with pytest.raises(OperationDenied, match="inferenceConfig"):
        gated("converse", json.dumps(STRANGE).encode())


def test_a_label_in_the_body_is_a_stranger() -> None:
    assert (
        rule("converse", json.dumps({"messages": [], "modelId": MODEL}).encode())
        == "member-unknown"
    )


def test_beyond_its_bound_a_body_is_searched() -> None:
    text = [{"role": "user", "content": [{"text": "x" * request_facts.READ_WHOLE}]}]
    long = {**STRANGE, "messages": text}

    assert rule("converse", json.dumps(long).encode()) is None
    assert rule("converse", json.dumps({**long, **at("s3://elsewhere")}).encode()) == "s3-bucket"


def test_our_own_body_is_not_read_again() -> None:
    """Its parameters were: a stranger in it would have been refused before it was written."""
    assert rule("converse", json.dumps(STRANGE).encode(), ours=True) is None
