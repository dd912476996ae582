"""Nothing of a hardened client signs what others would send: no URL, no form, no token, for no service."""

from collections.abc import Callable
from typing import Any

import botocore.signers
import pytest
from botocore.signers import S3PostPresigner

from secure_bedrock import Policy, create_client
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import Denied, OperationDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock, LocalVpc
from secure_bedrock.transport.hardened.making.build import build_client

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
ASKED = {"modelId": MODEL, "messages": MESSAGES}
Untyped: Any = botocore.signers

REQUEST = {
    "url": "https://bedrock-runtime.eu-west-1.amazonaws.com/",
    "method": "POST",
    "headers": {},
    "body": b"",
    "url_path": "/",
    "query_string": {},
    "context": {},
}


def of(service: str, method: str, *args: Any, **named: Any) -> Callable[[Any], Any]:
    return lambda make: getattr(make(service), method)(*args, **named)


WAYS: dict[str, Callable[[Any], Any]] = {
    "the client's URL": of("bedrock-runtime", "generate_presigned_url", "converse", ASKED),
    "a URL of a model that is listed": of(
        "bedrock-runtime", "generate_presigned_url", ClientMethod="converse", Params=ASKED
    ),
    "a URL of a model that is not": of(
        "bedrock-runtime",
        "generate_presigned_url",
        "converse",
        {**ASKED, "modelId": "anthropic.claude-v2:1"},
    ),
    "a URL of STS": of("sts", "generate_presigned_url", "get_caller_identity"),
    "a URL of S3": of("s3", "generate_presigned_url", "get_object", {"Bucket": "b", "Key": "k"}),
    "a form of S3": of("s3", "generate_presigned_post", "b", "k"),
    "a token of RDS": of("rds", "generate_db_auth_token", "h", 5432, "u"),
    "botocore's own function for URLs": lambda make: Untyped.generate_presigned_url(
        make("bedrock-runtime"), "converse", ASKED
    ),
    "botocore's own function for forms": lambda make: Untyped.generate_presigned_post(
        make("s3"), "b", "k"
    ),
    "botocore's own function for tokens": lambda make: Untyped.generate_db_auth_token(
        make("rds"), "h", 5432, "u"
    ),
    "the signer's URL": lambda make: make("bedrock-runtime")._request_signer.generate_presigned_url(
        REQUEST, "Converse"
    ),
    "the signer's signer": lambda make: make("bedrock-runtime")._request_signer.get_auth_instance(
        "bedrock", "eu-west-1", "v4-query"
    ),
    "the signer's signer, by its older name": lambda make: make(
        "bedrock-runtime"
    )._request_signer.get_auth("bedrock", "eu-west-1"),
    "a presigner of forms": lambda make: S3PostPresigner(
        make("s3")._request_signer
    ).generate_presigned_post(REQUEST),
    "a request signed in its query": lambda make: make("bedrock-runtime")._request_signer.sign(
        "Converse", None, signing_type="presign-url"
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_nothing_is_presigned(name: str, make: Any, bedrock: LocalBedrock) -> None:
    with ConnectLog() as log, pytest.raises(Denied) as caught:
        WAYS[name](make)
    assert caught.value.rule in ("presigned-url", "foreign-call")
    assert log.events == []
    assert bedrock.requests == []


def test_the_refusal_says_what_to_do(make: Any) -> None:
    with pytest.raises(OperationDenied, match="presigned") as caught:
        make().generate_presigned_url("converse", ASKED)
    assert caught.value.next_step == "call the operation itself"


def test_a_handler_can_not_make_a_call_a_presigned_one(make: Any, bedrock: LocalBedrock) -> None:
    client = make()

    def presign(context: dict[str, Any], **_: Any) -> None:
        context.update(is_presign_request=True, signing={"signing_type": "presign-url"})

    client.meta.events.register("before-call", presign)
    client.meta.events.register("choose-signer", lambda **_: "v4-query")
    client.converse(**ASKED)
    (request,) = bedrock.requests
    assert "X-Amz-Signature" not in request.path
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")


@pytest.mark.parametrize("runner", [True, False], ids=["a client", "a client without retries"])
def test_a_copy_that_the_sdk_presigns_a_url_for_is_refused_by_name(runner: bool) -> None:
    """botocore puts one into EC2's CopySnapshot before it is called, and copies the request to do so."""
    asked = {"SourceRegion": "us-east-1", "SourceSnapshotId": "snap-0123456789abcdef0"}
    with LocalVpc() as vpc, ConnectLog() as log:
        policy = Policy(
            region="eu-west-1",
            models=[MODEL],
            operations={"allow": ["ec2:CopySnapshot"]},
            network={"ca_bundle": vpc.ca_path, "endpoints": {"ec2": vpc.policy_mapping()}},
        )
        client: Any = (
            create_client("ec2", policy, credentials=vpc.credentials)
            if runner
            else build_client(
                "ec2", policy, routes=RouteFinder(policy), credentials=vpc.credentials
            )
        )
        with pytest.raises(OperationDenied) as caught:
            client.copy_snapshot(**asked)

    assert caught.value.rule == "presigned-url"
    assert "the SDK would put a presigned URL into this request" in caught.value.reason
    assert "boto3" in caught.value.next_step
    assert log.connects == []
    assert vpc.requests == []
