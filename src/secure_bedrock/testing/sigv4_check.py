"""Is a request signed as AWS asks? Signature Version 4 written from its specification, not from botocore.

It follows the published algorithm from memory; the tests hold it against botocore 1.44.5's signer (2026-11-20).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote, unquote

from secure_bedrock.testing.request_reader import RawRequest

# "In most cases, a request must reach AWS within five minutes of the time stamp": AWS IAM User Guide, "AWS Signature
# Version 4 for API requests", as quoted on re:Post, read 2026-11-20. Some services' pages say fifteen.
_SKEW = timedelta(minutes=5)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Za-z0-9]+)/(?P<date>[0-9]{8})/(?P<region>[a-z0-9-]+)"
    r"/(?P<service>[a-z0-9-]+)/aws4_request,\s*SignedHeaders=(?P<signed>[a-z0-9;-]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)

Problem = Literal["missing", "incomplete", "unknown-key", "token", "expired", "scope", "signature"]


@dataclass(frozen=True, slots=True)
class LocalCredentials:
    """The credentials that the local services accept; made up, and shaped unlike any that AWS gives out."""

    access_key: str = "LOCALBEDROCKEXAMPLEKEY"
    secret_key: str = field(default="local-bedrock-example-secret", repr=False)
    token: str | None = field(default="local-bedrock-example-token", repr=False)


@dataclass(frozen=True, slots=True)
class BadSignature:
    """Why a request's signature is refused."""

    problem: Problem
    message: str


def check_signature(
    request: RawRequest,
    *,
    credentials: LocalCredentials,
    region: str,
    service: str,
    now: datetime | None = None,
) -> BadSignature | None:
    """None when the request is signed with these credentials, for this Region and service, just now."""
    authorization = request.all_of("authorization")
    if not authorization:
        return BadSignature("missing", "Missing Authentication Token")
    parsed = _AUTHORIZATION.fullmatch(authorization[0]) if len(authorization) == 1 else None
    if parsed is None:
        return BadSignature("incomplete", "Authorization header is not a complete SigV4 signature.")
    scope = parsed.groupdict()
    return (
        _check_identity(request, scope, credentials)
        or _check_date(request, scope, now or datetime.now(UTC))
        or _check_scope(request, scope, region, service)
        or _check_hmac(request, scope, credentials)
    )


def _check_identity(
    request: RawRequest, scope: Mapping[str, str], credentials: LocalCredentials
) -> BadSignature | None:
    if scope["key"] != credentials.access_key:
        return BadSignature("unknown-key", "The security token included in the request is invalid.")
    if request.all_of("x-amz-security-token") != ([credentials.token] if credentials.token else []):
        return BadSignature("token", "The security token included in the request is invalid.")
    return None


def _check_date(
    request: RawRequest, scope: Mapping[str, str], now: datetime
) -> BadSignature | None:
    stamp = request.header("x-amz-date") or ""
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return BadSignature("incomplete", "Authorization header requires an 'X-Amz-Date' header.")
    if abs(now - signed_at) > _SKEW:
        return BadSignature("expired", f"Signature expired or not yet current: {stamp}")
    if not stamp.startswith(scope["date"]):
        return BadSignature("scope", "Date in Credential scope does not match X-Amz-Date.")
    return None


def _check_scope(
    request: RawRequest, scope: Mapping[str, str], region: str, service: str
) -> BadSignature | None:
    if (scope["region"], scope["service"]) != (region, service):
        return BadSignature(
            "scope", f"Credential should be scoped to region {region} and service {service}."
        )
    signed = scope["signed"].split(";")
    must = {"host", "x-amz-date"}
    must |= {"x-amz-security-token"} if request.header("x-amz-security-token") else set()
    if not must <= set(signed) or signed != sorted(set(signed)):
        return BadSignature("incomplete", "SignedHeaders lacks a header that has to be signed.")
    return None


def _check_hmac(
    request: RawRequest, scope: Mapping[str, str], credentials: LocalCredentials
) -> BadSignature | None:
    digest = hashlib.sha256(request.body).hexdigest()
    if request.header("x-amz-content-sha256") not in (None, digest):
        return BadSignature("signature", "The provided x-amz-content-sha256 is not the body's.")
    canonical = canonical_request(request, scope["signed"], digest)
    parts = [scope["date"], scope["region"], scope["service"], "aws4_request"]
    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            request.header("x-amz-date") or "",
            "/".join(parts),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = b"AWS4" + credentials.secret_key.encode()
    for part in (*parts, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    if hmac.compare_digest(key.hex(), scope["signature"]):
        return None
    return BadSignature(
        "signature",
        "The request signature we calculated does not match the signature you provided.",
    )


def canonical_request(request: RawRequest, signed: str, payload_digest: str) -> str:
    """The canonical request: what both sides hash."""
    lines = [f"{name}:{_folded(request.all_of(name))}" for name in signed.split(";")]
    return "\n".join(
        [
            request.method,
            _canonical_path(request.path),
            _canonical_query(request.query),
            *lines,
            "",
            signed,
            payload_digest,
        ]
    )


def _folded(values: list[str]) -> str:
    return ",".join(" ".join(value.split()) for value in values)


def _canonical_path(path: str) -> str:
    """Dot segments removed, then each segment encoded once more: all services but S3 encode twice."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(quote(segment, safe="-_.~") for segment in kept) + trailing


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    encoded = [(quote(unquote(k), safe="-_.~"), quote(unquote(v), safe="-_.~")) for k, v in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))
