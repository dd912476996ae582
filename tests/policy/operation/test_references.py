"""What one request names, as sentences."""

from typing import Any

import pytest

from secure_bedrock.policy.operation import references as module
from secure_bedrock.policy.operation.members import (
    Kind,
    Operation,
    ShapeGraph,
    operation_of,
)
from secure_bedrock.policy.operation.references import (
    ABSENT,
    Reference,
    parameter_references,
    references,
)
from secure_bedrock.policy.operation.table import operation_table


def operation(name: str, service: str = "bedrock-runtime") -> Operation:
    return operation_table(service).operation(name)


def named(name: str, body: object, service: str = "bedrock-runtime") -> tuple[Reference, ...]:
    return references(operation(name, service), labels={}, query={}, headers={}, body=body)


def image(uri: object) -> dict[str, Any]:
    return {"image": {"format": "png", "source": {"s3Location": {"uri": uri}}}}


URI = "body.messages[].content[].image.source.s3Location.uri"
FIELDS = {"additionalModelRequestFields": {"model": "x"}}

CONVERSE: dict[str, tuple[object, list[tuple[Kind, object, str, bool]]]] = {
    "nothing was sent": (ABSENT, []),
    "an empty body": ({}, []),
    "text names nothing": ({"messages": [{"role": "user", "content": [{"text": "s3://b/k"}]}]}, []),
    "an image in a bucket": (
        {"messages": [{"content": [image("s3://b/k")]}]},
        [(Kind.S3, "s3://b/k", URI, False)],
    ),
    "two messages, in their order": (
        {"messages": [{"content": [image("s3://1")]}, {"content": [image("s3://2")]}]},
        [(Kind.S3, "s3://1", URI, False), (Kind.S3, "s3://2", URI, False)],
    ),
    "a number where a bucket stands": (
        {"messages": [{"content": [image(7)]}]},
        [(Kind.S3, 7, URI, True)],
    ),
    "null where a bucket stands": (
        {"messages": [{"content": [image(None)]}]},
        [(Kind.S3, None, URI, True)],
    ),
    "an object where a list stands": (
        {"messages": {"content": []}},
        [(Kind.UNKNOWN, {"content": []}, "body.messages", True)],
    ),
    "a text where a structure stands": (
        {"messages": ["hello"]},
        [(Kind.UNKNOWN, "hello", "body.messages[]", True)],
    ),
    "a list for a body": ([], [(Kind.UNKNOWN, [], "body", True)]),
    "null for a body": (None, [(Kind.UNKNOWN, None, "body", True)]),
    "a member that the table does not know": (
        {"sideModel": "x"},
        [(Kind.UNKNOWN, "sideModel", "body", True)],
    ),
    "two such members are told once": (
        {"sideModel": "x", "otherModel": "y"},
        [(Kind.UNKNOWN, "sideModel", "body", True)],
    ),
    "a label's name in the body": (
        {"modelId": "x"},
        [(Kind.UNKNOWN, "modelId", "body", True)],
    ),
    "another case of a known name": (
        {"Messages": []},
        [(Kind.UNKNOWN, "Messages", "body", True)],
    ),
    "fields of the model's own": (
        FIELDS,
        [(Kind.DOCUMENT, {"model": "x"}, "body.additionalModelRequestFields", False)],
    ),
    "a guardrail": (
        {"guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"}},
        [
            (Kind.GUARDRAIL, "g", "body.guardrailConfig.guardrailIdentifier", False),
            (Kind.GUARDRAIL_VERSION, "1", "body.guardrailConfig.guardrailVersion", False),
        ],
    ),
    "a tool at the provider's": (
        {"toolConfig": {"tools": [{"systemTool": {"name": "search"}}]}},
        [(Kind.SYSTEM_TOOL, "search", "body.toolConfig.tools[].systemTool.name", False)],
    ),
}


@pytest.mark.parametrize("row", CONVERSE.values(), ids=CONVERSE)
def test_a_converse_body_names(
    row: tuple[object, list[tuple[Kind, object, str, bool]]],
) -> None:
    body, expected = row

    assert named("Converse", body) == tuple(Reference(*fields) for fields in expected)


def test_path_query_and_header_are_told_before_the_body() -> None:
    found = references(
        operation("InvokeModel"),
        labels={"modelId": "m"},
        query={},
        headers={"x-amzn-bedrock-guardrailidentifier": "g", "accept": "*/*"},
        body=b"{}",
    )

    assert found == (
        Reference(Kind.MODEL, "m", "label:modelId"),
        Reference(Kind.GUARDRAIL, "g", "header:X-Amzn-Bedrock-GuardrailIdentifier"),
        Reference(Kind.PAYLOAD, b"{}", "body"),
    )


@pytest.mark.parametrize("value", [7, None, ["m"], b"m"])
def test_a_label_that_is_no_text_is_ambiguous(value: object) -> None:
    found = references(operation("CountTokens"), labels={"modelId": value}, query={}, headers={})

    assert found == (Reference(Kind.MODEL, value, "label:modelId", ambiguous=True),)


def test_a_query_parameter_is_told_under_its_name_on_the_wire() -> None:
    listing = operation("ListMarketplaceModelEndpoints", "bedrock")

    for value in ("m", ["m"], ("m",)):
        assert references(
            listing, labels={}, query={"modelSourceIdentifier": value}, headers={}
        ) == (Reference(Kind.MODEL, "m", "query:modelSourceIdentifier"),)
    assert parameter_references(listing, {"modelSourceEquals": "m"}) == (
        Reference(Kind.MODEL, "m", "query:modelSourceIdentifier"),
    )


