"""May this model be asked? Pure decisions over the policy's lists; total over every object."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from secure_bedrock.policy.model.entries import ExactEntry, GlobEntry, parse_entry
from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.model.identifiers import (
    BaseId,
    ModelId,
    ProfileId,
    parse_model_id,
    profile_of,
)
from secure_bedrock.policy.model.residency import ResidencyRules
from secure_bedrock.policy.model.suggestions import (
    HINT_FORM,
    HINT_GLOBAL,
    HINT_LIST,
    nearest_spelling,
    profiles_of,
)
from secure_bedrock.policy.shown import plain_text
from secure_bedrock.values import Decision, Evidence


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
    residency: ResidencyRules = field(repr=False)
    allow_global: bool = False

    def decide(self, model_id: object, counting: bool) -> Decision:
        """Allow what is listed, at home and answers where it may; deny everything else, `deny` first. Never raises.

        `counting` is the question of CountTokens, which asks no model.
        """
        text = plain_text(model_id)
        if text is None:
            return refuse("model-type", "a model identifier is a string")
        try:
            model = parse_model_id(text)
        except ValueError as error:
            return refuse("model-id", f"the identifier was refused: {error}", hint=HINT_FORM)
        decision = self.judge(model, counting=counting)
        if decision is None:
            return self._not_listed(model)
        if decision.rule.startswith("residency") and not counting:
            kin = self._kin_hint(self.home.own_terms(model))
            return replace(decision, next_step=kin) if kin else decision
        return decision

    def judge(self, model: ModelId, *, counting: bool = False) -> Decision | None:
        """What the lists, the home, `allow_global` and residency say of the model; None where it is on no list."""
        own = self.home.own_terms(model)
        text = model.format()
        denied = self.deny.find(own)
        if denied is not None:
            return refuse("model-denied", f"{text} is on models.deny", _entry("deny", denied))
        unreachable = self.unreachable(model)
        if unreachable is not None:
            return unreachable
        entry, rule = self._allowing(own, counting=counting)
        if entry is None:
            return None
        refusal = self.residency.refuse(model, counting=counting)
        if refusal is not None:
            return refusal
        evidence = (
            _entry("allow", entry),
            *self.residency.evidence(model, counting=counting),
        )
        return Decision(True, rule, _reason(text, rule, entry), evidence)

    def _allowing(self, own: ModelId, *, counting: bool) -> tuple[str | None, str]:
        """The entry of models.allow that lets the model (in own terms) be asked, and the rule by which it does."""
        entry = self.allow.find(own)
        if entry is not None:
            return entry, "model-listed-glob" if entry.endswith("*") else "model-listed"
        if counting and isinstance(own, BaseId):
            return self._profile_entry(own), "model-listed-for-counting"
        return None, ""

    def _profile_entry(self, base: BaseId) -> str | None:
        """The entry of a listed profile of the base id that is neither denied nor out of reach."""
        for model, text in self.allow.exact.items():
            same = isinstance(model, ProfileId) and model.base == base
            if same and self.deny.find(model) is None and self.unreachable(model) is None:
                return text
        return None

    def never(self, model: ModelId) -> Decision | None:
        """Why the model is denied wherever it is listed, as far as is known; None where listing it is enough."""
        unreachable = self.unreachable(model)
        return self.residency.refuse(model) if unreachable is None else unreachable

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


def _reason(text: str, rule: str, entry: str) -> str:
    if rule == "model-listed-for-counting":
        return f"tokens may be counted for {text}: its profile {entry} is on models.allow"
    return f"{text} is on models.allow"


def _entry(name: str, text: str) -> Evidence:
    return Evidence("entry", text, f"models.{name}")
