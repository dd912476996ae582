"""What a policy decides of models, operations and places: made once of its sections, and kept as it is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final, Self

from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.model.identifiers import MAX_LENGTH, parse_model_id
from secure_bedrock.policy.model.residency import COUNTING, Destinations, ResidencyRules
from secure_bedrock.policy.model.rules import EntryList, ModelRules
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation_rules import decide_operation
from secure_bedrock.policy.request.places import guardrail_profile, refuse_place
from secure_bedrock.policy.sections import ModelsPolicy, OperationsPolicy, ResidencyPolicy
from secure_bedrock.values import Decision, Region, partition_of

_REMEMBERED: Final = 1024  # decisions of each kind; an id has at most 2048 characters


@dataclass(frozen=True, slots=True)
class Decisions:
    """One policy's decisions; each is total over every object. Safe to share between threads."""

    rules: ModelRules
    operations: OperationsPolicy
    accounts: tuple[str, ...]
    _model: Callable[[str, bool], Decision] = field(repr=False)
    _operation: Callable[[str, str], Decision] = field(repr=False)

    @classmethod
    def of(
        cls,
        region: Region,
        models: ModelsPolicy,
        residency: ResidencyPolicy,
        operations: OperationsPolicy,
        locked: Mapping[str, Sequence[Region]],
    ) -> Self:
        """The decisions of a policy with these sections, which were checked; `locked` is what the lock tells."""
        home = Home(region, frozenset(models.accounts))
        allow, deny = EntryList.of(models.allow, home), EntryList.of(models.deny, home)
        where = ResidencyRules.of(home, residency.regions, residency.profiles, locked)
        rules = ModelRules(home, allow, deny, where, residency.allow_global)
        return cls(
            rules,
            operations,
            models.accounts,
            lru_cache(_REMEMBERED)(rules.decide),
            lru_cache(_REMEMBERED)(partial(decide_operation, operations.allow)),
        )

    def model(self, model_id: object, operation: object) -> Decision:
        """May the model be asked by the operation?"""
        counting = type(operation) is str and operation == COUNTING
        if type(model_id) is str and len(model_id) <= MAX_LENGTH:
            return self._model(model_id, counting)
        return self.rules.decide(model_id, counting)

    def destinations(self, model_id: str, operation: str) -> Destinations | None:
        """Where the model may answer; ValueError for what is no model identifier."""
        model = parse_model_id(model_id)
        return self.rules.residency.destinations(model, counting=operation == COUNTING)

    def endpoint(self, name: object, operation: str) -> Decision:
        """May the SageMaker endpoint be asked? By its ARN, or by a name in one of the accounts."""
        if type(name) is not str or name.startswith("arn:"):
            return self.model(name, operation)
        region = self.rules.home.region
        head = f"arn:{partition_of(region)}:sagemaker:{region}"
        for account in self.accounts:
            decision = self.model(f"{head}:{account}:endpoint/{name}", operation)
            if decision.allowed or decision.rule.startswith("residency"):
                return decision
        reason = "no entry of models.allow is the ARN of this endpoint in one of models.accounts"
        return Decision(False, "model-not-listed", reason)

    def place(self, kind: Kind, value: object) -> Decision | None:
        """Why a request may not name the value; None where it may."""
        refusal = refuse_place(kind, value, self.rules.home, self.operations.s3_buckets)
        if refusal is not None or kind is not Kind.GUARDRAIL or type(value) is not str:
            return refusal
        profile = guardrail_profile(value)
        return None if profile is None else self.rules.never(profile)

    def operation(self, service: object, operation: object) -> Decision:
        """May the operation be called?"""
        if type(service) is str and type(operation) is str and len(service) + len(operation) < 256:
            return self._operation(service, operation)
        return decide_operation(self.operations.allow, service, operation)