def test_a_body_of_an_operation_whose_body_names_nothing_is_not_looked_into() -> None:
    guardrail = operation("ApplyGuardrail")

    assert guardrail.body is None
    assert guardrail.body_kinds == frozenset()
    assert named("ApplyGuardrail", {"sideModel": "x"}) == ()


def test_a_map_of_documents_is_one_document() -> None:
    """Its keys are the caller's own, and could name a model as any others in it."""
    fields = {"additionalModelRequestFields": {"model": 1, "other": 2}}
    body = {"modelConfigurations": [{"modelId": "m", **fields}]}
    path = "body.modelConfigurations[]"

    assert named("CreateAdvancedPromptOptimizationJob", body, "bedrock") == (
        Reference(Kind.MODEL, "m", f"{path}.modelId"),
        Reference(Kind.DOCUMENT, {"model": 1, "other": 2}, f"{path}.additionalModelRequestFields"),
    )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"listOfMaps": [{"a": "x"}]}, "body.listOfMaps[]{}"),
        ({"mapOfLists": {"a": ["x"]}}, "body.mapOfLists{}[]"),
        ({"listOfLists": [[], ["x"]]}, "body.listOfLists[][]"),
    ],
)
def test_containers_are_taken_off_from_the_outside_in(body: object, path: str) -> None:
    """No service nests them today; the table can say it."""
    raw = {"listOfMaps[]{}": "s3", "mapOfLists{}[]": "s3", "listOfLists[][]": "s3"}
    made = operation_of("s", "Op", {"class": "control", "body": "Root"}, ShapeGraph({"Root": raw}))

    assert references(made, labels={}, query={}, headers={}, body=body) == (
        Reference(Kind.S3, "x", path),
    )


def test_the_body_may_be_one_parameter() -> None:
    invoke = operation("InvokeAgentRuntime", "bedrock-agentcore")
    assert invoke.body_member == "payload"
    assert parameter_references(invoke, {"agentRuntimeArn": "a", "payload": b"p"}) == (
        Reference(Kind.RUNTIME, "a", "label:agentRuntimeArn"),
        Reference(Kind.PAYLOAD, b"p", "body"),
    )
    assert parameter_references(invoke, {}) == ()


def nested_flow(levels: int) -> dict[str, Any]:
    """A flow whose loop node holds a flow, and so on; the innermost asks a prompt of a model."""
    prompt = {"sourceConfiguration": {"inline": {"modelId": "m"}}}
    definition: dict[str, Any] = {"nodes": [{"configuration": {"prompt": prompt}}]}
    for _ in range(levels):
        definition = {"nodes": [{"configuration": {"loop": {"definition": definition}}}]}
    return {"definition": definition}


@pytest.mark.parametrize("levels", [0, 1, 5, 20])
def test_a_flow_inside_a_flow_is_looked_into_at_every_depth(levels: int) -> None:
    (found,) = named("CreateFlow", nested_flow(levels), "bedrock-agent")

    assert (found.kind, found.value, found.ambiguous) == (Kind.MODEL, "m", False)
    assert found.path.count(".loop.definition") == levels


def test_what_is_nested_beyond_the_bound_is_ambiguous() -> None:
    (found,) = named("CreateFlow", nested_flow(5_000), "bedrock-agent")

    assert (found.kind, found.ambiguous) == (Kind.UNKNOWN, True)


def test_what_is_longer_than_the_bound_is_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STEPS", 50)
    body: dict[str, Any] = {"messages": [{"content": []} for _ in range(100)]}

    assert named("Converse", body)[-1] == Reference(
        Kind.UNKNOWN, None, "body.messages[].content", ambiguous=True
    )


def test_a_body_is_walked_where_something_can_be_named_and_nowhere_else() -> None:
    """Text and bytes are not entered: an object that refuses to be looked into may stand there."""

    class Closed(dict[str, object]):
        def __iter__(self) -> Any:
            raise AssertionError("looked into")

    body = {
        "messages": [{"content": [{"text": Closed()}, {"toolUse": Closed()}]}],
        "system": Closed(),
        "additionalModelRequestFields": Closed(),
    }

    assert [found.kind for found in named("Converse", body)] == [Kind.DOCUMENT]


def test_no_value_is_shown_by_a_reference() -> None:
    assert "geheim" not in repr(named("Converse", {"geheim": 1, **FIELDS}))


def test_a_map_of_documents_is_one_document_however_the_table_writes_it() -> None:
    """As a service writes `additionalModelRequestFields`: the map's keys are names in the model's own API."""
    row = {"class": "inference", "body": "Request"}
    graph = ShapeGraph({"Request": {"additionalModelRequestFields{}": "document"}})
    fields = {"model": "x", "mcp_servers": []}
    written = {"additionalModelRequestFields": fields}

    (found,) = references(
        operation_of("s", "O", row, graph), labels={}, query={}, headers={}, body=written
    )

    assert (found.kind, found.value) == (Kind.DOCUMENT, fields)
    assert found.path == "body.additionalModelRequestFields"


def test_a_list_of_documents_is_one_document_an_item() -> None:
    row = {"class": "inference", "body": "Request"}
    graph = ShapeGraph({"Request": {"documents[]": "document", "maps[]{}": "document"}})
    operation = operation_of("s", "O", row, graph)

    for name, path in (("documents", "body.documents[]"), ("maps", "body.maps[]")):
        body = {name: [{"a": "x"}, {"b": "y"}]}
        assert references(operation, labels={}, query={}, headers={}, body=body) == (
            Reference(Kind.DOCUMENT, {"a": "x"}, path),
            Reference(Kind.DOCUMENT, {"b": "y"}, path),
        )
