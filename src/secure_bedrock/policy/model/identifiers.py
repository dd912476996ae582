"""What a Bedrock model identifier is: parsed into a frozen value or refused, never normalised.

Sources: the patterns of ConversationalModelId, InvokeModelIdentifier, FoundationModelArn, CustomModelArn,
EvaluationBedrockModelIdentifier and PromptRouterArn in botocore 1.44.5's bedrock and bedrock-runtime models
(read 2026-11-20). AWS's patterns are wider than what exists and botocore does not enforce them, so the grammar
here is narrower: what it does not know is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from secure_bedrock.values import Region, parse_region, partition_of
from secure_bedrock.values.arns import is_account, parse_arn

MAX_LENGTH: Final = 2048  # ConversationalModelId.max, botocore 1.44.5, read 2026-11-20

# Prefixes of system-defined inference profiles and the partition each lives in. The names are those of the
# "Supported Regions and models for inference profiles" page of the Bedrock user guide, checked 2026-11-20.
GEOGRAPHIES: Final = {
    "us": "aws",
    "eu": "aws",
    "apac": "aws",
    "jp": "aws",
    "au": "aws",
    "ca": "aws",
    "global": "aws",
    "us-gov": "aws-us-gov",
}

_CHARACTERS = re.compile(r"[A-Za-z0-9.:/_-]+", re.ASCII)
_MAX_PART = 63  # length of one name part in AWS's patterns
PROVIDER: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
# A dot inside a name starts a number (glm-4.6): a letter there would be a profile of an unknown geography.
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[0-9][a-z0-9]*(?:-[a-z0-9]+)*){0,2}"
_BASE = re.compile(
    rf"({PROVIDER})\.({_NAME})(?::(0|[1-9][0-9]{{0,3}})(?::([1-9][0-9]{{0,4}}[km]?|mm))?)?",
    re.ASCII,
)
_ID = r"[a-z0-9]{12}"
_SAGEMAKER_ENDPOINT = r"[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}"


@dataclass(frozen=True, slots=True)
class OpaqueKind:
    """A type of resource whose real model the ARN does not tell: each is judged by exact match only.

    `pattern` is that of its name: compiled when first asked for, most policies name no such ARN. What `stays` answers
    in the Region of its ARN; every other one may send a request elsewhere (a prompt, because it may name a profile).
    What is `invoked` is a resource type that IAM's invoking actions know.
    """

    pattern: str
    service: str = "bedrock"
    stays: bool = False
    invoked: bool = True


# Source, beside those above: the Service Authorization Reference of Amazon Bedrock (read 2026-11-20).
OPAQUE_KINDS: Final[Mapping[str, OpaqueKind]] = {
    "application-inference-profile": OpaqueKind(_ID),
    "provisioned-model": OpaqueKind(_ID, stays=True),
    "custom-model-deployment": OpaqueKind(_ID, stays=True),
    "imported-model": OpaqueKind(_ID, stays=True),
    "prompt": OpaqueKind(r"[A-Za-z0-9]{10}:[1-9][0-9]{0,4}", invoked=False),
    "prompt-router": OpaqueKind(_ID),
    "default-prompt-router": OpaqueKind(rf"{PROVIDER}\.{_NAME}:[1-9][0-9]{{0,3}}"),
    "custom-model": OpaqueKind(rf"(?:imported|{_BASE.pattern})/{_ID}", stays=True, invoked=False),
    "endpoint": OpaqueKind(_SAGEMAKER_ENDPOINT, "sagemaker", stays=True, invoked=False),
}
"""By resource type, as it stands in the ARN."""


@dataclass(frozen=True, slots=True)
class BaseId:
    """A foundation model's id: `provider.name[:version[:context]]`."""

    provider: str
    name: str
    version: str | None = None
    context: str | None = None

    def format(self) -> str:
        """The id as it was written."""
        suffix = "".join(f":{part}" for part in (self.version, self.context) if part is not None)
        return f"{self.provider}.{self.name}{suffix}"


@dataclass(frozen=True, slots=True)
class ProfileId:
    """A system-defined inference profile's id: a geography and a base id (`eu.anthropic.…`)."""

    geography: str
    base: BaseId

    def format(self) -> str:
        """The id as it was written."""
        return f"{self.geography}.{self.base.format()}"


@dataclass(frozen=True, slots=True)
class FoundationModelArn:
    """`arn:…:bedrock:REGION::foundation-model/BASE`; it belongs to no account."""

    region: Region
    base: BaseId

    def format(self) -> str:
        """The ARN as it was written."""
        partition = partition_of(self.region)
        return f"arn:{partition}:bedrock:{self.region}::foundation-model/{self.base.format()}"


