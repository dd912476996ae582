"""A request is signed with SigV4 for its route's Region and service, or it does not leave."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NoReturn

from secure_bedrock.errors import EndpointDenied, OperationDenied, RegionDenied
from secure_bedrock.transport.core.wire import Headers

# Source: AWS IAM User Guide, "Elements of an AWS API request signature" (read 2026-11-20); spacing is botocore's.
_SCOPE: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Za-z0-9_-]+)/([0-9]{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;_-]+), Signature="
)
_DIGITS: Final = 64
_SIGNATURE: Final = re.compile(f"[0-9a-f]{{{_DIGITS}}}")
# Longer than any that a signer writes; what is remembered holds a key's id and no secret.
_REMEMBERED: Final = 2_048
_STAMP: Final = re.compile(r"([0-9]{8})T[0-9]{6}Z")
# Host and date by SigV4's own rule; the others say who calls and what for.
_MUST_BE_SIGNED: Final = frozenset({"host", "x-amz-date", "x-amz-security-token", "x-amz-target"})


def check_authorization(
    fields: Mapping[str, str],
    names: tuple[str, ...],
    body: bytes,
    *,
    region: str,
    signing_name: str,
) -> None:
    """Refuse bearer tokens, anonymous requests, another Region's or service's scope, an unsigned host or token.

    `names` are the fields', as they were written.
    """
    written = fields.get("authorization", "")
    before = written[:-_DIGITS]
    scope = (_scope if len(before) <= _REMEMBERED else _scope.__wrapped__)(before, names)
    if _SIGNATURE.fullmatch(written, len(before)) is None:
        _refuse_unsigned()
    if scope.region != region:
        raise RegionDenied("the signature is for another Region", rule="signature-region")
    if scope.service != signing_name:
        raise EndpointDenied("the signature is for another service", rule="signature-service")
    stamp = _STAMP.fullmatch(fields.get("x-amz-date", ""))
    if stamp is None or stamp[1] != scope.date:
        raise OperationDenied("the signature's date is not X-Amz-Date's", rule="signature-date")
    if not scope.covers:
        raise OperationDenied("the signature is not of these headers", rule="signature-headers")
    digest = fields.get("x-amz-content-sha256")
    if digest is not None and digest != sha256(body).hexdigest():
        raise OperationDenied("X-Amz-Content-SHA256 is not the body's", rule="signature-body")


def signing_key(headers: Headers) -> str | None:
    """The access key id that a gated request is signed with, None where it carries no SigV4 signature."""
    for name, value in headers:
        if name.lower() == "authorization":
            scope = _SCOPE.fullmatch(value[:-_DIGITS])
            return scope[1] if scope and _SIGNATURE.fullmatch(value[-_DIGITS:]) else None
    return None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What an Authorization header says before its signature; `covers`: it signs the headers that it has to."""

    date: str
    region: str
    service: str
    covers: bool


@lru_cache(maxsize=64)
def _scope(before: str, names: tuple[str, ...]) -> _Scope:
    """What stands before the signature is the same for all requests of a kind for a day, so this is seldom computed.

    OperationDenied where it is not SigV4's: what is refused is not kept, and may be a secret.
    """
    match = _SCOPE.fullmatch(before)
    if match is None:
        _refuse_unsigned()
    date, region, service, listed = match.group(2, 3, 4, 5)
    each = listed.split(";")
    signed, sent = frozenset(each), frozenset(map(str.lower, names))
    covers = len(each) == len(signed) and sent & _MUST_BE_SIGNED <= signed <= sent
    return _Scope(date, region, service, covers)


def _refuse_unsigned() -> NoReturn:
    raise OperationDenied(
        "the request is not signed with SigV4 in its Authorization header",
        rule="not-sigv4",
        next_step="take AWS_BEARER_TOKEN_BEDROCK away and use IAM credentials",
    )


def check_anonymous(fields: Mapping[str, str]) -> None:
    """An operation that AWS takes unsigned carries no credentials at all."""
    if not fields.keys().isdisjoint({"authorization", "x-amz-security-token"}):
        raise OperationDenied("the operation takes no signature", rule="signature-unwanted")
