"""P01: what frameworks get is botocore's own client with boto3's answers, and no door of it leads past the guard."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from boto3.exceptions import ResourceNotExistsError
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.errors import EndpointNotFound, OperationDenied
from secure_bedrock.testing import Answer, ConnectLog, LocalAuthority, LocalBedrock

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "How deep is the harbour?"}]}]
NATIVE = json.dumps(
    {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": MESSAGES}
).encode()
# What differs between two answers to the same request, from any client.
UNREPEATABLE = {"x-amzn-requestid", "date"}


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(tls_names=("localhost",), authority=authority) as running:
        yield running


@pytest.fixture
def bedrock(
    server: LocalBedrock, plain_surroundings: Any, monkeypatch: pytest.MonkeyPatch
) -> LocalBedrock:
    """The server, afresh; its credentials are in the environment, where each client finds them."""
    server.clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", server.credentials.token or "")
    return server


@pytest.fixture
def stock(bedrock: LocalBedrock) -> Iterator[Any]:
    """boto3's client, by a name that resolves."""
    url = f"https://localhost:{bedrock.port}"
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})  # older ones would wait
    client = boto3.client(
        SERVICE,
        region_name=bedrock.region,
        endpoint_url=url,
        verify=bedrock.ca_path,
        config=once,
    )
    yield client
    client.close()