@dataclass(frozen=True, slots=True)
class ProfileArn:
    """`arn:…:bedrock:REGION:ACCOUNT:inference-profile/PROFILE`, of a system-defined profile."""

    region: Region
    account: str
    profile: ProfileId

    def format(self) -> str:
        """The ARN as it was written."""
        head = f"arn:{partition_of(self.region)}:bedrock:{self.region}:{self.account}"
        return f"{head}:inference-profile/{self.profile.format()}"


@dataclass(frozen=True, slots=True)
class OpaqueArn:
    """An ARN that does not tell which model answers; `kind` is its resource type, `name` the rest."""

    service: str
    region: Region
    account: str
    kind: str
    name: str

    def format(self) -> str:
        """The ARN as it was written."""
        head = f"arn:{partition_of(self.region)}:{self.service}:{self.region}:{self.account}"
        return f"{head}:{self.kind}/{self.name}"


ModelId = BaseId | ProfileId | FoundationModelArn | ProfileArn | OpaqueArn


def parse_model_id(text: object) -> ModelId:
    """Return the parsed identifier, or raise ValueError whose message does not repeat the text."""
    if not isinstance(text, str):
        raise ValueError("a model identifier is a string")  # noqa: TRY004 one error for every refusal
    if not text or len(text) > MAX_LENGTH:
        raise ValueError(f"a model identifier has 1 to {MAX_LENGTH} characters")
    if not _CHARACTERS.fullmatch(text):
        raise ValueError("it holds a character other than A-Z a-z 0-9 . : / _ -")
    if text.startswith("arn:"):
        return _parse_arn(text)
    geography, dot, rest = text.partition(".")
    if dot and geography in GEOGRAPHIES:
        return ProfileId(geography, parse_base_id(rest))
    return parse_base_id(text)


def parse_base_id(text: str) -> BaseId:
    """Return the parsed base id (`provider.name[:version[:context]]`), or raise ValueError."""
    match = _BASE.fullmatch(text)
    if match is None:
        raise ValueError(
            "it is no identifier that Bedrock accepts: provider.name[:version[:context]], the same after a "
            "geography (us. eu. apac. jp. au. ca. us-gov. global.), or an ARN"
        )
    provider, name, version, context = match.groups()
    if provider in GEOGRAPHIES:
        raise ValueError("a geography must be followed by provider.name")
    if max(len(provider), len(name)) > _MAX_PART:
        raise ValueError(f"a provider or model name is longer than {_MAX_PART} characters")
    return BaseId(provider, name, version, context)


def profile_of(model: ModelId) -> ProfileId | None:
    """The system profile that an identifier names, as id or as ARN; None for everything else."""
    if isinstance(model, ProfileArn):
        return model.profile
    return model if isinstance(model, ProfileId) else None


def _parse_arn(text: str) -> ModelId:
    """The model that an ARN names; partition and Region have to belong together."""
    arn = parse_arn(str.__str__(text))  # a StrEnum's member is what it holds
    region = parse_region(arn.region)
    if arn.partition != partition_of(region):
        raise ValueError("the ARN's partition is not that of its Region")
    kind, _, name = arn.resource.partition("/")
    if (arn.service, kind) == ("bedrock", "foundation-model"):
        if arn.account:
            raise ValueError("a foundation model's ARN names no account")
        return FoundationModelArn(region, parse_base_id(name))
    if not is_account(arn.account):
        raise ValueError("the ARN's account is not 12 digits")
    return _parse_owned(arn.service, region, arn.account, kind, name)


def _parse_owned(service: str, region: Region, account: str, kind: str, name: str) -> ModelId:
    """The model that an ARN with an account names."""
    if (service, kind) == ("bedrock", "inference-profile"):
        profile = parse_model_id(name)
        if not isinstance(profile, ProfileId):
            raise ValueError("an inference-profile ARN names a system-defined profile (eu.…)")
        return ProfileArn(region, account, profile)
    known = OPAQUE_KINDS.get(kind)
    if known is None or known.service != service:
        raise ValueError("the ARN is not of a model, profile, prompt, router or endpoint")
    if not re.fullmatch(known.pattern, name, re.ASCII):
        hint = " (name its version: the draft may change)" if kind == "prompt" else ""
        raise ValueError(f"the part after {kind}/ is malformed{hint}")
    return OpaqueArn(service, region, account, kind, name)
