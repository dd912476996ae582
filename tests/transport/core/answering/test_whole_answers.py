"""Whole answers: what is one, what is not, and which error a refusal by AWS becomes."""

import json
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import (
    AccessDenied,
    IncompleteResponse,
    InvalidRequest,
    ModelFailed,
    ModelNotReady,
    ModelTimeout,
    NotFound,
    QuotaExceeded,
    RedirectDenied,
    SecureBedrockError,
    ServiceError,
    Throttled,
    Unavailable,
)
from secure_bedrock.transport.core.answering.error_codes import clean_code, likely_layer
from secure_bedrock.transport.core.answering.json_weight import MAX_MARKS, check_weight
from secure_bedrock.transport.core.answering.whole_answers import (
    EVENT_STREAM,
    REQUIRED,
    error_of,
    open_stream,
    parse_invoke_answer,
    parse_json_answer,
    retry_after,
)

SECRET = "what the prompt said"


@dataclass(frozen=True)
class Head:
    """A response head as the HTTP reader gives it: fields by lower-case name."""

    status: int = 200
    fields: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def get(self, name: str, /) -> str | None:
        return self.fields.get(name)


CONVERSED: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [{"text": "hi"}, {"reasoningContent": {"redactedContent": "aGk="}}],
        }
    },
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "somethingNew": {"kept": True},
}


def test_an_answer_keeps_what_is_unknown_and_decodes_its_blobs() -> None:
    answer = parse_json_answer("Converse", Head(), json.dumps(CONVERSED).encode())

    content = answer["output"]["message"]["content"]
    assert content[1] == {"reasoningContent": {"redactedContent": b"hi"}}
    assert answer["somethingNew"] == {"kept": True}


def test_an_answer_cut_at_any_byte_is_incomplete() -> None:
    body = json.dumps(CONVERSED).encode()

    for end in range(len(body)):
        with pytest.raises(IncompleteResponse) as refused:
            parse_json_answer("Converse", Head(), body[:end])
        assert refused.value.rule == ("not-json" if end else "empty")


WRONG: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("application/json", b"", "empty"),
    "white space": ("application/json", b" \r\n", "empty"),
    "HTML": ("text/html", b"<html>", "content-type"),
    "HTML that calls itself JSON": ("application/json", b"<html></html>", "not-json"),
    "JSON that calls itself HTML": ("text/html", b'{"inputTokens": 1}', "content-type"),
    "no content type": ("", b'{"inputTokens": 1}', "content-type"),
    "an array": ("application/json", b"[]", "not-json"),
    "an empty object": ("application/json", b"{}", "missing-member"),
    "an error in an answer's place": ("application/json", b'{"message": "x"}', "missing-member"),
    "a null in an answer's place": ("application/json", b'{"inputTokens": null}', "missing-member"),
    "nesting without end": ("application/json", b"[" * 100_000, "not-json"),
    "bytes that are no text": ("application/json", b'{"a": "\xff"}', "not-json"),
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_a_200_that_is_no_answer_is_incomplete(row: tuple[str, bytes, str]) -> None:
    content_type, body, rule = row

    with pytest.raises(IncompleteResponse) as refused:
        parse_json_answer("CountTokens", Head(fields={"content-type": content_type}), body)

    assert refused.value.rule == rule


def test_a_blob_that_is_not_base64_is_incomplete() -> None:
    broken = json.dumps(CONVERSED).replace("aGk=", "a?").encode()

    with pytest.raises(IncompleteResponse) as refused:
        parse_json_answer("Converse", Head(), broken)

    assert refused.value.rule == "not-base64"


def test_a_content_type_may_have_parameters() -> None:
    head = Head(fields={"content-type": "Application/JSON; charset=utf-8"})

    assert parse_json_answer("CountTokens", head, b'{"inputTokens": 0}') == {"inputTokens": 0}


@pytest.mark.parametrize("operation", sorted(REQUIRED))
def test_what_is_required_here_is_required_by_botocores_model(operation: str) -> None:
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    shape = model.operation_model(operation).output_shape

    assert shape is not None
    assert set(REQUIRED[operation]) <= set(shape.required_members)


def test_a_native_answer_is_its_bytes_and_its_headers() -> None:
    fields = {
        "content-type": "application/json",
        "x-amzn-bedrock-performanceconfig-latency": "standard",
        "x-amzn-bedrock-service-tier": "default",
    }

    assert parse_invoke_answer(Head(fields=fields), b' {"a": 1}\n') == {
        "body": b' {"a": 1}\n',
        "contentType": "application/json",
        "performanceConfigLatency": "standard",
        "serviceTier": "default",
    }


def test_a_native_answer_of_another_type_is_not_looked_into() -> None:
    head = Head(fields={"content-type": "image/png"})

    assert parse_invoke_answer(head, b"\x89PNG")["body"] == b"\x89PNG"


