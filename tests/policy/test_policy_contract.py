"""The policy file as the documentation shows it in full: every key is known, and what can't be kept yet is said."""

import pytest

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy

EVERYTHING = """
version = 1
name = "claims-assistant"
region = "eu-west-1"
mode = "enforce"

[network]
address_check = "eni"
cidrs = ["10.20.0.0/16"]
discovery = ["policy", "lock", "environment", "ssm", "ec2", "private-dns"]
ssm_parameter = "/secure-bedrock/lock"
ca_bundle = "certs/ca.pem"
max_connection_age_s = 300
max_pool_connections = 50

[network.endpoints.bedrock-runtime]
vpc_endpoint_id = "vpce-0abc123def4567890"
host = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
addresses = ["10.20.1.10", "10.20.2.10"]
cidrs = []
port = 443

[models]
allow = ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.titan-embed-text-v2:*"]
deny = []
accounts = ["111122223333"]
fallback = []

[residency]
regions = ["eu-west-1", "eu-central-1"]
allow_global = false

[residency.profiles]
"eu.anthropic.claude-sonnet-4-5-20250929-v1:0" = ["eu-west-1", "eu-central-1"]

[operations]
allow = ["Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens", "ApplyGuardrail"]
s3_buckets = []

[guardrail]
required = false
id = "abc123def456"
version = "3"

[limits]
max_tokens = 8192
max_request_bytes = 20_000_000
requests_per_minute = 600
tokens_per_minute = 200_000

[identity]
accounts = ["111122223333"]
principals = ["arn:aws:iam::111122223333:role/app"]
credentials = ["env", "container-role", "iam-role", "assume-role", "assume-role-with-web-identity", "sso", "login",
               "shared-credentials-file", "config-file"]
long_lived_keys = "allow"

[timeouts]
connect_s = 2.0
read_s = 300.0
first_event_s = 60.0
idle_s = 60.0
deadline_s = 600.0

[retry]
max_attempts = 4
quota = 500

[audit]
mode = "best_effort"
content = "none"
hmac_key = "env:AUDIT_HMAC_KEY"
sinks = ["logging"]
fsync = false
chain = false

[account]
account_id = "111122223333"
vpc_id = "vpc-0123456789abcdef0"
app_subnets = []
app_security_groups = []
jobs = []
"""


def test_every_key_of_the_documented_file_is_known_and_only_what_is_not_kept_yet_is_refused() -> (
    None
):
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(EVERYTHING, file="everything.toml")
    problems = error.value.problems
    assert all(problem.message.startswith("not supported yet: ") for problem in problems)
    assert [problem.key for problem in problems] == [
        "limits.requests_per_minute",
        "limits.tokens_per_minute",
        "audit.hmac_key",
    ]


def test_each_problem_stands_on_the_line_of_its_key() -> None:
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(EVERYTHING)
    lines = EVERYTHING.split("\n")
    for problem in error.value.problems:
        key = problem.key.partition("[")[0].rpartition(".")[2]
        assert problem.line is not None
        assert key in lines[problem.line - 1]


def test_without_what_is_not_kept_yet_the_documented_file_is_a_policy() -> None:
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(EVERYTHING)
    refused = {problem.line for problem in error.value.problems}
    kept = [line for number, line in enumerate(EVERYTHING.split("\n"), 1) if number not in refused]
    kept = [line for line in kept if not line.startswith('"eu.')]  # its table's header is gone
    policy = Policy.from_toml("\n".join(kept))
    assert policy.address_check_for("bedrock-runtime") == "eni"
    assert policy.cidrs_for("bedrock-runtime") == ("10.20.0.0/16",)
    assert policy.models.accounts == ("111122223333",)
