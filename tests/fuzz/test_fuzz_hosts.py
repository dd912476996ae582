"""Any text is an endpoint's URL or host only where other parsers read the same host and nothing beside it."""

import os
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import EndpointUrl, judge_host, parse_endpoint_url, vpc_endpoint_id_of
from secure_bedrock.values import BEDROCK_RUNTIME, Region, ServiceName
from tests.splicing import spliced

FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "400")), deadline=None)
LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789-.")
ENDPOINT = "vpce-0abc123def4567890-a1b2c3d4"

HOSTS = st.sampled_from(
    [
        "bedrock-runtime.eu-west-1.amazonaws.com",
        "bedrock-runtime-fips.eu-west-1.api.aws",
        f"{ENDPOINT}.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}.sts.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}.bedrock-runtime.cn-north-1.vpce.amazonaws.com.cn",
        "localhost",
        "evil.example",
        "10.0.0.1",
        "[fd12::1]",
        "xn--bcher-kva.example",
    ]
)
PIECES = st.sampled_from(
    [".", "..", "-", "--", "a", "1", "0x7f", "vpce-", "vpce.", "eu-west-1", "us-east-1", "amazonaws.com", "xn--", "A", "_",
     "\u3002", "\u212a", "\uff0e", "\u017f", "é", "%2e", "%00", "\0", "\n", "\r\n", "\t", " ", "@", "/", "\\", "?", "#", ":", ";",
     "user:pw@", ":443", ":0443", ":8443", ":65536", ":0", "a" * 64]
)  # fmt: skip


NEAR = st.builds(spliced, HOSTS, st.integers(0, 90), PIECES, st.integers(0, 3))
NAMES = HOSTS | NEAR | st.lists(PIECES | HOSTS, max_size=5).map("".join) | st.text(max_size=30)
URLS = st.one_of(
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["https://"] * 4 + ["http://", "HTTPS://", "https:", "//", "https:///", ""]),
            NAMES,
            st.sampled_from([""] * 3 + [":8443", ":443", ":08443", ":65535", ":65536", "/", "?a", "#b", ":\u0661"]),
        ),
    ),
    st.builds(spliced, NEAR.map("https://{}:8443".format), st.integers(0, 90), PIECES, st.integers(0, 3)),
)  # fmt: skip


def assert_plain(host: str) -> None:
    """A strict reading of RFC 1123 by other means than a pattern, and no number to the C library."""
    labels = host.split(".")
    assert set(host) <= LETTERS
    assert len(host) <= 253
    assert len(labels) >= 2
    for label in labels:
        assert 1 <= len(label) <= 63
        assert not label.startswith(("-", "xn--"))
        assert not label.endswith("-")
    assert labels[-1][0].isalpha()
    assert host.encode("idna") == host.encode("ascii")
    with pytest.raises(OSError):
        socket.inet_aton(host)


@FUZZ
@given(URLS)
def test_a_url_that_is_read_has_one_host_to_every_parser(url: str) -> None:
    try:
        parsed = parse_endpoint_url(url)
    except EndpointDenied as refusal:
        assert refusal.rule.startswith("endpoint-url")  # noqa: PT017 - both outcomes have an oracle
        return

    assert str(parsed) == url
    assert_plain(parsed.host)
    theirs = urlsplit(url)
    assert (theirs.scheme, theirs.hostname, theirs.port or 443) == (
        "https",
        parsed.host,
        parsed.port,
    )
    assert (theirs.username, theirs.password, theirs.path, theirs.query, theirs.fragment) == (
        None,
        None,
        "",
        "",
        "",
    )
    assert parse_endpoint_url(str(EndpointUrl(parsed.host, parsed.port))) == parsed


def expected_shape(host: str, service: str, region: str) -> bool:
    """The names that AWS gives an endpoint, taken apart label by label."""
    labels = host.split(".")
    if labels[0] in {service, f"{service}-fips"}:
        return labels[1] == region and ".".join(labels[2:]) in {"amazonaws.com", "api.aws"}
    first = labels[0].split("-")
    zone = "-".join(first[3:])
    return (
        first[0] == "vpce"
        and len(first[1]) in {8, 17}
        and all(c in "0123456789abcdef" for c in first[1])
        and len(first[2]) == 8
        and zone in {"", *(region + letter for letter in "abcdefghijklmnopqrstuvwxyz")}
        and labels[1] in {service, f"{service}-fips"}
        and ".".join(labels[2:]) == f"{region}.vpce.amazonaws.com"
    )


@FUZZ
@given(
    NAMES,
    st.sampled_from([None, "vpce-0abc123def4567890", "vpce-0abc123d"]),
    st.sampled_from([None, True, False]),
)
def test_a_host_that_is_approved_has_the_shape_of_an_endpoints_name(
    host: str, endpoint: str | None, private_dns: bool | None
) -> None:
    service: ServiceName = BEDROCK_RUNTIME
    decision = judge_host(
        host,
        service=service,
        region=Region("eu-west-1"),
        vpc_endpoint_id=endpoint,
        private_dns=private_dns,
    )

    assert decision.rule
    if decision.allowed:
        assert_plain(host)
        assert expected_shape(host, service, "eu-west-1")
        assert private_dns is not False or host.startswith("vpce-")
        assert endpoint is None or vpc_endpoint_id_of(host) in {endpoint, None}
        assert vpc_endpoint_id_of(host) is None or host.startswith(f"{vpc_endpoint_id_of(host)}-")
