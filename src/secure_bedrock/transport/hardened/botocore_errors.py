"""Between botocore's exceptions and ours: what frameworks expect to catch, and what the retry rules have to know."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from secure_bedrock.errors import AttemptTimeout, DeadlineExceeded, TransportError
from secure_bedrock.resilience import FATAL, Failure, classify
from secure_bedrock.transport.hardened.call_state import CallState

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


def failures_of(state: CallState, *, own_limit: bool) -> Callable[[BaseException], Failure]:
    """How the retry rules see what an attempt of this call raised.

    With `own_limit` the caller asked for fewer attempts than the policy allows: then the last of them is fatal.
    """

    def failure_of(error: BaseException) -> Failure:
        if own_limit and state.number >= state.max_attempts:
            return FATAL
        answered = state.error if isinstance(error, ClientError) else None
        return classify(answered or error)

    return failure_of
