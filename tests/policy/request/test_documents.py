"""JSON in no fixed shape, and choices of a model that a request leaves out: what a judgement makes of them."""

import json
from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference, parameter_references
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.policy.request.documents import JUDGED, document_references
from secure_bedrock.policy.request.judgement import RequestFacts, judge_request

MODEL, OTHER = "amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"
AGENT, BUILD = "bedrock-agent-runtime", "bedrock-agent"
Request = tuple[str, str, dict[str, Any]]


def rule(service: str, operation: str, parameters: dict[str, Any]) -> str | None:
    rules = Policy(
        region="eu-west-1",
        models={"allow": [MODEL], "accounts": ["111122223333"]},
        operations={"allow": [f"{service}:{operation}"]},
    )
    named = parameter_references(operation_table(service).operation(operation), parameters)
    decision = judge_request(rules, RequestFacts(service, operation, named)).decision
    return None if decision.allowed else decision.rule


def agentic(**choices: Any) -> Request:
    return AGENT, "AgenticRetrieveStream", {"agenticRetrieveConfiguration": choices}


def retrieve(search: dict[str, Any]) -> Request:
    return AGENT, "Retrieve", {"retrievalConfiguration": {"managedSearchConfiguration": search}}


def parsing(**configuration: Any) -> Request:
    ingestion = {"parsingConfiguration": configuration}
    return BUILD, "CreateDataSource", {"vectorIngestionConfiguration": ingestion}


def base(**managed: Any) -> Request:
    configuration = {"managedKnowledgeBaseConfiguration": managed}
    return BUILD, "CreateKnowledgeBase", {"knowledgeBaseConfiguration": configuration}


def kept(kind: object, **more: Any) -> Request:
    return BUILD, "CreateKnowledgeBase", {"knowledgeBaseConfiguration": {"type": kind, **more}}


def evaluation(inference: object) -> Request:
    model = {"modelIdentifier": MODEL, "inferenceParams": inference}
    return (
        "bedrock",
        "CreateEvaluationJob",
        {"inferenceConfig": {"models": [{"bedrockModel": model}]}},
    )


def connector(parameters: object) -> Request:
    configuration = {"connectorParameters": parameters}
    return (
        BUILD,
        "CreateDataSource",
        {"dataSourceConfiguration": {"managedKnowledgeBaseConnectorConfiguration": configuration}},
    )


def embedding(configuration: object) -> Request:
    inner = {"bedrockEmbeddingModelConfiguration": {"modelConfiguration": configuration}}
    vectors = {"embeddingModelArn": MODEL, "embeddingModelConfiguration": inner}
    return (
        BUILD,
        "CreateKnowledgeBase",
        {"knowledgeBaseConfiguration": {"vectorKnowledgeBaseConfiguration": vectors}},
    )


def target(schema: dict[str, Any]) -> Request:
    return (
        "bedrock-agentcore-control",
        "CreateGatewayTarget",
        {"targetConfiguration": {"mcp": {"openApiSchema": schema}}},
    )


