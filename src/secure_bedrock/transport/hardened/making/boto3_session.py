"""A boto3 session whose clients are hardened: boto3's own class over our botocore session."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import boto3

from secure_bedrock.errors import OperationDenied
from secure_bedrock.transport.hardened.making.hardened_session import HardenedSession


class GuardedBoto3Session(boto3.Session):  # type: ignore[misc]
    """boto3.Session over a HardenedSession; thread-safe once made, unlike boto3's own."""

    def __init__(
        self, session: HardenedSession, defaults: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(botocore_session=session)
        self._defaults = dict(defaults)

    def client(self, service_name: str, *positional: Any, **arguments: Any) -> Any:
        """A hardened client. boto3's defaults spelled out (`endpoint_url=None`) count as left out."""
        named = dict(zip(_POSITIONAL, positional, strict=False)) | arguments
        given = {name: value for name, value in named.items() if value is not None}
        given = {**self._defaults, **given}
        return self._session.create_client(service_name, **given)

    def resource(self, service_name: str, *_args: Any, **_kwargs: Any) -> Any:
        """Refused: resources are boto3's layer over other services' clients."""
        raise OperationDenied(
            f"resources ({service_name}) are not made here",
            rule="resource",
            next_step="use client()",
        )


# The order of boto3.Session.client's parameters after the service's name (boto3 1.44.5, read 2026-11-20).
_POSITIONAL = (
    "region_name",
    "api_version",
    "use_ssl",
    "verify",
    "endpoint_url",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "config",
    "aws_account_id",
)
