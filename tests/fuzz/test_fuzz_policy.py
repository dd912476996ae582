"""Any text is a model identifier or a policy only where it means one thing, and a refusal is always the named one."""

import os
import pickle
import re
import tomllib

from botocore.session import Session
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy, parse_model_id
from tests.splicing import spliced

FUZZ = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")), deadline=None)

IDS = st.sampled_from(
    [
        "anthropic.claude-3-haiku-20240307-v1:0",
        "anthropic.claude-3-haiku-20240307-v1:0:200k",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "zai.glm-4.6",
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456",
        "arn:aws:bedrock:eu-west-1:111122223333:custom-model/amazon.titan-text-lite-v1:0:4k/abc123def456",
        "arn:aws:bedrock:eu-west-1:111122223333:prompt/ABCDE12345:1",
        "arn:aws:bedrock:eu-west-1:111122223333:default-prompt-router/anthropic.claude:1",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/my-endpoint",
    ]
)
PIECES = st.sampled_from(
    [".", "..", ":", "::", "/", "-", "_", "*", "%2F", "us", "global.", "v1", "0", "00", "é", "\n", "\0", " ", "A", "arn:", "aws-cn"]
)  # fmt: skip


def changed(whole: st.SearchStrategy[str], piece: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    once = st.builds(spliced, whole, st.integers(0, 500), piece, st.integers(0, 4))
    return whole | once | st.builds(spliced, once, st.integers(0, 500), piece, st.integers(0, 4))


# What AWS's own models say of an identifier; only `bedrock` has the contexts of foundation models' ARNs (…:0:200k)
# and the versions of custom models'.
RUNTIME = Session().get_service_model("bedrock-runtime").shape_for("ConversationalModelId").metadata
BEDROCK = Session().get_service_model("bedrock")
SHAPES = [
    RUNTIME,
    *(BEDROCK.shape_for(f"{kind}ModelArn").metadata for kind in ("Custom", "Foundation")),
]
TEXTS = (
    changed(IDS, PIECES)
    | st.text(max_size=40)
    | st.from_regex(r"[a-z0-9.:/-]{1,60}", fullmatch=True)
)


@FUZZ
@given(TEXTS)
def test_an_identifier_formats_back_and_fits_the_services_own_pattern(text: str) -> None:
    try:
        model = parse_model_id(text)
    except ValueError as refusal:
        assert len(text) < 12 or text not in str(refusal)  # noqa: PT017 - both outcomes have an oracle
        return

    assert model.format() == text
    assert parse_model_id(model.format()) == model
    assert any(re.fullmatch(shape["pattern"], text) for shape in SHAPES)
    assert len(text) <= RUNTIME["max"]


@FUZZ
@given(listed=IDS, asked=TEXTS)
def test_a_policy_that_lists_one_identifier_admits_it_alone(listed: str, asked: str) -> None:
    try:
        policy = Policy(region="eu-west-1", models=[listed], residency={"allow_global": True})
    except PolicyInvalid:
        return

    decision = policy.decide_model(asked)
    if decision.allowed and asked != listed:
        base = listed.partition("foundation-model/")[2] or listed
        assert base in {asked, asked.partition("arn:aws:bedrock:eu-west-1::foundation-model/")[2]}


LINES = st.sampled_from(
    [
        'region = "eu-west-1"',
        'models = ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0"]',
        'models = ["anthropic.claude-3-haiku-20240307-v1:*"]',
        'network = { cidrs = ["10.20.0.0/16"] }',
        "[network]",
        'address_check = "private"',
        'cidrs = ["10.0.0.0/8"]',
        "[network.endpoints.bedrock-runtime]",
        'addresses = ["10.20.1.10"]',
        'host = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"',
        "port = 8443",
        "[models]",
        'allow = ["amazon.titan-embed-text-v2:*"]',
        'deny = ["anthropic.claude-3-haiku-20240307-v1:0"]',
        "[timeouts]",
        "connect_s = 1.5",
        "read_s = nan",
        "deadline_s = 9223372036854775808",
        "[retry]",
        "max_attempts = 0",
        "[audit]",
        'sinks = ["jsonl:a", "stdout"]',
        "[residency]",
        "allow_global = true",
        "a.b.c = 1979-05-27T07:32:00Z",
        "[[models]]",
        "x = {",
    ]
)
VALUES = st.sampled_from(
    [
        "",
        '"',
        "'",
        "=",
        "[",
        "]",
        "{}",
        "\n",
        "\0",
        "1e400",
        "true",
        "-1",
        "é",
        "\ud800",
        "#",
        "[[",
        "'''",
        "0x",
    ]
)
START = 'region = "eu-west-1"\nmodels = ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0"]\n'
DOCUMENTS = changed(
    st.lists(LINES, max_size=7).map("\n".join) | st.lists(LINES, max_size=5).map(lambda x: START + "\n".join(x)),
    VALUES,
)  # fmt: skip


@FUZZ
@given(DOCUMENTS | st.text(max_size=60))
@example('region = "eu-west-1"\n[models]')
def test_a_document_is_one_policy_or_the_named_error(text: str) -> None:
    try:
        policy = Policy.from_toml(text)
    except PolicyInvalid:
        return

    written = tomllib.loads(text)
    assert policy.region == written["region"]
    assert policy == Policy.from_toml(text)
    assert pickle.loads(pickle.dumps(policy)) == policy
    models = written["models"]
    allowed = models if isinstance(models, list) else models.get("allow", [])
    assert set(policy.models.allow) == set(allowed)
    assert not policy.decide_model("meta.llama3-1-8b-instruct-v1:0").allowed
    assert not policy.decide_operation("s3", "PutObject").allowed
