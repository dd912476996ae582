"""The grammar of model identifiers: what parses, as what, and what is refused with which reason."""

from enum import StrEnum

import pytest

from secure_bedrock.policy import (
    BaseId,
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    ProfileArn,
    ProfileId,
    parse_model_id,
)
from secure_bedrock.policy.model.identifiers import profile_of
from secure_bedrock.values import Region

US_EAST = Region("us-east-1")
OWN = "111122223333"
HAIKU = BaseId("anthropic", "claude-3-haiku-20240307-v1", "0")

ACCEPTED: dict[str, tuple[str, ModelId]] = {
    "a base id": ("anthropic.claude-3-haiku-20240307-v1:0", HAIKU),
    "a base id without a version": ("minimax.minimax-m2", BaseId("minimax", "minimax-m2")),
    "a base id with a number after a dot": ("zai.glm-4.6", BaseId("zai", "glm-4.6")),
    "a base id with a context": (
        "amazon.titan-embed-text-v1:2:8k",
        BaseId("amazon", "titan-embed-text-v1", "2", "8k"),
    ),
    "a base id with a numeric context": (
        "cohere.embed-english-v3:0:512",
        BaseId("cohere", "embed-english-v3", "0", "512"),
    ),
    "a profile": ("eu.anthropic.claude-3-haiku-20240307-v1:0", ProfileId("eu", HAIKU)),
    "a GovCloud profile": (
        "us-gov.anthropic.claude-3-haiku-20240307-v1:0",
        ProfileId("us-gov", HAIKU),
    ),
    "a global profile": (
        "global.anthropic.claude-3-haiku-20240307-v1:0",
        ProfileId("global", HAIKU),
    ),
    "a foundation model's ARN": (
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        FoundationModelArn(US_EAST, HAIKU),
    ),
    "a profile's ARN": (
        f"arn:aws:bedrock:us-east-1:{OWN}:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0",
        ProfileArn(US_EAST, OWN, ProfileId("us", HAIKU)),
    ),
    "an application profile": (
        f"arn:aws:bedrock:us-east-1:{OWN}:application-inference-profile/a1b2c3d4e5f6",
        OpaqueArn("bedrock", US_EAST, OWN, "application-inference-profile", "a1b2c3d4e5f6"),
    ),
    "a custom model": (
        f"arn:aws:bedrock:us-east-1:{OWN}:custom-model/amazon.titan-text-lite-v1:0:4k/a1b2c3d4e5f6",
        OpaqueArn(
            "bedrock", US_EAST, OWN, "custom-model", "amazon.titan-text-lite-v1:0:4k/a1b2c3d4e5f6"
        ),
    ),
    "a custom model that was imported": (
        f"arn:aws:bedrock:us-east-1:{OWN}:custom-model/imported/a1b2c3d4e5f6",
        OpaqueArn("bedrock", US_EAST, OWN, "custom-model", "imported/a1b2c3d4e5f6"),
    ),
    "a versioned prompt": (
        f"arn:aws:bedrock:us-east-1:{OWN}:prompt/ABCDEFGHIJ:3",
        OpaqueArn("bedrock", US_EAST, OWN, "prompt", "ABCDEFGHIJ:3"),
    ),
    "a default prompt router": (
        f"arn:aws:bedrock:us-east-1:{OWN}:default-prompt-router/anthropic.claude:1",
        OpaqueArn("bedrock", US_EAST, OWN, "default-prompt-router", "anthropic.claude:1"),
    ),
    "a SageMaker endpoint": (
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/my-llm",
        OpaqueArn("sagemaker", US_EAST, OWN, "endpoint", "my-llm"),
    ),
    "a foundation model in China": (
        "arn:aws-cn:bedrock:cn-north-1::foundation-model/amazon.nova-lite-v1:0",
        FoundationModelArn(Region("cn-north-1"), BaseId("amazon", "nova-lite-v1", "0")),
    ),
}
for kind in ("provisioned-model", "custom-model-deployment", "imported-model", "prompt-router"):
    ACCEPTED[f"a {kind}"] = (
        f"arn:aws:bedrock:us-east-1:{OWN}:{kind}/a1b2c3d4e5f6",
        OpaqueArn("bedrock", US_EAST, OWN, kind, "a1b2c3d4e5f6"),
    )


