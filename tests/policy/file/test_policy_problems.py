"""What is wrong in a policy is found, all at once, named by key and line, and never repeated where it may be secret."""

from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.errors import PolicyInvalid, Problem
from secure_bedrock.policy import Policy


def problems(**keys: Any) -> tuple[Problem, ...]:
    """The problems of a policy that is right but for `keys`."""
    with pytest.raises(PolicyInvalid) as error:
        Policy(**{"region": "eu-west-1", "models": [], **keys})
    return error.value.problems


def endpoint(**keys: Any) -> dict[str, Any]:
    return {"network": {"endpoints": {"bedrock-runtime": keys}}}


GUARDRAIL_ARN = "arn:aws:bedrock:eu-west-1:111122223333:guardrail/abc123def456"
PRIVATE_NAME = "bedrock-runtime.eu-west-1.amazonaws.com"
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
    "an address check is one of three": (
        {"network": {"address_check": "ENI"}},
        "network.address_check",
        'expected "eni" or "cidr" or "private", got "ENI"; did you mean "eni"?',
    ),
    "a provider of discovery is known": (
        {"network": {"discovery": ["policy", "dns"]}},
        "network.discovery[1]",
        'expected "policy" or "lock" or "environment" or "ssm" or "ec2" or "private-dns", got "dns"',
    ),
    "an SSM parameter has a name": (
        {"network": {"ssm_parameter": "arn:aws:ssm:eu-west-1:111122223333:parameter/x"}},
        "network.ssm_parameter",
        'expected the name of an SSM parameter such as "/secure-bedrock/lock"',
    ),
    "an SSM parameter's name does not end in a slash": (
        {"network": {"ssm_parameter": "/a/"}},
        "network.ssm_parameter",
        "expected the name of an SSM parameter",
    ),
    "a CIDR has no zone": (
        {"network": {"cidrs": ["fd00::%eth0/64"]}},
        "network.cidrs[0]",
        "no zone",
    ),
    "a host is no number": (
        {"network": {"endpoints": {"bedrock-runtime": {"host": "0.0b"}}}},
        "network.endpoints.bedrock-runtime.host",
        "a host is a DNS name",
    ),
    "a host is not of punycode, which no endpoint's name is": (
        endpoint(host="a.xn--p1ai"),
        "network.endpoints.bedrock-runtime.host",
        "a host is a DNS name",
    ),
    "a CIDR has no address but its first": (
        {"network": {"cidrs": ["10.20.0.1/255.255.0.0"]}},
        "network.cidrs[0]",
        "write 10.20.0.0/16",
    ),
    "a CIDR is spelt in one way": (
        {"network": {"cidrs": ["fd12:0:0:1:0:0:0:0/64"]}},
        "network.cidrs[0]",
        "write fd12:0:0:1::/64",
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
    "a CIDR is a CIDR": ({"network": {"cidrs": ["vpc"]}}, "network.cidrs[0]", "expected a CIDR"),
    "a CIDR has a prefix length": (
        {"network": {"cidrs": ["10.0.0.1"]}},
        "network.cidrs[0]",
        "10.0.0.1/32",
    ),
    "a CIDR has no netmask": (
        {"network": {"cidrs": ["10.0.0.0/255.255.0.0"]}},
        "network.cidrs[0]",
        "write 10.0.0.0/16",
    ),
    "a CIDR has no host bits": (
        {"network": {"cidrs": ["10.0.0.1/16"]}},
        "network.cidrs[0]",
        "10.0.0.0/16",
    ),
    "an IPv4 CIDR is no wider than a VPC": (
        {"network": {"cidrs": ["10.0.0.0/15"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "an IPv6 CIDR is no wider than a VPC": (
        {"network": {"cidrs": ["2600::/43"]}},
        "network.cidrs[0]",
        "(/44)",
    ),
    "everything is wider than a VPC": (
        {"network": {"cidrs": ["0.0.0.0/0"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "around loopback is not loopback": (
        {"network": {"cidrs": ["126.0.0.0/7"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "CIDRs are a list": (
        {"network": {"cidrs": "10.0.0.0/16"}},
        "network.cidrs",
        "expected a list of CIDRs",
    ),
    "a CA bundle has a path": (
        {"network": {"ca_bundle": ""}},
        "network.ca_bundle",
        "path of a file",
    ),
    "a path holds no NUL": (
        {"network": {"ca_bundle": "a\0b"}},
        "network.ca_bundle",
        "path of a file",
    ),
    "a path is text": ({"network": {"ca_bundle": b"a"}}, "network.ca_bundle", "got a bytes"),
    "a pool has at least one connection": (
        {"network": {"max_pool_connections": 0}},
        "network.max_pool_connections",
        "an integer from 1 to 10000, got 0",
    ),
    "a count is whole": (
        {"network": {"max_pool_connections": 1.0}},
        "network.max_pool_connections",
        "an integer from 1 to 10000, got 1.0",
    ),
    "a port is a port": (
        endpoint(port=65536),
        "network.endpoints.bedrock-runtime.port",
        "1 to 65535, got 65536",
    ),
    "an endpoint's id is one": (
        endpoint(vpc_endpoint_id="vpc-0abc123def4567890"),
        "network.endpoints.bedrock-runtime.vpc_endpoint_id",
        "expected vpce- and 8 or 17 hexadecimal digits",
    ),
    "a host is no URL": (
        endpoint(host="https://" + PRIVATE_NAME),
        "network.endpoints.bedrock-runtime.host",
        "without scheme",
    ),
    "a host has no upper case": (
        endpoint(host=PRIVATE_NAME.upper()),
        "network.endpoints.bedrock-runtime.host",
        "lower case",
    ),
    "a host has no trailing dot": (
        endpoint(host=PRIVATE_NAME + "."),
        "network.endpoints.bedrock-runtime.host",
        "trailing dot",
    ),
    "a host is no address": (
        endpoint(host="10.0.0.1"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host has a domain": (
        endpoint(host="localhost"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host is ASCII": (
        endpoint(host="bücher.example"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host is not too long": (
        endpoint(host=".".join(["a" * 60] * 5)),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host belongs to the endpoint's id": (
        endpoint(
            vpc_endpoint_id="vpce-0abc123def4567890",
            host=f"vpce-0ffffffffffffffff-a1b2c3d4.{PRIVATE_NAME}",
        ),
        "network.endpoints.bedrock-runtime",
        "another endpoint than vpc_endpoint_id",
    ),
    "an address is a string": (
        endpoint(addresses=[167772161]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "string",
    ),
    "a CIDR is a string": (
        endpoint(cidrs=[167772160], addresses=["10.0.1.10"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "string",
    ),
    "an address is an address": (
        endpoint(addresses=["bedrock.local"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "expected an IP address",
    ),
    "an address has no leading zeros": (
        endpoint(addresses=["10.0.0.01"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "expected an IP address",
    ),
    "an address is spelt in one way": (
        endpoint(addresses=["2600:0:0::1"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "short form",
    ),
    "an address has no zone": (
        endpoint(addresses=["fe80::1%eth0"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "without a zone",
    ),
    "an address is not mapped": (
        endpoint(addresses=["::ffff:a00:10a"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "write the IPv4 address",
    ),
    "an address is not mapped, with dots": (
        endpoint(addresses=["::ffff:10.0.1.10"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "write the IPv4 address",
    ),
    "a public address is no endpoint's": (
        endpoint(addresses=["10.0.1.10", "52.94.0.10"]),
        "network.endpoints.bedrock-runtime.addresses[1]",
        "52.94.0.10 is no private address; if the endpoint's VPC owns it, name that VPC's CIDR",
    ),
    "a public address outside the policy's public CIDR": (
        endpoint(addresses=["44.11.0.10"], cidrs=["44.10.0.0/16"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "44.11.0.10 is no private address",
    ),
    "a public IPv6 address beside an IPv4 CIDR": (
        endpoint(addresses=["2600:1f18::10"], cidrs=["44.10.0.0/16"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "2600:1f18::10 is no private address",
    ),
    "a CIDR is not mapped": (
        endpoint(cidrs=["::ffff:a00:0/104"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "write the IPv4 address",
    ),
    "a CIDR is not mapped, with dots": (
        endpoint(cidrs=["::ffff:10.0.0.0/104"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "write the IPv4 address",
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


NOT_TOML: dict[str, tuple[str, str, int | None]] = {
    "a value is missing": ('region = "eu-west-1"\nmodels =\n', "not TOML: Invalid value", 2),
    "text without quotes": (
        "region = eu-west-1\nmodels = []\n",
        "not TOML: Invalid value; text stands in quotes",
        1,
    ),
    "the text ends too early": ('region = "eu-west-1', "not TOML", None),
    "a key is there twice": (
        'region = "a"\nregion = "b"\n',
        "not TOML: Cannot overwrite a value",
        2,
    ),
    "a byte order mark": ('\ufeffregion = "eu-west-1"', "byte order mark", 1),
    "an absurd number": ("retry = { quota = " + "1" * 5000 + " }", "not TOML", None),
    "too many brackets": ("models = " + "[" * 100_000, "nested too deeply", None),
    "too deep for a policy": ("models = [[[[[[[[[[]]]]]]]]]]", "nested too deeply", None),
    "too long": ("# " + "x" * 1024 * 1024, "longer than 1 MiB", None),
}


@pytest.mark.parametrize("sentence", NOT_TOML)
def test_what_is_not_toml_is_one_problem(sentence: str) -> None:
    text, message, line = NOT_TOML[sentence]
    with pytest.raises(PolicyInvalid) as error:
        Policy.from_toml(text, file="p.toml")
    (problem,) = error.value.problems
    assert message in problem.message
    assert problem.file == "p.toml"
    assert problem.line == line or (line is None and sentence == "the text ends too early")


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


PROFILE = "eu.zai.glm-4.6"
RESIDENCY: dict[str, tuple[dict[str, Any], str, str]] = {
    "an empty list of Regions is not taken for none": (
        {"regions": []},
        "residency.regions",
        "would allow none",
    ),
    "a Region that is none": ({"regions": ["Ireland"]}, "residency.regions[0]", "AWS Region"),
    "a Region of another partition": (
        {"regions": ["eu-west-1", "us-gov-west-1"]},
        "residency.regions[1]",
        "us-gov-west-1 is of partition aws-us-gov, the policy's Region of aws",
    ),
    "a destination of another partition": (
        {"profiles": {PROFILE: ["cn-north-1"]}},
        f'residency.profiles."{PROFILE}"[0]',
        "of partition aws-cn",
    ),
    "profiles that are no table": ({"profiles": [PROFILE]}, "residency.profiles", "a table"),
    "a profile without destinations": (
        {"profiles": {PROFILE: []}},
        f'residency.profiles."{PROFILE}"',
        "would allow none",
    ),
    "a profile with one destination as a string": (
        {"profiles": {PROFILE: "eu-west-1"}},
        f'residency.profiles."{PROFILE}"',
        "a list of Regions",
    ),
    "a profile that is none": (
        {"profiles": {"eu.claude": ["eu-west-1"]}},
        'residency.profiles."eu.claude"',
        "geography",
    ),
    "destinations of a base id": (
        {"profiles": {"zai.glm-4.6": ["eu-west-1"]}},
        'residency.profiles."zai.glm-4.6"',
        "only profiles, prompt routers and prompts have destinations",
    ),
    "a glob": (
        {"profiles": {"zai.glm-*": ["eu-west-1"]}},
        "residency.profiles.<a string of 9 characters>",
        "a character other than",
    ),
}


@pytest.mark.parametrize("sentence", RESIDENCY)
def test_what_can_not_hold_of_residency_is_a_problem(sentence: str) -> None:
    written, key, message = RESIDENCY[sentence]
    (problem,) = problems(residency=written)
    assert problem.key == key
    assert message in problem.message


def test_regions_of_another_partition_are_told_with_every_other_problem() -> None:
    found = problems(
        residency={"regions": ["us-gov-west-1", "x"], "profiles": {"y": 1}}, models=["*"]
    )
    assert {problem.key for problem in found} == {
        "models[0]",
        "residency.regions[0]",
        "residency.regions[1]",
        "residency.profiles.y",
    }


@pytest.mark.parametrize(
    ("region", "residency"), [("nowhere", {"regions": ["eu-west-1"]}), ("eu-west-1", ["x"])]
)
def test_partitions_are_compared_only_where_there_are_two(region: str, residency: Any) -> None:
    found = problems(region=region, residency=residency)
    assert not any("partition" in problem.message for problem in found)
