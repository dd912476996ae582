"""A required guardrail: which requests carry it whole, which do not, and where it is added."""

import copy
from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference, parameter_references
from secure_bedrock.policy.operation.table import SERVICES, operation_table
from secure_bedrock.policy.request.guardrails import GuardrailFacts, NamedGuardrail, with_guardrail
from secure_bedrock.policy.request.judgement import Judgement, RequestFacts, judge_request
from secure_bedrock.policy.request.terms import read_terms

MODEL = "amazon.nova-lite-v1:0"
ID, VERSION = "abc123def456", "3"
ARN = f"arn:aws:bedrock:eu-west-1:111122223333:guardrail/{ID}"
AGENT = "bedrock-agent-runtime"
CLASSES = ("inference", "indirect-inference", "data-exit")


def policy(mode: str = "enforce", **guardrail: Any) -> Policy:
    section = {"required": True, "id": ID, "version": VERSION, **guardrail}
    listed = [
        f"{service}:{name}"
        for service in SERVICES
        if operation_table(service).described
        for name in sorted(operation_table(service).operations)
    ]
    return Policy(
        region="eu-west-1",
        mode=mode,
        models={"allow": [MODEL], "accounts": ["111122223333"]},
        operations={"allow": [*listed, "sts:GetCallerIdentity"]},
        guardrail=section,
    )


POLICY = policy()


def judged(
    service: str, operation: str, params: dict[str, Any], *, rules: Policy = POLICY
) -> Judgement:
    """The judgement on a request whose body has its parameters' names."""
    table = operation_table(service)
    named: tuple[Reference, ...] = ()
    if table.described:
        named = parameter_references(table.operation(operation), params)
    body = params
    if "body" in params:
        body = params["body"]
        named = tuple(each for each in named if each.kind is not Kind.PAYLOAD)
    terms = read_terms(service, operation, named, body, 0)
    return judge_request(rules, RequestFacts(service, operation, terms=terms))


def converse(config: Any = None, **more: Any) -> tuple[str, str, dict[str, Any]]:
    params = {"modelId": MODEL, "guardrailConfig": config, **more}
    if config is None:
        del params["guardrailConfig"]
    return "bedrock-runtime", "ConverseStream", params


def invoke(body: Any = None, **more: Any) -> tuple[str, str, dict[str, Any]]:
    named = {"guardrailIdentifier": ID, "guardrailVersion": VERSION, **more}
    params = {key: value for key, value in named.items() if value is not None}
    return "bedrock-runtime", "InvokeModel", {"modelId": MODEL, "body": body or {}, **params}


def apply(identifier: str, version: str) -> tuple[str, str, dict[str, Any]]:
    labels = {"guardrailIdentifier": identifier, "guardrailVersion": version}
    return "bedrock-runtime", "ApplyGuardrail", {**labels, "source": "INPUT", "content": []}


def rag(**kinds: Any) -> tuple[str, str, dict[str, Any]]:
    inner = {
        kind: {"generationConfiguration": {"guardrailConfiguration": config}}
        for kind, config in kinds.items()
    }
    return AGENT, "RetrieveAndGenerate", {"retrieveAndGenerateConfiguration": inner}


OWN = {"guardrailIdentifier": ID, "guardrailVersion": VERSION}
SHORT = {"guardrailId": ID, "guardrailVersion": VERSION}
CONFIG = "amazon-bedrock-guardrailConfig"
GUARDED = {"guardContent": {"text": {"text": "only this"}}}

TAGGED = {
    "promptOverrideConfiguration": {
        "promptConfigurations": [
            {"additionalModelRequestFields": {CONFIG: {"tagSuffix": "x"}}},
        ]
    }
}


