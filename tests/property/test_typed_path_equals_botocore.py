"""What the typed path writes is what botocore writes: line, headers, body and signature, byte for byte."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.model import ServiceModel, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.transport.core.asking.input_shapes import INPUT_SHAPES
from secure_bedrock.transport.core.asking.sdk_headers import SdkHeaders, lambda_trace_id
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.blobs import EVENT_BLOBS, INPUT_BLOBS, OUTPUT_BLOBS
from secure_bedrock.transport.core.wire import WireRequest
from tests.captured import Captured, capture, text

REGION = "eu-west-1"
OPERATIONS = sorted(INPUT_SHAPES)
MODEL: ServiceModel = botocore.session.Session().get_service_model("bedrock-runtime")

repeatable = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass(frozen=True)
class PinnedRoute:
    """A private endpoint on a port of its own, so that the Host header's port counts too."""

    service: str = "bedrock-runtime"
    region: str = REGION
    authority: str = "vpce-0abc-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com:8443"


ROUTE = PinnedRoute()


@dataclass(frozen=True)
class Frozen:
    """Credential values."""

    access_key: str
    secret_key: str
    token: str | None


TOKENS = {"with a session token": "FwoGZXIvYXdzEXAMPLE+/=", "without one": None}


@pytest.fixture(scope="module", params=list(TOKENS.values()), ids=list(TOKENS))
def client(request: pytest.FixtureRequest) -> Iterator[tuple[BaseClient, Frozen]]:
    credentials = Frozen("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", request.param)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/nonexistent")
        for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_LAMBDA_FUNCTION_NAME", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        made = botocore.session.Session().create_client(
            "bedrock-runtime",
            region_name=REGION,
            endpoint_url=f"https://{ROUTE.authority}",
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        made.meta.events.register("before-send.bedrock-runtime", capture)
        yield made, credentials


def botocores(client: BaseClient, operation: str, params: dict[str, Any]) -> WireRequest:
    """The request that botocore would send, in our form and with the Host header that its transport adds."""
    with pytest.raises(Captured) as caught:
        client._make_api_call(operation, params)  # type: ignore[attr-defined]
    request = caught.value.request
    url = urlsplit(request.url)
    assert (url.scheme, url.netloc, url.query, url.fragment) == ("https", ROUTE.authority, "", "")
    headers = {name: text(value) for name, value in request.headers.items()}
    if headers["amz-sdk-request"] == "attempt=1":  # botocore 1.40 leaves the maximum out
        headers["amz-sdk-request"] += "; max=1"
    body = request.body or b""
    assert isinstance(body, bytes | bytearray)
    assert headers.pop("Content-Length") == str(len(body))
    return WireRequest(
        str(request.method), url.path, (("Host", ROUTE.authority), *headers.items()), bytes(body)
    )


