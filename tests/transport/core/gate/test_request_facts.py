"""What the gate reads of a body: every name that matters, however it is written, and not one megabyte more."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import pytest

from secure_bedrock.errors import LimitDenied, OperationDenied
from secure_bedrock.policy.operation.members import BodyMember, BodyShape, Kind, Operation
from secure_bedrock.policy.operation.references import references
from secure_bedrock.policy.operation.table import SERVICES, encode_label, operation_table
from secure_bedrock.policy.request.documents import JUDGED
from secure_bedrock.policy.sections import LimitsPolicy
from secure_bedrock.transport.core.gate.request_facts import _matters, _telling, _telling_names
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.values import Decision
from tests.lenient import Lenient
from tests.signing import Route, signed_for

MODEL = "amazon.nova-lite-v1:0"
CONVERSE = f"/model/{encode_label(MODEL)}/converse"
INVOKE = f"/model/{encode_label(MODEL)}/invoke"
AUTOMATION = "AmazonBedrockKeystoneRuntimeService.InvokeDataAutomationAsync"
PARAMETERS = "AmazonSSM.GetParameters"


@dataclass
class Asked(Lenient):
    """Rules that allow everything and keep what they were asked."""

    named: list[tuple[str, object]] = field(default_factory=list)

    def decide_model(self, model_id: object, *, operation: str = "") -> Decision:
        self.named.append(("model", model_id))
        return super().decide_model(model_id, operation=operation)

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        self.named.append((kind.value, value))
        return None


def asked(
    target: str,
    body: bytes,
    *headers: tuple[str, str],
    service: str = "bedrock-runtime",
    ours: bool = True,
    rules: Asked | None = None,
) -> list[tuple[str, object]]:
    """What the policy was asked about such a request, less the model of its path.

    `ours` because bodies that others made are read whole, unless they are long.
    """
    route, rules = Route(service), rules or Asked()
    request = signed_for(route, target, body, *headers, ours=ours)
    grants = frozenset({"ssm:GetParameters"})
    gate(replace(request, body=body), route=route, policy=rules, grants=grants)
    return [named for named in rules.named if named != ("model", MODEL)]


def is_refused(
    target: str,
    body: bytes,
    *headers: tuple[str, str],
    service: str = "bedrock-runtime",
    ours: bool = True,
) -> bool:
    with pytest.raises(OperationDenied) as refused:
        asked(target, body, *headers, service=service, ours=ours)
    return refused.value.rule == "body-ambiguous"


IMAGE = b'{"messages":[{"role":"user","content":[{"image":{"source":{"s3Location":{"%s":"s3://b/k"}}}}]}]}'
IN_S3 = [("s3", "s3://b/k")]


def test_what_a_body_names_is_asked() -> None:
    assert asked(CONVERSE, IMAGE % b"uri") == IN_S3


@pytest.mark.parametrize("name", [rb"\u0075ri", rb"u\u0072i", rb"u\u0072\u0069", rb"ur\u0069"])
def test_a_name_that_is_written_with_escapes_is_read(name: bytes) -> None:
    assert asked(CONVERSE, IMAGE % name) == IN_S3


@pytest.mark.parametrize("code", [*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)])
def test_no_character_of_a_name_hides_behind_its_escape(code: int) -> None:
    """Found by what strict reading refuses: a key that stands twice."""
    for escape in (b"\\u%04x" % code, b"\\u%04X" % code):
        assert is_refused(CONVERSE, b'{"%s":1,"x":1,"x":1}' % escape)


@pytest.mark.parametrize("body", [b'{"x":1,"x":1}', b'{"x":"\\u00e9","x":1}', b'{"x":NaN}', b""])
def test_a_body_without_a_name_that_matters_is_not_parsed(body: bytes) -> None:
    assert asked(CONVERSE, body) == []


@pytest.mark.parametrize("body", [b'{"x":1,"x":1}', b'{"x":NaN}', b"["])
def test_a_body_that_others_made_is_parsed_whatever_it_holds(body: bytes) -> None:
    assert is_refused(CONVERSE, body, ours=False)
    assert is_refused("/guardrail/abc123def456/version/1/apply", body, ours=False)


def test_the_name_that_matters_stands_in_quotes_and_is_whole() -> None:
    assert asked(CONVERSE, b'{"x":"my uri","curious":1,"uris":1,"xuri":1,"x":1}') == []


@pytest.mark.parametrize("before", [0, 1, 16_000, 20_000, 300_000])
@pytest.mark.parametrize("quotes", [0, 3, 500])
@pytest.mark.parametrize("after", [0, 20_000])
def test_a_name_is_found_wherever_it_stands(before: int, quotes: int, after: int) -> None:
    """Long bodies are searched in another way than short ones."""
    filler = json.dumps({"text": ["a" * before, *["q"] * quotes]}).encode()
    body = (
        b'{"system":[%s],' % filler
        + (IMAGE % b"uri")[1:-1]
        + b',"requestMetadata":{"x":"%s"}}' % (b"a" * after)
    )
    assert ("s3", "s3://b/k") in asked(CONVERSE, body)


@pytest.mark.parametrize("size", [10, 20_000])
def test_a_body_that_ends_without_a_quote_is_searched_to_its_end(size: int) -> None:
    assert asked(CONVERSE, b"{" + b" " * size + b"}") == []
    assert asked(CONVERSE, b'{"x":' + b" " * size + b"1}") == []


JSON_TYPES = ("application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1")


@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_each_way_to_declare_json_is_taken(content_type: str) -> None:
    assert asked(CONVERSE, IMAGE % b"uri", ("Content-Type", content_type)) == IN_S3


@pytest.mark.parametrize("content_type", ["text/plain", "application/cbor", "application/JSON", ""])
def test_a_body_that_is_declared_as_something_else_is_refused(content_type: str) -> None:
    assert is_refused(CONVERSE, b"{}", ("Content-Type", content_type))


STRANGE: dict[str, bytes] = {
    "a list": b"[]",
    "space before the object": b" {}",
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "UTF-16, little end first": '{"modelId":1}'.encode("utf-16-le"),
    "UTF-16, big end first": '{"modelId":1}'.encode("utf-16-be"),
    "UTF-32, little end first": '{"modelId":1}'.encode("utf-32-le"),
    "Latin-1": b'{"x":"\xe9"}',
    "half a character": b'{"x":"\xc3"}',
    "a surrogate": b'{"x":"\xed\xa0\x80"}',
}


@pytest.mark.parametrize("name", STRANGE)
def test_bytes_that_another_parser_could_read_otherwise_are_refused(name: str) -> None:
    assert is_refused(CONVERSE, STRANGE[name])


def test_utf_8_is_taken() -> None:
    assert asked(CONVERSE, '{"x":"é €"}'.encode()) == []
    assert asked(CONVERSE, b'{"x":"{"}{') == []  # only how it begins is looked at here


@pytest.mark.parametrize("ours", [False, True])
def test_a_payload_in_the_models_own_format_is_json_whoever_wrote_the_rest(ours: bool) -> None:
    with pytest.raises(OperationDenied, match="not JSON"):
        asked(INVOKE, b"\xff\x00[", ours=ours)


def test_a_body_in_which_nothing_can_name_anything_is_any_bytes() -> None:
    target = "/guardrail/abc123def456/version/1/apply"
    assert asked(target, b"[") == [("guardrail", "abc123def456")]


def test_what_header_fields_name_is_asked() -> None:
    field = ("X-Amzn-Bedrock-GuardrailIdentifier", "abc123def456")
    assert asked(INVOKE, b"{}", field) == [("guardrail", "abc123def456")]


def test_header_and_body_of_one_request_are_both_read() -> None:
    """InvokeAgent has something to name in each."""
    body = b'{"sessionState":{"knowledgeBaseConfigurations":[{"knowledgeBaseId":"KB12345678"}]}}'
    target = "/agents/AGENT12345/agentAliases/ALIAS12345/sessions/s1/text"
    arn = "arn:aws:bedrock:eu-west-1:111122223333:agent/AGENT12345"
    named = asked(target, body, ("x-amz-source-arn", arn), service="bedrock-agent-runtime")
    assert ("resource", arn) in named
    assert ("knowledge-base", "KB12345678") in named


def test_the_whole_body_of_a_json_service_is_read() -> None:
    headers = (("X-Amz-Target", AUTOMATION), ("Content-Type", "application/x-amz-json-1.1"))
    service = "bedrock-data-automation-runtime"
    body = b'{"inputConfiguration":{"s3Uri":"s3://b/k"}}'
    assert asked("/", body, *headers, service=service) == IN_S3
    for broken in (b'{"x":1,"x":1}', b"", b"[]", b'{"x":NaN}'):
        assert is_refused("/", broken, *headers, service=service)


def test_a_json_service_of_which_only_names_are_known_gets_an_object() -> None:
    headers = (("X-Amz-Target", PARAMETERS), ("Content-Type", "application/x-amz-json-1.1"))
    assert asked("/", b'{"Names":["a"]}', *headers, service="ssm") == []
    for broken in (b'{"x":1,"x":1}', b"", b"[]"):
        assert is_refused("/", broken, *headers, service="ssm")


def searched() -> Iterator[Operation]:
    """The operations whose bodies are searched before they are parsed."""
    for service in sorted(SERVICES):
        table = operation_table(service)
        if table.described and table.protocol == "rest-json":
            for name in sorted(table.operations):
                operation = table.operation(name)
                if operation.body is not None and operation.payload is None:
                    yield operation


def documents(operation: Operation) -> Iterator[dict[str, Any]]:
    """For every member that can name something a body that holds it, on the shortest way, and nothing else."""
    assert operation.body is not None
    ways: dict[str, list[BodyMember]] = {operation.body: []}
    left = [operation.body]
    while left:
        shape = left.pop(0)
        for step in operation.shapes[shape].members.values():
            if step is None:
                continue
            if step.kind is not None:
                yield document([*ways[shape], step])
            elif step.shape is not None and step.shape not in ways:
                ways[step.shape] = [*ways[shape], step]
                left.append(step.shape)


def document(way: list[BodyMember]) -> dict[str, Any]:
    value: Any = {"here": 1} if way[-1].kind is Kind.DOCUMENT else "here"
    for step in reversed(way):
        for container in reversed(step.containers):
            value = [value] if container == "[]" else {"a key": value}
        value = {step.name: value}
    assert isinstance(value, dict)
    return value


UNJUDGED = (Kind.PAYLOAD, Kind.GUARDRAIL_VERSION)


def test_no_body_that_names_something_goes_unparsed() -> None:
    """For every member of every operation; what it names is found by the walk, which knows no short cut."""
    tried = 0
    for operation in searched():
        pattern = _telling_names(operation.service, operation.name)
        for body in documents(operation):
            for found in references(operation, labels={}, query={}, headers={}, body=body):
                if found.kind in UNJUDGED or (
                    found.kind is Kind.DOCUMENT and not found.path.endswith(JUDGED)
                ):
                    continue
                tried += 1
                assert pattern.search(json.dumps(body).encode()), (operation.name, found.path)
    assert tried > 300


def test_a_choice_that_is_left_out_is_looked_for_by_what_it_is_missing_in() -> None:
    pattern = _telling_names("bedrock-agent-runtime", "AgenticRetrieveStream")
    assert pattern.search(b'{"agenticRetrieveConfiguration": {"maxAgentIteration": 2}}')
    pattern = _telling_names("bedrock-agent", "CreateKnowledgeBase")
    assert pattern.search(b'{"knowledgeBaseConfiguration": {"type": "MANAGED"}}')


CHAT: dict[str, Any] = {
    "system": [{"text": "model, name"}],
    "messages": [{"role": "user", "content": [{"text": "a"}, {"image": {"source": {"bytes": ""}}}]}],
    "toolConfig": {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}]},
    "inferenceConfig": {"maxTokens": 1},
    "requestMetadata": {"name": "x"},
}  # fmt: skip


def test_a_common_request_is_not_parsed() -> None:
    """A tool has a name, as a tool of AWS's has: what tells is what the latter stands in."""
    for operation in ("Converse", "ConverseStream", "CountTokens"):
        pattern = _telling_names("bedrock-runtime", operation)
        assert pattern.search(json.dumps(CHAT).encode()) is None
        assert pattern.search(b'{"systemTool":{"name":"nova_grounding"}}')


