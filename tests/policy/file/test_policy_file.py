"""What a policy file means: every key, every default, every short form."""

from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.policy import (
    AccountPolicy,
    AuditPolicy,
    EndpointPolicy,
    GuardrailPolicy,
    IdentityPolicy,
    LimitsPolicy,
    ModelsPolicy,
    NetworkPolicy,
    Policy,
    ResidencyPolicy,
    RetryPolicy,
    Timeouts,
)
from secure_bedrock.policy.sections import CREDENTIALS, DISCOVERY
from secure_bedrock.policy.supported import INFERENCE_OPERATIONS
from secure_bedrock.values import BEDROCK_RUNTIME, AddressCheck, ServiceName

SONNET = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"

SMALLEST = f"""
region = "eu-west-1"
models = ["{SONNET}"]
network = {{ cidrs = ["10.20.0.0/16"] }}
"""

WHOLE = """
version = 1
name = "claims-assistant"
region = "eu-west-1"
mode = "enforce"

[network]
address_check = "cidr"
cidrs = ["10.20.0.0/16", "2600:1f18::/56"]
discovery = ["policy", "ec2"]
ca_bundle = "certs/ca.pem"
max_connection_age_s = 120
max_pool_connections = 10

[network.endpoints.bedrock-runtime]
vpc_endpoint_id = "vpce-0abc123def4567890"
host = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
addresses = ["10.20.1.10", "2600:1f18::10"]
cidrs = ["10.30.0.0/16"]
port = 8443

[network.endpoints.sts]

[models]
allow = ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.titan-embed-text-v2:*"]
deny = ["amazon.titan-embed-text-v2:1"]
accounts = ["111122223333"]
fallback = []

[residency]
allow_global = true
profiles = {}

[operations]
allow = ["Converse", "bedrock-runtime:CountTokens", "ec2:DescribeVpcEndpoints"]
s3_buckets = []

[guardrail]
required = true
id = "abc123def456"
version = "3"

[limits]
max_tokens = 8192
max_request_bytes = 20_000_000

[identity]
accounts = []
principals = []
credentials = ["env", "custom-process"]
long_lived_keys = "allow"

[timeouts]
connect_s = 1
read_s = 2.5
first_event_s = 3.0
idle_s = 4.0
deadline_s = 600.0

[retry]
max_attempts = 2
quota = 0

[audit]
mode = "best_effort"
content = "none"
sinks = ["stdout", "jsonl:/var/log/calls.jsonl"]
fsync = false
chain = false

[account]
account_id = "444455556666"
vpc_id = "vpc-0123456789abcdef0"
app_subnets = ["subnet-01234567"]
app_security_groups = ["sg-0123456789abcdef0"]
jobs = []
"""


def test_the_smallest_file_has_every_default() -> None:
    policy = Policy.from_toml(SMALLEST)
    assert policy.region == "eu-west-1"
    assert (policy.name, policy.mode, policy.source) == (None, "enforce", None)
    assert policy.models == ModelsPolicy(allow=(SONNET,))
    assert policy.network == NetworkPolicy(cidrs=("10.20.0.0/16",))
    assert policy.network.endpoints == (EndpointPolicy(service=BEDROCK_RUNTIME, port=443),)
    sources = ("policy", "lock", "environment", "ssm", "ec2", "private-dns")
    assert policy.network.discovery == DISCOVERY == sources
    assert policy.residency == ResidencyPolicy(regions=None, allow_global=False, profiles=())
    assert policy.operations.allow == INFERENCE_OPERATIONS
    assert policy.guardrail == GuardrailPolicy()
    assert policy.limits == LimitsPolicy()
    assert policy.identity == IdentityPolicy(credentials=CREDENTIALS)
    assert policy.timeouts == Timeouts(
        connect_s=2.0, read_s=300.0, first_event_s=60.0, idle_s=60.0, deadline_s=None
    )
    assert policy.retry == RetryPolicy(max_attempts=4, quota=500)
    assert policy.audit == AuditPolicy(sinks=("logging",), sinks_written=False)
    assert policy.account == AccountPolicy()


def test_every_key_is_read(tmp_path: Path) -> None:
    policy = Policy.from_toml(WHOLE, file="a.toml", directory=tmp_path)
    assert (policy.name, policy.source) == ("claims-assistant", "a.toml")
    assert policy.network == NetworkPolicy(
        address_check="cidr",
        cidrs=("10.20.0.0/16", "2600:1f18::/56"),
        discovery=("policy", "ec2"),
        ca_bundle=str(tmp_path / "certs" / "ca.pem"),
        max_connection_age_s=120.0,
        max_pool_connections=10,
        endpoints=(
            EndpointPolicy(
                service=BEDROCK_RUNTIME,
                vpc_endpoint_id="vpce-0abc123def4567890",
                host="vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
                addresses=("10.20.1.10", "2600:1f18::10"),
                cidrs=("10.30.0.0/16",),
                port=8443,
            ),
            EndpointPolicy(service=ServiceName("sts")),
        ),
    )
    assert policy.models == ModelsPolicy(
        allow=(SONNET, "amazon.titan-embed-text-v2:*"),
        deny=("amazon.titan-embed-text-v2:1",),
        accounts=("111122223333",),
    )
    assert policy.residency.allow_global is True
    assert policy.operations.allow == {
        "bedrock-runtime:Converse",
        "bedrock-runtime:CountTokens",
        "ec2:DescribeVpcEndpoints",
    }
    assert policy.identity.credentials == ("env", "custom-process")
    assert policy.timeouts == Timeouts(
        connect_s=1.0, read_s=2.5, first_event_s=3.0, idle_s=4.0, deadline_s=600.0
    )
    assert policy.retry == RetryPolicy(max_attempts=2, quota=0)
    assert policy.audit.sinks == ("stdout", "jsonl:/var/log/calls.jsonl")
    assert policy.audit.sinks_written is True
    assert policy.account == AccountPolicy(
        account_id="444455556666",
        vpc_id="vpc-0123456789abcdef0",
        app_subnets=("subnet-01234567",),
        app_security_groups=("sg-0123456789abcdef0",),
    )


