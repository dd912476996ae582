"""Requests that botocore writes for allowed operations pass the gate as they are, whatever the protocol."""

from typing import Any

import botocore.session
import pytest

from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from tests.captured import Captured, capture, text
from tests.lenient import Lenient
from tests.signing import Route


def written(route: Route, operation: str, params: dict[str, Any]) -> WireRequest:
    client = botocore.session.Session().create_client(
        route.service,
        region_name=route.region,
        endpoint_url=f"https://{route.authority}",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token="token",
    )
    client.meta.events.register("before-send", capture)
    with pytest.raises(Captured) as caught:
        client._make_api_call(operation, params)  # type: ignore[attr-defined]
    request = caught.value.request
    target = request.url.removeprefix(f"https://{route.authority}")
    headers = [(name, text(value)) for name, value in request.headers.items()]
    body = request.body or b""
    assert isinstance(body, str | bytes)
    raw = body.encode() if isinstance(body, str) else body
    return WireRequest(str(request.method), target, (*headers, ("Host", route.authority)), raw)


MODEL = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-text-express-v1"
CALLS: dict[str, tuple[str, str, dict[str, Any], str | None]] = {
    "a conversation": ("bedrock-runtime", "Converse", {"modelId": MODEL}, MODEL),
    "a native call": ("bedrock-runtime", "InvokeModel", {"modelId": MODEL, "body": b"{}"}, MODEL),
    "a guardrail": (
        "bedrock-runtime",
        "ApplyGuardrail",
        {"guardrailIdentifier": "g", "guardrailVersion": "1", "source": "INPUT", "content": []},
        None,
    ),
    "endpoint discovery": (
        "ec2",
        "DescribeVpcEndpoints",
        {"Filters": [{"Name": "service-name", "Values": ["com.amazonaws.eu-west-1.ü&=+%"]}]},
        None,
    ),
    "who am I": ("sts", "GetCallerIdentity", {}, None),
    "a role": (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::111122223333:role/app", "RoleSessionName": "app"},
        None,
    ),
    "a web identity, unsigned": (
        "sts",
        "AssumeRoleWithWebIdentity",
        {
            "RoleArn": "arn:aws:iam::111122223333:role/app",
            "RoleSessionName": "app",
            "WebIdentityToken": "token",
        },
        None,
    ),
    "no tags to take away": (
        "bedrock-agent",
        "UntagResource",
        {"resourceArn": "arn:aws:bedrock:eu-west-1:111122223333:agent/ABCDEFGHIJ", "tagKeys": []},
        None,
    ),
    "tags to take away": (
        "bedrock-agent",
        "UntagResource",
        {
            "resourceArn": "arn:aws:bedrock:eu-west-1:111122223333:agent/ABCDEFGHIJ",
            "tagKeys": ["a b", "ü"],
        },
        None,
    ),
    "a parameter": ("ssm", "GetParameter", {"Name": "/secure-bedrock/lock"}, None),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_request_of_botocores_is_read_as_what_was_called(
    call: tuple[str, str, dict[str, Any], str | None],
) -> None:
    service, operation, params, model_id = call
    route = Route(service)
    request = written(route, operation, params)

    gated = gate(request, route=route, policy=Lenient())

    assert (gated.operation, gated.model_id) == (operation, model_id)
    assert gated.body == request.body
