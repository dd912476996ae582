"""What may be named beside models: each part of a bucket's, an account's and a resource's name counts."""

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.model.identifiers import parse_model_id
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.request.places import bucket_of, guardrail_profile
from secure_bedrock.values import Decision

ACCOUNT = "111122223333"
OTHER = "999988887777"


def policy(region: str = "eu-west-1") -> Policy:
    return Policy(
        region=region,
        models={"allow": ["amazon.nova-lite-v1:0"], "accounts": [ACCOUNT]},
        operations={"s3_buckets": ["reports"]},
    )


def refusal(kind: Kind, value: object, region: str = "eu-west-1") -> Decision | None:
    return policy(region).refuse_place(kind, value)


def rule_of(kind: Kind, value: object, region: str = "eu-west-1") -> str | None:
    """The rule of the refusal, None where the value may be named."""
    refused = refusal(kind, value, region)
    assert refused is None or refused.allowed is False
    return None if refused is None else refused.rule


BUCKETS: dict[str, tuple[str, str | None]] = {
    "a URL of S3": ("s3://reports/2026/q4.csv", "reports"),
    "a URL without a key": ("s3://reports", "reports"),
    "a URL with an empty key": ("s3://reports/", "reports"),
    "an ARN": ("arn:aws:s3:::reports/x/y", "reports"),
    "an ARN in GovCloud": ("arn:aws-us-gov:s3:::reports/x", "reports"),
    "an ARN in China": ("arn:aws-cn:s3:::reports/x", "reports"),
    "a name": ("reports", "reports"),
    "a name with dots, hyphens and digits": ("0a.b-c9", "0a.b-c9"),
    "the shortest name": ("abc", "abc"),
    "the longest name": ("a" * 63, "a" * 63),
    "too short a name": ("ab", None),
    "too long a name": ("a" * 64, None),
    "nothing": ("", None),
    "a URL of nothing": ("s3:///key", None),
    "a name that begins with a hyphen": ("-reports", None),
    "a name that ends with a dot": ("reports.", None),
    "a name that holds an underscore": ("my_reports", None),
    "a name that holds a capital letter": ("rEports", None),
    "a name with a line end": ("reports\n", None),
    "a name behind a space": (" reports", None),
    "a key after a name": ("reports/x", None),
    "a prefix twice": ("s3://s3://reports", None),
    "a prefix at the end": ("reports/s3://", None),
    "another scheme": ("https://reports", None),
    "an access point": ("arn:aws:s3:eu-west-1:111122223333:accesspoint/reports", None),
}


@pytest.mark.parametrize(("location", "bucket"), BUCKETS.values(), ids=BUCKETS)
def test_a_location_tells_its_bucket_or_nothing(location: str, bucket: str | None) -> None:
    assert bucket_of(location) == bucket
    expected = "s3-location" if bucket is None else None if bucket == "reports" else "s3-bucket"
    assert rule_of(Kind.S3, location) == expected


def test_a_bucket_that_is_not_listed_is_named() -> None:
    refused = refusal(Kind.S3, "s3://elsewhere/secret-key")
    assert refused is not None
    assert "elsewhere" in refused.reason
    assert "secret-key" not in refused.reason
    assert refused.next_step == "add the bucket if requests may name it"


def agent(
    *, partition: str = "aws", region: str = "eu-west-1", account: str = ACCOUNT, rest: str = "agent/A"
) -> str:  # fmt: skip
    return f"arn:{partition}:bedrock:{region}:{account}:{rest}"


