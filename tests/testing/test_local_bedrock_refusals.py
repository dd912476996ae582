"""The local Bedrock refuses what Bedrock refuses: operations, signatures, models, bodies, broken HTTP."""

from __future__ import annotations

import json
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from secure_bedrock.testing import LocalBedrock, LocalCredentials
from secure_bedrock.testing.shape_check import header_problems

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
CONVERSE = f"/model/{HAIKU}/converse"
HELLO = [{"role": "user", "content": [{"text": "Hello there"}]}]

Exchange = Callable[..., tuple[int, str, str]]


@pytest.fixture
def exchange(
    bedrock: LocalBedrock,
    dial: Callable[..., ssl.SSLSocket],
    read_all: Callable[[ssl.SSLSocket], bytes],
) -> Exchange:
    """Sends bytes and gives status, error code and message."""

    def send(data: bytes) -> tuple[int, str, str]:
        sock = dial(bedrock)
        sock.sendall(data)
        head, _, body = read_all(sock).partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        kinds = [line.split(" ")[1] for line in lines if line.startswith("x-amzn-ErrorType")]
        message = json.loads(body).get("message", "") if kinds else body.decode()
        return int(lines[0].split(" ")[1]), "".join(kinds).split(":")[0], message

    return send


BODIES = {
    "no JSON": (b"{", "SerializationException", ""),
    "not UTF-8": (b'{"system":"\xff"}', "SerializationException", ""),
    "NaN": (b'{"inferenceConfig":{"topP":NaN}}', "SerializationException", ""),
    "a member twice": (b'{"messages":[],"messages":[]}', "SerializationException", ""),
    "a list": (b"[]", "SerializationException", ""),
    "nested beyond reason": (b"[" * 100_000, "SerializationException", ""),
    "an unknown member": (
        b'{"modelIdentifier":"x"}',
        "ValidationException",
        "'modelIdentifier' failed to satisfy constraint: Member is not known",
    ),
    "the model in the body": (
        b'{"modelId":"x"}',
        "ValidationException",
        "'modelId' failed to satisfy constraint: Member is not known",
    ),
    "a wrong type": (
        b'{"messages":"Hello"}',
        "ValidationException",
        "'messages' failed to satisfy constraint: Member must be of type list",
    ),
    "a boolean for a number": (
        b'{"inferenceConfig":{"maxTokens":true}}',
        "ValidationException",
        "'inferenceConfig.maxTokens' failed to satisfy constraint: Member must be of type integer",
    ),
    "a required member missing": (
        b'{"messages":[{"role":"user"}]}',
        "ValidationException",
        "'messages.1.member.content' failed to satisfy constraint: Member must not be null",
    ),
    "a required member null": (
        b'{"messages":[{"role":"user","content":null}]}',
        "ValidationException",
        "'messages.1.member.content' failed to satisfy constraint: Member must not be null",
    ),
    "a union with two members": (
        b'{"system":[{"text":"a","cachePoint":{"type":"default"}}]}',
        "ValidationException",
        "'system.1.member' failed to satisfy constraint: Union must have exactly one member set",
    ),
    "a value that is not in the enum": (
        b'{"messages":[{"role":"nobody","content":[]}]}',
        "ValidationException",
        "'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set",
    ),
    "a number below its minimum": (
        b'{"inferenceConfig":{"temperature":-1}}',
        "ValidationException",
        "size or value at least 0",
    ),
    "a number above its maximum": (
        b'{"inferenceConfig":{"topP":1.5}}',
        "ValidationException",
        "size or value at most 1",
    ),
    "base64 that is none": (
        json.dumps(
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"image": {"format": "png", "source": {"bytes": "%%"}}}],
                    }
                ]
            }
        ).encode(),
        "ValidationException",
        "Member must be valid base64",
    ),
    "a map with a wrong value": (
        b'{"requestMetadata":{"key":5}}',
        "ValidationException",
        "'requestMetadata.value' failed to satisfy constraint: Member must be of type string",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_does_not_fit_the_model_is_refused(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock, name: str
) -> None:
    body, code, said = BODIES[name]

    status, found, message = exchange(signed(bedrock, CONVERSE, body))

    assert (status, found) == (400, code)
    assert said in message
    assert bedrock.requests[0].refused == code


def test_a_refusal_never_repeats_what_was_sent(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock
) -> None:
    body = b'{"messages":[{"role":"the secret","content":"the secret"}]}'

    assert "secret" not in exchange(signed(bedrock, CONVERSE, body))[2]


PATHS = {
    "no such path": "/model/x/conversation",
    "an operation that is not served": "/async-invoke",
    "an empty label": "/model//converse",
    "a slash in the label": "/model/a/b/converse",
    "a trailing slash": CONVERSE + "/",
}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_that_is_no_served_operation_is_unknown(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock, name: str
) -> None:
    status, code, _ = exchange(signed(bedrock, PATHS[name], b"{}"))

    assert (status, code) == (404, "UnknownOperationException")


def test_the_method_counts(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock
) -> None:
    data = signed(bedrock, CONVERSE, b"{}").replace(b"POST", b"PUT", 1)

    assert exchange(data)[:2] == (404, "UnknownOperationException")


UNKNOWN_MODELS = {
    "us.made.up-v1:0": (400, "ValidationException"),
    "arn%3Aaws%3Abedrock%3Aeu-west-1%3A%3Afoundation-model%2Fmade.up": (
        404,
        "ResourceNotFoundException",
    ),
}


@pytest.mark.parametrize("model_id", UNKNOWN_MODELS)
def test_an_unknown_model_is_refused(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock, model_id: str
) -> None:
    found = exchange(signed(bedrock, f"/model/{model_id}/converse", b"{}"))

    assert found[:2] == UNKNOWN_MODELS[model_id]


def test_an_arn_of_a_listed_model_is_known(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}"
    answer = stock(bedrock).converse(modelId=arn, messages=HELLO)

    assert answer["stopReason"] == "end_turn"
    assert bedrock.requests[0].model_id == arn


def test_a_native_body_has_to_be_json(
    exchange: Exchange, signed: Callable[..., bytes], bedrock: LocalBedrock
) -> None:
    assert exchange(signed(bedrock, f"/model/{HAIKU}/invoke", b"nope"))[:2] == (
        400,
        "ValidationException",
    )


def test_a_native_header_is_checked_against_the_model(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="Value at 'trace'"):
        stock(bedrock).invoke_model(modelId=HAIKU, body=b"{}", trace="SOMETIMES")


SIGNATURES: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "the body changed": (
        lambda data: data.replace(b"Hello", b"Jello"),
        403,
        "InvalidSignatureException",
    ),
    "the path changed": (
        lambda data: data.replace(b"/converse ", b"/converse-stream ", 1),
        403,
        "InvalidSignatureException",
    ),
    "a query added": (
        lambda data: data.replace(b"/converse ", b"/converse?a=1 ", 1),
        403,
        "InvalidSignatureException",
    ),
    "a signed header changed": (
        lambda data: data.replace(b"application/json", b"application/cbor", 1),
        403,
        "InvalidSignatureException",
    ),
    "another Region": (
        lambda data: data.replace(b"/eu-west-1/bedrock/", b"/eu-west-2/bedrock/"),
        403,
        "InvalidSignatureException",
    ),
    "another service": (
        lambda data: data.replace(b"/bedrock/aws4", b"/sagemaker/aws4"),
        403,
        "InvalidSignatureException",
    ),
    "an unknown key": (
        lambda data: data.replace(b"Credential=LOCAL", b"Credential=OTHER"),
        403,
        "UnrecognizedClientException",
    ),
    "another token": (
        lambda data: data.replace(b"example-token", b"example-taken"),
        403,
        "UnrecognizedClientException",
    ),
    "no signature": (
        lambda data: data.replace(b"Authorization:", b"X-Authorization:"),
        403,
        "MissingAuthenticationTokenException",
    ),
    "a bearer token": (
        lambda data: data.replace(b"AWS4-HMAC-SHA256 ", b"Bearer "),
        400,
        "IncompleteSignatureException",
    ),
    "two signatures": (
        lambda data: data.replace(b"Authorization:", b"Authorization: x\r\nAuthorization:"),
        400,
        "IncompleteSignatureException",
    ),
    "no date": (
        lambda data: data.replace(b"X-Amz-Date:", b"X-Other-Date:"),
        400,
        "IncompleteSignatureException",
    ),
    "the host not signed": (
        lambda data: data.replace(b"content-type;host;", b"content-type;"),
        400,
        "IncompleteSignatureException",
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_tampered_request_is_refused(
    exchange: Exchange, converse: Callable[[Any], bytes], bedrock: LocalBedrock, name: str
) -> None:
    tamper, status, code = SIGNATURES[name]
    data = converse(bedrock)

    assert tamper(data) != data
    assert exchange(tamper(data))[:2] == (status, code)
    assert bedrock.requests[0].refused == code


def test_the_untampered_request_is_accepted(
    exchange: Exchange, converse: Callable[[Any], bytes], bedrock: LocalBedrock
) -> None:
    assert exchange(converse(bedrock))[0] == 200


def test_credentials_without_a_token_are_served_without_one(stock: Callable[..., Any]) -> None:
    keys = LocalCredentials(access_key="OTHERKEY", secret_key="other", token=None)
    with LocalBedrock(credentials=keys, tls_names=("127.0.0.1",)) as bedrock:
        assert stock(bedrock).converse(modelId=HAIKU, messages=HELLO)["stopReason"] == "end_turn"
        with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClient"):
            stock(bedrock, aws_session_token="x").converse(modelId=HAIKU, messages=HELLO)


BROKEN_HTTP = {
    "no request line": b"hello\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "an absolute target": b"GET https://other/ HTTP/1.1\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nnonsense\r\n\r\n",
    "a header name that ends in a space": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "a chunked body": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
    "a body beyond Bedrock's bound": b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    "a head that does not end": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 11_000,
}


@pytest.mark.parametrize("name", BROKEN_HTTP)
def test_broken_http_is_answered_400_and_ends_the_connection(
    exchange: Exchange, bedrock: LocalBedrock, name: str
) -> None:
    status, code, _ = exchange(BROKEN_HTTP[name])

    assert (status, code) == (400, "")
    assert bedrock.requests == []


def test_a_request_that_is_cut_is_no_request(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket], converse: Callable[[Any], bytes]
) -> None:
    for share in (20, -5):
        dial(bedrock).sendall(converse(bedrock)[:share])
    for sock in (dial(bedrock), dial(bedrock)):
        sock.close()

    assert bedrock.requests == []


def test_connection_close_is_honoured(
    bedrock: LocalBedrock,
    dial: Callable[..., ssl.SSLSocket],
    signed: Callable[..., bytes],
) -> None:
    sock = dial(bedrock)
    body = json.dumps({"messages": HELLO}).encode()
    sock.sendall(signed(bedrock, CONVERSE, body))
    received = b""
    while piece := sock.recv(65536):
        received += piece

    assert received.startswith(b"HTTP/1.1 200 OK")


def test_two_requests_in_one_write_are_both_answered(
    bedrock: LocalBedrock,
    dial: Callable[..., ssl.SSLSocket],
    read_all: Callable[[ssl.SSLSocket], bytes],
    converse: Callable[[Any], bytes],
) -> None:
    sock = dial(bedrock)
    sock.sendall(converse(bedrock).replace(b"Connection: close", b"Connection: keep-alive") * 2)

    assert read_all(sock).count(b"HTTP/1.1 200 OK") == 2


def test_a_taken_port_is_an_os_error(bedrock: LocalBedrock) -> None:
    with pytest.raises(OSError, match="in use"), LocalBedrock(port=bedrock.port):
        pass


def test_stopping_twice_is_harmless_and_ends_open_connections(
    dial: Callable[..., ssl.SSLSocket],
) -> None:
    server = LocalBedrock().start()
    sock = dial(server)
    server.stop()
    server.stop()

    assert sock.recv(1) == b""


def test_a_member_that_a_header_has_to_carry_is_missed() -> None:
    shapes = {"Text": {"type": "string"}}
    member = {"shape": "Text", "location": "header", "locationName": "X-It"}
    shape = {"members": {"it": member}, "required": ["it"]}

    assert list(header_problems(shapes, shape, {"x-it": "x"})) == []
    assert "must not be null" in next(header_problems(shapes, shape, {}))


def test_a_server_that_never_ran_leaves_nothing_behind() -> None:
    server = LocalBedrock()
    ca = Path(server.ca_path)
    assert ca.exists()
    server.stop()

    assert not ca.exists()


def test_a_waiting_listener_outlives_its_own_time_limit(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket]
) -> None:
    time.sleep(1.1)

    assert dial(bedrock).version() in ("TLSv1.2", "TLSv1.3")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(ImportError, match=r"\.\[testing\]"):
        LocalBedrock()


def test_names_follow_the_region_and_its_partition() -> None:
    china = LocalBedrock(region="cn-north-1")

    assert china.host.endswith(".bedrock-runtime.cn-north-1.vpce.amazonaws.com.cn")
    assert china.url == f"https://{china.host}:{china.port}"
