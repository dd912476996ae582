"""A client's class is ours and botocore's: what a handler of its making puts in between makes no client."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import OperationDenied, TransportTampered
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.hardened.making.boto3_session import GuardedBoto3Session
from secure_bedrock.transport.hardened.making.build import hardened_session

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
FORGED = "forged"


@pytest.fixture
def session(bedrock: LocalBedrock) -> Any:
    """A session whose classes nobody has made yet."""
    policy = bedrock.policy
    return hardened_session(
        policy, routes=RouteFinder(policy), credentials=bedrock.credentials, environ={}
    )


def forged(*_args: Any, **_named: Any) -> str:
    return FORGED


def replaces_call(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["_make_api_call"] = forged


def replaces_operation(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["converse"] = lambda *_args, **_named: FORGED


def takes_operation_away(class_attributes: dict[str, Any], **_: Any) -> None:
    del class_attributes["converse"]


def replaces_attributes(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["__getattribute__"] = lambda _self, _name: forged


def presigns(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["generate_presigned_url"] = forged


class Sender:
    def _make_request(self, *_: Any) -> Any:
        return FORGED


def goes_before(base_classes: list[type], **_: Any) -> None:
    base_classes.insert(0, Sender)


def goes_between(base_classes: list[type], **_: Any) -> None:
    base_classes.insert(len(base_classes) - 1, Sender)


def adds_a_name(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["ask"] = forged


BENT = (
    replaces_call,
    replaces_operation,
    takes_operation_away,
    replaces_attributes,
    presigns,
    goes_before,
    goes_between,
)


@pytest.mark.parametrize("how", ["register_first", "register", "register_last"])
@pytest.mark.parametrize("handler", BENT)
def test_a_class_that_a_handler_bent_makes_no_client(
    handler: Callable[..., None], how: str, session: Any
) -> None:
    getattr(session.get_component("event_emitter"), how)("creating-client-class", handler)
    with ConnectLog() as log:
        if handler is presigns and how != "register_last":
            client = session.create_client(SERVICE)  # ours, which runs later, is what stays
            with pytest.raises(OperationDenied, match="presigned"):
                client.generate_presigned_url("converse")
        else:
            with pytest.raises(TransportTampered, match="of the client's class"):
                session.create_client(SERVICE)
    assert log.events == []


def test_a_handler_may_add_a_method_of_another_name(session: Any) -> None:
    session.register("creating-client-class", adds_a_name)
    client = session.create_client(SERVICE)
    assert client.ask() == "forged"
    assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    client.close()


# What botocore's and boto3's own handlers change: presigners, streams in both directions, transfers of S3.
SERVICES = ("s3", "rds", "dsql", "polly", "lexv2-runtime", "qbusiness", "sts", "ec2")


@pytest.mark.parametrize("service", SERVICES)
def test_botocores_own_handlers_make_no_class_a_bent_one(service: str, session: Any) -> None:
    client = GuardedBoto3Session(session).client(service)
    assert type(client).__mro__[1].__name__ == "GuardedCalls"
    presigners = [
        name
        for name in dir(client)
        if (name.startswith("generate_") and "_auth_token" in name) or "presigned" in name
    ]
    assert presigners
    for name in presigners:
        with pytest.raises(OperationDenied, match="presigned"):
            getattr(client, name)()
    client.close()