def test_keywords_and_text_build_the_same_policy() -> None:
    keywords = Policy(
        region="eu-west-1", models=(SONNET,), network={"cidrs": ["10.20.0.0/16"]}, version=1
    )
    assert keywords == Policy.from_toml(SMALLEST)
    assert keywords == Policy(
        region="eu-west-1", models={"allow": [SONNET]}, network={"cidrs": ("10.20.0.0/16",)}
    )


def test_the_table_form_and_dotted_keys_are_the_same() -> None:
    text = f'region = "eu-west-1"\nmodels.allow = ["{SONNET}"]\nnetwork.cidrs = ["10.20.0.0/16"]'
    assert Policy.from_toml(text) == Policy.from_toml(SMALLEST)


def test_an_endpoint_is_known_only_where_it_has_a_table() -> None:
    network = Policy(
        region="eu-west-1",
        models=[],
        network={"endpoints": {"sts": {}, "bedrock-agent-runtime": {}}},
    ).network
    assert [endpoint.service for endpoint in network.endpoints] == [
        "bedrock-runtime",
        "sts",
        "bedrock-agent-runtime",
    ]
    assert network.endpoint("sts") == EndpointPolicy(service=ServiceName("sts"))
    assert network.endpoint("ec2") is None


ADDRESS_CHECKS: dict[str, tuple[dict[str, Any], str, AddressCheck]] = {
    "nothing known: the addresses have to be discovered": ({}, "bedrock-runtime", "eni"),
    "the network's cidrs are known": ({"cidrs": ["10.0.0.0/16"]}, "bedrock-runtime", "cidr"),
    "the endpoint's cidrs are known": (
        {"endpoints": {"bedrock-runtime": {"cidrs": ["10.0.0.0/16"]}}},
        "bedrock-runtime",
        "cidr",
    ),
    "another endpoint's cidrs do not count": (
        {"endpoints": {"sts": {"cidrs": ["10.0.0.0/16"]}}},
        "bedrock-runtime",
        "eni",
    ),
    "addresses come before cidrs": (
        {"cidrs": ["10.0.0.0/16"], "endpoints": {"bedrock-runtime": {"addresses": ["10.0.0.4"]}}},
        "bedrock-runtime",
        "eni",
    ),
    "one endpoint's addresses do not help another": (
        {"cidrs": ["10.0.0.0/16"], "endpoints": {"bedrock-runtime": {"addresses": ["10.0.0.4"]}}},
        "sts",
        "cidr",
    ),
    "what is written holds": (
        {"address_check": "private", "endpoints": {"bedrock-runtime": {"addresses": ["10.0.0.4"]}}},
        "bedrock-runtime",
        "private",
    ),
}


@pytest.mark.parametrize("sentence", ADDRESS_CHECKS)
def test_the_address_check_follows_from_what_the_policy_knows(sentence: str) -> None:
    network, service, expected = ADDRESS_CHECKS[sentence]
    policy = Policy(region="eu-west-1", models=[], network=network)
    assert policy.address_check_for(service) == expected


def test_an_endpoints_cidrs_override_the_networks_and_empty_ones_do_not() -> None:
    endpoints: dict[str, Any] = {"sts": {"cidrs": ["10.1.0.0/16"]}, "ec2": {"cidrs": []}}
    policy = Policy(
        region="eu-west-1", models=[], network={"cidrs": ["10.0.0.0/16"], "endpoints": endpoints}
    )
    assert policy.cidrs_for("sts") == ("10.1.0.0/16",)
    assert policy.cidrs_for("ec2") == ("10.0.0.0/16",)
    assert policy.cidrs_for("bedrock-runtime") == ("10.0.0.0/16",)


def test_a_ca_bundle_in_keywords_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = Policy(region="eu-west-1", models=[], network={"ca_bundle": Path("ca.pem")})
    assert relative.network.ca_bundle == str(tmp_path / "ca.pem")
    absolute = Policy(region="eu-west-1", models=[], network={"ca_bundle": "/etc/ssl/ca.pem"})
    assert absolute.network.ca_bundle == "/etc/ssl/ca.pem"


@pytest.mark.parametrize(
    "region",
    [
        "ap-southeast-1",
        "ap-northeast-3",
        "us-gov-west-1",
        "cn-northwest-1",
        "eusc-de-east-1",
        "us-isob-east-1",
    ],
)
def test_regions_of_every_partition_are_accepted(region: str) -> None:
    assert Policy(region=region, models=[]).region == region


@pytest.mark.parametrize(
    "network",
    [
        {"cidrs": ["127.0.0.0/8", "::1/128"]},
        {"cidrs": ["127.0.0.0/12"]},
        {"cidrs": ["10.0.0.0/16", "2600:1f18::/44"]},
    ],
)
def test_loopback_may_be_as_wide_as_it_is_and_vpcs_as_wide_as_aws_makes_them(
    network: dict[str, Any],
) -> None:
    assert Policy(region="eu-west-1", models=[], network=network).network.cidrs == tuple(
        network["cidrs"]
    )
