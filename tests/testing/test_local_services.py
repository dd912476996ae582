"""LocalServices speaks every protocol of AWS, checks requests, and answers what the model allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.config
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError

from secure_bedrock import Policy
from secure_bedrock.policy.operation.table import BEDROCK_SERVICES
from secure_bedrock.testing import LocalServices
from secure_bedrock.testing.plain_answer import plain_reply
from secure_bedrock.testing.service_model import load_service_model
from secure_bedrock.testing.shape_check import problems_of

OTHERS = ("sts", "ec2", "ssm", "logs", "cloudtrail", "sso")


@pytest.fixture(scope="module")
def services() -> Iterator[LocalServices]:
    with LocalServices((*sorted(BEDROCK_SERVICES), *OTHERS)) as running:
        yield running


@pytest.fixture
def client(services: LocalServices, stock: Callable[..., Any]) -> Callable[..., Any]:
    """Makes stock clients of one of the services; the dialled name is the certificate's, its address loopback."""

    def make(service: str, **changed: Any) -> Any:
        endpoints: Any = services.network["endpoints"]
        made = stock(services, service, verify=False, **changed)

        def as_the_service(request: Any, **_: Any) -> None:
            request.headers["Host"] = f"{endpoints[service]['host']}:{services.port}"

        made.meta.events.register("before-sign", as_the_service)
        services.clear()
        return made

    return make


pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "rest-json": ("bedrock", "list_foundation_models", {}),
    "rest-json, a label": ("bedrock-agent", "get_agent", {"agentId": "ABCDEFGHIJ"}),
    "rest-json, no signature": (
        "sso",
        "get_role_credentials",
        {"roleName": "r", "accountId": "111122223333", "accessToken": "t"},
    ),
    "json": ("bedrock-data-automation-runtime", "get_data_automation_status", {
        "invocationArn": "arn:aws:bedrock:eu-west-1:111122223333:data-automation-invocation/x"
    }),
    "json, another prefix": ("logs", "describe_log_groups", {}),
    "query": ("sts", "get_caller_identity", {}),
    "ec2": ("ec2", "describe_vpc_endpoints", {}),
    "bytes": ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "mine", "Body": b"x"}),
}  # fmt: skip


@pytest.mark.parametrize(("service", "call", "parameters"), CALLS.values(), ids=CALLS)
def test_a_stock_client_is_answered(
    client: Any, services: LocalServices, service: str, call: str, parameters: dict[str, Any]
) -> None:
    answer = getattr(client(service), call)(**parameters)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [request.refused for request in services.requests] == [None]
    assert str(services.requests[0].operation).lower() == call.replace("_", "")


@pytest.mark.parametrize("service", sorted(BEDROCK_SERVICES))
def test_every_answer_fits_the_model(service: str) -> None:
    model = load_service_model(service)
    for operation in model.operations:
        reply = plain_reply(model, operation, "id")
        output = model.shapes[operation.output_shape]
        payload = output.get("payload")
        name = output["members"][payload]["shape"] if payload else operation.output_shape
        if reply.events is not None:
            buffer: Any = EventStreamBuffer()
            buffer.add_data(b"".join(reply.events))
            assert [message.headers[":message-type"] for message in buffer]
        elif model.shapes[name]["type"] == "structure":
            outside = {m for m, to in output["members"].items() if "location" in to}
            inner = {**model.shapes[name]}
            inner["required"] = [m for m in inner.get("required", ()) if m not in outside]
            shapes = {**model.shapes, name: inner}
            assert list(problems_of(shapes, name, json.loads(reply.body), "")) == []


LAX = botocore.config.Config(parameter_validation=False, retries={"total_max_attempts": 1})
REFUSED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a body that lacks a member": ("bedrock-agent", "create_agent", {"clientToken": "short"}),
    "a payload that lacks a member": (
        "bedrock-agentcore",
        "invoke_agent_runtime_command",
        {"agentRuntimeArn": "arn", "body": {"timeout": 1}},
    ),
}


@pytest.mark.parametrize(("service", "call", "parameters"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_does_not_fit_is_refused(
    client: Any, services: LocalServices, service: str, call: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError):
        getattr(client(service, config=LAX), call)(**parameters)

    assert [request.refused for request in services.requests] == ["ValidationException"]


def test_a_foreign_signature_is_refused(client: Any, services: LocalServices) -> None:
    with pytest.raises(ClientError):
        client("bedrock", aws_access_key_id="SOMEBODYELSE").list_guardrails()

    assert [request.refused for request in services.requests] == ["UnrecognizedClientException"]


@pytest.fixture
def asked(dial: Any, read_all: Any) -> Callable[[LocalServices, bytes], bytes]:
    """Sends the bytes of a request and reads the answer."""

    def ask(server: LocalServices, request: bytes) -> bytes:
        sock = dial(server)
        sock.sendall(request)
        answer: bytes = read_all(sock)
        return answer

    return ask


@pytest.mark.parametrize(
    ("service", "path"),
    [("bedrock", "/"), ("sts", "/"), ("sts", "/x"), ("logs", "/"), ("bedrock-unknown", "/")],
)
def test_what_no_service_has_is_refused(
    services: LocalServices,
    asked: Callable[[LocalServices, bytes], bytes],
    signed: Any,
    service: str,
    path: str,
) -> None:
    services.clear()
    host = {"Host": f"vpce-0abc123def4567890-a1b2c3d4.{service}.eu-west-1.vpce.amazonaws.com"}

    answer = asked(services, signed(services, path, b"{}", headers=host))

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert [request.operation for request in services.requests] == [None]


def test_its_network_is_one_that_a_policy_takes(services: LocalServices) -> None:
    policy = Policy(region="eu-west-1", models=["amazon.nova-lite-v1:0"], network=services.network)

    assert {endpoint.service for endpoint in policy.network.endpoints} == {
        *BEDROCK_SERVICES,
        *OTHERS,
    }