def member(name: str, *, kind: Kind | None = None, shape: str | None = None) -> BodyMember:
    return BodyMember(name, name, (), kind, shape)


MATTERS: dict[str, tuple[BodyMember | None, bool]] = {
    "nothing": (None, False),
    "a structure": (member("a", shape="A"), False),
    "a payload": (member("a", kind=Kind.PAYLOAD), True),
    "a guardrail's version": (member("a", kind=Kind.GUARDRAIL_VERSION), False),
    "a model": (member("a", kind=Kind.MODEL), True),
    "a document": (member("a", kind=Kind.DOCUMENT), False),
    "a document for the model": (member("additionalModelRequestFields", kind=Kind.DOCUMENT), True),
    "a model of that name": (member("modelInput", kind=Kind.MODEL), True),
}


@pytest.mark.parametrize("name", MATTERS)
def test_which_members_are_worth_a_search(name: str) -> None:
    step, expected = MATTERS[name]
    assert bool(_matters(step)) is expected


def shape(name: str, *steps: BodyMember, common: str = "") -> BodyShape:
    members: dict[str, BodyMember | None] = {step.name: step for step in steps}
    members |= dict.fromkeys(common.split())
    return BodyShape(name, members, members)


INNER = shape("Inner", member("name", kind=Kind.MODEL))
TELLING: dict[str, tuple[BodyShape, str, set[str]]] = {
    "a name that is not common": (shape("Outer", member("in", shape="Inner")), "", {"name"}),
    "a common one": (shape("Outer", member("in", shape="Inner"), common="name"), "name", {"in"}),
    "a common one in two places": (
        shape("Outer", member("in", shape="Inner"), member("also", shape="Inner"), common="name"),
        "name",
        {"in", "also"},
    ),
    "a common one beside another structure": (
        shape("Outer", member("in", shape="Inner"), member("on", shape="Other"), common="name"),
        "name",
        {"in"},
    ),
    "a common one in what is common too": (
        shape("Outer", member("in", shape="Inner"), common="name"),
        "name in",
        {"name"},
    ),
    "a common one in nothing": (shape("Outer", common="name"), "name", {"name"}),
}