def ours(
    operation: str,
    params: Mapping[str, Any],
    theirs: WireRequest,
    credentials: Frozen,
    trace_id: str | None = None,
) -> WireRequest:
    """The typed path's request with botocore's date, invocation id and user agent."""
    told = dict(theirs.headers)
    attempt, _, most = told["amz-sdk-request"].partition("; ")
    assert attempt == "attempt=1"
    extra = SdkHeaders(
        user_agent=told["User-Agent"],
        invocation_id=told["amz-sdk-invocation-id"],
        max_attempts=int(most.removeprefix("max=")),
        trace_id=trace_id,
    )
    now = datetime.strptime(told["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    request = serialise(operation, params, route=ROUTE)
    signed = sign(request, credentials=credentials, region=REGION, signing_name="bedrock", now=now)
    return extra.on(signed, attempt=1)


def assert_equal(ours: WireRequest, theirs: WireRequest) -> None:
    assert (ours.method, ours.target) == (theirs.method, theirs.target)
    assert ours.body == theirs.body
    assert sorted(ours.headers) == sorted(theirs.headers)


# Model identifiers of every form, and text that has to be encoded; what can't be a label is left out.
IDENTIFIERS = st.sampled_from(
    [
        "anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-text-express-v1",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/a b+c%20d",
    ]
) | st.text(min_size=1).filter(lambda label: label not in (".", ".."))
HEADER_VALUES = st.from_regex(r"\A(?:[!-~](?:[ -~]{0,20}[!-~])?)?\Z") | st.just('{"team": "a"}')
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SCALARS: dict[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "string": lambda meta: st.text(min_size=meta.get("min", 0), max_size=12 + meta.get("min", 0)),
    "blob": lambda meta: (
        st.binary(min_size=meta.get("min", 0), max_size=20)
        | st.binary(min_size=meta.get("min", 0), max_size=4).map(bytearray)
    ),
    "integer": lambda meta: st.integers(min_value=meta.get("min", -9), max_value=10**6),
    "long": lambda meta: st.integers(min_value=meta.get("min", -9)),
    "boolean": lambda _: st.booleans(),
    "float": lambda meta: (
        st.floats(min_value=meta.get("min"), allow_nan=False, allow_infinity=False)
        | st.integers(min_value=meta.get("min", 0), max_value=9)
    ),
    "double": lambda _: st.floats(allow_nan=False, allow_infinity=False, width=32),
}


@cache
def values_of(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that botocore's own validator accepts for the shape."""
    if getattr(shape, "is_document_type", False):
        return DOCUMENTS
    if isinstance(shape, StructureShape):
        return structures(shape, depth)
    meta = shape.metadata
    if shape.type_name == "list":
        most = max(2, meta.get("min", 0))
        inner = st.deferred(lambda: values_of(shape.member, depth + 1))  # type: ignore[attr-defined]
        return st.lists(inner, min_size=meta.get("min", 0), max_size=most)
    if shape.type_name == "map":
        key, value = shape.key, shape.value  # type: ignore[attr-defined]
        return st.dictionaries(values_of(key, depth + 1), values_of(value, depth + 1), max_size=2)
    enum = getattr(shape, "enum", None)
    return st.sampled_from(enum) if enum else SCALARS[shape.type_name](meta)


def structures(shape: StructureShape, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: later(below, depth) for name, below in shape.members.items()}
    if shape.is_tagged_union:
        return st.sampled_from(sorted(members)).flatmap(
            lambda name: st.fixed_dictionaries({name: members[name]})
        )
    required = {name: members[name] for name in shape.required_members}
    optional = {name: s for name, s in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def later(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    return st.deferred(lambda: member(shape, depth))


def member(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    location = shape.serialization.get("location")
    if location == "uri":
        return IDENTIFIERS
    return HEADER_VALUES if location == "header" else values_of(shape, depth + 1)


def inputs(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    return structures(shape, 0).flatmap(
        lambda params: st.permutations(list(params)).map(
            lambda names: {n: params[n] for n in names}
        )
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@repeatable
@given(data=st.data())
def test_every_request_equals_botocores_with_its_signature(
    operation: str, client: tuple[BaseClient, Frozen], data: st.DataObject
) -> None:
    params = data.draw(inputs(operation))

    theirs = botocores(client[0], operation, params)

    assert_equal(ours(operation, params, theirs, client[1]), theirs)


@pytest.mark.parametrize("block", sorted(MODEL.shape_for("ContentBlock").members))  # type: ignore[attr-defined]
@settings(repeatable, max_examples=15)
@given(data=st.data())
def test_every_kind_of_content_equals_botocores(
    block: str, client: tuple[BaseClient, Frozen], data: st.DataObject
) -> None:
    shape = MODEL.shape_for("ContentBlock").members[block]  # type: ignore[attr-defined]
    content = [{block: data.draw(values_of(shape))}]
    params = {"modelId": "a.b-v1:0", "messages": [{"role": "user", "content": content}]}

    theirs = botocores(client[0], "Converse", params)

    assert_equal(ours("Converse", params, theirs, client[1]), theirs)


EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "a question": (
        "Converse",
        {
            "modelId": "a.b-v1:0",
            "messages": [{"role": "user", "content": [{"text": "Ünïcode 😀\n"}]}],
        },
    ),
    "nothing but a model": ("ConverseStream", {"modelId": "a.b"}),
    "a null document": ("Converse", {"modelId": "a.b", "additionalModelRequestFields": None}),
    "tuples for lists": ("Converse", {"modelId": "a.b", "system": ({"text": "x"},)}),
    "an empty native body": ("InvokeModel", {"modelId": "a.b", "body": b""}),
    "no native body": ("InvokeModel", {"modelId": "a.b"}),
    "a native body as text": ("InvokeModel", {"modelId": "a.b", "body": '{"x": "ü"}'}),
    "an empty guardrail header": ("InvokeModel", {"modelId": "a.b", "guardrailIdentifier": ""}),
}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_chosen_requests_equal_botocores(
    example: tuple[str, dict[str, Any]], client: tuple[BaseClient, Frozen]
) -> None:
    theirs = botocores(client[0], *example)

    assert_equal(ours(*example, theirs, client[1]), theirs)


def test_inside_lambda_the_trace_id_is_passed_on_as_botocore_does(
    client: tuple[BaseClient, Frozen], monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"AWS_LAMBDA_FUNCTION_NAME": "f", "_X_AMZN_TRACE_ID": "Root=1-5e-6;Parent=é/ x"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    theirs = botocores(client[0], "InvokeModel", {"modelId": "a.b"})

    assert "X-Amzn-Trace-Id" in dict(theirs.headers)
    trace_id = lambda_trace_id(environ)
    assert_equal(ours("InvokeModel", {"modelId": "a.b"}, theirs, client[1], trace_id), theirs)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_input_shapes_are_botocores(operation: str) -> None:
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    known = {name: s for name, s in shape.members.items() if name in INPUT_SHAPES[operation].types}
    own = INPUT_SHAPES[operation]

    located = {name: s.serialization.get("location") for name, s in known.items()}
    assert own.labels == {name for name, where in located.items() if where == "uri"}
    assert frozenset(shape.required_members) == own.required
    for name, where in located.items():
        if where == "header":
            assert own.headers[name] == known[name].serialization["name"]
    assert own.payload == shape.serialization.get("payload")
    assert set(shape.members) <= set(own.types)
    assert all(
        "location" in s.serialization or "name" not in s.serialization for s in known.values()
    )


def blob_paths(shape: Shape, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
    if shape.type_name == "blob":
        yield ()
    elif isinstance(shape, StructureShape) and shape.name not in seen:
        for name, below in shape.members.items():
            yield from ((name, *path) for path in blob_paths(below, seen | {shape.name}))
    elif shape.type_name == "list":
        yield from blob_paths(shape.member, seen)  # type: ignore[attr-defined]
    elif shape.type_name == "map":
        yield from (("*", *path) for path in blob_paths(shape.value, seen))  # type: ignore[attr-defined]


def planned(plan: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    return not path or (path[0] in plan and planned(plan[path[0]], path[1:]))


@pytest.mark.parametrize("operation", sorted(INPUT_BLOBS))
def test_every_blob_of_the_model_is_known(operation: str) -> None:
    shapes = MODEL.operation_model(operation)
    assert shapes.input_shape is not None
    assert shapes.output_shape is not None
    events = {"stream": EVENT_BLOBS}

    for path in blob_paths(shapes.input_shape):
        assert planned(INPUT_BLOBS[operation], path), path
    for path in blob_paths(shapes.output_shape):
        assert planned({**OUTPUT_BLOBS.get(operation, {}), **events}, path), path


def test_what_json_has_no_word_for_is_refused_where_botocore_writes_it() -> None:
    """The one wanted difference in numbers: botocore sends "NaN" as text, or as invalid JSON in documents."""
    for number in (math.nan, math.inf, -math.inf):
        params = {"modelId": "a.b", "inferenceConfig": {"temperature": number}}
        with pytest.raises(InvalidRequest) as refused:
            serialise("Converse", params, route=ROUTE)
        assert refused.value.rule == "not-json"
    assert json.dumps(math.nan) == "NaN"
