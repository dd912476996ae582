"""A hardened client is botocore's own, and answers as botocore's own does."""

import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.eventstream import EventStream
from botocore.exceptions import ClientError, EventStreamError, ParamValidationError

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    ConfigurationError,
    CredentialPathDenied,
    EndpointNotFound,
    ModelDenied,
    OperationDenied,
    RedirectDenied,
)
from secure_bedrock.testing import Answer, ConnectLog, Fault, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
PROMPT = "the harbour kettle is a secret"
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]
NATIVE = json.dumps(
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": PROMPT}],
    }
).encode()


def raw_client(bedrock: LocalBedrock) -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name=bedrock.region,
        endpoint_url=f"https://localhost:{bedrock.port}",
        verify=bedrock.ca_path,
        aws_access_key_id=bedrock.credentials.access_key,
        aws_secret_access_key=bedrock.credentials.secret_key,
        aws_session_token=bedrock.credentials.token,
    )


def less_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_it_is_a_genuine_botocore_client(make: Any, bedrock: LocalBedrock) -> None:
    client = make()
    assert isinstance(client, BaseClient)
    assert type(client).__name__ == "BedrockRuntime"
    assert client.meta.region_name == bedrock.region
    assert client.meta.endpoint_url == f"https://{bedrock.host}:{bedrock.port}"
    assert client.meta.partition == "aws"
    assert client.meta.service_model.service_name == "bedrock-runtime"
    assert client.can_paginate("converse") is False