@pytest.mark.parametrize("name", TELLING)
def test_a_common_name_is_told_by_what_it_stands_in(name: str) -> None:
    outer, common, expected = TELLING[name]
    assert _telling("name", INNER, [outer, INNER], set(common.split())) == expected


def test_a_target_prefix_may_hold_dots() -> None:
    prefix = operation_table("cloudtrail").target_prefix or ""
    headers = (
        ("X-Amz-Target", f"{prefix}.LookupEvents"),
        ("Content-Type", "application/x-amz-json-1.1"),
    )
    assert "." in prefix
    assert asked("/", b"{}", *headers, service="cloudtrail") == []


class Short(Asked):
    """Rules that limit tokens."""

    limits = LimitsPolicy(max_tokens=5)


RUNTIME = quote("arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/r", safe="")
LIMITED: dict[str, tuple[str, str, bytes]] = {
    "no body": ("bedrock-runtime", CONVERSE, b""),
    "bytes for code of the account's own": (
        "bedrock-agentcore",
        f"/runtimes/{RUNTIME}/invocations",
        b"\xff",
    ),
}


@pytest.mark.parametrize(("service", "target", "body"), LIMITED.values(), ids=LIMITED)
def test_what_says_nothing_of_tokens_is_beyond_the_limit(
    service: str, target: str, body: bytes
) -> None:
    with pytest.raises(LimitDenied):
        asked(target, body, service=service, rules=Short())


