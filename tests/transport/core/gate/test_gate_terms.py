"""The gate holds a required guardrail and the limits against the bytes, and reads no further where none is asked."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from secure_bedrock.errors import Denied, GuardrailDenied, LimitDenied, OperationDenied
from secure_bedrock.policy import Policy
from secure_bedrock.policy.request.requirements import with_requirements
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, WireRequest
from tests.signing import LASTING, Route, signed_for
from tests.transport.core.gate.test_gate_admits_botocore import written

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
KNOWN = "arn:aws:bedrock:eu-west-1::foundation-model/" + MODEL
GUARDRAIL = {"required": True, "id": "abc123def456", "version": "3"}
AGENT = "bedrock-agent-runtime"
RUNTIME = "bedrock-runtime"
ROUTE = Route(RUNTIME, f"{RUNTIME}.eu-west-1.amazonaws.com")
INSTRUCTION = "answer what you are asked, in one short sentence"


def policy(**sections: Any) -> Policy:
    names = ("RetrieveAndGenerate", "InvokeInlineAgent", "InvokeAgent")
    return Policy(
        region="eu-west-1",
        models=[MODEL],
        operations={"allow": ["Converse", "InvokeModel", *(f"{AGENT}:{name}" for name in names)]},
        **sections,
    )


def gated(rules: Policy, service: str, operation: str, params: dict[str, Any]) -> GatedRequest:
    """What the gate makes of the request that botocore writes."""
    route = Route(service, f"{service}.eu-west-1.amazonaws.com")
    return gate(written(route, operation, params), route=route, policy=rules)


CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Converse": (RUNTIME, "Converse", {"modelId": MODEL}),
    "InvokeModel": (RUNTIME, "InvokeModel", {"modelId": MODEL, "body": b'{"max_tokens": 5}'}),
    "a knowledge base": (
        AGENT,
        "RetrieveAndGenerate",
        {
            "input": {"text": "a"},
            "retrieveAndGenerateConfiguration": {
                "type": "KNOWLEDGE_BASE",
                "knowledgeBaseConfiguration": {"knowledgeBaseId": "KB12345678", "modelArn": KNOWN},
            },
        },
    ),
    "external sources": (
        AGENT,
        "RetrieveAndGenerate",
        {
            "input": {"text": "a"},
            "retrieveAndGenerateConfiguration": {
                "type": "EXTERNAL_SOURCES",
                "externalSourcesConfiguration": {
                    "modelArn": KNOWN,
                    "sources": [{"sourceType": "BYTE_CONTENT"}],
                },
            },
        },
    ),
    "an inline agent with a collaborator": (
        AGENT,
        "InvokeInlineAgent",
        {
            "sessionId": "s1",
            "foundationModel": MODEL,
            "instruction": INSTRUCTION,
            "promptOverrideConfiguration": {
                "promptConfigurations": [{"inferenceConfiguration": {"maximumLength": 5}}]
            },
            "collaborators": [
                {
                    "foundationModel": MODEL,
                    "instruction": INSTRUCTION,
                    "promptOverrideConfiguration": {
                        "promptConfigurations": [{"inferenceConfiguration": {"maximumLength": 5}}]
                    },
                }
            ],
        },
    ),
}


@pytest.mark.parametrize("sentence", CALLS)
def test_what_botocore_writes_is_refused_without_the_guardrail_and_passes_with_it(
    sentence: str,
) -> None:
    """botocore's own validation accepts what was added: the places are those of its service models."""
    service, operation, params = CALLS[sentence]
    rules = policy(guardrail=GUARDRAIL, limits={"max_tokens": 100})

    with pytest.raises(GuardrailDenied, match="guardrail"):
        gated(rules, service, operation, params)
    whole = with_requirements(rules, service, operation, params)
    assert gated(rules, service, operation, whole).decision.allowed


def test_a_limit_is_added_where_botocore_has_a_place() -> None:
    rules = policy(limits={"max_tokens": 100})
    for sentence in ("Converse", "a knowledge base", "external sources"):
        service, operation, params = CALLS[sentence]
        with pytest.raises(LimitDenied) as refusal:
            gated(rules, service, operation, params)
        assert refusal.value.rule == "max-tokens-unstated"
        whole = with_requirements(rules, service, operation, params)
        assert gated(rules, service, operation, whole).decision.allowed


