"""One decision over all that a request names: in which order, what is let through in mode report, what never."""

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import Judgement, RequestFacts, judge_request

MODEL = "amazon.nova-lite-v1:0"
OTHER = "amazon.nova-pro-v1:0"
ACCOUNT = "111122223333"
ENDPOINT = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:endpoint/mine"
INLINE = ("bedrock-agent-runtime", "InvokeInlineAgent")


def policy(mode: str = "enforce") -> Policy:
    return Policy(
        region="eu-west-1",
        mode=mode,
        models={"allow": [MODEL, ENDPOINT], "accounts": [ACCOUNT]},
        operations={"allow": ["Converse", ":".join(INLINE)], "s3_buckets": ["reports"]},
    )


def judged(
    *named: tuple[Kind, object], operation: tuple[str, str] = INLINE, **more: str
) -> Judgement:
    references = tuple(
        Reference(kind, value, "body.x", type(value) is not str) for kind, value in named
    )
    return judge_request(policy(**more), RequestFacts(*operation, references))


def arn(service: str, rest: str, *, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


ROWS: dict[str, tuple[Kind, object, str | None]] = {
    "a listed model": (Kind.MODEL, MODEL, None),
    "a model that is not listed": (Kind.MODEL, OTHER, "model-not-listed"),
    "a model that is no string": (Kind.MODEL, [MODEL], "model-type"),
    "an ARN of whatever type that is a model's": (
        Kind.RESOURCE,
        arn("bedrock", "provisioned-model/abcdefghijkl"),
        "model-not-listed",
    ),
    "an ARN of something else": (
        Kind.RESOURCE,
        arn("bedrock", "evaluation-job/abcdefghijkl"),
        None,
    ),
    "a listed endpoint by name": (Kind.ENDPOINT, "mine", None),
    "a listed endpoint by ARN": (Kind.ENDPOINT, ENDPOINT, None),
    "an endpoint that is not listed": (Kind.ENDPOINT, "yours", "model-not-listed"),
    "a listed bucket": (Kind.S3, "s3://reports/2026/q4.csv", None),
    "a listed bucket by ARN": (Kind.S3, "arn:aws:s3:::reports/2026", None),
    "a listed bucket by name": (Kind.S3, "reports", None),
    "another bucket": (Kind.S3, "s3://elsewhere/q4.csv", "s3-bucket"),
    "a bucket behind a user part": (Kind.S3, "s3://reports@elsewhere/q4.csv", "s3-location"),
    "a bucket of another spelling": (Kind.S3, "S3://reports/q4.csv", "s3-location"),
    "an agent's id": (Kind.AGENT, "ABCDEFGHIJ", None),
    "an agent of the account": (Kind.AGENT, arn("bedrock", "agent/ABCDEFGHIJ"), None),
    "an agent of another account": (
        Kind.AGENT,
        arn("bedrock", "agent/ABCDEFGHIJ", account="999988887777"),
        "arn-account",
    ),
    "a function in another Region": (
        Kind.LAMBDA,
        arn("lambda", "function:f", region="us-east-1"),
        "arn-region",
    ),
    "an evaluator that comes with the service": (
        Kind.EVALUATOR,
        "arn:aws:bedrock-agentcore:::evaluator/Builtin.Helpfulness",
        None,
    ),
    "an ARN cut short": (Kind.LAMBDA, "arn:aws:lambda:eu-west-1", "identifier"),
    "a resource that is a URL": (Kind.STORE, "https://example.com", "identifier"),
    "an evaluator of nobody's": (
        Kind.EVALUATOR,
        "arn:aws:bedrock-agentcore:::evaluator/mine-abcdefghij",
        "arn-account",
    ),
    "AWS's own browser": (
        Kind.RESOURCE,
        arn("bedrock-agentcore", "browser/aws.browser.v1", account="aws"),
        None,
    ),
    "what AWS has none of its own of": (
        Kind.RESOURCE,
        arn("bedrock", "prompt/ABCDEFGHIJ", account="aws"),
        "arn-account",
    ),
    "a public blueprint": (
        Kind.AUTOMATION,
        arn("bedrock", "blueprint/bedrock-data-automation-public-invoice", account="aws"),
        None,
    ),
    "a knowledge base of no account": (
        Kind.KNOWLEDGE_BASE,
        arn("bedrock", "knowledge-base/ABCDEFGHIJ", account=""),
        "arn-account",
    ),
    "a guardrail of AWS": (
        Kind.GUARDRAIL,
        arn("bedrock", "guardrail/abcdefghij12", account="aws"),
        "arn-account",
    ),
    "an ARN in another spelling": (
        Kind.LAMBDA,
        "ARN:aws:lambda:eu-west-1:999988887777:function:f",
        "identifier",
    ),
    "an ARN inside an ARN": (
        Kind.RESOURCE,
        arn("bedrock", "agent/A:arn:aws:bedrock:eu-west-1:999988887777:agent/B"),
        "identifier",
    ),
    "a function by name": (Kind.LAMBDA, "my-function", None),
    "a function by its account": (Kind.LAMBDA, "999988887777:function:evil", "identifier"),
    "a function's ARN with an alias": (Kind.LAMBDA, arn("lambda", "function:f:$LATEST"), None),
    "a function that is another service's": (Kind.LAMBDA, arn("sns", "function:f"), "identifier"),
    "a prompt's version": (Kind.PROMPT, "ABCDEFGHIJ:3", None),
    "a prompt behind an account": (Kind.PROMPT, "999988887777:prompt", "identifier"),
    "a knowledge base behind an account": (
        Kind.KNOWLEDGE_BASE,
        "999988887777/ABCDEFGHIJ",
        "identifier",
    ),
    "a secret by name": (Kind.SECRET, "prod/key", None),
    "a secret behind an account": (Kind.SECRET, "999988887777:secret:key", "identifier"),
    "a log group": (Kind.STORE, "/aws/bedrock/model.invocations", None),
    "a cluster": (Kind.STORE, "my-cluster", None),
    "a host": (Kind.STORE, "evil.example.com", "identifier"),
    "a host behind slashes": (Kind.STORE, "//evil.example.com", "identifier"),
    "a host and a port": (Kind.STORE, "localhost:443", "identifier"),
    "a key of the account": (Kind.KEY, arn("kms", "key/0e1e2e3e"), None),
    "a key by alias": (Kind.KEY, "alias/bedrock/logs", None),
    "a key by id": (Kind.KEY, "0e1e2e3e-1111-2222-3333-444455556666", None),
    "a key of another account": (
        Kind.KEY,
        arn("kms", "key/0e1e2e3e", account="999988887777"),
        "arn-account",
    ),
    "a key in another Region": (
        Kind.KEY,
        arn("kms", "key/0e1e2e3e", region="us-east-1"),
        "arn-region",
    ),
    "a key behind an account": (Kind.KEY, "999988887777:key/0e1e2e3e", "identifier"),
    "a role of the account": (Kind.ROLE, arn("iam", "role/service-role/x", region=""), None),
    "a role of another account": (
        Kind.ROLE,
        arn("iam", "role/x", region="", account="999988887777"),
        "arn-account",
    ),
    "a role by name": (Kind.ROLE, "my-role", None),
    "a user where a role stands": (Kind.ROLE, arn("iam", "user/x", region=""), "identifier"),
    "an account of the policy": (Kind.ACCOUNT, ACCOUNT, None),
    "another account": (Kind.ACCOUNT, "999988887777", "arn-account"),
    "a URL": (Kind.URL, "https://example.com", "url"),
    "a tool that AWS runs": (Kind.SYSTEM_TOOL, "nova_grounding", "system-tool"),
    "a model outside AWS": (Kind.EXTERNAL_MODEL, "gpt-4o", "model-outside-aws"),
    "a model outside AWS that is called as a listed one": (
        Kind.EXTERNAL_MODEL,
        MODEL,
        "model-outside-aws",
    ),
    "a model that the request names": (Kind.MODEL_CHOICE, "CUSTOM", None),
    "no model": (Kind.MODEL_CHOICE, "NONE", None),
    "a model that AWS chooses": (Kind.MODEL_CHOICE, "MANAGED", "model-choice"),
    "a choice of tomorrow": (Kind.MODEL_CHOICE, "AUTO", "model-choice"),
    "a choice that is no string": (Kind.MODEL_CHOICE, ["CUSTOM"], "member-ambiguous"),
    "something unknown": (Kind.UNKNOWN, "newMember", "member-unknown"),
    "an agent that is no string": (Kind.AGENT, {"id": "ABCDEFGHIJ"}, "member-ambiguous"),
    "bytes of the model's own": (Kind.PAYLOAD, "{}", None),
}


@pytest.mark.parametrize(("kind", "value", "rule"), ROWS.values(), ids=ROWS.keys())
def test_what_a_request_names_is_decided(kind: Kind, value: object, rule: str | None) -> None:
    judgement = judged((kind, value))
    decision = judgement.decision

    assert (None if decision.allowed else decision.rule) == rule
    assert judgement.family != "place" or decision.next_step


@pytest.mark.parametrize(
    ("fields", "rule"),
    {
        "nothing that matters": ({"thinking": {"type": "enabled"}}, None),
        "the listed model": ({"model": MODEL}, None),
        "another model": ({"model": OTHER}, "model-not-listed"),
        "models to fall back to": ({"fallbacks": [MODEL, OTHER]}, "model-not-listed"),
        "servers for the provider to call": ({"mcp_servers": []}, "url"),
        "servers further down": ({"extra_body": {"mcp_servers": []}}, "url"),
        "a bucket further down": ({"x": [{"s3Uri": "s3://elsewhere"}]}, "s3-bucket"),
        "a listed bucket further down": ({"x": [{"s3Uri": "s3://reports"}]}, None),
        "a tool that runs there": ({"tools": [{"type": "web_search_20250305"}]}, "system-tool"),
        "no object": ([], "member-ambiguous"),
    }.values(),
)
def test_fields_for_the_models_own_api_name_no_model_and_no_server(
    fields: object, rule: str | None
) -> None:
    path = "body.additionalModelRequestFields"
    named = (Reference(Kind.DOCUMENT, fields, path),)
    decision = judge_request(policy(), RequestFacts(*INLINE, named)).decision

    assert (None if decision.allowed else decision.rule) == rule


def test_a_document_elsewhere_is_content() -> None:
    named = (Reference(Kind.DOCUMENT, {"model": OTHER}, "body.toolUse.input"),)

    assert judge_request(policy(), RequestFacts(*INLINE, named)).decision.allowed


def test_the_operation_is_decided_before_what_it_names() -> None:
    judgement = judged((Kind.URL, "x"), operation=("bedrock-agent-runtime", "InvokeAgent"))

    assert (judgement.family, judgement.decision.rule) == ("operation", "operation-not-listed")


def test_a_grant_stands_for_the_operation_alone() -> None:
    facts = RequestFacts("sts", "AssumeRole", (), granted=True)
    naming = RequestFacts("sts", "AssumeRole", (Reference(Kind.MODEL, OTHER, "x"),), granted=True)

    assert judge_request(policy(), facts).decision.rule == "granted"
    assert judge_request(policy(), naming).decision.rule == "model-not-listed"


REPORTED: dict[str, tuple[Kind, object, tuple[str, str], str | None]] = {
    "a model that is not listed": (Kind.MODEL, OTHER, INLINE, "model-not-listed"),
    "an operation that is not listed": (
        Kind.MODEL,
        MODEL,
        ("bedrock-runtime", "InvokeModel"),
        "operation-not-listed",
    ),
    "a model that AWS chooses": (Kind.MODEL_CHOICE, "MANAGED", INLINE, "model-choice"),
    "what is allowed anyway": (Kind.MODEL, MODEL, INLINE, None),
}


@pytest.mark.parametrize(("kind", "value", "operation", "rule"), REPORTED.values(), ids=REPORTED)
def test_mode_report_lets_through_and_says_what_it_would_deny(
    kind: Kind, value: object, operation: tuple[str, str], rule: str | None
) -> None:
    judgement = judged((kind, value), operation=operation, mode="report")

    assert judgement.decision.allowed
    assert getattr(judgement.would_deny, "rule", None) == rule


STILL_DENIED: dict[str, tuple[Kind, object, tuple[str, str], str]] = {
    "a bucket": (Kind.S3, "s3://elsewhere/x", INLINE, "s3-bucket"),
    "a URL": (Kind.URL, "https://example.com", INLINE, "url"),
    "a model outside AWS": (Kind.EXTERNAL_MODEL, MODEL, INLINE, "model-outside-aws"),
    "what can't be read": (Kind.UNKNOWN, "x", INLINE, "member-unknown"),
    "what is no model id": (Kind.MODEL, "../x", INLINE, "model-id"),
    "what no table knows": (Kind.MODEL, MODEL, ("bedrock-runtime", "Chat"), "operation-unknown"),
}


@pytest.mark.parametrize(
    ("kind", "value", "operation", "rule"), STILL_DENIED.values(), ids=STILL_DENIED
)
def test_mode_report_still_denies_what_could_be_anything_or_goes_elsewhere(
    kind: Kind, value: object, operation: tuple[str, str], rule: str
) -> None:
    assert judged((kind, value), operation=operation, mode="report").decision.rule == rule


def test_the_first_model_is_the_one_a_record_names() -> None:
    judgement = judged((Kind.AGENT, "ABCDEFGHIJ"), (Kind.MODEL, MODEL), (Kind.MODEL, OTHER))

    assert judgement.model_id == MODEL