NATIVE_WRONG: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("application/json", b"", "empty"),
    "HTML": ("text/html; charset=utf-8", b"<html></html>", "content-type"),
    "no content type": ("", b"{}", "content-type"),
    "JSON cut short": ("application/json", b'{"a": [1, 2', "not-json"),
    "an array cut short": ("application/json", b"[1, 2", "not-json"),
    "HTML that calls itself JSON": ("application/json", b"<html></html>", "not-json"),
}


@pytest.mark.parametrize("row", NATIVE_WRONG.values(), ids=NATIVE_WRONG)
def test_a_native_200_that_is_no_answer_is_incomplete(row: tuple[str, bytes, str]) -> None:
    content_type, body, rule = row

    with pytest.raises(IncompleteResponse) as refused:
        parse_invoke_answer(Head(fields={"content-type": content_type}), body)

    assert refused.value.rule == rule


def test_a_stream_opens_with_its_headers() -> None:
    fields = {
        "content-type": EVENT_STREAM,
        "x-amzn-bedrock-content-type": "application/json",
        "x-amzn-bedrock-service-tier": "flex",
    }

    assert open_stream("ConverseStream", Head(fields=fields)) == {}
    assert open_stream("InvokeModelWithResponseStream", Head(fields=fields)) == {
        "contentType": "application/json",
        "serviceTier": "flex",
    }
    bare = Head(fields={"content-type": EVENT_STREAM})
    assert open_stream("InvokeModelWithResponseStream", bare) == {}


def test_what_is_not_a_stream_does_not_open() -> None:
    with pytest.raises(IncompleteResponse) as refused:
        open_stream("ConverseStream", Head())
    assert refused.value.rule == "content-type"
    with pytest.raises(Throttled):
        open_stream("ConverseStream", Head(429), b'{"__type": "ThrottlingException"}')


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_denied(status: int) -> None:
    error = error_of(status, {"location": "https://evil.example/"}, b"")

    assert type(error) is RedirectDenied
    assert "evil" not in str(error)


@pytest.mark.parametrize("status", [101, 201, 204, 206])
def test_a_status_that_is_no_success_of_these_operations_is_incomplete(status: int) -> None:
    with pytest.raises(IncompleteResponse) as refused:
        parse_json_answer("Converse", Head(status), json.dumps(CONVERSED).encode())

    assert refused.value.rule == "status"


def by_header(code: str) -> tuple[dict[str, str], bytes]:
    return {"x-amzn-errortype": code}, json.dumps({"message": SECRET}).encode()


ERRORS: dict[str, tuple[int, dict[str, str], bytes, type[SecureBedrockError], str]] = {
    "throttled": (429, *by_header("ThrottlingException"), Throttled, "ThrottlingException"),
    "throttled, with a URI": (
        429,
        *by_header("ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/"),
        Throttled,
        "ThrottlingException",
    ),
    "throttled, with a namespace": (
        429,
        *by_header("com.amazon.bedrock#ThrottlingException"),
        Throttled,
        "ThrottlingException",
    ),
    "not ready": (429, *by_header("ModelNotReadyException"), ModelNotReady, "ModelNotReadyException"),
    "quota": (
        400,
        *by_header("ServiceQuotaExceededException"),
        QuotaExceeded,
        "ServiceQuotaExceededException",
    ),
    "a day's tokens": (
        429,
        {"x-amzn-errortype": "ThrottlingException"},
        b'{"message": "Too many tokens per day, please wait before trying again."}',
        QuotaExceeded,
        "ThrottlingException",
    ),
    "model timeout": (408, *by_header("ModelTimeoutException"), ModelTimeout, "ModelTimeoutException"),
    "model error": (424, *by_header("ModelErrorException"), ModelFailed, "ModelErrorException"),
    "denied": (403, *by_header("AccessDeniedException"), AccessDenied, "AccessDeniedException"),
    "expired": (403, *by_header("ExpiredTokenException"), AccessDenied, "ExpiredTokenException"),
    "not found": (404, *by_header("ResourceNotFoundException"), NotFound, "ResourceNotFoundException"),
    "invalid": (400, *by_header("ValidationException"), InvalidRequest, "ValidationException"),
    "conflict": (400, *by_header("ConflictException"), InvalidRequest, "ConflictException"),
    "internal": (500, *by_header("InternalServerException"), Unavailable, "InternalServerException"),
    "no capacity": (
        503,
        *by_header("ServiceUnavailableException"),
        Unavailable,
        "ServiceUnavailableException",
    ),
    "code by __type": (400, {}, b'{"__type": "a.b#ValidationException"}', InvalidRequest, "ValidationException"),
    "code by code": (400, {}, b'{"code": "ThrottlingException"}', Throttled, "ThrottlingException"),
    "code by Code": (400, {}, b'{"Code": "ThrottlingException:x"}', Throttled, "ThrottlingException"),
    "a code that is no text": (400, {}, b'{"code": 5, "__type": "ValidationException"}', InvalidRequest, "ValidationException"),
    "a code that repeats content": (418, *by_header(SECRET), InvalidRequest, "418"),
    "HTML": (503, {}, b"<html>busy</html>", Unavailable, "503"),
    "nothing at all": (500, {}, b"", Unavailable, "500"),
    "an array": (500, {}, b"[]", Unavailable, "500"),
    "nesting without end": (500, {}, b"[" * 100_000, Unavailable, "500"),
    "an unknown 401": (401, {}, b"", AccessDenied, "401"),
    "an unknown 403": (403, {}, b"", AccessDenied, "403"),
    "an unknown 404": (404, {}, b"", NotFound, "404"),
    "an unknown 408": (408, {}, b"", Unavailable, "408"),
    "an unknown 413": (413, {}, b"", InvalidRequest, "413"),
    "an unknown 429": (429, {}, b"", Throttled, "429"),
    "an unknown 599": (599, {}, b"", Unavailable, "599"),
}  # fmt: skip


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
def test_an_error_answer_becomes_ours_without_its_message(
    row: tuple[int, dict[str, str], bytes, type[SecureBedrockError], str],
) -> None:
    status, headers, body, kind, code = row

    error = error_of(status, {**headers, "x-amzn-requestid": "req-1"}, body)

    assert isinstance(error, ServiceError)
    assert (type(error), error.code) == (kind, code)
    assert (error.http_status, error.request_id) == (status, "req-1")
    assert SECRET not in f"{error} {error!r} {error.args}"