@pytest.mark.parametrize("sentence", ACCEPTED)
def test_an_identifier_is_parsed_into_its_parts_and_back(sentence: str) -> None:
    text, parsed = ACCEPTED[sentence]
    assert parse_model_id(text) == parsed
    assert parsed.format() == text


REFUSED: dict[str, tuple[object, str]] = {
    "not a string": (7, "is a string"),
    "nothing": ("", "1 to 2048 characters"),
    "too long": ("a." + "b" * 2048, "1 to 2048 characters"),
    "a newline at the end": ("zai.glm-4.6\n", "a character other than"),
    "a fullwidth digit": ("zai.glm-\uff14", "a character other than"),
    "a name without a provider": ("my-provisioned-model", "no identifier that Bedrock accepts"),
    "upper case": ("ZAI.glm-4.6", "no identifier that Bedrock accepts"),
    "a version with a leading zero": (
        "anthropic.claude-v1:00",
        "no identifier that Bedrock accepts",
    ),
    "an unknown geography": ("uk.anthropic.claude-v1:0", "no identifier that Bedrock accepts"),
    "dots alone": ("..", "no identifier that Bedrock accepts"),
    "a geography and a name without a provider": (
        "us.claude-3",
        "no identifier that Bedrock accepts",
    ),
    "a geography twice": ("us.eu.claude-3", "a geography must be followed by provider.name"),
    "a provider that is too long": ("a" * 64 + ".b", "longer than 63"),
    "an ARN of three parts": ("arn:aws:bedrock", "fewer than six parts"),
    "an ARN without a Region": (
        "arn:aws:bedrock:::foundation-model/zai.glm-4.6",
        "name of an AWS Region",
    ),
    "a partition that is not the Region's": (
        "arn:aws-cn:bedrock:us-east-1::foundation-model/zai.glm-4.6",
        "partition is not that of its Region",
    ),
    "a foundation model of an account": (
        f"arn:aws:bedrock:us-east-1:{OWN}:foundation-model/zai.glm-4.6",
        "names no account",
    ),
    "a profile as a foundation model": (
        "arn:aws:bedrock:us-east-1::foundation-model/us.zai.glm-4.6",
        "no identifier that Bedrock accepts",
    ),
    "an account of eleven digits": (
        "arn:aws:bedrock:us-east-1:11112222333:imported-model/a1b2c3d4e5f6",
        "12 digits",
    ),
    "a base id as an inference profile": (
        f"arn:aws:bedrock:us-east-1:{OWN}:inference-profile/zai.glm-4.6",
        "system-defined profile",
    ),
    "a guardrail": (f"arn:aws:bedrock:us-east-1:{OWN}:guardrail/abc", "not of a model"),
    "another service": (f"arn:aws:lambda:us-east-1:{OWN}:endpoint/x", "not of a model"),
    "a SageMaker model": (f"arn:aws:sagemaker:us-east-1:{OWN}:model/m", "not of a model"),
    "a Bedrock resource called endpoint": (
        f"arn:aws:bedrock:us-east-1:{OWN}:endpoint/m",
        "not of a model",
    ),
    "a prompt's draft": (f"arn:aws:bedrock:us-east-1:{OWN}:prompt/ABCDEFGHIJ", "name its version"),
    "an imported model with a short id": (
        f"arn:aws:bedrock:us-east-1:{OWN}:imported-model/a1b2",
        "after imported-model/ is malformed",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_not_an_identifier_is_refused_with_a_reason_that_does_not_repeat_it(
    sentence: str,
) -> None:
    text, reason = REFUSED[sentence]
    with pytest.raises(ValueError, match=reason) as refusal:
        parse_model_id(text)
    if isinstance(text, str) and len(text) > 12:
        assert text not in str(refusal.value)


class Listed(StrEnum):
    """Identifiers as an application may keep them."""

    BASE = "zai.glm-4.6"
    ARN = f"arn:aws:bedrock:us-east-1:{OWN}:imported-model/abc123def456"


def test_a_member_of_an_enum_is_the_text_that_it_holds() -> None:
    for member in Listed:
        assert parse_model_id(member).format() == member.value


def test_only_profiles_have_a_profile() -> None:
    assert profile_of(ProfileId("eu", HAIKU)) == ProfileId("eu", HAIKU)
    assert profile_of(ProfileArn(US_EAST, OWN, ProfileId("us", HAIKU))) == ProfileId("us", HAIKU)
    assert profile_of(HAIKU) is None