RESOURCES: dict[str, tuple[str, str | None]] = {
    "an id": ("ABCDEFGHIJ", None),
    "an id of one character": ("A", None),
    "an id of every character": ("a._+=@-0Z", None),
    "an id with a colon": ("a:b", "identifier"),
    "an id with a slash": ("a/b", "identifier"),
    "the longest id": ("a" * 2048, None),
    "too long an id": ("a" * 2049, "identifier"),
    "nothing": ("", "identifier"),
    "an id that begins with a hyphen": ("-A", "identifier"),
    "an id with a space": ("A B", "identifier"),
    "an id with a line end": ("A\n", "identifier"),
    "an id behind a space": (" A", "identifier"),
    "an id outside ASCII": ("Aé", "identifier"),
    "a URL": ("https://example.com", "identifier"),
    "a URL's middle": ("a://b", "identifier"),
    "two slashes": ("a//b", "identifier"),
    "a word that begins as an ARN does": ("arnold", None),
    "an ARN of capital letters": (agent().upper(), "identifier"),
    "an ARN of the account": (agent(), None),
    "an ARN without a Region": (agent(region=""), "arn-region"),
    "an ARN with colons in its last part": (agent(rest="agent:A:1"), None),
    "an ARN of nobody's": (agent(account=""), "arn-account"),
    "an ARN of AWS's": (agent(account="aws"), "arn-account"),
    "an ARN in an ARN": (agent(rest="agent/A:ARN:aws:x"), "identifier"),
    "an ARN of another account": (agent(account=OTHER), "arn-account"),
    "an ARN of another Region": (agent(region="us-east-1"), "arn-region"),
    "an ARN of another partition": (agent(partition="aws-cn"), "arn-region"),
    "an ARN of another partition without a Region": (
        agent(partition="aws-cn", region=""),
        "arn-region",
    ),
    "an ARN of what is no Region": (agent(region="eu"), "identifier"),
    "an ARN of what is no account": (agent(account="1"), "identifier"),
    "an ARN of what is no partition": (agent(partition="aws-evil"), "identifier"),
    "an ARN with a character that no name has": (agent(rest="agent/A?"), "identifier"),
    "an ARN of no resource": (agent(rest=""), "identifier"),
    "an ARN of five parts": (f"arn:aws:bedrock:eu-west-1:{ACCOUNT}", "identifier"),
    "an ARN of a prefix alone": ("arn:", "identifier"),
    "an ARN with a space": (agent(rest="agent/A B"), "identifier"),
    "an ARN with a line end": (agent(rest="agent/A\n"), "identifier"),
    "the longest ARN": (agent(rest="a" * (2048 - len(agent(rest="")))), None),
    "too long an ARN": (agent(rest="a" * (2049 - len(agent(rest="")))), "identifier"),
}


@pytest.mark.parametrize(("value", "rule"), RESOURCES.values(), ids=RESOURCES)
@pytest.mark.parametrize("kind", [Kind.AGENT, Kind.FLOW, Kind.MEMORY])
def test_a_resource_is_named_by_an_identifier_or_an_arn_of_the_policys_own(
    kind: Kind, value: str, rule: str | None
) -> None:
    assert rule_of(kind, value) == rule


def test_an_arn_of_another_partitions_region_is_of_that_partition() -> None:
    own = agent(partition="aws-us-gov", region="us-gov-west-1")
    assert rule_of(Kind.AGENT, own, "us-gov-west-1") is None
    assert rule_of(Kind.AGENT, agent(region="us-gov-west-1"), "us-gov-west-1") == "arn-region"


GUARDRAILS: dict[str, tuple[str, str | None]] = {
    "an id": ("abc123def456", None),
    "a profile": ("eu.guardrail.v1:0", None),
    "an ARN": (agent(rest="guardrail/abc123def456"), None),
    "an ARN of a profile": (agent(rest="guardrail-profile/eu.guardrail.v1:0"), None),
    "a model": ("amazon.nova-lite-v1:0", "identifier"),
    "a dotted word": ("abc.def", "identifier"),
    "an ARN of a dotted word": (agent(rest="guardrail/abc.def"), "identifier"),
    "an ARN of another account": (
        agent(rest="guardrail/abc123def456", account=OTHER),
        "arn-account",
    ),
    "a text with a space": ("abc 123", "identifier"),
    "an id that begins with a hyphen": ("-abc", "identifier"),
    "the longest id": ("a" * 2048, None),
    "too long an id": ("a" * 2049, "identifier"),
    "what begins as an ARN of capital letters": ("ARN:aws:bedrock", "identifier"),
    "a word and a colon as an ARN's": ("arnold:1", None),
}


@pytest.mark.parametrize(("name", "rule"), GUARDRAILS.values(), ids=GUARDRAILS)
def test_a_guardrail_is_named_by_an_id_an_arn_or_a_profile(name: str, rule: str | None) -> None:
    assert rule_of(Kind.GUARDRAIL, name) == rule


