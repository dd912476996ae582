"""The forms that one model can be called by: base id, foundation-model ARN, system profiles and their ARNs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from secure_bedrock.values import partition_of

if TYPE_CHECKING:
    from secure_bedrock.policy import BaseId, ModelId, Policy

_KINDS = {
    "BaseId": "foundation model, by base id",
    "ProfileId": "system inference profile, by id",
    "FoundationModelArn": "foundation model, by ARN",
    "ProfileArn": "system inference profile, by ARN",
}


def kind_of(model: "ModelId") -> str:
    """What kind of identifier this is, for people."""
    from secure_bedrock.policy import OpaqueArn

    if isinstance(model, OpaqueArn):
        return f"{model.kind} ARN, which does not tell the model behind it"
    return _KINDS[type(model).__name__]


def admitted_forms(policy: "Policy", model: "ModelId", operation: str) -> tuple[str, ...]:
    """The other spellings of the same model that the policy admits for the operation."""
    base = _base_of(model)
    if base is None:
        return ()
    forms = (form for form in _forms(policy, base) if form != model.format())
    return tuple(form for form in forms if policy.decide_model(form, operation=operation).allowed)


def _base_of(model: "ModelId") -> "BaseId | None":
    from secure_bedrock.policy import BaseId, FoundationModelArn, ProfileArn, ProfileId

    match model:
        case BaseId():
            return model
        case ProfileId() | FoundationModelArn():
            return model.base
        case ProfileArn():
            return model.profile.base
        case _:
            return None


def _forms(policy: "Policy", base: "BaseId") -> Iterator[str]:
    from secure_bedrock.policy import FoundationModelArn, ProfileArn, ProfileId
    from secure_bedrock.policy.model.identifiers import GEOGRAPHIES

    yield base.format()
    yield FoundationModelArn(policy.region, base).format()
    for geography, partition in GEOGRAPHIES.items():
        if partition == partition_of(policy.region):
            profile = ProfileId(geography, base)
            yield profile.format()
            for account in policy.models.accounts:
                yield ProfileArn(policy.region, account, profile).format()
