"""LocalControlPlane speaks to a stock boto3 client as AWS does."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest

from secure_bedrock.testing import LocalControlPlane, LocalProfile
from secure_bedrock.testing.control_plane import CALLER

PROFILE = "eu.amazon.nova-lite-v1:0"
ARN = "arn:aws:bedrock:eu-west-1:111122223333"
APPLICATION = f"{ARN}:application-inference-profile/abcdefghij12"
ROUTER = f"{ARN}:prompt-router/abcdefghij12"
Client = Callable[[str], Any]


@pytest.fixture
def plane() -> Iterator[LocalControlPlane]:
    profiles = [
        LocalProfile(name=PROFILE, regions=["eu-west-1", "eu-west-3"]),
        LocalProfile(name="eu.amazon.nova-pro-v1:0", regions=["eu-west-1"]),
        LocalProfile(name=APPLICATION, regions=["eu-west-1"], kind="APPLICATION"),
    ]
    routers = [
        LocalProfile(
            name=ROUTER, targets=[f"{ARN}:inference-profile/{PROFILE}", APPLICATION], kind="custom"
        )
    ]
    with LocalControlPlane(profiles, routers=routers, page_size=1) as running:
        yield running


@pytest.fixture
def client(plane: LocalControlPlane, boto_session: boto3.Session) -> Iterator[Client]:
    """Stock clients of the three services; each speaks to its own host name, at the server's address."""
    made: list[Any] = []

    def make(service: str, secret: str = "") -> Any:
        keys = plane.credentials
        url = f"https://{service}.eu-west-1.amazonaws.com:{plane.port}"
        made.append(
            boto_session.client(
                service,
                region_name=plane.region,
                endpoint_url=url,
                verify=plane.ca_path,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=secret or keys.secret_key,
                aws_session_token=keys.token,
                config=botocore.config.Config(retries={"total_max_attempts": 1}),
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    asked = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *rest: asked("127.0.0.1", *rest))


def test_profiles_are_listed_by_type_and_page(client: Client, plane: LocalControlPlane) -> None:
    pages = client("bedrock").get_paginator("list_inference_profiles")

    system = [p for page in pages.paginate() for p in page["inferenceProfileSummaries"]]
    own = pages.paginate(typeEquals="APPLICATION").build_full_result()

    assert [each["inferenceProfileId"] for each in system] == [PROFILE, "eu.amazon.nova-pro-v1:0"]
    assert system[0]["models"][1]["modelArn"].startswith("arn:aws:bedrock:eu-west-3::")
    assert own["inferenceProfileSummaries"][0]["inferenceProfileArn"] == APPLICATION
    assert [each.operation for each in plane.requests] == ["ListInferenceProfiles"] * 3


def test_routers_have_a_fallback(client: Client) -> None:
    (router,) = client("bedrock").list_prompt_routers()["promptRouterSummaries"]

    assert router["promptRouterArn"] == ROUTER
    assert router["fallbackModel"] == {"modelArn": APPLICATION}
    assert [each["modelArn"] for each in router["models"]] == [f"{ARN}:inference-profile/{PROFILE}"]


def test_the_caller_is_told(client: Client) -> None:
    assert client("sts").get_caller_identity()["Arn"] == CALLER


def test_a_parameter_is_read_as_it_was_written(client: Client, plane: LocalControlPlane) -> None:
    ssm = client("ssm")
    ssm.put_parameter(Name="/a", Value="b", Type="String", Tier="Standard")

    assert ssm.get_parameter(Name="/a")["Parameter"]["Value"] == "b"
    assert plane.parameters == {"/a": "b"}


@pytest.mark.parametrize(
    ("service", "call", "operation"),
    [
        ("bedrock", "list_prompt_routers", "ListPromptRouters"),
        ("sts", "get_caller_identity", "GetCallerIdentity"),
    ],
)
def test_what_is_denied_is_an_error_until_it_is_cleared(
    client: Client, plane: LocalControlPlane, service: str, call: str, operation: str
) -> None:
    plane.deny(operation)
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDeniedException"):
        getattr(client(service), call)()
    assert plane.requests[-1].refused == "AccessDeniedException"

    plane.clear()

    assert getattr(client(service), call)()


def test_an_unknown_parameter_is_an_error(client: Client) -> None:
    ssm = client("ssm")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/nowhere")


def test_another_operation_and_another_secret_are_refused(client: Any) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="UnknownOperation"):
        client("bedrock").list_guardrails()
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidSignature"):
        client("sts", "wrong").get_caller_identity()
