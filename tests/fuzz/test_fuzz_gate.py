"""Whatever the wire gate lets through, an independent reader of the bytes sees the same host, path, operation and model."""

import http.client
import io
import os
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, unquote

from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import Denied
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, WireRequest
from tests.signing import Route, signed_for
from tests.splicing import spliced

FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "400")), deadline=None)
MODELS = (
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456",
)
POLICY = Policy(
    region="eu-west-1",
    models=list(MODELS),
    network={"cidrs": ["10.0.0.0/16"], "endpoints": {"sts": {}, "ec2": {}}},
)


def signed(
    service: str, target: str, body: bytes, *headers: tuple[str, str]
) -> tuple[Route, WireRequest]:
    route = Route(service)
    return route, signed_for(route, target, body, *headers)


JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
GOOD = [
    *(signed("bedrock-runtime", f"/model/{encode_label(model)}/{call}", b'{"a": 1}', JSON)
      for model in MODELS for call in ("converse", "converse-stream", "invoke", "count-tokens")),
    signed("bedrock-runtime", "/guardrail/gr1/version/1/apply", b"{}", JSON),
    signed("sts", "/", b"Action=GetCallerIdentity&Version=2011-06-15", FORM),
    signed("ec2", "/", b"Action=DescribeVpcEndpoints&Version=2016-11-15&Filter.1.Name=vpc-id", FORM),
    signed("ssm", "/", b'{"Name": "/a"}', ("X-Amz-Target", "AmazonSSM.GetParameter"), JSON),
]  # fmt: skip
GRANTS = frozenset({"sts:GetCallerIdentity", "ec2:DescribeVpcEndpoints", "ssm:GetParameter"})

PIECES = st.sampled_from(
    ["/", "//", "/../", "/./", "%2F", "%2f", "%3A", "%3a", "%25", "%00", ":", "?", "?a=b", "?modelId=x", "#", " ", "\r\n", "\n",
     "\0", "é", "\ud800", "..", ".", "us.", "X", "&Action=X", "&action=X", "&%41ction=X", "%FF", "+", ";", " HTTP/1.1\r\nX: y",
     "https://evil.example", "model", "converse", "\t", "\x7f", "\\"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["Host", "host", "HOST", "Content-Length", "Transfer-Encoding", "X-Amz-Target", "Authorization", "X-Amz-Date", "Expect",
     "Content-Encoding", "X-Amz-Content-SHA256", "X-Amz-Security-Token", "X A", "", "X:", "Connection", "Content-Type"]
)  # fmt: skip
VALUES = PIECES | st.sampled_from(
    ["2", "02", "chunked", "gzip", "evil.example", "Bearer x", "Amazon.X", "identity", ""]
)
At = st.integers(0, 200)


Change = Callable[[WireRequest], WireRequest]


def at_target(at: int, piece: str, cut: int) -> Change:
    return lambda r: replace(r, target=spliced(r.target, at, piece, cut))


def at_body(at: int, piece: str, cut: int) -> Change:
    def change(request: WireRequest) -> WireRequest:
        text = spliced(request.body.decode("latin-1"), at, piece, cut)
        return replace(request, body=text.encode("utf-8", "replace"))

    return change


def header_added(at: int, name: str, value: str) -> Change:
    def change(request: WireRequest) -> WireRequest:
        place = at % (len(request.headers) + 1)
        return replace(
            request, headers=(*request.headers[:place], (name, value), *request.headers[place:])
        )

    return change


def header_changed(which: int, at: int, piece: str, cut: int) -> Change:
    def change(request: WireRequest) -> WireRequest:
        headers = list(request.headers)
        name, value = headers[which % len(headers)]
        headers[which % len(headers)] = (name, spliced(value, at, piece, cut))
        return replace(request, headers=tuple(headers))

    return change


def headers_turned(by: int) -> Change:
    return lambda r: replace(
        r, headers=r.headers[by % len(r.headers) :] + r.headers[: by % len(r.headers)]
    )


def method_of(method: str) -> Change:
    return lambda r: replace(r, method=method)


CHANGES = st.one_of(
    st.builds(at_target, At, PIECES, st.integers(0, 3)),
    st.builds(at_body, At, PIECES, st.integers(0, 3)),
    st.builds(header_added, At, NAMES, VALUES),
    st.builds(header_changed, At, At, VALUES, st.integers(0, 3)),
    st.builds(headers_turned, At),
    st.builds(
        method_of,
        st.sampled_from(["GET", "PUT", "post", "POST ", "POST / HTTP/1.1\r\nX: ", "POST"]),
    ),
)


@FUZZ
@given(st.sampled_from(GOOD), st.lists(CHANGES, max_size=3), st.sampled_from([frozenset(), GRANTS]))
def test_what_passes_the_gate_is_what_a_server_reads(
    good: tuple[Route, WireRequest], changes: list[Change], grants: frozenset[str]
) -> None:
    route, request = good
    for change in changes:
        request = change(request)
    try:
        gated = gate(request, route=route, policy=POLICY, grants=grants)
    except Denied as refusal:
        assert refusal.rule  # noqa: PT017 - both outcomes have an oracle
        return

    line, fields = as_a_server_reads(gated)
    assert line == ["POST", request.target, "HTTP/1.1"]
    assert fields.get_all("Host") == [route.authority]
    assert fields.get_all("Content-Length") == [str(len(gated.body))]
    assert fields.get_all("Transfer-Encoding") is None
    assert gated.body == request.body
    given = {name: value for name, value in request.headers if name.lower() != "content-length"}
    assert {n: v for n, v in fields.items() if n.lower() != "content-length"} == given
    assert len(fields.items()) == gated.head.count(b"\r\n") - 2
    assert gated.decision.allowed
    assert_operation(gated, line[1], fields)


def as_a_server_reads(gated: GatedRequest) -> tuple[list[str], http.client.HTTPMessage]:
    first, _, rest = gated.head.partition(b"\r\n")
    stream = io.BytesIO(rest + gated.body)
    fields = http.client.parse_headers(stream)
    assert stream.read() == gated.body
    return first.decode("ascii").split(" "), fields


def assert_operation(gated: GatedRequest, target: str, fields: http.client.HTTPMessage) -> None:
    """The operation and the model, read from the bytes by other means than the gate's."""
    name = f"{gated.service}:{gated.operation}"
    if gated.service in {"sts", "ec2"}:
        pairs = parse_qsl(gated.body.decode("ascii"), keep_blank_values=True)
        assert [v for k, v in pairs if k.lower() == "action"] == [gated.operation]
        assert (target, gated.model_id) == ("/", None)
    elif gated.service == "ssm":
        assert fields["X-Amz-Target"] == f"AmazonSSM.{gated.operation}"
    else:
        assert [*map(unquote, target.split("/"))] in expected_paths(gated)
    if gated.model_id is not None:
        assert gated.model_id in MODELS
    assert name in GRANTS or POLICY.decide_operation(gated.service, gated.operation).allowed


def expected_paths(gated: GatedRequest) -> list[list[str]]:
    ends = {
        "Converse": "converse",
        "ConverseStream": "converse-stream",
        "InvokeModel": "invoke",
        "InvokeModelWithResponseStream": "invoke-with-response-stream",
        "CountTokens": "count-tokens",
    }
    if gated.operation == "ApplyGuardrail":
        parts = gated.head.split(b" ")[1].decode("ascii").split("/")
        return [["", "guardrail", unquote(parts[2]), "version", unquote(parts[4]), "apply"]]
    return [["", "model", str(gated.model_id), ends[gated.operation]]]