def test_a_rest_service_of_which_only_names_are_known_gets_an_object_or_nothing() -> None:
    """These operations are taken unsigned, which is looked at last: the good ones get so far."""
    for broken in (b'{"x":1,"x":1}', b"[]", b"x"):
        assert is_refused("/logout", broken, service="sso")
    for good in (b"", b'{"x":1}'):
        with pytest.raises(OperationDenied) as refused:
            asked("/logout", good, service="sso")
        assert refused.value.rule == "signature-unwanted"


WHOLE = 256 * 1024
TWICE = b'{"requestMetadata":{"x":"1","x":"%s"}}'


def test_a_body_of_others_is_read_whole_up_to_its_bound() -> None:
    longest = TWICE % (b"a" * (WHOLE - len(TWICE % b"")))
    assert is_refused(CONVERSE, longest, ours=False)
    assert asked(CONVERSE, longest.replace(b"a", b"aa", 1), ours=False) == []


def test_members_of_what_names_nothing_are_known_in_a_body_of_ours() -> None:
    body = (IMAGE % b"uri")[:-1] + b',"inferenceConfig":{"newMember":1}}'
    assert asked(CONVERSE, body) == IN_S3
    with pytest.raises(OperationDenied) as refused:
        asked(CONVERSE, body, ours=False)
    assert refused.value.rule == "member-unknown"


def test_what_a_native_payload_names_is_said_with_its_place() -> None:
    with pytest.raises(OperationDenied) as refused:
        asked(INVOKE, b'{"s3_uri":7}')
    assert refused.value.reason.startswith("body.")


ENDPOINT = "/endpoints/mine/invocations"


@pytest.mark.parametrize("body", [b'{"s3_uri":"s3://b/k"}', b'{"s3_uri":1,"s3_uri":1}'])
def test_a_payload_for_code_of_the_accounts_own_names_nothing(body: bytes) -> None:
    assert asked(ENDPOINT, body, service="sagemaker-runtime") == [("model", "mine")]


def test_nor_where_its_tokens_are_limited() -> None:
    body = b'{"max_tokens":1,"s3_uri":"s3://b/k"}'
    named = asked(ENDPOINT, body, service="sagemaker-runtime", rules=Short())
    assert named == [("model", "mine")]


def test_a_payload_in_a_body_that_is_no_text_is_the_services_to_refuse() -> None:
    target = f"/model/{encode_label(MODEL)}/count-tokens"
    body = b'{"input":{"invokeModel":{"body":7}}}'
    assert asked(target, body, ours=False) == []
