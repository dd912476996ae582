"""Whatever a request names, in however strange a body, the gate reads it or refuses the bytes.

Botocore's serialiser writes requests with random parameters of every operation. A walk over botocore's shapes, which
knows nothing of the tables, says what they name. Then their JSON is written anew in ways that some parser somewhere might take.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import botocore
import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.transport.core.gate.named_operation import named_operation
from secure_bedrock.transport.core.gate.request_facts import NATIVE_BODIES, read_facts
from secure_bedrock.transport.core.wire import WireRequest
from tests.service_shapes import (
    DESCRIBED,
    Filler,
    Writer,
    is_document,
    kind_at,
    members_of,
    service_model,
    walked,
)

pytestmark = pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the tables are of another botocore",
)
FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "400")), deadline=None)
OPERATIONS = [
    (service, name)
    for service in DESCRIBED
    for name in service_model(service).operation_names
    if not service_model(service).operation_model(name).has_event_stream_input
]
# In bodies these are handed on unjudged, and so are documents that no model's API gets.
UNJUDGED = {Kind.PAYLOAD.value, Kind.GUARDRAIL_VERSION.value, Kind.DOCUMENT.value}

POLICY = Policy(region="eu-west-1", models=["amazon.nova-lite-v1:0"])
Named = tuple[str, str]
Pairs = list[tuple[str, Any]]


class Request(NamedTuple):
    """A request as botocore writes it, its table's service, and what its parameters name that is judged."""

    service: str
    operation: str
    wire: WireRequest
    names: Counter[Named]


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def judged(found: Iterator[tuple[str, Any]]) -> Counter[Named]:
    return Counter((kind, plain(value)) for kind, value in found if kind not in UNJUDGED)


def written(service: str, name: str, seed: int, share: float) -> Request:
    shape = service_model(service).operation_model(name).input_shape
    parameters = {} if shape is None else Writer(random.Random(seed), share=share).value(shape)
    if "contentType" in parameters:  # the gate reads a body only as what it is declared to be
        parameters["contentType"] = "application/json"
    if f"{service}:{name}" in NATIVE_BODIES and "body" in parameters:
        parameters["body"] = b"{}"
    return of_parameters(service, name, parameters)


def of_parameters(service: str, name: str, parameters: dict[str, Any]) -> Request:
    model = service_model(service).operation_model(name)
    shape = model.input_shape
    protocol = service_model(service).metadata["protocol"]
    serializer = create_serializer(protocol, include_validation=False)
    raw = serializer.serialize_to_request(parameters, model)
    prepare_request_dict(raw, "https://host")
    query = "&".join(
        f"{key}={quoted(item)}"
        for key, value in (raw["query_string"] or {}).items()
        for item in (value if isinstance(value, list) else [value])
    )
    target = raw["url_path"] + (f"?{query}" if query else "")
    headers = tuple((key, str(value)) for key, value in raw["headers"].items())
    body = raw["body"] if isinstance(raw["body"], bytes) else raw["body"].encode()
    named = judged(walked(parameters, shape)) if shape is not None else Counter()
    return Request(service, name, WireRequest(raw["method"], target, headers, body), named)


def quoted(value: Any) -> str:
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="-._~")


def read(request: Request, body: bytes) -> tuple[Reference, ...]:
    """What the gate reads of the request, with this body."""
    table = operation_table(request.service)
    fields = {name.lower(): value for name, value in request.wire.headers}
    named = named_operation(request.wire, fields, table)
    assert named.name == request.operation
    return read_facts(named, table, fields, body, policy=POLICY, granted=False).references


def counted(found: tuple[Reference, ...]) -> Counter[Named]:
    return judged((reference.kind.value, reference.value) for reference in found)


@FUZZ
@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32), st.floats(0.05, 1.0))
def test_the_gate_reads_what_the_parameters_name(
    operation: tuple[str, str], seed: int, share: float
) -> None:
    request = written(*operation, seed, share)
    found = read(request, request.wire.body)

    assert counted(found) == request.names
    assert not [reference for reference in found if reference.ambiguous]


@pytest.mark.parametrize("service", DESCRIBED)
def test_a_member_alone_is_read(service: str) -> None:
    """Nothing but what the model requires beside it, so that no other name leads the search to it."""
    for member in members_of(service):
        if (service, member.operation) in OPERATIONS:
            request = of_parameters(service, member.operation, Filler({}).fill(member).parameters)
            assert counted(read(request, request.wire.body)) == request.names


