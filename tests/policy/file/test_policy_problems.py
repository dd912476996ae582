"""What is wrong in a policy is found, all at once, named by key and line, and never repeated where it may be secret."""

from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy
from tests.policy.file.found_problems import problems

GUARDRAIL_ARN = "arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123def456"
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "the Region is required": ({"region": None}, "region", "required, but not there"),
    "the models are required": ({"models": None}, "models", "required, but not there"),
    "a Region is a Region": ({"region": "Ireland"}, "region", "not the name of an AWS Region"),
    "a Region is a string": ({"region": 5}, "region", "expected a string, got 5"),
    "models are a table or a list": (
        {"models": "x.y"},
        "models",
        'expected a list of identifiers (models = ["…"]) or a table, got "x.y"',
    ),
    "model entries are strings": ({"models": ["x.y", 5]}, "models[1]", "expected a string, got 5"),
    "the version is 1": ({"version": 2}, "version", "expected the integer 1, got 2"),
    "true is not 1": ({"version": True}, "version", "expected the integer 1, got true"),
    "a name is short": ({"name": "x" * 101}, "name", "1 to 100 ASCII letters"),
    "a name holds no control characters": ({"name": "a\nb"}, "name", "1 to 100 ASCII letters"),
    "a mode is a word": (
        {"mode": "permit"},
        "mode",
        'expected "enforce" or "report", got "permit"',
    ),
    "a section is a table": (
        {"network": ["10.0.0.0/16"]},
        "network",
        "expected a table, got a list",
    ),
    "a nested section is a table": (
        {"network": {"endpoints": []}},
        "network.endpoints",
        "expected a table, got a list",
    ),
    "an endpoint is a table": (
        {"network": {"endpoints": {"sts": True}}},
        "network.endpoints.sts",
        "expected a table, got true",
    ),
    "an unknown key is named": ({"network": {"colour": 1}}, "network.colour", "unknown key"),
    "a misspelt key is guessed": (
        {"network": {"cidr": []}},
        "network.cidr",
        'unknown key; did you mean "cidrs"?',
    ),
    "a key of another table is sent there": (
        {"retry": {"discovery": []}},
        "retry.discovery",
        "unknown key here; it belongs in [network]",
    ),
    "a key of the top is sent there": (
        {"models": {"region": "x"}},
        "models.region",
        "it belongs in the top of the file, before the first [table]",
    ),
    "an endpoint's key is sent there": (
        {"network": {"host": "x"}},
        "network.host",
        "it belongs in [network.endpoints.<service>]",
    ),
    "a very long key is not repeated": (
        {"network": {"k" * 90: 1}},
        "network.<a string of 90 characters>",
        "unknown key",
    ),
    "a key that needs quotes has them": (
        {"network": {"endpoints": {"Not a service": {}}}},
        'network.endpoints."Not a service"',
        "not the boto3 name of an AWS service",
    ),
    "a guardrail's ARN is of a Region": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace("eu-west-1", "eu"), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a guardrail's ARN is of a partition": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace("aws:", "aws-evil:"), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a guardrail's ARN has an account": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace("111122223333", ""), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a guardrail's ARN names its Region": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace("eu-west-1", ""), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a guardrail's ARN is Bedrock's": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace("bedrock", "sagemaker"), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a guardrail's ARN is no profile's": (
        {"guardrail": {"id": GUARDRAIL_ARN.replace(":guardrail/", ":agent/"), "version": "3"}},
        "guardrail.id",
        "its ARN",
    ),
    "a bucket's name is not too short": (
        {"operations": {"s3_buckets": ["b"]}},
        "operations.s3_buckets[0]",
        "3 to 63 lower-case letters",
    ),
    "an operation is listed by its whole name": (
        {"operations": {"allow": ["bedrock-runtime:*"]}},
        "operations.allow[0]",
        "no star is expanded here: list each operation by its name",
    ),
    "an account has twelve digits": (
        {"models": {"allow": [], "accounts": ["1111"]}},
        "models.accounts[0]",
        "12 digits",
    ),
    "an account is a string": (
        {"account": {"account_id": 111122223333}},
        "account.account_id",
        "expected a string, got 111122223333",
    ),
    "a VPC is one": ({"account": {"vpc_id": "vpce-01234567"}}, "account.vpc_id", "expected vpc-"),
    "a subnet is one": (
        {"account": {"app_subnets": ["x"]}},
        "account.app_subnets[0]",
        "expected subnet-",
    ),
    "a security group is one": (
        {"account": {"app_security_groups": ["sg-1"]}},
        "account.app_security_groups[0]",
        "expected sg-",
    ),
    "a flag is true or false": (
        {"residency": {"allow_global": "yes"}},
        "residency.allow_global",
        'expected true or false, got "yes"',
    ),
    "a credential provider is known": (
        {"identity": {"credentials": ["enf"]}},
        "identity.credentials[0]",
        "expected",
    ),
    "an account that may call is one": (
        {"identity": {"accounts": ["1111"]}},
        "identity.accounts[0]",
        "12 digits",
    ),
    "a principal is an ARN": (
        {"identity": {"principals": ["app"]}},
        "identity.principals[0]",
        "expected the ARN of a role or user",
    ),
    "a principal is no session": (
        {"identity": {"principals": ["arn:aws:sts::111122223333:assumed-role/app/me"]}},
        "identity.principals[0]",
        "expected the ARN of a role or user",
    ),
    "a principal is no pattern": (
        {"identity": {"principals": ["arn:aws:iam::111122223333:role/*"]}},
        "identity.principals[0]",
        "expected the ARN of a role or user",
    ),
    "a time is not zero": (
        {"timeouts": {"read_s": 0}},
        "timeouts.read_s",
        "more than 0 and at most 86400, got 0",
    ),
    "a time is finite": (
        {"timeouts": {"read_s": float("inf")}},
        "timeouts.read_s",
        "a number out of range",
    ),
    "a time is a number": (
        {"timeouts": {"read_s": float("nan")}},
        "timeouts.read_s",
        "a number out of range",
    ),
    "true is not a time": ({"timeouts": {"idle_s": True}}, "timeouts.idle_s", "got true"),
    "a date is not a time": (
        {"timeouts": {"idle_s": datetime(2026, 1, 1, tzinfo=UTC)}},
        "timeouts.idle_s",
        "got a datetime",
    ),
    "a huge number is not written out": (
        {"retry": {"quota": 10**5000}},
        "retry.quota",
        "a number out of range",
    ),
    "a sink is known": (
        {"audit": {"sinks": ["syslog"]}},
        "audit.sinks[0]",
        'expected "logging", "stdout"',
    ),
    "a sink's path is not empty": (
        {"audit": {"sinks": ["jsonl:"]}},
        "audit.sinks[0]",
        "jsonl:PATH",
    ),
    "a sink's path holds no NUL": ({"audit": {"sinks": ["jsonl:a\0"]}}, "audit.sinks[0]", "no NUL"),
    "a key is a string": ({"network": {5: 6}}, "", "the keys of a table are strings"),
    "a table is not too deep": (
        {"network": {"cidrs": [[[[[[[[[]]]]]]]]]}},
        "",
        "nested too deeply or too large",
    ),
    "a policy is not too large": (
        {"models": ["zai.glm-4.6"] * 100_001},
        "",
        "nested too deeply or too large",
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_mistake_is_found(sentence: str) -> None:
    keys, key, message = WRONG[sentence]
    (problem,) = problems(**keys)
    assert problem.key == key
    assert message in problem.message
    assert (problem.file, problem.line) == ("", None)


def test_a_circular_mapping_is_refused() -> None:
    network: dict[str, Any] = {}
    network["endpoints"] = {"sts": network}
    assert "nested too deeply" in problems(network=network)[0].message


SECRETS = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "a prompt that someone pasted here by mistake, with commas and such",
    "line one\nline two",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_may_be_a_secret_is_never_repeated(secret: str) -> None:
    everywhere: dict[str, Any] = {
        "name": secret + "\n",
        "mode": secret,
        "models": [secret],
        "network": {
            "address_check": secret,
            "cidrs": [secret],
            "ca_bundle": {"x": secret},
            secret: 1,
        },
        "operations": {"allow": [secret]},
        "audit": {"sinks": [secret], "hmac_key": secret, "mode": secret},
        "timeouts": {"read_s": secret},
    }
    with pytest.raises(PolicyInvalid) as error:
        Policy(region=secret, **everywhere)
    assert len(error.value.problems) == 13
    assert secret not in f"{error.value}{error.value!r}{error.value.problems!r}"


def test_all_problems_are_reported_at_once_in_the_order_of_their_lines() -> None:
    text = """mode = "permit"
regoin = "eu-west-1"
models = [
  "anthropic.*",     # a provider alone
  "zai.glm-4.6",
  "*",
]

[network]
cidrs = ["10.0.0.0/8"]

[network.endpoints.bedrock-runtime]
port = 0
"""
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(text, file="p.toml")
    found = [(problem.line, problem.key) for problem in error.value.problems]
    assert found == [
        (None, "region"),
        (1, "mode"),
        (2, "regoin"),
        (4, "models[0]"),
        (6, "models[2]"),
        (10, "network.cidrs[0]"),
        (13, "network.endpoints.bedrock-runtime.port"),
    ]
    assert {problem.file for problem in error.value.problems} == {"p.toml"}
    assert str(error.value).startswith("the policy has 7 problems")
    assert 'p.toml:2: regoin: unknown key; did you mean "region"?' in str(error.value)


def test_an_unknown_keyword_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="regoin"):
        Policy(regoin="eu-west-1", models=[])  # type: ignore[call-arg]


