"""What an event looks like when it is written down."""

import dataclasses
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.audit import SCHEMA, InvocationEvent
from secure_bedrock.audit.event import CUT_MARK, MAX_STRING, UNREADABLE


def event(**members: object) -> InvocationEvent:
    required = {
        "event_id": "id",
        "ts": "2026-11-20T08:00:00.000Z",
        "service": "bedrock-runtime",
        "operation": "Converse",
        "outcome": "ok",
        "duration_ms": 1.5,
    }
    return InvocationEvent(**{**required, **members})  # type: ignore[arg-type]  # tests choose members freely


def test_the_smallest_event_has_only_what_is_known() -> None:
    assert json.loads(event().to_json()) == {
        "schema": "secure_bedrock.invocation/1",
        "event_id": "id",
        "ts": "2026-11-20T08:00:00.000Z",
        "service": "bedrock-runtime",
        "operation": "Converse",
        "streaming": False,
        "outcome": "ok",
        "duration_ms": 1.5,
        "attempts": 0,
        "retry_wait_ms": 0.0,
    }


def test_the_field_names_are_the_contract() -> None:
    assert SCHEMA == "secure_bedrock.invocation/1"
    names = """
        schema event_id ts sdk_version service environment
        operation streaming model_id model_family region inference_profile service_tier
        guardrail_id guardrail_version tags
        outcome error_code error_class http_status aws_request_id stop_reason retry_stop_reason
        duration_ms time_to_first_event_ms server_latency_ms attempts retry_wait_ms
        input_tokens output_tokens total_tokens cache_read_input_tokens cache_write_input_tokens
        max_tokens request_bytes response_bytes message_count tool_count usage_missing
        endpoint_host peer_ip vpc_endpoint_id tls_version tls_cipher peer_cert_sha256
        guard_verdict guard_reason would_deny posture_id
        lambda_request_id cold_start trace_id span_id
        dropped_before
    """

    assert [field.name for field in dataclasses.fields(InvocationEvent)] == names.split()


def test_an_event_can_t_be_changed_and_survives_pickling() -> None:
    one = event(tags={"team": "claims"})

    with pytest.raises(dataclasses.FrozenInstanceError):
        one.outcome = "error"  # type: ignore[misc]  # the point of the test
    assert pickle.loads(pickle.dumps(one)) == one


def test_a_long_string_is_cut_and_says_so() -> None:
    members = event(region="r" * 600, tags={"k" * 600: "v" * 600}).to_dict()

    assert len(members["region"]) == MAX_STRING
    assert members["region"].endswith(CUT_MARK)
    assert [(len(key), len(value)) for key, value in members["tags"].items()] == [(512, 512)]


@pytest.mark.parametrize("name", ["model_id", "error_code", "aws_request_id", "stop_reason"])
@pytest.mark.parametrize("text", ["please summarise this", "a\nb", "naïve", "", "x" * 3000])
def test_what_should_be_an_identifier_and_is_not_is_left_out(name: str, text: str) -> None:
    assert getattr(event(**{name: text}), name) == UNREADABLE


# field → (what is kept, what is one word and not kept)
GRAMMARS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "guardrail_id": (
        ("abc123def456", "arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123def456"),
        ("hunter2", "AKIAIOSFODNN7EXAMPLE", "ABC123DEF456", "abc123def456/x"),
    ),
    "guardrail_version": (("1", "99999999", "DRAFT"), ("hunter2", "0", "draft", "4111-1111")),
    "service_tier": (("default", "priority", "flex", "reserved"), ("hunter2", "Flex", "")),
    "stop_reason": (
        ("end_turn", "model_context_window_exceeded", "reason_of_tomorrow"),
        ("Passw0rd", "sk-ant-api03", "end turn", "a__b"),
    ),
    "aws_request_id": (("0d1c5ba2-1f2e-4a3b-9c4d-5e6f7a8b9c0d",), ("x" * 65, "jane@example.com")),
    "error_code": (
        ("ThrottlingException", "503", "stream-cut", "Throttling.User"),
        ("wJalrXUtnFEMI/K7MDENG", "jane@example.com", "x" * 129),
    ),
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_each_field_has_a_grammar_of_its_own(name: str) -> None:
    kept, left_out = GRAMMARS[name]

    assert [getattr(event(**{name: text}), name) for text in kept] == list(kept)
    assert {getattr(event(**{name: text}), name) for text in left_out} == {UNREADABLE}


@pytest.mark.parametrize(
    "model_id",
    [
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/my_endpoint",
    ],
)
def test_a_model_id_is_kept_as_it_is(model_id: str) -> None:
    assert event(model_id=model_id).model_id == model_id


def test_a_number_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        event(duration_ms=float("nan")).to_json()


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=600)), st.text(max_size=600))
def test_every_line_is_one_line_of_printable_ascii(tags: dict[str, str], text: str) -> None:
    line = event(tags=tags, environment=text, guard_reason=text).to_json()

    assert all(" " <= character <= "~" for character in line)
    assert json.loads(line)["schema"] == SCHEMA
