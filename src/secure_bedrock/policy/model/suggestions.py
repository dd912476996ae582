"""What to say after a refusal: the nearest thing that the policy does allow, never a wider one."""

from collections.abc import Iterable, Iterator

from secure_bedrock.policy.model.identifiers import BaseId, ModelId, ProfileId
from secure_bedrock.values.nearest import nearest

HINT_FORM = "write the identifier exactly as Bedrock lists it"
HINT_LIST = "add the identifier to models.allow if it may be used"
HINT_REGION = "name the model in the policy's own Region"
HINT_ACCOUNT = "add the account to models.accounts if its models may be used"
HINT_INSIDE = "add the Region to residency.regions if inference may run there"
HINT_DESTINATIONS = (
    "write its destinations under [residency.profiles], or let `secure-bedrock lock` ask AWS"
)
HINT_AGREE = (
    "find out with `secure-bedrock lock --check` which of them is right, and mend the other"
)
HINT_GEOGRAPHY = "use a profile of one geography whose destinations residency.regions names"
HINT_GLOBAL = "use a profile of one geography, or set residency.allow_global = true"


def profiles_of(base: BaseId, allowed: Iterable[ModelId]) -> Iterator[ProfileId]:
    """The allowed profiles of a base id; `global.` is never suggested."""
    for model in allowed:
        if isinstance(model, ProfileId) and model.base == base and model.geography != "global":
            yield model


def nearest_spelling(asked: ModelId, allowed: Iterable[ModelId]) -> str | None:
    """The allowed identifier that `asked` is probably a slip of: of the same form, and the same geography."""
    same = (model.format() for model in allowed if _kin(model) == _kin(asked))
    return nearest(asked.format(), same, cutoff=0.9)


def _kin(model: ModelId) -> str:
    """What two identifiers share when one may stand for the other misspelt."""
    return model.geography if isinstance(model, ProfileId) else type(model).__name__
