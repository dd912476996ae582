"""A limit of tokens and of bytes: what a request asks for, wherever it says so, and what says nothing."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import Judgement, RequestFacts, judge_request
from secure_bedrock.policy.request.terms import RequestTerms, read_terms
from secure_bedrock.policy.request.token_limits import TokenFacts, refuse_tokens, with_max_tokens

LIMIT = 1000
AGENT = "bedrock-agent-runtime"
CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
LLAMA = "meta.llama3-70b-instruct-v1:0"
NOVA = "amazon.nova-lite-v1:0"
TITAN = "amazon.titan-text-express-v1"
EMBED = "amazon.titan-embed-text-v2:0"
GPT = "openai.gpt-oss-120b-1:0"
PROFILE = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1b2c3d4e5f6"
OPAQUE = "arn:aws:bedrock:eu-west-1:111122223333:imported-model/a1b2c3d4e5f6"
Request = tuple[str, str, str | None, dict[str, Any]]


def policy(mode: str = "enforce", **limits: Any) -> Policy:
    return Policy(
        region="eu-west-1",
        mode=mode,
        models={
            "allow": [CLAUDE, f"eu.{CLAUDE}", LLAMA, NOVA, TITAN, EMBED, GPT, OPAQUE, PROFILE],
            "accounts": ["111122223333"],
        },
        operations={
            "allow": [
                *("Converse", "InvokeModel", "StartAsyncInvoke", "CountTokens", "ApplyGuardrail"),
                *("ChatCompletions", "Messages"),
                *(f"{AGENT}:{name}" for name in ("RetrieveAndGenerate", "InvokeInlineAgent")),
                *(f"{AGENT}:{name}" for name in ("InvokeAgent", "Rerank", "GetSession")),
                *("sagemaker-runtime:InvokeEndpoint", "sts:GetCallerIdentity"),
            ]
        },
        limits=limits or {"max_tokens": LIMIT},
    )


POLICY = policy()


def judged(request: Request, *, rules: Policy = POLICY) -> Judgement:
    service, operation, model, body = request
    named = () if model is None else (Reference(Kind.MODEL, model, "label:modelId"),)
    terms = read_terms(service, operation, named, body, len(json.dumps(body)))
    return judge_request(rules, RequestFacts(service, operation, named, terms=terms))


def converse(most: Any = 10, model: str = NOVA, **more: Any) -> Request:
    return "bedrock-runtime", "Converse", model, {"inferenceConfig": {"maxTokens": most}, **more}


def native(model: str, **payload: Any) -> Request:
    return "bedrock-runtime", "InvokeModel", model, payload


def surface(name: str, model: str, **body: Any) -> Request:
    return "bedrock-runtime", name, model, body


def rag(step: str, config: Any) -> Request:
    inner = {"knowledgeBaseConfiguration": {step: config}}
    return AGENT, "RetrieveAndGenerate", None, {"retrieveAndGenerateConfiguration": inner}


def most(count: Any) -> dict[str, Any]:
    return {"inferenceConfig": {"textInferenceConfig": {"maxTokens": count}}}


def inline(*prompts: Any) -> dict[str, Any]:
    written = [{"inferenceConfiguration": each} for each in prompts]
    return {"promptOverrideConfiguration": {"promptConfigurations": written}}


def agent(**members: Any) -> Request:
    return AGENT, "InvokeInlineAgent", NOVA, members


MORE, UNSAID, UNCLEAR = "max-tokens", "max-tokens-unstated", "max-tokens-ambiguous"
BODY: dict[str, Any] = {"messages": []}
ROWS: dict[str, tuple[Request, str | None]] = {
    "fewer": (converse(), None),
    "as many": (converse(LIMIT), None),
    "one more": (converse(LIMIT + 1), MORE),
    "far more than can be shown": (converse(10**40), MORE),
    "none": (converse(0), UNCLEAR),
    "fewer than none": (converse(-1), UNCLEAR),
    "true": (converse(True), UNCLEAR),
    "a float": (converse(10.0), UNCLEAR),
    "a string": (converse("10"), UNCLEAR),
    "null": (converse(None), UNCLEAR),
    "no word of it": (("bedrock-runtime", "Converse", NOVA, {}), UNSAID),
    "a configuration without it": (
        ("bedrock-runtime", "Converse", NOVA, {"inferenceConfig": {"topP": 1}}),
        UNSAID,
    ),
    "no structure": (("bedrock-runtime", "Converse", NOVA, {"inferenceConfig": []}), UNCLEAR),
    "the model's own fields ask for more": (
        converse(additionalModelRequestFields={"max_tokens": LIMIT + 1}),
        MORE,
    ),
    "the model's own fields ask for more inside": (
        converse(additionalModelRequestFields={"inferenceConfig": {"maxTokens": LIMIT + 1}}),
        MORE,
    ),
    "the model's own fields ask for fewer": (
        converse(additionalModelRequestFields={"max_tokens": 5}),
        None,
    ),
    "the model's own fields are no object": (converse(additionalModelRequestFields=[5]), UNCLEAR),
    "only the model's own fields say it": (
        ("bedrock-runtime", "Converse", NOVA, {"additionalModelRequestFields": {"max_tokens": 5}}),
        UNSAID,
    ),
    "a budget for thinking": (
        converse(additionalModelRequestFields={"thinking": {"budget_tokens": LIMIT + 1}}),
        MORE,
    ),
    "Claude": (native(CLAUDE, max_tokens=10, **BODY), None),
    "Claude through a profile": (native(f"eu.{CLAUDE}", max_tokens=10, **BODY), None),
    "Claude by ARN": (
        native(f"arn:aws:bedrock:eu-west-1::foundation-model/{CLAUDE}", max_tokens=10),
        None,
    ),
    "Claude through a profile's ARN": (
        native(
            f"arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.{CLAUDE}", max_tokens=10
        ),
        None,
    ),
    "Claude, more": (native(CLAUDE, max_tokens=LIMIT + 1, **BODY), MORE),
    "Claude, older": (native(CLAUDE, max_tokens_to_sample=10, prompt="a"), None),
    "Claude, not a number": (native(CLAUDE, max_tokens="many", **BODY), UNCLEAR),
    "Claude, nothing": (native(CLAUDE, **BODY), UNSAID),
    "Claude, thinking alone": (native(CLAUDE, thinking={"budget_tokens": 10}, **BODY), UNSAID),
    "Claude, thinking is no object": (native(CLAUDE, thinking=[1], max_tokens=10), None),
    "Llama": (native(LLAMA, prompt="a", max_gen_len=10), None),
    "Llama, by a name that it does not obey": (native(LLAMA, prompt="a", max_tokens=10), UNSAID),
    "Nova": (native(NOVA, inferenceConfig={"maxTokens": 10}, **BODY), None),
    "Nova, older": (native(NOVA, inferenceConfig={"max_new_tokens": 10}, **BODY), None),
    "Nova, beside its place": (native(NOVA, maxTokens=10, **BODY), UNSAID),
    "Nova, no structure": (native(NOVA, inferenceConfig=10, **BODY), UNSAID),
    "Titan": (native(TITAN, inputText="a", textGenerationConfig={"maxTokenCount": 10}), None),
    "Titan, nothing": (native(TITAN, inputText="a"), UNSAID),
    "an embedding of Titan": (native(EMBED, inputText="a"), None),
    "an embedding that asks for more": (native(EMBED, max_tokens=LIMIT + 1), MORE),
    "a chat": (native(GPT, max_completion_tokens=10, **BODY), None),
    "a chat that says two things": (
        native(GPT, max_tokens=10, max_completion_tokens=LIMIT + 1, **BODY),
        MORE,
    ),
    **{
        f"an imported model that says {name}": (native(OPAQUE, prompt="a", **{name: value}), UNSAID)
        for name, value in {
            "max_gen_len": 10,
            "max_tokens": 10,
            "max_length": 10,
            "parameters": {"max_new_tokens": 5},
        }.items()
    },
    "a profile of the account's own": (native(PROFILE, max_tokens=10, max_gen_len=10), UNSAID),
    "an imported model in Converse": (converse(10, OPAQUE), None),
    "an imported model in an asynchronous call": (
        ("bedrock-runtime", "StartAsyncInvoke", OPAQUE, {"modelInput": {"max_tokens": 5}}),
        UNSAID,
    ),
    **{
        f"a chat of {model.partition('.')[0]} by {name}": (
            surface("ChatCompletions", model, **{name: 10}),
            None,
        )
        for model in (LLAMA, NOVA, GPT, OPAQUE)
        for name in ("max_tokens", "max_completion_tokens")
    },
    "a chat of Llama in Llama's own words": (
        surface("ChatCompletions", LLAMA, max_gen_len=10),
        UNSAID,
    ),
    "a chat of Llama of more": (surface("ChatCompletions", LLAMA, max_tokens=LIMIT + 1), MORE),
    "a chat of Llama, nothing": (surface("ChatCompletions", LLAMA), UNSAID),
    "a message to Nova": (surface("Messages", NOVA, max_tokens=10), None),
    "a message in a chat's words": (surface("Messages", CLAUDE, max_completion_tokens=10), UNSAID),
    "an imported model that is asked for more": (
        native(OPAQUE, max_gen_len=10, parameters={"max_new_tokens": LIMIT + 1}),
        MORE,
    ),
    "an imported model, nothing": (native(OPAQUE, prompt="a"), UNSAID),
    "an imported model, thinking alone": (
        native(OPAQUE, thinking={"budget_tokens": 10}),
        UNSAID,
    ),
    "an asynchronous call": (
        ("bedrock-runtime", "StartAsyncInvoke", NOVA, {"modelInput": {"prompt": "a"}}),
        UNSAID,
    ),
    "an asynchronous embedding": (
        ("bedrock-runtime", "StartAsyncInvoke", EMBED, {"modelInput": {"inputText": "a"}}),
        None,
    ),
    "an asynchronous call of what can't be read": (
        ("bedrock-runtime", "StartAsyncInvoke", NOVA, {"modelInput": "text"}),
        UNCLEAR,
    ),
    "a SageMaker endpoint": (
        ("sagemaker-runtime", "InvokeEndpoint", None, {"parameters": {"max_new_tokens": 5}}),
        None,
    ),
    "a generation": (rag("generationConfiguration", most(10)), None),
    "a generation of more": (rag("generationConfiguration", most(LIMIT + 1)), MORE),
    "a generation that says nothing": (rag("generationConfiguration", {}), UNSAID),
    "a generation whose own fields ask for more": (
        rag(
            "generationConfiguration",
            {**most(10), "additionalModelRequestFields": {"max_tokens": LIMIT + 1}},
        ),
        MORE,
    ),
    "an orchestration that says nothing": (
        (
            AGENT,
            "RetrieveAndGenerate",
            None,
            {
                "retrieveAndGenerateConfiguration": {
                    "knowledgeBaseConfiguration": {
                        "generationConfiguration": most(10),
                        "orchestrationConfiguration": {},
                    }
                }
            },
        ),
        UNSAID,
    ),
    "an orchestration of more": (
        (
            AGENT,
            "RetrieveAndGenerate",
            None,
            {
                "retrieveAndGenerateConfiguration": {
                    "knowledgeBaseConfiguration": {
                        "generationConfiguration": most(10),
                        "orchestrationConfiguration": most(LIMIT + 1),
                    }
                }
            },
        ),
        MORE,
    ),
    "a generation of nothing": (
        (AGENT, "RetrieveAndGenerate", None, {"retrieveAndGenerateConfiguration": {}}),
        UNSAID,
    ),
    "an inline agent that writes no prompt": (agent(), UNSAID),
    "an inline agent whose prompts say it": (agent(**inline({"maximumLength": 5})), None),
    "an inline agent one of whose prompts does not": (
        agent(**inline({"maximumLength": 5}, {})),
        UNSAID,
    ),
    "a collaborator that asks for more": (
        agent(**inline({"maximumLength": 5}), collaborators=[inline({"maximumLength": LIMIT + 1})]),
        MORE,
    ),
    "an agent": ((AGENT, "InvokeAgent", None, {}), UNSAID),
    "tokens are counted": (("bedrock-runtime", "CountTokens", NOVA, {}), None),
    "a check": (("bedrock-runtime", "ApplyGuardrail", None, {}), None),
    "ranks": ((AGENT, "Rerank", None, {}), None),
    "what only reads": ((AGENT, "GetSession", None, {}), None),
    "another service of AWS": (("sts", "GetCallerIdentity", None, {}), None),
}


@pytest.mark.parametrize("sentence", ROWS)
def test_a_request_asks_for_no_more_than_the_limit_or_is_refused(sentence: str) -> None:
    request, rule = ROWS[sentence]
    judgement = judged(request)

    assert judgement.decision.allowed is (rule is None), judgement.decision.reason
    if rule is not None:
        assert (judgement.decision.rule, judgement.family) == (rule, "limit")
        assert judgement.decision.next_step


@pytest.mark.parametrize("sentence", [name for name, (_, rule) in ROWS.items() if rule])
def test_mode_report_softens_none_of_it(sentence: str) -> None:
    request, rule = ROWS[sentence]
    assert judged(request, rules=policy("report")).decision.rule == rule


@pytest.mark.parametrize("sentence", ROWS)
def test_without_a_limit_nothing_is_asked(sentence: str) -> None:
    assert judged(ROWS[sentence][0], rules=policy(max_request_bytes=10**6)).decision.allowed


def test_an_operation_without_a_place_is_told_so() -> None:
    decision = judged((AGENT, "InvokeAgent", None, {})).decision
    assert "no place" in decision.reason
    assert "leave limits.max_tokens out" in decision.next_step


def test_an_arn_that_does_not_tell_its_model_is_sent_to_converse() -> None:
    decision = judged(native(OPAQUE, max_tokens=10)).decision
    assert "does not tell which model" in decision.reason
    assert "Converse" in decision.next_step


def test_a_refusal_says_what_was_asked_for_unless_that_is_absurd() -> None:
    assert "asks for 1001 tokens" in judged(converse(LIMIT + 1)).decision.reason
    assert "far more tokens" in judged(converse(10**40)).decision.reason


SIZES: dict[str, tuple[int | None, bool]] = {
    "shorter": (9, True),
    "as long": (10, True),
    "longer": (11, False),
    "of a length that nobody read": (None, False),
}


@pytest.mark.parametrize("service", ["bedrock-runtime:Converse", "sts:GetCallerIdentity"])
@pytest.mark.parametrize("sentence", SIZES)
@pytest.mark.parametrize("mode", ["enforce", "report"])
def test_a_body_is_no_longer_than_the_limit_whatever_the_service(
    sentence: str, service: str, mode: str
) -> None:
    size, allowed = SIZES[sentence]
    name, _, operation = service.partition(":")
    facts = RequestFacts(name, operation, terms=RequestTerms(body_bytes=size))
    judgement = judge_request(policy(mode, max_request_bytes=10), facts)

    assert judgement.decision.allowed is allowed
    if not allowed:
        assert (judgement.decision.rule, judgement.family) == ("max-request-bytes", "limit")


WITHOUT: dict[str, Request] = {
    "Converse": ("bedrock-runtime", "Converse", NOVA, {"inferenceConfig": {"topP": 0.5}}),
    "RetrieveAndGenerate": rag("generationConfiguration", {"promptTemplate": {}}),
}


@pytest.mark.parametrize("sentence", WITHOUT)
def test_a_typed_place_gets_the_limit(sentence: str) -> None:
    service, operation, model, params = WITHOUT[sentence]
    before = copy.deepcopy(params)
    whole = with_max_tokens(LIMIT, f"{service}:{operation}", params)

    assert params == before
    assert judged((service, operation, model, params)).decision.rule == UNSAID
    assert judged((service, operation, model, whole)).decision.allowed


def test_what_a_caller_asked_for_is_never_replaced() -> None:
    for request, rule in ROWS.values():
        service, operation, model, params = request
        whole = with_max_tokens(LIMIT, f"{service}:{operation}", params)
        after = judged((service, operation, model, whole)).decision
        assert after.allowed or after.rule == rule


def test_a_native_payload_and_an_inline_agents_prompts_are_left_alone() -> None:
    for service, operation, _, params in (native(CLAUDE, **BODY), agent(**inline({}))):
        assert with_max_tokens(LIMIT, f"{service}:{operation}", params) == params


NUMBERS = st.integers(-5, 3 * LIMIT) | st.floats() | st.booleans() | st.none()
NAMES = st.sampled_from(["max_tokens", "max_gen_len", "maxTokens", "max_new_tokens", "top_k", "n"])
PAYLOADS = st.dictionaries(NAMES, NUMBERS) | st.fixed_dictionaries(
    {"inferenceConfig": st.dictionaries(NAMES, NUMBERS), "max_tokens": NUMBERS}
)


@given(PAYLOADS, st.sampled_from([CLAUDE, NOVA, LLAMA, OPAQUE, None]), st.integers(1, LIMIT))
def test_a_lower_limit_never_admits_more(
    payload: dict[str, Any], model: str | None, lower: int
) -> None:
    facts = read_terms("bedrock-runtime", "InvokeModel", (), payload, 0).tokens
    key = "bedrock-runtime:InvokeModel"
    if refuse_tokens(LIMIT, key, model, facts) is not None:
        assert refuse_tokens(lower, key, model, facts) is not None


def test_nothing_that_a_request_asks_for_stands_in_a_repr() -> None:
    assert "77" not in repr(TokenFacts((77,), (("max_tokens", 77),)))