def test_what_a_guardrail_alone_may_not_be_another_resource_may() -> None:
    assert rule_of(Kind.AGENT, "abc.def") is None
    assert rule_of(Kind.AGENT, agent(rest="agent/abc.def")) is None


def test_a_guardrails_profile_tells_where_it_judges() -> None:
    profile = parse_model_id("eu.guardrail.v1:0")
    assert guardrail_profile("eu.guardrail.v1:0") == profile
    assert guardrail_profile(agent(rest="guardrail-profile/eu.guardrail.v1:0")) == profile
    assert guardrail_profile("abc123def456") is None
    assert guardrail_profile(agent(rest="guardrail/abc123def456")) is None
    with pytest.raises(ValueError, match="begins with a geography"):
        guardrail_profile("amazon.nova-lite-v1:0")


def test_an_account_is_one_of_the_policys() -> None:
    assert rule_of(Kind.ACCOUNT, ACCOUNT) is None
    assert rule_of(Kind.ACCOUNT, OTHER) == "arn-account"
    assert rule_of(Kind.ACCOUNT, "") == "arn-account"
    refused = refusal(Kind.ACCOUNT, OTHER)
    assert refused is not None
    assert refused.next_step == "add the account if it is yours"


NEVER: dict[Kind, tuple[str, str, str]] = {
    Kind.KEPT: (
        "kept-content",
        "the request names content that the service keeps, or lets it keep some, and no policy can allow that",
        "leave it out, and send what the model should know in the request itself",
    ),
    Kind.URL: (
        "url",
        "the request names a URL, and no policy can allow one",
        "leave the URL out, and send what it leads to in the request itself",
    ),
    **dict.fromkeys(
        (Kind.SYSTEM_TOOL, Kind.BUILT_IN),
        (
            "system-tool",
            "the request asks for a tool that AWS runs, and no policy can allow one",
            "leave the tool out, and run it in your own code",
        ),
    ),
}


@pytest.mark.parametrize("kind", NEVER)
@pytest.mark.parametrize("value", ["reports", "", None, 7])
def test_some_things_no_policy_can_allow(kind: Kind, value: object) -> None:
    refused = refusal(kind, value)
    assert refused is not None
    assert (refused.rule, refused.reason, refused.next_step) == NEVER[kind]


class Text(str):
    """A str that is none of the plain ones."""

    __slots__ = ()


@pytest.mark.parametrize("kind", [Kind.S3, Kind.ACCOUNT, Kind.AGENT])
@pytest.mark.parametrize("value", [7, None, ["reports"], b"reports", Text("reports")])
def test_a_place_is_named_by_plain_text(kind: Kind, value: object) -> None:
    assert rule_of(kind, value) == "member-ambiguous"


BARE: dict[Kind, tuple[list[str], list[str]]] = {
    Kind.LAMBDA: (["f", "my-function_1", "f" * 140], ["f" * 141, "f:1", "a/b", "a.b", ""]),
    Kind.PROMPT: (
        ["ABCDEFGHIJ", "ABCDEFGHIJ:12345"],
        [
            *("ABCDEFGHIJ:", "ABCDEFGHI:1", "A:B", "ABCDEFGH_J", "ABCDEFGHIJ:v1"),
            "ABCDEFGHIJ:123456",
        ],
    ),
    Kind.KEY: (
        ["alias/a/b_c-1", "0e1e-2e", "alias/" + "a" * 250, "a" * 128],
        ["alias/", "key/a", "a_b", "a:b", "alias/a.b", "alias/" + "a" * 251, "a" * 129],
    ),
    Kind.ROLE: (["my_role+=@-", "a" * 128], ["role/a", "a.b", "a:b", "", "a" * 129]),
    Kind.STORE: (
        ["a", "a_b-1", "/aws/a.b/c", "a" * 512, "/a" * 32],
        ["a.b", "/", "//a", "/a//b", "a/b", "-a", "a" * 513, "/a" * 33],
    ),
    Kind.SECRET: (
        ["a", "a/b.c@d", "a" + "/a" * 32],
        ["/a", "a//b", "a/", "a:b", "a" + "/a" * 33],
    ),
}