WAYS: dict[str, Callable[[LocalBedrock], Any]] = {
    "create_client": lambda bedrock: create_client(SERVICE, bedrock.policy),
    "SecureSession": lambda bedrock: SecureSession(bedrock.policy).client(SERVICE),
    "SecureBedrockClient": lambda bedrock: SecureBedrockClient(bedrock.policy).client(SERVICE),
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def ours(request: pytest.FixtureRequest, bedrock: LocalBedrock) -> Iterator[Any]:
    """A hardened client, made in each of the public ways."""
    client = request.param(bedrock)
    yield client
    client.close()


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer less what no two answers share; streams and bodies are read."""
    found = dict(answer)
    metadata = dict(found["ResponseMetadata"])
    metadata.pop("MaxAttemptsReached", None)  # the stock client is let try once only
    headers = metadata.pop("HTTPHeaders")
    assert metadata.pop("RequestId") == headers["x-amzn-requestid"]
    metadata["HTTPHeaders"] = {k: v for k, v in headers.items() if k not in UNREPEATABLE}
    found["ResponseMetadata"] = metadata
    for member in ("stream", "body"):
        if member in found:
            content = found[member]
            found[member] = content.read() if hasattr(content, "read") else list(content)
    return found


CALLS: dict[str, Callable[[Any], Any]] = {
    "converse": lambda c: c.converse(
        modelId=MODEL,
        messages=MESSAGES,
        system=[{"text": "Be brief."}],
        inferenceConfig={"maxTokens": 50, "temperature": 0.5, "stopSequences": ["x"]},
        additionalModelRequestFields={"top_k": 5},
        requestMetadata={"team": "harbour"},
    ),
    "converse_stream": lambda c: c.converse_stream(modelId=MODEL, messages=MESSAGES),
    "invoke_model": lambda c: c.invoke_model(
        modelId=MODEL, body=NATIVE, contentType="application/json", accept="application/json"
    ),
    "invoke_model_with_response_stream": lambda c: c.invoke_model_with_response_stream(
        modelId=MODEL, body=NATIVE
    ),
    "count_tokens": lambda c: c.count_tokens(
        modelId=MODEL, input={"converse": {"messages": MESSAGES}}
    ),
    "apply_guardrail": lambda c: c.apply_guardrail(
        guardrailIdentifier="abc123def456",
        guardrailVersion="3",
        source="INPUT",
        content=[{"text": {"text": "hello"}}],
    ),
}
ANSWERS: dict[str, Answer] = {
    "the default answer": Answer.default(),
    "a text": Answer.text("Nine fathoms, Ünïcode 🌊.", stop_reason="max_tokens"),
    "a tool": Answer.tool_use("sound_depth", {"place": "harbour", "fathoms": [9, 9.5, None]}),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_answers_and_requests_equal_boto3s(
    call: str, answer: str, ours: Any, stock: Any, bedrock: LocalBedrock
) -> None:
    bedrock.script(ANSWERS[answer], ANSWERS[answer])

    here, there = comparable(CALLS[call](ours)), comparable(CALLS[call](stock))

    assert here == there
    first, second = bedrock.requests
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    assert first.refused is second.refused is None


ERRORS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelErrorException": 424,
}


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("call", ["converse", "converse_stream", "invoke_model"])
def test_errors_equal_boto3s_less_the_message(
    call: str, code: str, ours: Any, stock: Any, bedrock: LocalBedrock
) -> None:
    bedrock.script(*[Answer.error(code, message="quotes the prompt: harbour")] * 2)
    caught: list[ClientError] = []
    for client in (ours, stock):
        with pytest.raises(getattr(client.exceptions, code)) as raised:
            CALLS[call](client)
        caught.append(raised.value)
    here, there = caught

    assert isinstance(here, ClientError)
    assert type(here).__name__ == type(there).__name__ == code
    assert here.operation_name == there.operation_name
    ours_less, theirs_less = comparable(dict(here.response)), comparable(dict(there.response))
    assert "harbour" not in json.dumps(ours_less)
    assert "harbour" not in str(here)
    for less in (ours_less, theirs_less):
        less["Error"] = {k: v for k, v in less["Error"].items() if k != "Message"}
        less.pop("message", None)
    assert ours_less == theirs_less
    assert ours_less["ResponseMetadata"]["HTTPStatusCode"] == ERRORS[code]


def test_it_is_botocores_client_with_the_pinned_url(ours: Any, bedrock: LocalBedrock) -> None:
    assert isinstance(ours, BaseClient)
    assert ours.meta.endpoint_url == bedrock.url
    assert ours.meta.region_name == bedrock.region


def test_its_surface_is_boto3s(ours: Any, stock: Any) -> None:
    assert set(dir(stock)) - set(dir(ours)) == set()
    added = {name for name in set(dir(ours)) - set(dir(stock)) if not name.startswith("_")}
    assert added == {"secure_findings"}
    assert ours.meta.method_to_api_mapping == stock.meta.method_to_api_mapping
    mine, theirs = ours.meta.service_model, stock.meta.service_model
    assert mine.metadata == theirs.metadata
    assert mine.operation_names == theirs.operation_names
    assert mine.service_name == theirs.service_name == SERVICE
    assert ours.waiter_names == stock.waiter_names
    for method in stock.meta.method_to_api_mapping:
        assert ours.can_paginate(method) is stock.can_paginate(method), method
        assert hasattr(ours, method) is hasattr(stock, method), method
    assert set(dir(ours.exceptions)) == set(dir(stock.exceptions))
    assert issubclass(ours.exceptions.ThrottlingException, ClientError)
    assert type(ours).__name__ == type(stock).__name__


def test_paginators_are_there_and_are_judged(ours: Any, stock: Any) -> None:
    paginator = ours.get_paginator("list_async_invokes")
    assert type(paginator).__name__ == type(stock.get_paginator("list_async_invokes")).__name__
    with ConnectLog() as log, pytest.raises(OperationDenied):
        list(paginator.paginate())
    assert log.events == []


def test_waiters_that_are_not_there_are_missed_as_in_boto3(ours: Any, stock: Any) -> None:
    for client in (ours, stock):
        with pytest.raises(ValueError, match="Waiter does not exist"):
            client.get_waiter("model_ready")


def test_a_session_is_boto3s_and_its_resources_stay_inside_the_guard(
    bedrock: LocalBedrock,
) -> None:
    session = SecureSession(bedrock.policy)
    assert isinstance(session, boto3.Session)
    with ConnectLog() as log:
        for service, region in (("s3", None), ("dynamodb", "us-east-1")):
            with pytest.raises(OperationDenied, match="resource"):
                session.resource(service, region_name=region)
        # Past our override, boto3's own method finds no resources in the packaged data of botocore.
        with pytest.raises(ResourceNotExistsError):
            boto3.Session.resource(session, "s3")
        with pytest.raises(OperationDenied) as caught:
            session.client("s3").list_buckets()
        assert caught.value.rule == "service-unknown"
        with pytest.raises(EndpointNotFound):
            session._session.create_client("bedrock").list_foundation_models()
    assert log.events == []
