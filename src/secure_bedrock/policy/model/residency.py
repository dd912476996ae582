"""Where inference may run: the Regions that a model answers from, held against those that the policy names.

An on-demand model answers in the Region that is called; a profile or a router answers wherever AWS sends the request,
which nobody can tell from its name. So what is known of it is told by the policy file or by the lock, and what nobody
has told is refused where the policy names Regions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.model.identifiers import (
    OPAQUE_KINDS,
    BaseId,
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    parse_model_id,
    profile_of,
)
from secure_bedrock.policy.model.suggestions import (
    HINT_AGREE,
    HINT_DESTINATIONS,
    HINT_GEOGRAPHY,
    HINT_INSIDE,
)
from secure_bedrock.values import Decision, Evidence, Region, parse_region

COUNTING: Final = "CountTokens"
"""The operation that asks no model: tokens are counted in the Region that is called.

Its `modelId` is a foundation model's alone (IAM's resource types of bedrock:CountTokens, read 2026-11-20), so
frameworks call it with the geography taken off a profile's id.
"""

WRITTEN: Final = "residency.profiles"
LOCKED: Final = "lock"
OWN_REGION: Final = "region"

_ANY: Final = Region("eu-west-1")
"""Some Region, where only the form of an identifier is in question."""

Told = Mapping[ModelId, tuple["Destinations", ...]]


@dataclass(frozen=True, slots=True)
class Destinations:
    """The Regions that a model may answer from, in alphabetical order, and who says so.

    `source` is "region" (the one that is called), "residency.profiles" or "lock".
    """

    regions: tuple[Region, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ResidencyRules:
    """The policy's say on where inference runs; `regions` None: a listed model may go where it goes."""

    home: Home
    regions: frozenset[Region] | None
    told: Told

    @classmethod
    def of(
        cls,
        home: Home,
        regions: Iterable[Region] | None,
        written: Iterable[tuple[str, Sequence[Region]]],
        locked: Mapping[str, Sequence[Region]],
    ) -> Self:
        """The rules; `written` is [residency.profiles], `locked` what the lock tells, both checked before."""
        told: dict[ModelId, tuple[Destinations, ...]] = {}
        for source, entries in ((WRITTEN, written), (LOCKED, locked.items())):
            for text, goes in entries:
                own = home.own_terms(parse_model_id(text))
                regions_told = tuple(sorted(set(goes)))
                known = told.get(own, ())
                if all(regions_told != other.regions for other in known):
                    told[own] = (*known, Destinations(regions_told, source))
        return cls(home, None if regions is None else frozenset(regions), told)

    def destinations(self, model: ModelId, *, counting: bool = False) -> Destinations | None:
        """Where the model may answer; None where nobody has told, or two have told differently."""
        called = self.home.region
        only = called if counting else one_region(model, called)
        if only is not None:
            return Destinations((only,), OWN_REGION)
        told = self.told.get(self.home.own_terms(model), ())
        return told[0] if len(told) == 1 else None

    def contradicted(self) -> tuple[str, ...]:
        """What has been told in two ways, each identifier once."""
        return tuple(model.format() for model, told in self.told.items() if len(told) > 1)

    def refuse(self, model: ModelId, *, counting: bool = False) -> Decision | None:
        """Why the model may not be asked for where it answers; None where it may. Total over every identifier."""
        destinations = self.destinations(model, counting=counting)
        if destinations is None:
            return self._refuse_unknown(model)
        return self._refuse_outside(model.format(), destinations)

    def refuse_region(self) -> Decision | None:
        """Why no model may be asked that answers in the policy's own Region; None where it may."""
        own = Destinations((self.home.region,), OWN_REGION)
        return self._refuse_outside("a model in the policy's Region", own)

    def evidence(self, model: ModelId, *, counting: bool = False) -> tuple[Evidence, ...]:
        """The destinations, where a decision rests on them."""
        if self.regions is None:
            return ()
        known = self.destinations(model, counting=counting)
        return () if known is None else evidence_of(known)

    def _refuse_outside(self, text: str, destinations: Destinations) -> Decision | None:
        outside = [] if self.regions is None else sorted({*destinations.regions} - self.regions)
        if not outside:
            return None
        reason = f"{text} may run in {', '.join(outside)}, which residency.regions does not name"
        return _refuse("residency-region", reason, HINT_INSIDE, *evidence_of(destinations))

    def _refuse_unknown(self, model: ModelId) -> Decision | None:
        """The refusal of a model of which nobody, or more than one, has told where it answers."""
        text = model.format()
        told = self.told.get(self.home.own_terms(model), ())
        if told:
            sources = " and ".join(sorted({each.source for each in told}, reverse=True))
            reason = f"{sources} name different destinations of {text}"
            every = [found for each in told for found in evidence_of(each)]
            return _refuse("residency-conflict", reason, HINT_AGREE, *every)
        if self.regions is None:
            return None
        profile = profile_of(model)
        if profile is not None and profile.geography == "global":
            reason = f"{text} may run in any Region, and residency.regions names some"
            return _refuse("residency-global", reason, HINT_GEOGRAPHY)
        reason = f"where {text} runs is not known, and residency.regions names Regions"
        return _refuse("residency-unknown", reason, HINT_DESTINATIONS)


def one_region(model: ModelId, called: Region) -> Region | None:
    """The only Region in which a model answers that is asked for in `called`; None for what may go elsewhere."""
    if isinstance(model, BaseId):
        return called
    if isinstance(model, FoundationModelArn) or (
        isinstance(model, OpaqueArn) and OPAQUE_KINDS[model.kind].stays
    ):
        return model.region
    return None


def roaming_id(text: str) -> str:
    """The identifier of something that may answer from other Regions; ValueError for everything else."""
    if one_region(parse_model_id(text), _ANY) is None:
        return text
    raise ValueError("only profiles, prompt routers and prompts have destinations")


def checked_destinations(
    written: Mapping[str, Sequence[str]],
) -> dict[str, tuple[Region, ...]]:
    """Destinations by identifier, each parsed; ValueError where one is malformed or has none."""
    checked = {
        roaming_id(text): tuple(parse_region(region) for region in regions)
        for text, regions in written.items()
    }
    if not all(checked.values()):
        raise ValueError("a list of destinations is empty")
    return checked


def evidence_of(destinations: Destinations) -> tuple[Evidence, ...]:
    """The fact that destinations are, for a decision."""
    return (Evidence("destinations", ", ".join(destinations.regions), destinations.source),)


def _refuse(rule: str, reason: str, hint: str, *evidence: Evidence) -> Decision:
    return Decision(False, rule, reason, evidence, hint)
