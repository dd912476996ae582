"""An HTTP request that botocore did not make is judged on its bytes, by the gate that judges botocore's."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock import Policy
from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    GuardrailDenied,
    IdentityDenied,
    LimitDenied,
    ModelDenied,
    OperationDenied,
    RegionDenied,
    TransportTampered,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy.operation.table import encode_label, operation_table
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, WireRequest
from secure_bedrock.transport.credentials import FrozenCredentials
from secure_bedrock.transport.http_request import judge_http_request
from secure_bedrock.values import parse_region, parse_service
from tests.signing import KEYS

REGION = "eu-west-1"
MODEL, OTHER = "openai.gpt-oss-120b-1:0", "openai.gpt-oss-20b-1:0"
RUNTIME, MANTLE = "bedrock-runtime", "bedrock-mantle"
SIGNING = {RUNTIME: "bedrock", MANTLE: "bedrock-mantle"}
EVERY = [
    "Converse",
    *(
        f"{service}:{name}"
        for service in SIGNING
        for name in ("ChatCompletions", "Responses", "Messages", "CountMessageTokens")
    ),
    *(f"{MANTLE}:{name}" for name in ("Embeddings", "ListModels", "GetModel")),
]
PARTS: dict[str, Any] = {
    "region": REGION,
    "models": [MODEL],
    "network": {"cidrs": ["10.0.0.0/16"], "endpoints": {MANTLE: {}}},
}
POLICY = Policy(**PARTS, operations={"allow": EVERY})
Pairs = tuple[tuple[str, str], ...]


def route_of(service: str) -> PrivateRoute:
    suffix = "api.aws" if service == MANTLE else "amazonaws.com"
    host = f"{service}.{REGION}.{suffix}"
    return PrivateRoute(
        service=parse_service(service),
        region=parse_region(REGION),
        host=host,
        names=frozenset({host}),
        address_check="cidr",
        cidrs=("10.0.0.0/16",),
    )


@dataclass(frozen=True)
class Asked:
    """A request as an SDK has it when it is about to send, and where it may go."""

    service: str
    method: str
    url: str
    headers: Pairs
    body: bytes

    def judged(self, policy: Policy = POLICY) -> GatedRequest:
        return judge_http_request(
            policy,
            route=route_of(self.service),
            method=self.method,
            url=self.url,
            headers=self.headers,
            body=self.body,
        )


def asked(
    service: str,
    path: str,
    body: object = None,
    *,
    method: str = "POST",
    headers: Pairs = (("Content-Type", "application/json"),),
    region: str = REGION,
    signing: str = "",
    keys: FrozenCredentials = KEYS,
) -> Asked:
    route = route_of(service)
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    plain = WireRequest(method, path, (("Host", route.authority), *headers), data)
    name = signing or SIGNING[service]
    signed = sign(plain, credentials=keys, region=region, signing_name=name)
    return Asked(service, method, route.url + path, signed.headers, data)


HELLO = [{"role": "user", "content": "hello"}]
CHAT = {"model": MODEL, "messages": HELLO}
RESPONSE = {"model": MODEL, "input": "hello", "store": False}
MESSAGE = {"model": MODEL, "messages": HELLO, "max_tokens": 9}
# Every path of every service with a body, and the operation that it is.
PATHS: list[tuple[str, str, dict[str, Any], str]] = [
    (service, prefix + path, body, name)
    for service in SIGNING
    for prefix, path, body, name in (
        ("/openai", "/v1/chat/completions", CHAT, "ChatCompletions"),
        ("", "/v1/chat/completions", CHAT, "ChatCompletions"),
        ("/openai", "/v1/responses", RESPONSE, "Responses"),
        ("", "/v1/responses", RESPONSE, "Responses"),
        ("/anthropic", "/v1/messages", MESSAGE, "Messages"),
        ("/anthropic", "/v1/messages?beta=true", MESSAGE, "Messages"),
        ("", "/v1/messages", MESSAGE, "Messages"),
        ("", "/v1/messages/count_tokens", {**CHAT}, "CountMessageTokens"),
    )
] + [(MANTLE, "/v1/embeddings", {"model": MODEL, "input": ["a"]}, "Embeddings")]
IDS = [f"{service} {path}" for service, path, _, _ in PATHS]
paths = pytest.mark.parametrize(("service", "path", "body", "name"), PATHS, ids=IDS)


@paths
@pytest.mark.parametrize("stream", [False, True])
def test_an_allowed_model_may_be_asked_and_what_was_judged_is_what_is_sent(
    service: str, path: str, body: dict[str, Any], name: str, stream: bool
) -> None:
    if stream and name not in {"Embeddings", "CountMessageTokens"}:
        body = {**body, "stream": True}
    request = asked(service, path, body)
    gated = request.judged()
    assert (gated.service, gated.operation, gated.model_id) == (service, name, MODEL)
    assert gated.body == request.body
    lines = gated.head.decode().split("\r\n")
    assert lines[0] == f"POST {path} HTTP/1.1"
    assert set(lines[1:-3]) == {f"{key}: {value}" for key, value in request.headers}


@paths
def test_a_body_that_is_not_declared_is_json(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    assert asked(service, path, body, headers=()).judged().operation == name


@paths
def test_another_model_is_denied(service: str, path: str, body: dict[str, Any], name: str) -> None:
    for model in (OTHER, f"us.{MODEL}", f"global.{MODEL}", MODEL.upper(), f" {MODEL}", "", None):
        with pytest.raises(ModelDenied):
            asked(service, path, {**body, "model": model}).judged()


@paths
def test_an_operation_that_is_not_listed_is_denied(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    with pytest.raises(OperationDenied) as caught:
        asked(service, path, body).judged(Policy(**PARTS))
    assert caught.value.rule == "operation-not-listed"
    assert f"{service}:{name}" in caught.value.reason


@paths
def test_the_other_services_route_is_no_way_round(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    """Listed for one host is not listed for the other."""
    only = Policy(**PARTS, operations={"allow": [e for e in EVERY if not e.startswith(service)]})
    with pytest.raises(OperationDenied):
        asked(service, path, body).judged(only)


@paths
def test_in_report_mode_a_denied_model_is_recorded_and_what_reaches_further_is_still_denied(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    report = Policy(**PARTS, mode="report", operations={"allow": EVERY})
    gated = asked(service, path, {**body, "model": OTHER}).judged(report)
    assert gated.would_deny is not None
    assert gated.would_deny.rule == "model-not-listed"
    with pytest.raises(OperationDenied):
        asked(service, path, {**body, "surprise": 1}).judged(report)
    with pytest.raises(ModelDenied):
        asked(service, path, {**body, "model": ["x"]}).judged(report)


def text_of(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


AMBIGUOUS: dict[str, Callable[[bytes], bytes]] = {
    "the model twice": lambda text: text[:-1] + f', "model": "{OTHER}"}}'.encode(),
    "the model twice, the first in escapes": lambda text: (
        f'{{"\\u006dodel": "{OTHER}", '.encode() + text[1:]
    ),
    "two objects": lambda text: text + text,
    "a list": lambda text: b"[" + text + b"]",
    "nothing": lambda text: b"",
    "UTF-16": lambda text: text.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda text: text.decode().encode("utf-16-le"),
    "a mark of UTF-8": lambda text: b"\xef\xbb\xbf" + text,
    "bytes that are not UTF-8": lambda text: text[:-1] + b', "user": "\xff"}',
    "NaN": lambda text: text[:-1] + b', "user": NaN}',
    "a comment": lambda text: text[:-1] + b" /* */}",
    "a form": lambda text: f"model={MODEL}".encode(),
}


@paths
@pytest.mark.parametrize("sentence", AMBIGUOUS)
def test_a_body_that_could_be_read_two_ways_is_denied(
    service: str, path: str, body: dict[str, Any], name: str, sentence: str
) -> None:
    with pytest.raises(OperationDenied) as caught:
        asked(service, path, AMBIGUOUS[sentence](text_of(body))).judged()
    assert caught.value.rule == "body-ambiguous"


def header(name: str, value: str) -> Callable[[Asked], Asked]:
    def change(request: Asked) -> Asked:
        kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
        return replace(request, headers=(*kept, (name, value)))

    return change


def url(change: Callable[[str], str]) -> Callable[[Asked], Asked]:
    return lambda request: replace(request, url=change(request.url))


class Text(str):
    """A class of its own."""

    __slots__ = ()


WRONG: dict[str, tuple[Callable[[Asked], Asked], type[Denied], str]] = {
    "another host": (
        url(lambda u: u.replace("//bedrock", "//evil.bedrock")),
        EndpointDenied,
        "endpoint-url",
    ),
    "a host that begins alike": (
        url(lambda u: u.replace("/v1", ".evil.example/v1", 1)),
        EndpointDenied,
        "endpoint-url",
    ),
    "a user in front of the host": (
        url(lambda u: u.replace("//", "//a@", 1)),
        EndpointDenied,
        "endpoint-url",
    ),
    "a host after a user": (
        url(lambda u: u.replace("/v1", "@evil.example/v1", 1)),
        EndpointDenied,
        "endpoint-url",
    ),
    "another port": (
        url(lambda u: u.replace("/v1", ":8443/v1", 1)),
        EndpointDenied,
        "endpoint-url",
    ),
    "plain HTTP": (url(lambda u: u.replace("https", "http")), EndpointDenied, "endpoint-url"),
    "another spelling": (url(str.upper), EndpointDenied, "endpoint-url"),
    "a path alone": (url(lambda u: "/v1/messages"), EndpointDenied, "endpoint-url"),
    "no path": (url(lambda u: u.partition("/v1")[0]), EndpointDenied, "endpoint-url"),
    "a class of its own": (url(Text), TransportTampered, "not-plain"),
    "a fragment": (url(lambda u: u + "#x"), OperationDenied, "operation-unknown"),
    "a query": (url(lambda u: u + "?model=x"), OperationDenied, "operation-unknown"),
    "a line end": (url(lambda u: u + "\r\nX: y"), OperationDenied, "operation-unknown"),
    "another Host": (header("Host", "evil.example"), EndpointDenied, "host-header"),
    "a bearer token": (header("Authorization", "Bearer hush"), OperationDenied, "not-sigv4"),
    "an API key": (header("Authorization", ""), OperationDenied, "not-sigv4"),
    "chunks": (header("Transfer-Encoding", "chunked"), OperationDenied, "header-refused"),
    "a kept connection": (header("Connection", "keep-alive"), OperationDenied, "header-refused"),
    "an encoded body": (header("Content-Encoding", "gzip"), OperationDenied, "header-refused"),
    "another length": (header("Content-Length", "1"), OperationDenied, "framing"),
    "another type": (header("Content-Type", "text/plain"), OperationDenied, "body-ambiguous"),
    "an operation's name": (header("X-Amz-Target", "A.B"), OperationDenied, "operation-ambiguous"),
    "another method": (
        lambda request: replace(request, method="PUT"),
        OperationDenied,
        "operation-unknown",
    ),
}


@pytest.mark.parametrize("service", SIGNING)
@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_around_the_body_is_denied(service: str, sentence: str) -> None:
    change, kind, rule = WRONG[sentence]
    with pytest.raises(kind) as caught:
        change(asked(service, "/v1/messages", MESSAGE)).judged()
    assert caught.value.rule == rule
    assert "hush" not in str(caught.value)


def test_a_signature_is_for_the_routes_service_and_region() -> None:
    with pytest.raises(EndpointDenied) as other:
        asked(MANTLE, "/v1/messages", MESSAGE, signing="bedrock").judged()
    assert other.value.rule == "signature-service"
    with pytest.raises(EndpointDenied):
        asked(RUNTIME, "/v1/messages", MESSAGE, signing="bedrock-mantle").judged()
    with pytest.raises(RegionDenied):
        asked(MANTLE, "/v1/messages", MESSAGE, region="us-east-1").judged()


def test_models_are_listed_and_looked_up_by_the_policys_leave() -> None:
    listed = asked(MANTLE, "/v1/models", method="GET", headers=()).judged()
    assert (listed.operation, listed.model_id) == ("ListModels", None)
    path = f"/v1/models/{encode_label(MODEL)}"
    assert asked(MANTLE, path, method="GET", headers=()).judged().model_id == MODEL
    with pytest.raises(ModelDenied):
        asked(MANTLE, f"/v1/models/{encode_label(OTHER)}", method="GET", headers=()).judged()
    with pytest.raises(OperationDenied, match="takes no body"):
        asked(MANTLE, "/v1/models", CHAT, method="GET").judged()
    with pytest.raises(OperationDenied) as caught:
        asked(MANTLE, "/v1/models", method="GET", headers=()).judged(Policy(**PARTS))
    assert caught.value.rule == "operation-not-listed"


GUARDRAIL: Pairs = (
    ("Content-Type", "application/json"),
    ("X-Amzn-Bedrock-GuardrailIdentifier", "abc123def456"),
    ("X-Amzn-Bedrock-GuardrailVersion", "3"),
)


def test_a_guardrail_in_headers_is_judged_where_the_service_has_it_and_refused_where_it_is_ignored() -> (
    None
):
    asked(RUNTIME, "/v1/messages", MESSAGE, headers=GUARDRAIL).judged()
    foreign = f"arn:aws:bedrock:{REGION}:999988887777:guardrail/abc123def456"
    headers = (*GUARDRAIL[:1], ("X-Amzn-Bedrock-GuardrailIdentifier", foreign))
    with pytest.raises(OperationDenied) as caught:
        asked(RUNTIME, "/v1/messages", MESSAGE, headers=headers).judged()
    assert caught.value.rule == "arn-account"
    with pytest.raises(OperationDenied) as ignored:
        asked(MANTLE, "/v1/messages", MESSAGE, headers=GUARDRAIL).judged()
    assert ignored.value.rule == "member-unknown"


LIMITED = Policy(
    **PARTS, operations={"allow": EVERY}, limits={"max_tokens": 100, "max_request_bytes": 4096}
)
COUNTED = {
    "ChatCompletions": ("max_completion_tokens", "max_tokens"),
    "Responses": ("max_output_tokens",),
    "Messages": ("max_tokens",),
}


@paths
def test_limits_hold_for_every_body(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    bare = {key: value for key, value in body.items() if key != "max_tokens"}
    with pytest.raises(LimitDenied) as long:
        asked(service, path, text_of(bare) + b" " * 5000).judged(LIMITED)
    assert long.value.rule == "max-request-bytes"
    if name not in COUNTED:
        assert asked(service, path, bare).judged(LIMITED).operation == name
        return
    model = {"model": MODEL}
    for member in COUNTED[name]:
        asked(service, path, {**bare, **model, member: 100}).judged(LIMITED)
        for wrong in (101, "9", -1, True, None, 1.5):
            with pytest.raises(LimitDenied):
                asked(service, path, {**bare, **model, member: wrong}).judged(LIMITED)
    with pytest.raises(LimitDenied) as unstated:
        asked(service, path, bare).judged(LIMITED)
    assert unstated.value.rule == "max-tokens-unstated"


@paths
def test_a_required_guardrail_has_no_place_here(
    service: str, path: str, body: dict[str, Any], name: str
) -> None:
    guardrail = {"required": True, "id": "abc123def456", "version": "3"}
    strict = Policy(**PARTS, operations={"allow": EVERY}, guardrail=guardrail)
    if name == "CountMessageTokens":
        assert asked(service, path, body).judged(strict).operation == name
        return
    with pytest.raises(GuardrailDenied) as caught:
        asked(service, path, body).judged(strict)
    assert caught.value.rule == "guardrail-no-place"


# The native paths: what one function makes of a request, the other does too.
NATIVE: dict[str, tuple[str, dict[str, Any]]] = {
    "Converse": ("Converse", {"modelId": MODEL, "messages": []}),
    "Converse of another model": ("Converse", {"modelId": OTHER, "messages": []}),
    "Converse with a system tool": (
        "Converse",
        {"modelId": MODEL, "toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
    ),
    "ConverseStream": ("ConverseStream", {"modelId": MODEL}),
    "InvokeModel": ("InvokeModel", {"modelId": MODEL, "body": b"{}"}),
    "InvokeModel of another model": ("InvokeModel", {"modelId": OTHER, "body": b"{}"}),
    "CountTokens": ("CountTokens", {"modelId": MODEL, "input": {"converse": {}}}),
    "StartAsyncInvoke": (
        "StartAsyncInvoke",
        {"modelId": MODEL, "modelInput": {}, "outputDataConfig": {}},
    ),
}


def outcome(act: Callable[[], GatedRequest]) -> tuple[object, ...]:
    try:
        gated = act()
    except Denied as denied:
        return type(denied), denied.rule, denied.reason, denied.next_step
    return gated.head, gated.body, gated.operation, gated.model_id, gated.decision


@pytest.mark.parametrize("sentence", NATIVE)
@pytest.mark.parametrize("allow", [None, list(NATIVE)[:1], ["InvokeModel", "StartAsyncInvoke"]])
@pytest.mark.parametrize("hurt", ["", "a bearer token", "another Host", "another length"])
def test_the_native_paths_are_decided_as_they_are_for_botocore(
    sentence: str, allow: list[str] | None, hurt: str
) -> None:
    operation, params = NATIVE[sentence]
    route = route_of(RUNTIME)
    keys: dict[str, Any] = {} if allow is None else {"operations": {"allow": allow}}
    policy = Policy(**PARTS, **keys)
    plain = (
        serialise(operation, params, route=route)
        if operation not in {"CountTokens", "StartAsyncInvoke"}
        else WireRequest(
            "POST",
            "/async-invoke"
            if operation == "StartAsyncInvoke"
            else f"/model/{encode_label(MODEL)}/count-tokens",
            (("Host", route.authority), ("Content-Type", "application/json")),
            json.dumps(params).encode(),
        )
    )
    wire = sign(plain, credentials=KEYS, region=REGION, signing_name="bedrock")
    request = Asked(RUNTIME, wire.method, route.url + wire.target, wire.headers, wire.body)
    if hurt:
        request = WRONG[hurt][0](request)
        wire = replace(wire, headers=request.headers)
    assert outcome(lambda: request.judged(policy)) == outcome(
        lambda: gate(wire, route=route, policy=policy)
    )


def test_every_native_operation_of_the_runtime_is_reached_by_its_own_path() -> None:
    table = operation_table(RUNTIME)
    none = Policy(**PARTS, operations={"allow": []})
    for operation in table.rest.values():
        path = "/".join("x" if part is None else part for part in operation.segments)
        with pytest.raises(Denied) as caught:
            asked(RUNTIME, path, {}, method=operation.method).judged(none)
        if operation.name == "InvokeModelWithBidirectionalStream":  # refused whatever is allowed
            assert caught.value.rule == "body-ambiguous"
            continue
        assert caught.value.rule == "operation-not-listed", operation.name
        assert operation.name in caught.value.reason


HOSTILE = st.sampled_from(
    [
        ("model", OTHER),
        ("models", [OTHER]),
        ("fallbacks", [{"model": OTHER}]),
        ("image_url", "https://evil.example"),
        ("file_id", "file-1"),
        ("file_url", "https://evil.example"),
        ("server_url", "https://evil.example"),
        ("mcp_servers", [{"url": "https://evil.example"}]),
        ("source", {"type": "url", "url": "https://evil.example"}),
        ("tools", [{"type": "mcp", "server_url": "https://evil.example"}]),
        ("store", True),
        ("background", True),
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("container", "c_1"),
        ("inference_geo", "us"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(where=st.sampled_from(PATHS), hostile=HOSTILE, extra=st.dictionaries(st.text(), JSON))
def test_a_hostile_member_at_the_top_is_never_let_through(
    where: tuple[str, str, dict[str, Any], str],
    hostile: tuple[str, Any],
    extra: dict[str, Any],
) -> None:
    service, path, body, _ = where
    body = {**extra, **body, hostile[0]: hostile[1]}
    with pytest.raises(Denied):
        asked(service, path, body).judged()


@given(
    where=st.sampled_from(PATHS),
    model=st.one_of(st.just(OTHER), st.text(max_size=30), JSON),
    body=st.dictionaries(
        st.sampled_from(["messages", "input", "system", "tools", "user", "stream", "store", "n"]),
        JSON,
    ),
)
def test_whatever_stands_around_it_only_a_listed_model_is_asked(
    where: tuple[str, str, dict[str, Any], str], model: Any, body: dict[str, Any]
) -> None:
    service, path, good, _ = where
    for whole in ({**body, "model": model}, {**good, **body, "model": model}, body):
        try:
            gated = asked(service, path, whole).judged()
        except Denied:
            continue
        assert json.loads(gated.body)["model"] == MODEL == gated.model_id


OWN_KEY, OWN, OTHER_ACCOUNT = "ASIAY34FZKBOKMUTVV7A", "609629065308", "111122223333"
OLD_KEY, USERS_KEY = "ASIAIAAAAAAAAAAAAAAA", "AKIARZPUZDIKGB2VALC4"
# What the policy says of callers, the key that signs and its token, and the rule that refuses.
SIGNERS: dict[str, tuple[dict[str, Any], str, str | None, str]] = {
    "an account that the key contradicts": (
        {"accounts": [OTHER_ACCOUNT]},
        OWN_KEY,
        "t",
        "account",
    ),
    "the key's own account": ({"accounts": [OWN]}, OWN_KEY, "t", ""),
    "an account that the key does not tell": ({"accounts": [OWN]}, OLD_KEY, "t", ""),
    "a user's key": ({"long_lived_keys": "deny"}, USERS_KEY, None, "long-lived-key"),
    "a user's key with a token": ({"long_lived_keys": "deny"}, USERS_KEY, "t", "long-lived-key"),
    "a temporary key without one": ({"long_lived_keys": "deny"}, OWN_KEY, None, "long-lived-key"),
    "a temporary key": ({"long_lived_keys": "deny"}, OWN_KEY, "t", ""),
    "a principal, which is the caller's to check": (
        {"principals": [f"arn:aws:iam::{OWN}:role/app"]},
        OWN_KEY,
        "t",
        "",
    ),
    "a user's key, of which nothing is asked": ({}, USERS_KEY, None, ""),
}


@pytest.mark.parametrize("mode", ["enforce", "report"])
@pytest.mark.parametrize("service", sorted(SIGNING))
@pytest.mark.parametrize("sentence", SIGNERS)
def test_the_caller_is_judged_as_far_as_the_signature_tells(
    sentence: str, service: str, mode: str
) -> None:
    identity, key, token, rule = SIGNERS[sentence]
    policy = Policy(**PARTS, operations={"allow": EVERY}, identity=identity, mode=mode)
    request = asked(service, "/v1/messages", MESSAGE, keys=FrozenCredentials(key, "s", token))
    if not rule:
        assert request.judged(policy).decision.allowed
        return
    with pytest.raises(IdentityDenied) as caught:
        request.judged(policy)
    assert caught.value.rule == rule
    assert key not in str(caught.value)


@given(
    service=st.sampled_from(sorted(SIGNING)),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "post"]),
    path=st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                ["v1", "openai", "anthropic", "messages", "responses", "models", "", "..", "%2e"]
            ),
            max_size=6,
        ).map("/".join),
    ),
    body=JSON,
)
def test_no_path_but_those_of_the_table_is_let_through(
    service: str, method: str, path: str, body: Any
) -> None:
    route = route_of(service)
    target = "/" + path
    plain = asked(service, "/v1/messages", body, method="POST")
    request = replace(plain, method=method, url=route.url + target)
    try:
        gated = request.judged()
    except Denied:
        return
    known = {"/v1/models", "/openai/v1/models", "/anthropic/v1/models"}
    assert target in known | {p for s, p, _, _ in PATHS if s == service}
    assert gated.head.startswith(f"{method} {target} HTTP/1.1\r\n".encode())
