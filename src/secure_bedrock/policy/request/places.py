"""What a request may name beside models: buckets that the policy lists, resources that are its own, no URL."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.model.identifiers import ProfileId, parse_model_id
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.tool_types import OFFERED
from secure_bedrock.policy.shown import shown
from secure_bedrock.values import Decision, partition_of
from secure_bedrock.values.arns import AWS, Arn, parse_arn

# Bucket naming rules of the S3 user guide ("General purpose bucket naming rules", read 2026-11-20).
BUCKET: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]", re.ASCII)
_RESOURCE: Final = re.compile(r"[A-Za-z0-9._:/+=@$-]+", re.ASCII)

# An identifier without `arn:` has no part that could be an account or a host: no `:`, and a `/` only in names that
# have paths. By kind, what may stand beside letters, digits and `_-+=@.`: patterns of FunctionName, PromptIdentifier,
# KmsKeyId, LogGroupName, ToolSecretName and the stores' members, botocore 1.44.5, read 2026-11-20.
_BARE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=@-]{0,2047}", re.ASCII)
_BARE_BY_KIND: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.LAMBDA: re.compile(r"[A-Za-z0-9_-]{1,140}", re.ASCII),
    Kind.PROMPT: re.compile(r"[A-Za-z0-9]{10}(?::[0-9]{1,5})?", re.ASCII),
    Kind.KEY: re.compile(r"(?:alias/[A-Za-z0-9/_-]{1,250}|[A-Za-z0-9-]{1,128})", re.ASCII),
    Kind.ROLE: re.compile(r"[A-Za-z0-9_+=@-]{1,128}", re.ASCII),
    # A name without a dot is no host's; what begins with `/` is a log group.
    Kind.STORE: re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,511}|(?:/[A-Za-z0-9._-]+){1,32}", re.ASCII),
    Kind.SECRET: re.compile(r"[A-Za-z0-9_+=.@-]+(?:/[A-Za-z0-9_+=.@-]+){0,32}", re.ASCII),
    # `eu.guardrail.v1:0` is a profile; its grammar is a model id's.
    Kind.GUARDRAIL: re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,2047}", re.ASCII),
}

# How the ARN's service and resource begin, for the kinds that are another service's.
_RESOURCES: Final[Mapping[Kind, tuple[str, tuple[str, ...]]]] = {
    Kind.LAMBDA: ("lambda", ("function:",)),
    Kind.KEY: ("kms", ("key/", "alias/")),
    Kind.ROLE: ("iam", ("role/", "instance-profile/")),
}
# AWS's own resources, with the account that stands in their ARNs: evaluators of AgentCore (no account, no Region), its
# browser and code interpreter, Data Automation's public blueprints, projects and profiles. Patterns of EvaluatorArn,
# BrowserArn, CodeInterpreterArn, BlueprintArn, DataAutomationProjectArn and -ProfileArn, botocore 1.44.5, read
# 2026-11-20. Prompt routers and foundation models are models; a guardrail profile's ARN has the caller's account.
_AWS_OWN: Final[Mapping[Kind, tuple[str, tuple[str, ...]]]] = {
    Kind.EVALUATOR: ("", ("evaluator/Builtin.", "evaluator/ThirdParty.")),
    Kind.RESOURCE: (
        AWS,
        (
            "browser/aws.",
            "browser-custom/aws.",
            "code-interpreter/aws.",
            "code-interpreter-custom/aws.",
        ),
    ),
    Kind.AUTOMATION: (
        AWS,
        ("blueprint/", "data-automation-project/", "data-automation-profile/"),
    ),
}
_COPY: Final = "copy the ARN from AWS as it is"
_NO_REGION: Final = frozenset({Kind.ROLE, Kind.EVALUATOR, Kind.RESOURCE})

_RUN_THERE: Final = (
    "system-tool",
    "the request asks for a tool that AWS runs, and no policy can allow one",
)
_NEVER: Final = {
    Kind.URL: ("url", "the request names a URL, and no policy can allow one"),
    Kind.SYSTEM_TOOL: _RUN_THERE,
    Kind.BUILT_IN: _RUN_THERE,
    Kind.KEPT: (
        "kept-content",
        "the request names content that the service keeps, or lets it keep some, and no policy can allow that",
    ),
}

_INSTEAD: Final = {
    Kind.URL: "leave the URL out, and send what it leads to in the request itself",
    Kind.SYSTEM_TOOL: "leave the tool out, and run it in your own code",
    Kind.BUILT_IN: "leave the tool out, and run it in your own code",
    Kind.KEPT: "leave it out, and send what the model should know in the request itself",
}


def refuse_place(
    kind: Kind, value: object, home: Home, buckets: Collection[str]
) -> Decision | None:
    """The refusal of what the value names, or None where it may be named; total over every object.

    An identifier without `arn:` is of the account that is called, and so may hold nothing that names another one, nor
    a host. Reasons never repeat the value.
    """
    if kind is Kind.BUILT_IN and type(value) is str and value in OFFERED:
        return None
    if kind in _NEVER:
        rule, reason = _NEVER[kind]
        step = _INSTEAD.get(kind, "leave it out of the request")
        return Decision(False, rule, reason, next_step=step)
    if type(value) is not str:
        reason = f"a {kind.value} is named by a string"
        return Decision(False, "member-ambiguous", reason, next_step="pass a string")
    if kind is Kind.S3:
        return _decide_bucket(value, buckets)
    if kind is Kind.ACCOUNT:
        return None if value in home.accounts else _foreign("the account that the request names")
    if value.startswith("arn:"):
        refusal = _decide_arn(kind, value, home)
        if refusal is not None or kind is not Kind.GUARDRAIL:
            return refusal
        return _decide_guardrail(value)
    if not _BARE_BY_KIND.get(kind, _BARE).fullmatch(value) or value[:4].lower() == "arn:":
        reason = f"the {kind.value} is not named by an identifier"
        return Decision(False, "identifier", reason, next_step="name it by its id or its ARN")
    return _decide_guardrail(value) if kind is Kind.GUARDRAIL else None


def guardrail_profile(name: str) -> ProfileId | None:
    """The profile that tells where a guardrail judges (`eu.guardrail.v1:0`, alone or in an ARN); None for a guardrail.

    A guardrail's id has no dot. Raises ValueError for what has one and is no profile.
    """
    if "." not in name:
        return None
    profile = parse_model_id(name.rpartition("/")[2])
    if not isinstance(profile, ProfileId):
        raise ValueError("a guardrail's profile begins with a geography")  # noqa: TRY004 a value of another kind
    return profile


def bucket_of(location: str) -> str | None:
    """The bucket of `s3://bucket/key`, of an S3 ARN or of a bucket's name alone; None where it can't be told."""
    for prefix in ("s3://", "arn:aws:s3:::", "arn:aws-us-gov:s3:::", "arn:aws-cn:s3:::"):
        if location.startswith(prefix):
            bucket = location.removeprefix(prefix).partition("/")[0]
            break
    else:
        bucket = location
    return bucket if BUCKET.fullmatch(bucket) else None


def _decide_guardrail(name: str) -> Decision | None:
    try:
        guardrail_profile(name)
    except ValueError:
        reason = "the guardrail is named by no id, ARN or profile"
        return Decision(False, "identifier", reason, next_step="name it by its id or its ARN")
    return None


def _decide_bucket(location: str, buckets: Collection[str]) -> Decision | None:
    bucket = bucket_of(location)
    if bucket is None:
        reason = "the S3 location does not tell its bucket"
        return Decision(False, "s3-location", reason, next_step="write s3://BUCKET/KEY")
    if bucket in buckets:
        return None
    reason = f"the request names the bucket {shown(bucket)}, which is not on operations.s3_buckets"
    return Decision(False, "s3-bucket", reason, next_step="add the bucket if requests may name it")


def _decide_arn(kind: Kind, text: str, home: Home) -> Decision | None:
    arn = _parsed(text)
    if arn is None:
        reason = f"the {kind.value}'s ARN is malformed"
        return Decision(False, "identifier", reason, next_step=_COPY)
    if kind in _RESOURCES:
        owner, beginnings = _RESOURCES[kind]
        if arn.service != owner or not arn.resource.startswith(beginnings):
            reason = f"the ARN is not that of a {kind.value}"
            return Decision(False, "identifier", reason, next_step=_COPY)
    here = (None, home.region) if kind in _NO_REGION else (home.region,)
    if arn.partition != partition_of(home.region) or arn.region not in here:
        reason = f"the {kind.value}'s ARN is not of partition and Region {home.region}"
        step = "name one of the policy's own Region, or write a policy for that Region"
        return Decision(False, "arn-region", reason, next_step=step)
    if arn.account in home.accounts or _is_aws_own(kind, arn):
        return None
    return _foreign(f"the account of the {kind.value}'s ARN")


def _parsed(text: str) -> Arn | None:
    """The ARN, unless its resource holds what no resource's name does: another ARN, or a URL's characters."""
    try:
        arn = parse_arn(text)
    except ValueError:
        return None
    plain = _RESOURCE.fullmatch(arn.resource) and "arn:" not in arn.resource.lower()
    return arn if plain else None


def _is_aws_own(kind: Kind, arn: Arn) -> bool:
    owner, beginnings = _AWS_OWN.get(kind, ("", ()))
    return arn.account == owner and arn.resource.startswith(beginnings)


def _foreign(what: str) -> Decision:
    reason = f"{what} is not one of models.accounts"
    return Decision(False, "arn-account", reason, next_step="add the account if it is yours")
