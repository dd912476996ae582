"""botocore's exceptions: those for bytes that cannot be read, and those that frameworks expect in place of ours."""

from typing import Any

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from secure_bedrock.errors import AttemptTimeout, DeadlineExceeded, TransportError

# What botocore's parsers raise for bytes that are not what the model says.
UNREADABLE = (
    ResponseParserError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


def as_botocore(error: TransportError | DeadlineExceeded, *, url: str) -> Exception:
    """What botocore raises for the same failure of the network; the URL is the endpoint's, without a path."""
    kind: Any = EndpointConnectionError
    if isinstance(error, AttemptTimeout | DeadlineExceeded):
        kind = ReadTimeoutError
    elif error.rule == "closed-before-answer":
        kind = ConnectionClosedError
    elif "timeout" in error.rule:
        kind = ConnectTimeoutError
    failure: Exception = kind(endpoint_url=url, error=error)
    return failure