ROWS: dict[str, tuple[Request, str | None]] = {
    "agentic retrieval that names its models": (
        agentic(foundationModelType="CUSTOM", rerankingModelType="NONE"),
        None,
    ),
    "agentic retrieval that leaves all to AWS": (agentic(), "model-choice"),
    "agentic retrieval that leaves the ranking to AWS": (
        agentic(foundationModelType="CUSTOM"),
        "model-choice",
    ),
    "agentic retrieval that leaves the answering to AWS": (
        agentic(rerankingModelType="CUSTOM"),
        "model-choice",
    ),
    "agentic retrieval that says nothing of a choice": (
        agentic(foundationModelType=None, rerankingModelType="NONE"),
        "member-ambiguous",
    ),
    "a managed search without ranking": (retrieve({"rerankingModelType": "NONE"}), None),
    "a managed search that leaves the ranking to AWS": (
        retrieve({"numberOfResults": 3}),
        "model-choice",
    ),
    "a knowledge base with a model of its own": (
        base(embeddingModelType="CUSTOM", embeddingModelArn=MODEL),
        None,
    ),
    "a knowledge base that leaves its model to AWS": (base(), "model-choice"),
    "a managed knowledge base that says nothing more": (kept("MANAGED"), "model-choice"),
    "a managed knowledge base with a model of its own": (
        kept(
            "MANAGED",
            managedKnowledgeBaseConfiguration={
                "embeddingModelType": "CUSTOM",
                "embeddingModelArn": MODEL,
            },
        ),
        None,
    ),
    "a managed knowledge base with a model that it does not name": (
        base(embeddingModelType="CUSTOM"),
        "model-choice",
    ),
    "a managed knowledge base with another model": (
        base(embeddingModelType="CUSTOM", embeddingModelArn=OTHER),
        "model-not-listed",
    ),
    "a managed knowledge base with a model beside AWS's own": (
        base(embeddingModelType="MANAGED", embeddingModelArn=MODEL),
        "model-choice",
    ),
    "a managed knowledge base, brought up to date": (
        (BUILD, "UpdateKnowledgeBase", kept("MANAGED")[2]),
        "model-choice",
    ),
    "a knowledge base over vectors": (kept("VECTOR"), None),
    "a knowledge base in Kendra": (kept("KENDRA"), None),
    "a knowledge base of a type that is no text": (kept(["MANAGED"]), None),
    "a plain search": ((AGENT, "Retrieve", {"retrievalQuery": {"text": "x"}}), None),
    "a plain search with an empty configuration": (
        (AGENT, "Retrieve", {"retrievalConfiguration": {}}),
        None,
    ),
    "documents parsed by the listed model": (
        parsing(
            parsingStrategy="BEDROCK_FOUNDATION_MODEL",
            bedrockFoundationModelConfiguration={"modelArn": MODEL},
        ),
        None,
    ),
    "documents parsed by another": (
        parsing(
            parsingStrategy="BEDROCK_FOUNDATION_MODEL",
            bedrockFoundationModelConfiguration={"modelArn": OTHER},
        ),
        "model-not-listed",
    ),
    "documents that are embedded as they are": (
        parsing(parsingStrategy="MULTI_MODAL_EMBEDDINGS"),
        None,
    ),
    "documents parsed by what AWS chooses": (
        parsing(parsingStrategy="BEDROCK_DATA_AUTOMATION"),
        "model-choice",
    ),
    "documents parsed as AWS likes": (parsing(parsingStrategy="SMART_PARSING"), "model-choice"),
    "settings of a model that is evaluated": (
        evaluation(json.dumps({"inferenceConfig": {"maxTokens": 9, "temperature": 0.5}})),
        None,
    ),
    "settings that name another model": (
        evaluation(json.dumps({"additionalModelRequestFields": {"model": OTHER}})),
        "model-not-listed",
    ),
    "settings that name another model at once": (
        evaluation(json.dumps({"model": OTHER})),
        "model-not-listed",
    ),
    "settings with a hosted tool": (
        evaluation(json.dumps({"tools": [{"type": "web_search_20250305"}]})),
        "system-tool",
    ),
    "settings with a model twice": (
        evaluation(f'{{"model": "{OTHER}", "model": "{MODEL}"}}'),
        "member-ambiguous",
    ),
    "settings that are no JSON": (evaluation('"temperature":"0.25"'), "member-ambiguous"),
    "settings that are a list": (evaluation("[]"), "member-ambiguous"),
    "settings too deep to read": (evaluation("[" * 100_000), "member-ambiguous"),
    "settings of an embedding": (embedding({"dimensions": 256}), None),
    "another embedding in its settings": (embedding({"model_id": OTHER}), "model-not-listed"),
    "a connector without parameters": (connector({}), None),
    "a connector that is told where to read": (
        connector({"hosts": ["example.com"]}),
        "member-unknown",
    ),
    "a connector that is told in a text": (connector("example.com"), "member-unknown"),
    "a gateway's target that an OpenAPI text names": (
        target({"inlinePayload": '{"openapi": "3.1.0", "servers": []}'}),
        "url",
    ),
}


@pytest.mark.parametrize("sentence", ROWS)
def test_what_a_request_leaves_to_others_is_judged(sentence: str) -> None:
    request, expected = ROWS[sentence]
    assert rule(*request) == expected


def test_a_choice_that_is_left_out_is_told_where_it_is_missing() -> None:
    operation = operation_table(AGENT).operation("AgenticRetrieveStream")
    found = parameter_references(operation, agentic(foundationModelType="CUSTOM")[2])
    assert [(each.kind, each.value, each.path) for each in found] == [
        (Kind.MODEL_CHOICE, None, "body.agenticRetrieveConfiguration.rerankingModelType"),
        (Kind.MODEL_CHOICE, "CUSTOM", "body.agenticRetrieveConfiguration.foundationModelType"),
    ]


@pytest.mark.parametrize("value", [None, "x", 7, [], {"model": OTHER}])
@pytest.mark.parametrize(
    "path", ["body.input", "body.components{}.configuration", "body.x.payload"]
)
def test_content_names_nothing(path: str, value: object) -> None:
    assert document_references(Reference(Kind.DOCUMENT, value, path)) == ()


@pytest.mark.parametrize("name", JUDGED)
def test_no_judged_document_may_be_anything_but_an_object(name: str) -> None:
    for value in ("x", [1], 7):
        (found,) = document_references(Reference(Kind.DOCUMENT, value, f"body.{name}"))
        assert (found.ambiguous, found.value) == (True, None)