def knowledge(**steps: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """RetrieveAndGenerate with the policy's guardrail and what the steps hold beside it."""
    generation = {"guardrailConfiguration": SHORT, **steps.pop("generationConfiguration", {})}
    inner = {"generationConfiguration": generation, **steps}
    return (
        AGENT,
        "RetrieveAndGenerate",
        {"retrieveAndGenerateConfiguration": {"knowledgeBaseConfiguration": inner}},
    )


ROWS: dict[str, tuple[tuple[str, str, dict[str, Any]], str | None]] = {
    "the policy's": (converse(OWN), None),
    "the policy's, in sync": (converse({**OWN, "streamProcessingMode": "sync"}), None),
    "the policy's, with a trace": (converse({**OWN, "trace": "enabled_full"}), None),
    "the policy's, without one": (converse({**OWN, "trace": "disabled"}), None),
    "none": (converse(), "guardrail-missing"),
    "an empty structure": (converse({}), "guardrail-missing"),
    "a trace alone": (converse({"trace": "enabled"}), "guardrail-missing"),
    "no structure at all": (converse("abc123def456"), "guardrail-missing"),
    "a list": (converse([OWN]), "guardrail-missing"),
    "a version alone": (converse({"guardrailVersion": VERSION}), "guardrail-other"),
    "an id alone": (converse({"guardrailIdentifier": ID}), "guardrail-version"),
    "another one": (converse({**OWN, "guardrailIdentifier": "zzz123def456"}), "guardrail-other"),
    "an empty id": (converse({**OWN, "guardrailIdentifier": ""}), "guardrail-other"),
    "its ARN for its id": (converse({**OWN, "guardrailIdentifier": ARN}), "guardrail-other"),
    "an id in capitals": (converse({**OWN, "guardrailIdentifier": ID.upper()}), "guardrail-other"),
    "an id with a blank": (converse({**OWN, "guardrailIdentifier": f"{ID} "}), "guardrail-other"),
    "another version": (converse({**OWN, "guardrailVersion": "2"}), "guardrail-version"),
    "the draft": (converse({**OWN, "guardrailVersion": "DRAFT"}), "guardrail-version"),
    "a version that is a number": (converse({**OWN, "guardrailVersion": 3}), "guardrail-version"),
    "an empty version": (converse({**OWN, "guardrailVersion": ""}), "guardrail-version"),
    "a stream before the check": (
        converse({**OWN, "streamProcessingMode": "async"}),
        "guardrail-async",
    ),
    "a mode that nobody knows": (
        converse({**OWN, "streamProcessingMode": "lenient"}),
        "guardrail-async",
    ),
    "a mode that is no string": (
        converse({**OWN, "streamProcessingMode": ["sync"]}),
        "guardrail-async",
    ),
    "a part of a message": (
        converse(OWN, messages=[{"role": "user", "content": [{"text": "a"}, GUARDED]}]),
        "guardrail-narrowed",
    ),
    "a part of the system prompt": (converse(OWN, system=[GUARDED]), "guardrail-narrowed"),
    "a whole message": (
        converse(OWN, messages=[{"role": "user", "content": [{"text": "guardContent"}]}]),
        None,
    ),
    "tags by way of the model's own fields": (
        converse(OWN, additionalModelRequestFields={CONFIG: {"tagSuffix": "x"}}),
        "guardrail-narrowed",
    ),
    "the model's own fields": (converse(OWN, additionalModelRequestFields={"top_k": 5}), None),
    "what the model's own fields usually hold": (
        converse(
            OWN,
            additionalModelRequestFields={
                "thinking": {"type": "enabled", "budget_tokens": 1024},
                "anthropic_beta": ["computer-use-2025-01-24"],
                "tools": [{"type": "computer_20250124", "name": "computer"}],
                "inferenceConfig": {"topK": 20},
                "reasoning_effort": "low",
            },
        ),
        None,
    ),
    **{
        f"the model's own fields with {name}": (
            converse(OWN, additionalModelRequestFields={name: value}),
            "guardrail-narrowed",
        )
        for name, value in {
            "system": "unseen",
            "messages": [{"role": "user", "content": "unseen"}],
            "prompt": "unseen",
            "documents": ["unseen"],
            "preamble": "unseen",
            "chat_history": [],
            "chatHistory": [],
            "guardrailConfig": {"guardrailIdentifier": "zzz"},
            "guardrailIdentifier": "zzz",
            "extra_body": {"messages": []},
        }.items()
    },
    "the model's own fields that are no object": (
        converse(OWN, additionalModelRequestFields=["unseen"]),
        "guardrail-narrowed",
    ),
    "a mode in the model's own fields": (
        converse(OWN, additionalModelRequestFields={CONFIG: {"streamProcessingMode": "async"}}),
        "guardrail-async",
    ),
    **{
        f"tags in the own fields of {step}": (
            knowledge(**{step: {"additionalModelRequestFields": {CONFIG: {"tagSuffix": "x"}}}}),
            "guardrail-narrowed",
        )
        for step in ("generationConfiguration", "orchestrationConfiguration")
    },
    "a mode in the own fields of a generation": (
        knowledge(
            generationConfiguration={
                "additionalModelRequestFields": {CONFIG: {"streamProcessingMode": "ASYNCHRONOUS"}}
            }
        ),
        "guardrail-async",
    ),
    "text in the own fields of a generation": (
        knowledge(generationConfiguration={"additionalModelRequestFields": {"system": "x"}}),
        "guardrail-narrowed",
    ),
    "an ordinary generation": (
        knowledge(generationConfiguration={"additionalModelRequestFields": {"top_k": 5}}),
        None,
    ),
    "tags in an inline agent's prompt": (
        (AGENT, "InvokeInlineAgent", {"guardrailConfiguration": OWN, **TAGGED}),
        "guardrail-narrowed",
    ),
    "tags in a collaborator's prompt": (
        (
            AGENT,
            "InvokeInlineAgent",
            {
                "guardrailConfiguration": OWN,
                "collaborators": [{"guardrailConfiguration": OWN, **TAGGED}],
            },
        ),
        "guardrail-narrowed",
    ),
    "tags in a native payload, in other letters": (
        invoke({CONFIG.title(): {"tagSuffix": "x"}}),
        "guardrail-narrowed",
    ),
    "header fields": (invoke(), None),
    "header fields, and a message that is text": (
        invoke({"messages": [{"role": "user", "content": "hello"}]}),
        None,
    ),
    **{
        f"header fields, and {name} in the payload": (invoke({name: value}), rule)
        for name, value, rule in (
            ("guardrailConfig", {"guardrailIdentifier": "zzz"}, "guardrail-other"),
            ("guardrail_config", OWN, "guardrail-other"),
            ("GuardrailConfiguration", {}, "guardrail-other"),
            ("guardrail", None, "guardrail-other"),
            ("guardrailIdentifier", ID, "guardrail-version"),
            ("guardrailVersion", "DRAFT", "guardrail-other"),
        )
    },
    "header fields, and what lies deeper than Bedrock reads": (
        invoke({"messages": [{"role": "user", "content": {CONFIG: {"tagSuffix": "x"}}}]}),
        None,
    ),
    "one header field": (invoke(guardrailVersion=None), "guardrail-version"),
    "the other one": (invoke(guardrailIdentifier=None), "guardrail-other"),
    "no header field": (
        invoke(guardrailIdentifier=None, guardrailVersion=None),
        "guardrail-missing",
    ),
    "header fields of another one": (invoke(guardrailVersion="DRAFT"), "guardrail-version"),
    "a native stream in sync": (
        invoke({CONFIG: {"streamProcessingMode": "SYNCHRONOUS"}}),
        None,
    ),
    "a native stream before the check": (
        invoke({CONFIG: {"streamProcessingMode": "ASYNCHRONOUS"}}),
        "guardrail-async",
    ),
    "tags in a native payload": (invoke({CONFIG: {"tagSuffix": "x"}}), "guardrail-narrowed"),
    "what nobody knows in a native payload": (invoke({CONFIG: {"off": 1}}), "guardrail-narrowed"),
    "no structure in a native payload": (invoke({CONFIG: "off"}), "guardrail-async"),
    "a check with it": (apply(ID, VERSION), None),
    "a check with another one": (apply("zzz123def456", VERSION), "guardrail-other"),
    "a check with the draft": (apply(ID, "DRAFT"), "guardrail-version"),
    "tokens are counted": (("bedrock-runtime", "CountTokens", {"modelId": MODEL}), None),
    "a knowledge base": (rag(knowledgeBaseConfiguration=SHORT), None),
    "external sources": (rag(externalSourcesConfiguration=SHORT), None),
    "both, one without": (
        rag(knowledgeBaseConfiguration=SHORT, externalSourcesConfiguration={}),
        "guardrail-missing",
    ),
    "neither": (rag(), "guardrail-missing"),
    "a knowledge base with another one": (
        rag(knowledgeBaseConfiguration={**SHORT, "guardrailVersion": "1"}),
        "guardrail-version",
    ),
    "retrieval with it": ((AGENT, "Retrieve", {"guardrailConfiguration": SHORT}), None),
    "retrieval without": ((AGENT, "Retrieve", {}), "guardrail-missing"),
    "agentic retrieval with it": (
        (
            AGENT,
            "AgenticRetrieveStream",
            {"policyConfiguration": {"bedrockGuardrailConfiguration": SHORT}},
        ),
        None,
    ),
    "an inline agent with it": (
        (AGENT, "InvokeInlineAgent", {"guardrailConfiguration": OWN}),
        None,
    ),
    "its collaborator without": (
        (
            AGENT,
            "InvokeInlineAgent",
            {"guardrailConfiguration": OWN, "collaborators": [{"guardrailConfiguration": OWN}, {}]},
        ),
        "guardrail-missing",
    ),
    "its collaborators with it": (
        (
            AGENT,
            "InvokeInlineAgent",
            {"guardrailConfiguration": OWN, "collaborators": [{"guardrailConfiguration": OWN}]},
        ),
        None,
    ),
    "its collaborator by alias": (
        (
            AGENT,
            "InvokeInlineAgent",
            {
                "guardrailConfiguration": OWN,
                "collaboratorConfigurations": [
                    {"agentAliasArn": "arn:aws:bedrock:eu-west-1:111122223333:agent-alias/A/B"}
                ],
            },
        ),
        "guardrail-no-place",
    ),
    "an agent": (
        (AGENT, "InvokeAgent", {"agentId": "A", "agentAliasId": "B"}),
        "guardrail-no-place",
    ),
    "a job that only reads": ((AGENT, "GetSession", {"sessionIdentifier": "a"}), None),
    "another service of AWS": (("sts", "GetCallerIdentity", {}), None),
}


@pytest.mark.parametrize("sentence", ROWS)
def test_a_request_carries_the_policys_guardrail_whole_or_is_refused(sentence: str) -> None:
    request, rule = ROWS[sentence]
    judgement = judged(*request)

    assert judgement.decision.allowed is (rule is None)
    if rule is not None:
        assert (judgement.decision.rule, judgement.family) == (rule, "guardrail")
        assert judgement.decision.next_step


@pytest.mark.parametrize("sentence", [name for name, (_, rule) in ROWS.items() if rule])
def test_mode_report_softens_none_of_it(sentence: str) -> None:
    request, rule = ROWS[sentence]
    judgement = judged(*request, rules=policy("report"))

    assert (judgement.decision.allowed, judgement.decision.rule) == (False, rule)


@pytest.mark.parametrize("sentence", ROWS)
def test_nothing_is_asked_where_it_is_not_required(sentence: str) -> None:
    request, _ = ROWS[sentence]
    assert judged(*request, rules=policy(required=False)).decision.allowed


def test_a_policy_that_names_an_arn_or_the_draft_is_taken_at_its_word() -> None:
    rules = policy(id=ARN, version="DRAFT")
    named = {"guardrailIdentifier": ARN, "guardrailVersion": "DRAFT"}

    assert judged(*converse(named), rules=rules).decision.allowed
    assert judged(*converse(OWN), rules=rules).decision.rule == "guardrail-other"


def test_every_operation_of_the_tables_that_may_reach_a_model_is_asked() -> None:
    """By class, so that a new operation is asked as soon as the tables have it."""
    asked, expected = set(), set()
    for service in SERVICES:
        table = operation_table(service)
        for name in table.operations if table.described else ():
            facts = RequestFacts(service, name)
            if judge_request(POLICY, facts).family == "guardrail":
                asked.add(f"{service}:{name}")
            if table.operation(name).op_class in CLASSES:
                expected.add(f"{service}:{name}")

    assert asked == expected - {"bedrock-runtime:CountTokens"}
    assert len(asked) > 80


@pytest.mark.parametrize("where", [("bedrock-mantle", "X"), ("bedrock-runtime", "Unheard")])
def test_what_no_table_knows_has_no_place_for_it(where: tuple[str, str]) -> None:
    facts = RequestFacts(*where, granted=True)
    assert judge_request(POLICY, facts).decision.rule == "guardrail-no-place"


def test_what_was_not_read_is_missing_and_an_early_question_leaves_it_open() -> None:
    unread = RequestFacts("bedrock-runtime", "Converse")
    early = RequestFacts("bedrock-runtime", "Converse", early=True)

    assert judge_request(POLICY, unread).decision.rule == "guardrail-missing"
    assert judge_request(POLICY, early).decision.allowed


WITHOUT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Converse": converse(),
    "InvokeModel": invoke(guardrailIdentifier=None, guardrailVersion=None),
    "RetrieveAndGenerate of a knowledge base": (
        AGENT,
        "RetrieveAndGenerate",
        {"retrieveAndGenerateConfiguration": {"knowledgeBaseConfiguration": {"modelArn": MODEL}}},
    ),
    "RetrieveAndGenerateStream of external sources": (
        AGENT,
        "RetrieveAndGenerateStream",
        {
            "retrieveAndGenerateConfiguration": {
                "externalSourcesConfiguration": {"generationConfiguration": {}}
            }
        },
    ),
    "Retrieve": (AGENT, "Retrieve", {}),
    "AgenticRetrieveStream": (AGENT, "AgenticRetrieveStream", {}),
    "InvokeInlineAgent": (AGENT, "InvokeInlineAgent", {"collaborators": [{}, {"agentName": "b"}]}),
}


@pytest.mark.parametrize("sentence", WITHOUT)
def test_what_names_none_gets_it_and_is_then_allowed(sentence: str) -> None:
    service, operation, params = WITHOUT[sentence]
    before = copy.deepcopy(params)

    assert judged(service, operation, params).decision.rule == "guardrail-missing"
    whole = with_guardrail(POLICY.guardrail, f"{service}:{operation}", params)
    assert params == before
    assert judged(service, operation, whole).decision.allowed


@pytest.mark.parametrize("sentence", [name for name, (_, rule) in ROWS.items() if rule])
def test_what_a_caller_wrote_is_never_replaced(sentence: str) -> None:
    """So a guardrail that the caller chose is refused, not silently exchanged."""
    (service, operation, params), rule = ROWS[sentence]
    whole = with_guardrail(POLICY.guardrail, f"{service}:{operation}", params)

    if rule != "guardrail-missing" or "guardrailConfig" in params:
        assert judged(service, operation, whole).decision.rule == rule


def test_nothing_that_a_request_says_of_guardrails_stands_in_a_repr() -> None:
    facts = GuardrailFacts((NamedGuardrail("secret", "secret"),), ("secret",))
    assert "secret" not in repr(facts)