@pytest.mark.parametrize("kind", BARE)
def test_a_name_that_is_no_arn_is_of_the_accounts_own(kind: Kind) -> None:
    taken, refused = BARE[kind]
    assert [name for name in taken if rule_of(kind, name) is not None] == []
    assert [name for name in refused if rule_of(kind, name) != "identifier"] == []


def of(service: str, rest: str, *, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


OF_OTHER_SERVICES: dict[str, tuple[Kind, str, str | None]] = {
    "a function": (Kind.LAMBDA, of("lambda", "function:f"), None),
    "a layer": (Kind.LAMBDA, of("lambda", "layer:f"), "identifier"),
    "a function of what is not Lambda": (Kind.LAMBDA, of("states", "function:f"), "identifier"),
    "a key": (Kind.KEY, of("kms", "key/a"), None),
    "a key's alias": (Kind.KEY, of("kms", "alias/a"), None),
    "a key's grant": (Kind.KEY, of("kms", "grant/a"), "identifier"),
    "a key of what is not KMS": (Kind.KEY, of("s3", "key/a"), "identifier"),
    "a role": (Kind.ROLE, of("iam", "role/a", region=""), None),
    "an instance profile": (Kind.ROLE, of("iam", "instance-profile/a", region=""), None),
    "a user": (Kind.ROLE, of("iam", "user/a", region=""), "identifier"),
    "a role of what is not IAM": (Kind.ROLE, of("sts", "role/a", region=""), "identifier"),
    "whatever, without a Region": (Kind.RESOURCE, of("bedrock", "thing/a", region=""), None),
}


@pytest.mark.parametrize(
    ("kind", "value", "rule"), OF_OTHER_SERVICES.values(), ids=OF_OTHER_SERVICES
)
def test_an_arn_is_that_of_what_it_stands_for(kind: Kind, value: str, rule: str | None) -> None:
    assert rule_of(kind, value) == rule


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.AGENT, "arn:"), (Kind.KEY, of("kms", "grant/a"))],
    ids=["malformed", "of something else"],
)
def test_what_is_no_such_arn_is_to_be_copied(kind: Kind, value: str) -> None:
    refused = refusal(kind, value)
    assert refused is not None
    assert refused.next_step == "copy the ARN from AWS as it is"


AWS_OWN: dict[str, tuple[Kind, str, str]] = {
    "evaluator/Builtin.Helpfulness": (Kind.EVALUATOR, "", ""),
    "evaluator/ThirdParty.Helpfulness": (Kind.EVALUATOR, "", ""),
    "browser/aws.browser.v1": (Kind.RESOURCE, "eu-west-1", "aws"),
    "browser-custom/aws.browser.v1": (Kind.RESOURCE, "eu-west-1", "aws"),
    "code-interpreter/aws.codeinterpreter.v1": (Kind.RESOURCE, "eu-west-1", "aws"),
    "code-interpreter-custom/aws.codeinterpreter.v1": (Kind.RESOURCE, "eu-west-1", "aws"),
    "blueprint/bedrock-data-automation-public-invoice": (Kind.AUTOMATION, "eu-west-1", "aws"),
    "data-automation-project/public-default": (Kind.AUTOMATION, "eu-west-1", "aws"),
    "data-automation-profile/eu.data-automation-v1": (Kind.AUTOMATION, "eu-west-1", "aws"),
}


@pytest.mark.parametrize(("name", "whose"), AWS_OWN.items(), ids=AWS_OWN)
def test_what_is_awss_own_may_be_named_and_nobody_elses_of_that_name(
    name: str, whose: tuple[Kind, str, str]
) -> None:
    kind, region, account = whose
    assert rule_of(kind, of("bedrock", name, region=region, account=account)) is None
    assert rule_of(kind, of("bedrock", name, region=region, account=OTHER)) == "arn-account"
    other = of("bedrock", f"x-{name}", region=region, account=account)
    assert rule_of(kind, other) == "arn-account"


def test_a_tool_that_aws_does_not_run_is_named_where_a_built_in_one_is() -> None:
    assert rule_of(Kind.BUILT_IN, "inline_function") is None
    assert rule_of(Kind.SYSTEM_TOOL, "inline_function") == "system-tool"
    values: tuple[object, ...] = (Text("inline_function"), ["inline_function"], {})
    for value in values:
        assert rule_of(Kind.BUILT_IN, value) == "system-tool"
