"""The gate reads payloads of a model's own API wherever a request holds one, and leaves what is none alone."""

import json
from base64 import b64encode
from typing import Any

import pytest

from secure_bedrock.errors import OperationDenied, SecureBedrockError
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.transport.core.gate import body_search
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
            "InvokeModelWithBidirectionalStream",
            "InvokeModelWithResponseStream",
            "StartAsyncInvoke",
            "sagemaker-runtime:InvokeEndpoint",
        ],
        "s3_buckets": ["mine"],
    },
)


def gated(
    path: str,
    body: bytes,
    *,
    route: Route = RUNTIME,
    ours: bool = False,
    declared: str | None = "application/json",
) -> GatedRequest:
    target = path if path.startswith("/") else f"/model/{encode_label(MODEL)}/{path}"
    fields = [] if declared is None else [("Content-Type", declared)]
    request = signed_for(route, target, body, *fields, ours=ours)
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


LONG = b", " + b'"text": "' + b"x" * body_search.READ_WHOLE + b'"}'
ALIKE: dict[str, bytes] = {
    "a long s": '{"s3Ur\u0131": "s3://elsewhere", "tool\u017f": [{"type": "x"}]}'.encode(),
    "the Kelvin sign": '{"webhoo\u212a": "https://e.com"}'.encode(),
    "a long s behind an escape": b'{"mcp_\\u017ferver\\u017f": []}',
    "the Kelvin sign behind an escape": b'{"webhoo\\u212A": "https://e.com"}',
}


@pytest.mark.parametrize("body", [*HIDDEN.values(), *ALIKE.values()], ids=[*HIDDEN, *ALIKE])
def test_a_name_can_not_hide(body: bytes) -> None:
    assert rule("invoke", body) in ("s3-bucket", "body-ambiguous", "system-tool", "url")


@pytest.mark.parametrize("body", ALIKE.values(), ids=ALIKE)
def test_a_name_can_not_hide_in_a_long_body_either(body: bytes) -> None:
    assert rule("invoke", body[:-1] + LONG) in ("s3-bucket", "system-tool", "url")


def test_a_long_body_is_searched_for_the_names_that_tell() -> None:
    assert rule("invoke", b'{"s3Uri": "s3://elsewhere"' + LONG) == "s3-bucket"
    assert rule("invoke", b'{"s3Uri": "s3://mine"' + LONG) is None


BAD: dict[str, bytes] = {
    "text": b"a,b\n1,2",
    "bytes": bytes(range(256)),
    "JSON that is malformed": b'{"messages": [',
    "a text": b'"x"',
    "BOM of UTF-8": b'\xef\xbb\xbf{"messages": []}',
    "bytes that are not UTF-8, behind blanks": b" " * 70 + b'{"mo\xffdel": "other"}',
    "bytes that are not UTF-8, behind a BOM": b'\xef\xbb\xbf{"mo\xffdel": "other"}',
    "single quotes": b"{'model': 'other'}",
    "a name without quotes": b'{model: "other"}',
    "a comment": b'{"model"/**/: "other"}',
    "no number": b'{"temperature": NaN}',
}


@pytest.mark.parametrize("path", ["invoke", "invoke-with-response-stream"])
@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_is_not_strict_json_is_refused(body: bytes, path: str) -> None:
    assert rule(path, body) == "body-ambiguous"


def test_a_payload_in_a_body_is_strict_json_too() -> None:
    counted = {"input": {"invokeModel": {"body": b64encode(b"{model: 1}").decode()}}}

    assert rule("count-tokens", json.dumps(counted).encode()) == "body-ambiguous"


BEGINNINGS: dict[str, tuple[bytes, str | None]] = {
    "an object": (b'{"a": 1', None),
    "an object behind a thousand blanks": (b" \r\n\t" * 250 + b'{"a": 1', None),
    "not UTF-8 behind them": (b" \r\n\t" * 250 + b'{"mo\xffdel": "x"', "body-ambiguous"),
    "a BOM": (b'\xef\xbb\xbf{"a": 1', "body-ambiguous"),
    "text": (b"a, b", "body-ambiguous"),
    "a list": (b'[{"a": 1', "body-ambiguous"),
    "UTF-16, little end first": (b'{\0"\0', "body-ambiguous"),
    "UTF-16 behind a blank": (b'\0 \0{\0"', "body-ambiguous"),
}


@pytest.mark.parametrize(("beginning", "expected"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_long_body_begins_as_an_object_does(beginning: bytes, expected: str | None) -> None:
    assert rule("invoke", beginning + LONG) == expected


ALONE: dict[str, bytes] = {
    "an empty body": b"",
    "an escape of a control character": b'{"text": "\\u0000"}',
    "blanks around an object": b' \r\n\t{"messages": []}\n',
    "a byte under the bound": b'{"a": "' + b"x" * (body_search.READ_WHOLE - 9) + b'"}',
    "a byte over it": b'{"a": "' + b"x" * (body_search.READ_WHOLE - 8) + b'"}',
}


@pytest.mark.parametrize("body", ALONE.values(), ids=ALONE.keys())
def test_what_tells_no_name_is_let_through(body: bytes) -> None:
    assert gated("invoke", body).body == body


def test_a_payload_is_read_whole_up_to_its_bound() -> None:
    """Told by what strict reading refuses, and a search for names that tell does not see: a key that stands twice."""
    longest = b'{"a": "", "a": "%s"}'
    longest %= b"x" * (body_search.READ_WHOLE - len(longest % b""))

    assert rule("invoke", longest) == "body-ambiguous"
    assert rule("invoke", longest.replace(b"x", b"xx", 1)) is None


@pytest.mark.parametrize(
    "declared",
    [
        None,
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
    ],
)
def test_a_payload_is_declared_as_json_or_not_at_all(declared: str | None) -> None:
    assert rule("invoke", b'{"messages": []}', declared=declared) is None


OTHERWISE = (
    *("application/json; charset=utf-7", "application/json; charset=IBM037", "application/cbor"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "text/plain", "*/*"),
    *(
        "application/jsonl",
        "application/json, application/cbor",
        "application/json;charset=utf-8;q",
    ),
    "application/x-amz-json-1.1",
)


@pytest.mark.parametrize("declared", OTHERWISE)
def test_a_payload_that_is_declared_as_anything_else_is_refused(declared: str) -> None:
    for path in ("invoke", "invoke-with-response-stream"):
        assert rule(path, b'{"messages": []}', declared=declared) == "body-ambiguous"


@pytest.mark.parametrize("body", [b"", b"{}", b"\0\0\0\x10", b'{"model": "other"}'])
@pytest.mark.parametrize("declared", ["application/vnd.amazon.eventstream", "application/json"])
def test_a_stream_that_is_sent_is_refused_unread(body: bytes, declared: str) -> None:
    assert rule("invoke-with-bidirectional-stream", body, declared=declared) == "body-ambiguous"


def test_an_endpoint_of_the_accounts_own_takes_any_type() -> None:
    path = "/endpoints/mine/invocations"

    assert rule(path, b"a,b", route=ENDPOINTS, declared="text/csv") is None


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
    text = [{"role": "user", "content": [{"text": "x" * body_search.READ_WHOLE}]}]
    long = {**STRANGE, "messages": text}

    assert rule("converse", json.dumps(long).encode()) is None
    assert rule("converse", json.dumps({**long, **at("s3://elsewhere")}).encode()) == "s3-bucket"


def test_our_own_body_is_not_read_again() -> None:
    """Its parameters were: a stranger in it would have been refused before it was written."""
    assert rule("converse", json.dumps(STRANGE).encode(), ours=True) is None
