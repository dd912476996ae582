"""Inference profiles and prompt routers of a local control plane, and how its listings tell of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from secure_bedrock.testing.vpc_facts import OWNER

_BASE: Final = "amazon.nova-lite-v1:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProfile:
    """An inference profile or a prompt router, which goes by its ARN: where it leads is given by ARNs.

    `regions` make the ARNs of one foundation model in each of them; `targets` are further ARNs, as they are.
    """

    name: str
    regions: Sequence[str] = ()
    targets: Sequence[str] = ()
    kind: str = "SYSTEM_DEFINED"

    def arns(self) -> list[str]:
        """The ARNs of what the profile leads to."""
        base = self.name.split(".", 1)[-1] if self.kind == "SYSTEM_DEFINED" else _BASE
        return [
            *(f"arn:aws:bedrock:{region}::foundation-model/{base}" for region in self.regions),
            *self.targets,
        ]


def profile_summary(profile: LocalProfile, region: str) -> dict[str, Any]:
    """The profile as ListInferenceProfiles tells of it."""
    head = f"arn:aws:bedrock:{region}:{OWNER}:inference-profile/"
    own = profile.name.startswith("arn:")
    return {
        **_common(profile),
        "inferenceProfileName": "made up",
        "inferenceProfileArn": profile.name if own else head + profile.name,
        "inferenceProfileId": profile.name.rpartition("/")[2],
    }


def router_summary(router: LocalProfile) -> dict[str, Any]:
    """The router as ListPromptRouters tells of it.

    The last target is the fallback model, as a router's is one of its models or another.
    """
    *models, fallback = router.arns()
    return {
        **_common(router),
        "promptRouterName": "made up",
        "promptRouterArn": router.name,
        "routingCriteria": {"responseQualityDifference": 0.0},
        "models": [{"modelArn": arn} for arn in models],
        "fallbackModel": {"modelArn": fallback},
    }


def _common(profile: LocalProfile) -> Mapping[str, Any]:
    return {
        "models": [{"modelArn": arn} for arn in profile.arns()],
        "status": "ACTIVE",
        "type": profile.kind,
        "createdAt": "2026-01-15T09:30:00Z",
        "updatedAt": "2026-01-15T09:30:00Z",
    }
