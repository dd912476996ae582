"""Signing: botocore's signature, written by us, without a trace in any log."""

import logging
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import FrozenCredentials

# The example keys of AWS's documentation.
KEYS = FrozenCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
# Source: the "get-vanilla" case of AWS's Signature Version 4 test suite (read 2026-11-20).
VANILLA = WireRequest("GET", "/", (("Host", "example.amazonaws.com"),), b"")
VANILLA_AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
VANILLA_SIGNATURE = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def vanilla(request: WireRequest = VANILLA, now: datetime = VANILLA_AT) -> dict[str, str]:
    signed = sign(request, credentials=KEYS, region="us-east-1", signing_name="service", now=now)
    return dict(signed.headers)


def test_the_documented_example_gives_the_documented_signature() -> None:
    assert vanilla()["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={VANILLA_SIGNATURE}"
    )


def test_the_time_is_read_in_utc() -> None:
    tokyo = VANILLA_AT.astimezone(timezone(timedelta(hours=9)))

    assert vanilla(now=tokyo)["X-Amz-Date"] == "20150830T123600Z"


def test_now_is_the_default() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    signed = sign(VANILLA, credentials=KEYS, region="us-east-1", signing_name="service")
    stamp = datetime.fromisoformat(dict(signed.headers)["X-Amz-Date"])

    assert before <= stamp <= datetime.now(UTC)


def test_signing_again_replaces_the_signature_and_the_token() -> None:
    """An attempt after another may be signed from what the first one left, in any case of the letters."""
    first = sign(
        VANILLA,
        credentials=replace(KEYS, token="old"),
        region="eu-west-1",
        signing_name="bedrock",
        now=VANILLA_AT,
    )
    shouted = WireRequest(
        "GET", "/", tuple((name.upper(), value) for name, value in first.headers), b""
    )

    headers = vanilla(shouted)

    assert "old" not in headers.values()
    assert sorted(name.lower() for name in headers) == ["authorization", "host", "x-amz-date"]
    assert headers["Authorization"].endswith(VANILLA_SIGNATURE)


def test_the_sdks_own_headers_are_kept_and_not_signed() -> None:
    told = WireRequest("GET", "/", (("amz-sdk-request", "attempt=1; max=4"), *VANILLA.headers), b"")

    headers = vanilla(told)

    assert headers["amz-sdk-request"] == "attempt=1; max=4"
    assert headers["Authorization"] == vanilla()["Authorization"]


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """botocore's own add_auth writes the canonical request, session token included, at DEBUG."""
    with caplog.at_level(logging.DEBUG):
        sign(
            VANILLA,
            credentials=replace(KEYS, token="secret-token"),
            region="eu-west-1",
            signing_name="x",
        )

    assert caplog.records == []


def test_the_core_is_imported_without_botocore() -> None:
    """Importing botocore.auth costs more than all of the core; only the first signature pays it."""
    script = (
        "import sys;"
        "import secure_bedrock.transport.core.gate.wire_gate, secure_bedrock.transport.core.asking.serialise,"
        "secure_bedrock.transport.core.asking.sign, secure_bedrock.transport.core.answering.stream_events,"
        "secure_bedrock.transport.core.answering.whole_answers;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('botocore', 'urllib3', 'pydantic')))"
    )

    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert shown.stdout.strip() == "[]"
