"""Signature Version 4, computed by botocore's signer from our own bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Protocol

from secure_bedrock.transport.core.wire import WireRequest

# Headers that signing writes itself; what a caller or an earlier attempt left of them goes.
_OWN: Final = frozenset({"authorization", "date", "x-amz-date", "x-amz-security-token"})
# Beside SigV4's own exceptions: botocore adds these after signing, and they change with each attempt.
_ASIDE: Final = frozenset({"amz-sdk-invocation-id", "amz-sdk-request"})
_LEFT_OUT: Final = _OWN | _ASIDE
_STAMP: Final = "%Y%m%dT%H%M%SZ"


class Credentials(Protocol):
    """Frozen credential values, as `botocore.credentials.ReadOnlyCredentials` has them."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class _Signable:
    """The attributes that SigV4Auth reads and writes; its own AWSRequest builds the request anew for each look."""

    __slots__ = ("body", "context", "headers", "method", "params", "url")

    def __init__(self, request: WireRequest, stamp: str) -> None:
        kept = {name: value for name, value in request.headers if name.lower() not in _LEFT_OUT}
        host = next((value for name, value in kept.items() if name.lower() == "host"), "")
        self.method = request.method
        self.url = f"https://{host}{request.target}"
        self.headers: dict[str, str] = kept
        self.params: dict[str, str] = {}
        self.body = request.body
        self.context: dict[str, Any] = {"timestamp": stamp}


def sign(
    request: WireRequest,
    *,
    credentials: Credentials,
    region: str,
    signing_name: str,
    now: datetime | None = None,
) -> WireRequest:
    """`request` with X-Amz-Date, X-Amz-Security-Token (where there is a token) and Authorization.

    Every header is signed but those that SigV4 leaves out (User-Agent, X-Amzn-Trace-Id …) and the amz-sdk ones,
    which are kept, so that it makes no difference when they are added. Signing again replaces an earlier
    signature. Unlike botocore's `add_auth` nothing is logged: its DEBUG lines hold the token.
    """
    stamp = (now or datetime.now(UTC)).astimezone(UTC).strftime(_STAMP)
    signable = _Signable(request, stamp)
    signer_class()(credentials, signing_name, region).add_auth(signable)
    aside = tuple(header for header in request.headers if header[0].lower() in _ASIDE)
    return replace(request, headers=(*signable.headers.items(), *aside))


@cache
def signer_class() -> Any:
    """SigV4Auth with a given time (`context["timestamp"]`) and no logging, for both front ends.

    Made on first use: botocore.auth costs about 70 ms to import (measured 2026-11-20).
    """
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - lazily, see above

    class Signer(SigV4Auth):
        """botocore's steps in botocore's order, with the time stamp given and no logging."""

        def add_auth(self, request: Any) -> None:
            self._modify_request_before_signing(request)  # type: ignore[attr-defined]
            to_sign = self.string_to_sign(request, self.canonical_request(request))
            signature = self.signature(to_sign, request)
            self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]

    return Signer