class Scribe:
    """Writes JSON in ways that botocore does not: escapes in names, members twice, white space, odd numbers."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def text(self, value: Any) -> str:
        if isinstance(value, dict):
            return self._object(list(value.items()))
        if isinstance(value, list):
            return "[" + ",".join(self._spaced(self.text(item)) for item in value) + "]"
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            odd = self._chance.choice(["1E400", "-0", "1e0", "NaN"])
            return odd if self._chance.random() < 0.05 else json.dumps(value)
        return json.dumps(value)

    def _object(self, pairs: Pairs) -> str:
        if pairs and self._chance.random() < 0.02:
            pairs.insert(self._chance.randrange(len(pairs)), self._chance.choice(pairs))
        if self._chance.random() < 0.02:
            pairs.append((self._chance.choice(["text", "uri", "modelId", "x"]), "t0"))
        members = (
            f"{self._spaced(self._string(k))}:{self._spaced(self.text(v))}" for k, v in pairs
        )
        return "{" + ",".join(members) + self._chance.choice(["", "", "", " ", "\n"]) + "}"

    def _string(self, text: str) -> str:
        if self._chance.random() > 0.1:
            return json.dumps(text, ensure_ascii=self._chance.random() < 0.5)
        form = self._chance.choice(["\\u{:04x}", "\\u{:04X}"])
        return (
            '"'
            + "".join(form.format(ord(c)) if self._chance.random() < 0.3 else c for c in text)
            + '"'
        )

    def _spaced(self, text: str) -> str:
        return self._chance.choice(["", "", "", " ", "\t\r\n"]) + text


ENCODINGS = ["utf-8"] * 12 + [
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32-le",
    "utf-32-be",
]


def readings(body: bytes) -> Iterator[Any]:
    """Every document that a lenient parser could take the bytes for; objects are lists of pairs, repeated ones too."""
    for encoding in dict.fromkeys(ENCODINGS):
        try:
            yield json.loads(
                body.decode(encoding), object_pairs_hook=lambda pairs: ("object", pairs)
            )
        except ValueError:
            continue


def named_on_the_wire(
    value: Any, shape: Shape, owner: str = "", member: str = ""
) -> Iterator[Named]:
    """(kind, value) by botocore's shapes in a document whose objects are lists of pairs; what doesn't fit names nothing."""
    is_object = isinstance(value, tuple)
    if is_document(shape) or not isinstance(shape, (StructureShape, ListShape, MapShape)):
        kind = kind_at(shape, owner, member)
        if kind is not None and isinstance(value, str):
            yield kind, value
    elif isinstance(shape, ListShape):
        for item in value if isinstance(value, list) else ():
            yield from named_on_the_wire(item, shape.member, owner, member)
    elif isinstance(shape, MapShape):
        for _, item in value[1] if is_object else ():
            yield from named_on_the_wire(item, shape.value, owner, member)
    else:
        wire = {inner.serialization.get("name", n): n for n, inner in shape.members.items()}
        for key, item in value[1] if is_object else ():
            if key in wire and not shape.members[wire[key]].serialization.get("location"):
                inner = shape.members[wire[key]]
                yield from named_on_the_wire(item, inner, shape.name, wire[key])


WITH_BODY = [
    (service, name)
    for service, name in OPERATIONS
    if operation_table(service).operation(name).payload is None
    and service_model(service).operation_model(name).input_shape is not None
]


@FUZZ
@given(
    st.sampled_from(WITH_BODY),
    st.integers(0, 2**32),
    st.floats(0.05, 0.9),
    st.sampled_from(ENCODINGS),
)
def test_no_reading_of_the_body_names_what_the_gate_does_not(
    operation: tuple[str, str], seed: int, share: float, encoding: str
) -> None:
    request = written(*operation, seed, share)
    if not request.wire.body:
        return
    scribe = Scribe(random.Random(seed))
    body = scribe.text(json.loads(request.wire.body)).encode(encoding, "surrogatepass")
    try:
        found = counted(read(request, body))
    except OperationDenied as refusal:
        assert refusal.rule == "body-ambiguous"  # noqa: PT017 - both outcomes are right
        return
    model = service_model(request.service).operation_model(request.operation)
    assert model.input_shape is not None
    inner = model.input_shape.serialization.get("payload")
    shape = model.input_shape.members[inner] if inner else model.input_shape
    for document in readings(body):
        assert judged(named_on_the_wire(document, shape)) <= found


def test_a_name_in_escapes_is_read() -> None:
    request = written("bedrock-runtime", "Converse", 0, 1.0)
    hidden = b'{"messages":[{"role":"user","content":[{"image":{"source":{"\\u0073\\u0033Location":{"\\u0075ri":"s3://x"}}}}]}]}'

    assert ("s3", "s3://x") in counted(read(request, hidden))


LONG = "What a harbour. " * 4096
NAMING = '{"image":{"source":{"s3Location":{"uri":"s3://x"}}}}'
TEXTS = {
    "one long text": f'{{"text":"{LONG}"}}',
    "one with quotes": f'{{"text":"{LONG} \\"{LONG}"}}',
    "many short ones": ",".join(['{"text":"x"}'] * 4096),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("first", [False, True])
def test_a_name_beside_much_text_is_found(text: str, first: bool) -> None:
    request = written("bedrock-runtime", "Converse", 0, 1.0)
    content = f"{NAMING},{text}" if first else f"{text},{NAMING}"
    body = f'{{"messages":[{{"role":"user","content":[{content}]}}]}}'.encode()

    assert ("s3", "s3://x") in counted(read(request, body))
    assert read(request, body.replace(NAMING.encode(), b'{"text":""}')) == read(request, b"{}")


@pytest.mark.parametrize(
    ("depth", "outcome"), [(9, "read"), (50, "ambiguous"), (50_000, "refused")]
)
def test_a_name_far_down_is_read_or_the_body_refused(depth: int, outcome: str) -> None:
    request = written("bedrock-agent", "CreateFlow", 0, 0.0)
    name = '{"configuration":{"prompt":{"sourceConfiguration":{"inline":{"modelId":"m"}}}}}'
    loop, end = '{"configuration":{"loop":{"definition":{"nodes":[', "]}}}}"
    nodes = loop * depth + name + end * depth
    body = f'{{"definition":{{"nodes":[{nodes}]}}}}'.encode()
    if outcome == "refused":
        with pytest.raises(OperationDenied):
            read(request, body)
        return
    found = read(request, body)
    assert (("model", "m") in counted(found)) == (outcome == "read")
    assert any(reference.ambiguous for reference in found) == (outcome == "ambiguous")
