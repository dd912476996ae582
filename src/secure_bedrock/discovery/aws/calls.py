"""Calls to AWS as discovery makes them: listings whole, and one exception for what fails, in our words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from secure_bedrock.errors import (
    CredentialPathDenied,
    DeadlineExceeded,
    IncompleteResponse,
    ServiceError,
    TransportError,
)
from secure_bedrock.transport.botocore_parts.client_errors import code_of
from secure_bedrock.transport.credentials.fetching import LOOP, is_fetching

# What EC2 and the STS family answer where an identity may not call; source: the EC2 API reference's list of
# client error codes, and botocore's own checks on the three (read 2026-11-20).
_REFUSALS = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})


class CallFailed(Exception):
    """A call gave no answer; the text says why, without anything of what was asked or answered."""


@contextmanager
def calling(action: str) -> Iterator[None]:
    """Turn whatever a botocore client raises for AWS's answer or the network into CallFailed.

    `action` is IAM's name (`ec2:DescribeVpcs`). Denials and configuration errors go through as they are. While
    credentials are fetched, that they would be needed for this very call is a failed call: another source may do.
    """
    try:
        yield
    except CredentialPathDenied as error:
        if error.rule != LOOP or not is_fetching():
            raise
        raise CallFailed(f"{action} was not asked: {error.reason}") from error
    except (ServiceError, TransportError, DeadlineExceeded, IncompleteResponse) as error:
        raise CallFailed(f"{action} failed: {error.reason}") from error
    except Exception as error:
        if not _is_botocores(error):
            raise
        raise CallFailed(_why(action, error)) from error


class Pages(Protocol):
    """What a listing uses of a botocore client."""

    def get_paginator(self, operation_name: str) -> Any:
        """Botocore's paginator of the operation."""
        ...


def listed(
    client: Pages, service: str, operation: str, member: str, **arguments: object
) -> Sequence[Mapping[str, Any]]:
    """Every item of a listing, all its pages asked for; `operation` is botocore's (`describe_vpcs`).

    Raises CallFailed, like `calling`.
    """
    action = "".join(word.capitalize() for word in operation.split("_"))
    with calling(f"{service}:{action}"):
        pages = client.get_paginator(operation).paginate(**arguments)
        return [item for page in pages for item in page.get(member, ())]


def _is_botocores(error: Exception) -> bool:
    """True for botocore's own exceptions, told by their home: this room does not import botocore."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)


def _why(action: str, error: Exception) -> str:
    """The failure in our words: AWS's message is left out, because it repeats the caller's identity."""
    code = code_of(error)
    if code in _REFUSALS:
        return f"AWS refused {action}: allow that action for the caller's identity"
    return f"{action} failed: {code}"
