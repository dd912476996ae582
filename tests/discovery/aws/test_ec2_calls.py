"""A call to EC2 that fails says why in our words, and without what AWS repeated of the caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.ec2_calls import GRANTS, HardenedDescribeCalls
from secure_bedrock.errors import AddressDenied, ConnectFailed, Throttled


@dataclass
class Ec2Client:
    """botocore's side: a client whose every listing has two pages or fails."""

    error: Exception | None = None
    member: str = "Vpcs"

    def get_paginator(self, operation_name: str) -> "Ec2Client":
        return self

    def paginate(self, **arguments: object) -> Iterator[dict[str, Any]]:
        yield {self.member: [{"VpcId": "vpc-1"}]}
        if self.error is not None:
            raise self.error
        yield {}
        yield {self.member: [{"VpcId": "vpc-2"}]}


def refusal(code: str) -> ClientError:
    message = "User: arn:aws:iam::111122223333:user/alice is not authorized"
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeVpcs")


def test_all_pages_are_read() -> None:
    found = HardenedDescribeCalls(Ec2Client()).vpcs(["vpc-1", "vpc-2"])

    assert found == [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}]


ALLOW = "AWS refused ec2:DescribeVpcs: allow that action for the caller's identity"
FAILURES: dict[str, tuple[Exception, str]] = {
    "not authorised": (refusal("UnauthorizedOperation"), ALLOW),
    "access denied": (refusal("AccessDenied"), ALLOW),
    "throttled by AWS": (
        refusal("RequestLimitExceeded"),
        "ec2:DescribeVpcs failed: RequestLimitExceeded",
    ),
    "no credentials": (NoCredentialsError(), "ec2:DescribeVpcs failed: NoCredentialsError"),
    "no connection": (
        EndpointConnectionError(endpoint_url="https://x"),
        "ec2:DescribeVpcs failed: EndpointConnectionError",
    ),
    "our own transport": (
        ConnectFailed("nobody answered"),
        "ec2:DescribeVpcs failed: nobody answered",
    ),
    "our own service error": (Throttled("too often"), "ec2:DescribeVpcs failed: too often"),
}


@pytest.mark.parametrize(("error", "why"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_told_without_aws_own_words(error: Exception, why: str) -> None:
    with pytest.raises(CallFailed) as caught:
        HardenedDescribeCalls(Ec2Client(error)).vpcs(["vpc-1"])

    assert str(caught.value) == why
    assert caught.value.__cause__ is error


PASSED_ON: dict[str, Exception] = {"a denial": AddressDenied("public"), "a bug": KeyError("x")}


@pytest.mark.parametrize("error", PASSED_ON.values(), ids=PASSED_ON)
def test_denials_and_bugs_are_not_turned_into_nothing(error: Exception) -> None:
    with pytest.raises(type(error)):
        HardenedDescribeCalls(Ec2Client(error)).vpcs(["vpc-1"])


def test_what_is_granted_only_describes() -> None:
    assert all(grant.startswith("ec2:Describe") for grant in GRANTS)
    assert len(GRANTS) == 3
