"""A request is signed with SigV4 for its route's Region and service, or it does not leave."""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

from secure_bedrock.errors import EndpointDenied, OperationDenied, RegionDenied
from secure_bedrock.transport.core.header_fields import MAX_NAMES

# Source: AWS IAM User Guide, "Elements of an AWS API request signature" (read 2026-11-20); spacing is botocore's.
_SIGV4: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[A-Za-z0-9_-]+/([0-9]{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;_-]+), Signature=[0-9a-f]{64}"
)
_STAMP: Final = re.compile(r"([0-9]{8})T[0-9]{6}Z")
# Host and date by SigV4's own rule; the others say who calls and what for.
_MUST_BE_SIGNED: Final = frozenset({"host", "x-amz-date", "x-amz-security-token", "x-amz-target"})


def check_authorization(
    fields: Mapping[str, str], body: bytes, *, region: str, signing_name: str
) -> None:
    """Refuse bearer tokens, anonymous requests, another Region's or service's scope, an unsigned host or token."""
    match = _SIGV4.fullmatch(fields.get("authorization", ""))
    if match is None:
        raise OperationDenied(
            "the request is not signed with SigV4 in its Authorization header",
            rule="not-sigv4",
            next_step="take AWS_BEARER_TOKEN_BEDROCK away and use IAM credentials",
        )
    date, scope_region, scope_service, listed = match.groups()
    if scope_region != region:
        raise RegionDenied("the signature is for another Region", rule="signature-region")
    if scope_service != signing_name:
        raise EndpointDenied("the signature is for another service", rule="signature-service")
    stamp = _STAMP.fullmatch(fields.get("x-amz-date", ""))
    if stamp is None or stamp[1] != date:
        raise OperationDenied("the signature's date is not X-Amz-Date's", rule="signature-date")
    if (
        len(listed) > 2 * MAX_NAMES
    ):  # it would be cached, and can't be of these headers: each adds one semicolon
        raise OperationDenied("the signature is not of these headers", rule="signature-headers")
    signed = _names(listed)
    unsigned = (fields.keys() & _MUST_BE_SIGNED) - signed
    absent = signed - fields.keys()
    if unsigned or absent:
        raise OperationDenied("the signature is not of these headers", rule="signature-headers")
    digest = fields.get("x-amz-content-sha256")
    if digest is not None and digest != sha256(body).hexdigest():
        raise OperationDenied("X-Amz-Content-SHA256 is not the body's", rule="signature-body")


@lru_cache(maxsize=64)
def _names(listed: str) -> frozenset[str]:
    """Requests of one kind sign the same headers, so this is seldom computed."""
    return frozenset(listed.split(";"))


def check_anonymous(fields: Mapping[str, str]) -> None:
    """An operation that AWS takes unsigned carries no credentials at all."""
    if not fields.keys().isdisjoint({"authorization", "x-amz-security-token"}):
        raise OperationDenied("the operation takes no signature", rule="signature-unwanted")