def test_an_agent_has_no_place_for_either() -> None:
    params = {"agentId": "AGENT12345", "agentAliasId": "ALIAS12345", "sessionId": "s1"}
    with pytest.raises(GuardrailDenied) as refusal:
        gated(policy(guardrail=GUARDRAIL), AGENT, "InvokeAgent", params)
    assert refusal.value.rule == "guardrail-no-place"
    with pytest.raises(LimitDenied):
        gated(policy(limits={"max_tokens": 5}), AGENT, "InvokeAgent", params)


NOT_JSON: dict[str, bytes] = {
    "bytes of no format": b"\xff\x00{",
    "a list": b"[1]",
    "a number twice": b'{"max_tokens": 5, "max_tokens": 5}',
    "an infinity": b'{"max_tokens": Infinity}',
}
ASKED: dict[str, dict[str, Any]] = {
    "a guardrail": {"guardrail": GUARDRAIL},
    "a limit of tokens": {"limits": {"max_tokens": 5}},
}
UNASKED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a limit of bytes": {"limits": {"max_request_bytes": 1000}},
    "a guardrail that is not required": {"guardrail": {**GUARDRAIL, "required": False}},
}


def signed(action: str, body: bytes, *headers: tuple[str, str]) -> WireRequest:
    """A request with any body, as our own signer signs it."""
    target = f"/model/{quote(MODEL, safe='')}/{action}"
    return signed_for(ROUTE, target, body, *headers, keys=LASTING)


def invoked(rules: Policy, body: bytes, *, named: str = "abc123def456") -> GatedRequest:
    headers = (
        ("X-Amzn-Bedrock-GuardrailIdentifier", named),
        ("X-Amzn-Bedrock-GuardrailVersion", "3"),
    )
    return gate(signed("invoke", body, *headers), route=ROUTE, policy=rules)


@pytest.mark.parametrize("body", NOT_JSON)
@pytest.mark.parametrize("asked", [*ASKED, *UNASKED])
def test_a_native_payload_that_can_be_read_in_two_ways_is_refused(body: str, asked: str) -> None:
    with pytest.raises(OperationDenied) as refusal:
        invoked(policy(**{**ASKED, **UNASKED}[asked]), NOT_JSON[body])
    assert refusal.value.rule == "body-ambiguous"


@pytest.mark.parametrize("asked", UNASKED)
def test_no_payload_is_none_to_read_where_nobody_asks(asked: str) -> None:
    assert invoked(policy(**UNASKED[asked]), b"").body == b""


@pytest.mark.parametrize("asked", ASKED)
def test_no_payload_says_nothing_of_what_is_asked(asked: str) -> None:
    with pytest.raises(OperationDenied) as refusal:
        invoked(policy(**ASKED[asked]), b"")
    assert refusal.value.rule == "body-ambiguous"


def test_a_conversation_is_not_parsed_where_nobody_asks() -> None:
    """Its text is read for nothing: a duplicate key in it, which a parser would refuse, goes through."""
    body = b'{"requestMetadata": {"a": "b", "a": "b"}}'
    ours = replace(signed("converse", body), ours=True)

    assert gate(ours, route=ROUTE, policy=policy()).body == body
    for request, rules in (
        (ours, policy(limits={"max_tokens": 5})),
        (signed("converse", body), policy()),
    ):
        with pytest.raises(OperationDenied, match="body-ambiguous"):
            gate(request, route=ROUTE, policy=rules)


@pytest.mark.parametrize("mode", ["enforce", "report"])
def test_a_body_is_as_long_as_the_limit_says(mode: str) -> None:
    exact = b'{"max_tokens": 5}'
    rules = policy(mode=mode, limits={"max_request_bytes": len(exact)})

    assert invoked(rules, exact).decision.allowed
    with pytest.raises(LimitDenied) as refusal:
        invoked(rules, exact + b" ")
    assert refusal.value.rule == "max-request-bytes"


def test_refusals_hold_nothing_of_the_request() -> None:
    secret = "zzzsecret9zz"
    body = json.dumps({"max_tokens": 10**6, "prompt": secret}).encode()
    for rules in (policy(guardrail=GUARDRAIL), policy(limits={"max_tokens": 5})):
        with pytest.raises(Denied) as refusal:
            invoked(rules, body, named=secret)
        assert secret not in str(refusal.value) + repr(refusal.value.args)