LATER: dict[str, dict[str, Any]] = {
    "models.fallback": {"models": {"allow": [], "fallback": ["zai.glm-4.6"]}},
    "limits.requests_per_minute": {"limits": {"requests_per_minute": 1}},
    "limits.tokens_per_minute": {"limits": {"tokens_per_minute": 1}},
    "audit.mode": {"audit": {"mode": "required"}},
    "audit.content": {"audit": {"content": "digest"}},
    "audit.hmac_key": {"audit": {"hmac_key": "env:AUDIT_HMAC_KEY"}},
    "audit.fsync": {"audit": {"fsync": True}},
    "audit.chain": {"audit": {"chain": True}},
    "audit.sinks[0]": {"audit": {"sinks": ["emf"]}},
    "audit.sinks[1]": {"audit": {"sinks": ["logging", "otel"]}},
    "account.jobs": {"account": {"jobs": [{"name": "x"}]}},
}


@pytest.mark.parametrize("key", LATER)
def test_what_this_version_can_not_keep_is_refused(key: str) -> None:
    (problem,) = problems(**LATER[key])
    assert problem.key == key
    assert problem.message.startswith("not supported yet: ")


def test_an_operation_of_a_service_without_a_table_is_a_problem() -> None:
    (problem,) = problems(operations={"allow": ["s3:GetObject"]})
    assert problem.key == "operations.allow[0]"
    assert 'no operations of a service "s3" are known' in problem.message


def test_a_misspelt_operation_is_guessed() -> None:
    (problem,) = problems(operations={"allow": ["Convers"]})
    assert 'did you mean "Converse"?' in problem.message