LAYERS = {
    "is not authorized to perform: bedrock:InvokeModel because no identity-based policy allows it": "identity-based-policy",
    "with an explicit deny in an identity-based policy": "identity-based-policy",
    "with an explicit deny in a service control policy": "service-control-policy",
    "with an explicit deny in a resource control policy": "resource-control-policy",
    "because no VPC endpoint policy allows the bedrock:InvokeModel action": "vpc-endpoint-policy",
    "because no permissions boundary allows the action": "permissions-boundary",
    "because no session policy allows the action": "session-policy",
    "with an explicit deny in a resource-based policy": "resource-based-policy",
    "You don't have access to the model with the specified model ID.": None,
    "": None,
}


@pytest.mark.parametrize(("message", "layer"), LAYERS.items())
def test_a_refusal_names_the_policy_that_aws_blames(message: str, layer: str | None) -> None:
    error = error_of(
        403,
        {"x-amzn-errortype": "AccessDeniedException"},
        json.dumps({"Message": message}).encode(),
    )

    assert isinstance(error, AccessDenied)
    assert error.likely_layer == layer == likely_layer(message)


WAITS: dict[str, tuple[dict[str, str], float | None]] = {
    "milliseconds": ({"x-amz-retry-after": "1500"}, 1.5),
    "seconds": ({"retry-after": "3"}, 3.0),
    "a fraction": ({"retry-after": "0.5"}, 0.5),
    "both": ({"x-amz-retry-after": "100", "retry-after": "9"}, 0.1),
    "malformed milliseconds beside seconds": ({"x-amz-retry-after": "x", "retry-after": "9"}, 9.0),
    "a date": ({"retry-after": "Fri, 20 Nov 2026 12:00:00 GMT"}, None),
    "a negative number": ({"retry-after": "-1"}, None),
    "not a number": ({"x-amz-retry-after": "NaN"}, None),
    "infinity": ({"retry-after": "inf"}, None),
    "an exponent": ({"retry-after": "1e3"}, None),
    "digits of another script": ({"retry-after": "٣"}, None),
    "more than a day": ({"retry-after": "99999"}, None),
    "an enormous number": ({"x-amz-retry-after": "9" * 5000}, None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize("row", WAITS.values(), ids=WAITS)
def test_a_wait_is_read_or_ignored(row: tuple[dict[str, str], float | None]) -> None:
    headers, expected = row

    assert retry_after(headers) == expected
    error = error_of(429, headers, b"")
    assert isinstance(error, ServiceError)
    assert error.retry_after_s == expected


@given(st.text() | st.integers() | st.none())
def test_a_code_is_a_name_or_nothing(code: object) -> None:
    cleaned = clean_code(code)

    assert cleaned == "" or (
        cleaned in str(code) and cleaned.replace("_", "").replace(".", "").isalnum()
    )


def test_an_answer_of_a_million_values_is_refused_before_it_is_read() -> None:
    for light in (b"[1" + b",1" * (MAX_MARKS - 1) + b"]", b'"' + b"x" * 2 * MAX_MARKS + b'"', b""):
        check_weight(light)
    for heavy in (b"[" + b"{}," * (MAX_MARKS // 2) + b"1]", b"[" * (MAX_MARKS + 1)):
        with pytest.raises(IncompleteResponse) as refused:
            check_weight(heavy)
        assert refused.value.rule == "too-large"
        with pytest.raises(IncompleteResponse) as refused:
            parse_json_answer("Converse", Head(), heavy)
        assert refused.value.rule == "too-large"
