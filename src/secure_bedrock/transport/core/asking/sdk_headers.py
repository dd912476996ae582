"""The headers by which AWS tells attempts, calls and callers apart."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from secure_bedrock.transport.core.wire import WireRequest

# What stays bare in X-Amzn-Trace-Id (botocore.handlers.add_recursion_detection_header, 1.44.5, read 2026-11-20).
_TRACE_SAFE: Final = "-=;:+&[]{}\"',"


def new_invocation_id() -> str:
    """A random UUID (RFC 9562 §5.4), one for all attempts of a call."""
    # Not uuid.uuid4(): nothing else on the way of a typed call imports that module.
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def lambda_trace_id(environ: Mapping[str, str]) -> str | None:
    """The value of X-Amzn-Trace-Id inside Lambda, so that AWS can stop a loop; None elsewhere."""
    trace_id = environ.get("_X_AMZN_TRACE_ID")
    if not trace_id or "AWS_LAMBDA_FUNCTION_NAME" not in environ:
        return None
    return quote(trace_id, safe=_TRACE_SAFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkHeaders:
    """What one call's attempts carry. As in botocore, none of them is signed."""

    user_agent: str
    invocation_id: str
    max_attempts: int
    trace_id: str | None = None

    def on(self, request: WireRequest, *, attempt: int) -> WireRequest:
        """`request` with these headers for attempt number `attempt`, from 1."""
        added = (
            ("User-Agent", self.user_agent),
            ("amz-sdk-invocation-id", self.invocation_id),
            ("amz-sdk-request", f"attempt={attempt}; max={self.max_attempts}"),
        )
        traced = (("X-Amzn-Trace-Id", self.trace_id),) if self.trace_id else ()
        return replace(request, headers=request.headers + added + traced)
