"""The local services' own SigV4 agrees with botocore's signer on everything that botocore signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.testing import LocalCredentials
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.sigv4_check import canonical_request, check_signature

KEYS = LocalCredentials()
NOW = datetime.now(UTC)

segments = st.lists(st.text(min_size=1, max_size=12), max_size=4)
queries = st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=6), max_size=3)
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20
).map(lambda text: "v" + text)


def signed(path: str, query: str, body: bytes, extra: str) -> RawRequest:
    target = path + (f"?{query}" if query else "")
    request = botocore.awsrequest.AWSRequest("POST", f"https://local.example{target}", {}, body)
    request.headers["X-Extra"] = extra
    credentials = botocore.credentials.Credentials(KEYS.access_key, KEYS.secret_key, KEYS.token)
    botocore.auth.SigV4Auth(credentials, "bedrock", "eu-west-1").add_auth(request)
    headers = (("Host", "local.example"), *request.headers.items())
    return RawRequest("POST", target, headers, body)


@given(parts=segments, query=queries, body=st.binary(max_size=64), extra=header_values)
def test_what_botocore_signs_is_accepted(
    parts: list[str], query: dict[str, str], body: bytes, extra: str
) -> None:
    path = "/" + "/".join(quote(part, safe="-_.~") for part in parts)
    text = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in query.items())
    request = signed(path, text, body, extra)

    assert check_signature(request, credentials=KEYS, region="eu-west-1", service="bedrock") is None


@pytest.mark.parametrize("path", ["/a/../b", "/./a", "//a", "/a/", "/", "/a/..", "/%2E%2E/a"])
def test_odd_paths_are_normalised_as_botocore_does(path: str) -> None:
    request = signed(path, "", b"", "x")

    assert check_signature(request, credentials=KEYS, region="eu-west-1", service="bedrock") is None


@pytest.mark.parametrize(
    ("shift", "problem"),
    [
        (timedelta(0), None),
        (timedelta(minutes=4), None),
        (timedelta(minutes=6), "expired"),
        (timedelta(minutes=-6), "expired"),
    ],
)
def test_a_signature_holds_for_five_minutes(shift: timedelta, problem: str | None) -> None:
    request = signed("/a", "", b"", "x")
    found = check_signature(
        request,
        credentials=KEYS,
        region="eu-west-1",
        service="bedrock",
        now=datetime.now(UTC) + shift,
    )

    assert (found.problem if found else None) == problem


def test_a_date_in_the_scope_that_is_not_the_requests_is_refused() -> None:
    request = signed("/a", "", b"", "x")
    changed = tuple(
        (name, value.replace(f"/{NOW:%Y%m%d}/", "/20200101/")) for name, value in request.headers
    )
    found = check_signature(
        RawRequest("POST", "/a", changed, b""),
        credentials=KEYS,
        region="eu-west-1",
        service="bedrock",
    )

    assert found is not None
    assert found.problem == "scope"


def test_a_payload_digest_that_is_not_the_bodys_is_refused() -> None:
    request = signed("/a", "", b"", "x")
    headers = (*request.headers, ("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"))
    found = check_signature(
        RawRequest("POST", "/a", headers, b""),
        credentials=KEYS,
        region="eu-west-1",
        service="bedrock",
    )

    assert found is not None
    assert "x-amz-content-sha256" in found.message


def test_the_canonical_request_folds_repeated_and_spaced_values() -> None:
    request = RawRequest("GET", "/a?b=2&a=1", (("X", " a   b "), ("x", "c")), b"")

    assert canonical_request(request, "x", "digest") == "GET\n/a\na=1&b=2\nx:a b,c\n\nx\ndigest"