def test_converse_answers_as_a_stock_client_does(make: Any, bedrock: LocalBedrock) -> None:
    ours = make().converse(modelId=MODEL, messages=MESSAGES)
    theirs = raw_client(bedrock).converse(modelId=MODEL, messages=MESSAGES)
    assert less_metadata(ours) == less_metadata(theirs)
    assert set(ours["ResponseMetadata"]) == set(theirs["ResponseMetadata"])
    assert ours["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert ours["ResponseMetadata"]["RetryAttempts"] == 0
    first, second = bedrock.requests
    assert first.body == second.body
    assert first.path == second.path
    assert set(first.headers) - {"amz-sdk-request"} == set(second.headers) - {
        "amz-sdk-request",
        "accept-encoding",
    }


def test_streams_hold_the_events_that_a_stock_client_sees(make: Any, bedrock: LocalBedrock) -> None:
    ours = make().converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    theirs = raw_client(bedrock).converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    assert isinstance(ours, EventStream)
    assert list(ours) == list(theirs)
    assert list(ours) == []  # at its end it stays at its end


def test_an_event_stream_can_be_left_and_taken_up_again(make: Any) -> None:
    stream = make().converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    first = next(iter(stream))
    assert "messageStart" in first
    assert any("messageStop" in event for event in stream)


def test_invoke_model_gives_a_streaming_body(make: Any, bedrock: LocalBedrock) -> None:
    body = make().invoke_model(modelId=MODEL, body=NATIVE)["body"]
    expected = raw_client(bedrock).invoke_model(modelId=MODEL, body=NATIVE)["body"].read()
    assert body.readable()
    assert body.tell() == 0
    beginning = body.read(7)
    body.set_socket_timeout(3)
    rest = b"".join(body.iter_chunks(5))
    assert json.loads(beginning + rest) == json.loads(expected) | {
        "id": json.loads(beginning + rest)["id"]
    }
    assert body.read() == b""
    body.close()


def test_invoke_model_streams(make: Any, bedrock: LocalBedrock) -> None:
    answer = make().invoke_model_with_response_stream(modelId=MODEL, body=NATIVE)
    pieces = [event["chunk"]["bytes"] for event in answer["body"]]
    assert pieces
    assert all(json.loads(piece) for piece in pieces)


def test_bodies_may_be_files(make: Any, bedrock: LocalBedrock, tmp_path: Any) -> None:
    path = tmp_path / "body.json"
    path.write_bytes(NATIVE)
    with path.open("rb") as file:
        make().invoke_model(modelId=MODEL, body=file)
    assert bedrock.requests[0].body == NATIVE


def test_one_event_tells_of_each_call(make: Any, events: list[InvocationEvent]) -> None:
    client = make()
    client.converse(modelId=MODEL, messages=MESSAGES)
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    assert len(events) == 1
    list(stream)
    assert [(event.operation, event.outcome) for event in events] == [
        ("Converse", "ok"),
        ("ConverseStream", "ok"),
    ]
    for event in events:
        assert event.model_id == MODEL
        assert event.total_tokens is not None
        assert event.peer_ip == "127.0.0.1"
        assert event.http_status == 200
        assert event.aws_request_id
        assert PROMPT not in event.to_json()


def test_a_stream_that_is_closed_early_counts_as_cancelled(
    make: Any, events: list[InvocationEvent]
) -> None:
    stream = make().converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    next(iter(stream))
    stream.close()
    assert [event.outcome for event in events] == ["cancelled"]


def test_errors_of_aws_are_client_errors_with_their_message_withheld(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.error("ValidationException", 400, f"bad prompt: {PROMPT}"))
    client = make()
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "ValidationException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["RequestId"]
    assert PROMPT not in str(caught.value)
    assert PROMPT not in repr(answer)
    assert PROMPT not in repr(caught.value.__dict__)
    assert [(event.outcome, event.error_code) for event in events] == [
        ("error", "ValidationException")
    ]


def test_throttling_is_retried_and_the_invocation_keeps_its_id(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.throttle(), times=2)
    answer = make().converse(modelId=MODEL, messages=MESSAGES)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    headers = [request.headers for request in bedrock.requests]
    assert len({header["amz-sdk-invocation-id"] for header in headers}) == 1
    assert [header["amz-sdk-request"] for header in headers] == [
        "attempt=1; max=4",
        "attempt=2; max=4",
        "attempt=3; max=4",
    ]
    assert [event.attempts for event in events] == [3]


@pytest.mark.parametrize(
    "message", ["Too many tokens per day, please wait.", "The daily number of tokens is used up."]
)
def test_the_days_quota_is_not_waited_for(make: Any, bedrock: LocalBedrock, message: str) -> None:
    bedrock.fault(Fault.throttle(message), times=4)
    with pytest.raises(ClientError):
        make().converse(modelId=MODEL, messages=MESSAGES)
    assert len(bedrock.requests) == 1


def test_what_a_typed_call_tries_again_is_tried_again(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.error("RequestTooSlow", 408), times=1)

    make().converse(modelId=MODEL, messages=MESSAGES)

    assert len(bedrock.requests) == 2


def test_a_count_that_no_call_has_is_no_count(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    """Python refuses to read a number of 5000 digits: the answer stands all the same."""
    headers = (
        ("Content-Type", "application/json"),
        ("x-amzn-bedrock-input-token-count", "9" * 5000),
        ("x-amzn-bedrock-output-token-count", "3"),
    )
    bedrock.script(Answer.raw(200, headers, b"{}"))

    answer = make().invoke_model(modelId=MODEL, body=b"{}")

    assert answer["body"].read() == b"{}"
    assert [(event.outcome, event.input_tokens) for event in events] == [("ok", None)]


def test_fewer_retries_may_be_asked_for(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.throttle(), times=4)
    client = make(config=Config(retries={"total_max_attempts": 2}))
    with pytest.raises(ClientError):
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert len(bedrock.requests) == 2


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("fault", [Fault.redirect(307), Fault.redirect(301)])
def test_a_refusal_comes_out_once_whatever_retry_mode_the_environment_asks_for(
    make: Any,
    bedrock: LocalBedrock,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    fault: Fault,
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    bedrock.fault(fault, times=9)
    client = make()
    with ConnectLog() as log, pytest.raises(RedirectDenied):
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert len(log.connects) == 1
    assert len(bedrock.requests) == 1


def test_denied_models_open_no_socket(make: Any, events: list[InvocationEvent]) -> None:
    client = make()
    with ConnectLog() as log, pytest.raises(ModelDenied):
        client.converse(modelId="us.anthropic.claude-3-haiku-20240307-v1:0", messages=MESSAGES)
    with pytest.raises(ModelDenied):
        client.converse(modelId="", messages=MESSAGES)
    assert log.connects == []
    assert [event.outcome for event in events] == ["refused", "refused"]


def test_denied_models_need_no_runner_and_no_credentials(make: Any) -> None:
    client = make(runner=None, credentials=None)
    with pytest.raises(ModelDenied):
        client.converse(modelId="amazon.titan-text-express-v1", messages=MESSAGES)
    with pytest.raises(OperationDenied):
        client.list_async_invokes()
    with pytest.raises(CredentialPathDenied):
        client.converse(modelId=MODEL, messages=MESSAGES)


def test_without_a_runner_a_call_is_one_attempt(make: Any, bedrock: LocalBedrock) -> None:
    bedrock.fault(Fault.throttle(), times=1)
    client = make(runner=None)
    with pytest.raises(ClientError):
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])


def test_a_service_without_a_route_gives_a_client_whose_calls_say_so(make: Any) -> None:
    client = make("sts", toml='[operations]\nallow = ["Converse", "sts:GetCallerIdentity"]\n')
    assert client.meta.endpoint_url.endswith(".invalid")
    for _ in range(2):
        with ConnectLog() as log, pytest.raises(EndpointNotFound):
            client.get_caller_identity()
        assert log.events == []


def test_a_service_that_no_policy_can_allow_says_so_before_it_asks_for_an_endpoint(
    make: Any, events: list[InvocationEvent]
) -> None:
    with ConnectLog() as log, pytest.raises(OperationDenied) as refused:
        make("s3").list_buckets()

    assert refused.value.rule == "service-unknown"
    assert "no policy can allow operations of this service" in refused.value.reason
    assert "[network.endpoints" not in refused.value.next_step
    assert log.events == []
    assert [(event.outcome, event.guard_reason) for event in events] == [
        ("refused", "service-unknown")
    ]


MISSPELT: dict[str, tuple[Any, str]] = {
    "a letter is missing": ("bedrok-runtime", 'did you mean "bedrock-runtime"?'),
    "nothing is like it": ("../x", "pass boto3's name of the service, such as bedrock-runtime"),
    "no string": (None, "pass boto3's name of the service, such as bedrock-runtime"),
}


@pytest.mark.parametrize(("service", "step"), MISSPELT.values(), ids=MISSPELT)
def test_a_service_that_there_is_not_makes_no_client(service: Any, step: str, make: Any) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make(service)
    assert (refused.value.rule, refused.value.next_step) == ("service-name", step)


def test_presigned_urls_are_refused(make: Any) -> None:
    client = make()
    with pytest.raises(OperationDenied, match="presigned"):
        client.generate_presigned_url("converse", {"modelId": MODEL, "messages": MESSAGES})
    with pytest.raises(OperationDenied, match="presigned"):
        client._request_signer.generate_presigned_url({}, "Converse")
    with pytest.raises(OperationDenied, match="presigned"):
        client._request_signer.sign("Converse", None, signing_type="presign-url")


def test_parameter_errors_name_members_and_repeat_no_value(
    make: Any, events: list[InvocationEvent]
) -> None:
    client = make()
    wrong = {
        "modelId": MODEL,
        "messages": [{"role": 5, "content": [{"text": {"secret": PROMPT}}], PROMPT: PROMPT}],
        "promptVariables": {PROMPT: 7},
        "additionalModelRequestFields": {PROMPT: object()},
        "inferenceConfig": {"maxTokens": 0},
    }
    with ConnectLog() as log, pytest.raises(ParamValidationError) as caught:
        client.converse(**wrong)
    text = str(caught.value)
    assert "messages[0].role: invalid type" in text
    assert "messages[0].content[0].text: invalid type" in text
    assert "messages[0]: unknown field" in text
    assert "inferenceConfig.maxTokens: invalid range, the least is 1" in text
    assert PROMPT not in text + repr(caught.value.kwargs)
    assert caught.value.__context__ is None
    assert log.connects == []
    assert [event.outcome for event in events] == ["error"]
    with pytest.raises(ParamValidationError, match="input: missing required member modelId"):
        client.converse(messages=MESSAGES)


def test_mid_stream_exceptions_stay_botocores_with_their_message_withheld(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.stream_exception("throttlingException"))
    stream = make().converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    with pytest.raises(EventStreamError) as caught:
        list(stream)
    assert caught.value.response["Error"]["Code"] == "throttlingException"
    assert "withheld" in caught.value.response["Error"]["Message"]
    assert caught.value.__context__ is None
    assert [(event.outcome, event.error_code) for event in events] == [
        ("incomplete", "throttlingException")
    ]


def test_clients_are_shared_not_copied_and_never_pickled(make: Any) -> None:
    client = make()
    assert copy.copy(client) is client
    assert copy.deepcopy(client) is client
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(client)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(client._endpoint.http_session)


def test_a_closed_client_says_so(make: Any) -> None:
    from secure_bedrock.errors import ConfigurationError

    client = make()
    client.converse(modelId=MODEL, messages=MESSAGES)
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.converse(modelId=MODEL, messages=MESSAGES)


def test_one_client_serves_many_threads(
    make: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    client = make()

    def ask(number: int) -> bool:
        text = f"question {number}"
        messages = [{"role": "user", "content": [{"text": text}]}]
        if number % 2:
            answer = client.converse(modelId=MODEL, messages=messages)
            said = answer["output"]["message"]["content"][0]["text"]
        else:
            stream = client.converse_stream(modelId=MODEL, messages=messages)["stream"]
            said = "".join(
                event["contentBlockDelta"]["delta"]["text"]
                for event in stream
                if "contentBlockDelta" in event
            )
        return text in said

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(48)))
    assert [event.outcome for event in events] == ["ok"] * 48
    assert len({request.connection for request in bedrock.requests}) <= 8
