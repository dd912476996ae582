"""What is told of a botocore client's exception: a code or a name, never its text."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from secure_bedrock.transport.botocore_parts.client_errors import code_of

ERRORS = {
    "Throttling": ClientError({"Error": {"Code": "Throttling", "Message": "arn"}}, "X"),
    "ClientError": ClientError({"Error": {}}, "X"),
    "EndpointConnectionError": EndpointConnectionError(endpoint_url="https://somewhere"),
    "ValueError": ValueError("a text"),
}


@pytest.mark.parametrize(("told", "error"), ERRORS.items(), ids=ERRORS)
def test_a_code_else_the_exceptions_name(told: str, error: Exception) -> None:
    assert code_of(error) == told
