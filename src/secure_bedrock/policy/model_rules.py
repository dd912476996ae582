"""May this model be asked? Pure decisions over the policy's lists; total over every object."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from secure_bedrock.policy.model_entries import ExactEntry, GlobEntry, parse_entry
from secure_bedrock.policy.model_ids import (
    GEOGRAPHIES,
    BaseId,
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    ProfileArn,
    ProfileId,
    parse_model_id,
    profile_of,
)
from secure_bedrock.policy.model_suggestions import (
    HINT_ACCOUNT,
    HINT_FORM,
    HINT_GLOBAL,
    HINT_LIST,
    HINT_REGION,
    nearest_spelling,
    profiles_of,
)
from secure_bedrock.policy.shown import plain_text
from secure_bedrock.values import Decision, Evidence, Region, partition_of


@dataclass(frozen=True, slots=True)
class Home:
    """Where the policy is at home: its Region and the accounts whose ARNs may be named."""

    region: Region
    accounts: frozenset[str]

    def own_terms(self, model: ModelId) -> ModelId:
        """The id that an ARN stands for here; every other identifier as it is.

        A foundation-model ARN of this Region is its base id, an inference-profile ARN of this Region and one of
        these accounts is its profile id. Entries and questions are compared in these terms.
        """
        if isinstance(model, FoundationModelArn) and model.region == self.region:
            return model.base
        if isinstance(model, ProfileArn) and self.stranger(model) is None:
            return model.profile
        return model

    def stranger(self, model: ModelId) -> Decision | None:
        """The refusal of a model of another partition, Region or account; None where it is at home."""
        own = partition_of(self.region)
        profile = profile_of(model)
        if profile is not None and GEOGRAPHIES[profile.geography] != own:
            reason = f"{profile.geography}. profiles don't exist in partition {own}"
            return refuse("model-partition", reason)
        if isinstance(model, BaseId | ProfileId):
            return None
        if partition_of(model.region) != own:
            return refuse("model-partition", f"the ARN is of another partition than {own}")
        if model.region != self.region:
            reason = f"the ARN is of Region {model.region}, the policy's is {self.region}"
            return refuse("model-region", reason, hint=HINT_REGION)
        if isinstance(model, ProfileArn | OpaqueArn) and model.account not in self.accounts:
            reason = f"the ARN is of account {model.account}, which models.accounts does not name"
            return refuse("model-account", reason, hint=HINT_ACCOUNT)
        return None


@dataclass(frozen=True, slots=True)
class EntryList:
    """One of the policy's lists, ready to be searched."""

    exact: dict[ModelId, str]
    globs: tuple[GlobEntry, ...]

    @classmethod
    def of(cls, texts: Iterable[str], home: Home) -> Self:
        """The list; ValueError where an entry does not parse."""
        entries = [parse_entry(text) for text in texts]
        exact = {home.own_terms(e.model): e.text for e in entries if isinstance(e, ExactEntry)}
        return cls(exact, tuple(e for e in entries if isinstance(e, GlobEntry)))

    def find(self, model: ModelId) -> str | None:
        """The entry that covers the model (in own terms), as it was written, or None; globs reach base ids only."""
        found = self.exact.get(model)
        if found is not None or not isinstance(model, BaseId):
            return found
        return next((glob.text for glob in self.globs if glob.admits(model)), None)


@dataclass(frozen=True, slots=True)
class ModelRules:
    """The policy's say on models."""

    home: Home
    allow: EntryList = field(repr=False)
    deny: EntryList = field(repr=False)
    allow_global: bool = False

    def decide(self, model_id: object) -> Decision:
        """Allow what is listed and at home; deny everything else, `deny` first. Never raises."""
        text = plain_text(model_id)
        if text is None:
            return refuse("model-type", "a model identifier is a string")
        try:
            model = parse_model_id(text)
        except ValueError as error:
            return refuse("model-id", f"the identifier was refused: {error}", hint=HINT_FORM)
        decision = self.judge(model)
        return self._not_listed(model) if decision is None else decision

    def judge(self, model: ModelId) -> Decision | None:
        """What the lists, the home and `allow_global` say of the model; None where it is on no list."""
        own = self.home.own_terms(model)
        text = model.format()
        denied = self.deny.find(own)
        if denied is not None:
            return refuse("model-denied", f"{text} is on models.deny", _entry("deny", denied))
        unreachable = self.unreachable(model)
        if unreachable is not None:
            return unreachable
        entry = self.allow.find(own)
        if entry is None:
            return None
        rule = "model-listed-glob" if entry.endswith("*") else "model-listed"
        return Decision(True, rule, f"{text} is on models.allow", (_entry("allow", entry),))

    def unreachable(self, model: ModelId) -> Decision | None:
        """Why no entry could admit the model: another partition, Region or account, or `global.`; else None."""
        stranger = self.home.stranger(model)
        profile = profile_of(model)
        if stranger is not None or profile is None or profile.geography != "global":
            return stranger
        if self.allow_global:
            return None
        reason = "a global. profile may answer from any Region; residency.allow_global is not set"
        return refuse("model-global", reason, hint=self._kin_hint(profile) or HINT_GLOBAL)

    def _not_listed(self, model: ModelId) -> Decision:
        own = self.home.own_terms(model)
        hint = self._kin_hint(own) or self._spelling_hint(own) or HINT_LIST
        return refuse("model-not-listed", f"{model.format()} is not on models.allow", hint=hint)

    def _kin_hint(self, own: ModelId) -> str:
        """Another name of the same model that may be asked: a profile (never `global.`), else the base id."""
        if not isinstance(own, BaseId | ProfileId):
            return ""
        base = own if isinstance(own, BaseId) else own.base
        found = next(filter(self._admits, profiles_of(base, self.allow.exact)), None)
        if found is not None:
            return f"ask for the profile that models.allow lists: {found.format()}"
        admitted = base != own and self._admits(base)
        return f"ask for the base id that models.allow admits: {base.format()}" if admitted else ""

    def _spelling_hint(self, own: ModelId) -> str:
        found = nearest_spelling(own, filter(self._admits, self.allow.exact))
        return f"did you mean {found}, which models.allow lists?" if found else ""

    def _admits(self, model: ModelId) -> bool:
        decision = self.judge(model)
        return decision is not None and decision.allowed


def refuse(rule: str, reason: str, *evidence: Evidence, hint: str = "") -> Decision:
    """A decision that denies."""
    return Decision(False, rule, reason, evidence, hint)


def _entry(name: str, text: str) -> Evidence:
    return Evidence("entry", text, f"models.{name}")
