"""The policy: what is allowed, read once from one file, then frozen."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from typing import Any, Final, Literal, Self

from secure_bedrock.errors import Problem
from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.model.identifiers import MAX_LENGTH, parse_model_id
from secure_bedrock.policy.model.residency import (
    COUNTING,
    Destinations,
    ResidencyRules,
    checked_destinations,
)
from secure_bedrock.policy.model.rules import EntryList, ModelRules
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation_rules import decide_operation
from secure_bedrock.policy.request.places import guardrail_profile, refuse_place
from secure_bedrock.policy.request.remembered import RememberedJudgements, remembering
from secure_bedrock.policy.sections import (
    AccountPolicy,
    AuditPolicy,
    Document,
    GuardrailPolicy,
    IdentityPolicy,
    LimitsPolicy,
    ModelsPolicy,
    NetworkPolicy,
    OperationsPolicy,
    ResidencyPolicy,
    RetryPolicy,
    Timeouts,
)
from secure_bedrock.values import AddressCheck, Decision, Region, partition_of

Section = Mapping[str, Any]
_REMEMBERED: Final = 1024  # decisions of each kind; an id has at most 2048 characters
_TEXT: Final = "<text>"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Policy:
    """What one application may do, as its policy file says.

    Frozen, hashable, picklable, safe to share between threads and to copy; equal where the content is equal, wherever
    it was read. Made by `load`, `from_toml`, or from the file's keys as keywords. Every way raises PolicyInvalid with
    all problems at once.
    """

    region: Region
    name: str | None
    mode: Literal["enforce", "report"]
    source: str | None = field(compare=False)
    network: NetworkPolicy
    models: ModelsPolicy
    residency: ResidencyPolicy
    operations: OperationsPolicy
    guardrail: GuardrailPolicy
    limits: LimitsPolicy
    identity: IdentityPolicy
    timeouts: Timeouts
    retry: RetryPolicy
    audit: AuditPolicy
    account: AccountPolicy
    _lines: Mapping[tuple[str | int, ...], int] = field(compare=False)
    _locked: Mapping[str, tuple[Region, ...]] = field(compare=False)
    _model_rules: ModelRules = field(compare=False)
    _decide_model: Callable[[str, bool], Decision] = field(compare=False)
    _decide_operation: Callable[[str, str], Decision] = field(compare=False)
    _judged: RememberedJudgements = field(compare=False)

    def __init__(
        self,
        *,
        region: str | None = None,
        models: Sequence[str] | Section | None = None,
        version: int | None = None,
        name: str | None = None,
        mode: str | None = None,
        network: Section | None = None,
        residency: Section | None = None,
        operations: Section | None = None,
        guardrail: Section | None = None,
        limits: Section | None = None,
        identity: Section | None = None,
        timeouts: Section | None = None,
        retry: Section | None = None,
        audit: Section | None = None,
        account: Section | None = None,
    ) -> None:
        from secure_bedrock.policy.file.document import Origin, read_mapping  # noqa: PLC0415 see __init__

        written = {key: value for key, value in locals().items() if key in KEYS}
        given = {key: value for key, value in written.items() if value is not None}
        self._fill(_facts_of(read_mapping(given, Origin())), source=None, lines={})

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Self:
        """The policy at `path`; else at $SECURE_BEDROCK_POLICY; else the one secure-bedrock.toml that is found.

        Looked for in the working directory, $LAMBDA_TASK_ROOT and /opt. Raises PolicyNotFound where there is none.
        """
        from secure_bedrock.policy.file.locate import find_policy  # noqa: PLC0415 see __init__

        found, text = find_policy(path, os.environ)
        absolute = found.absolute()
        return cls._read(text, str(found), str(absolute.parent), source=str(absolute))

    @classmethod
    def from_toml(
        cls,
        text: str,
        *,
        file: str = _TEXT,
        directory: str | os.PathLike[str] | None = None,
    ) -> Self:
        """The policy that a TOML text holds.

        `file` names it in messages; `directory` is what its relative paths start from (default: the working directory).
        """
        source = None if file == _TEXT else file
        return cls._read(text, file, os.fspath(directory or ""), source=source)

    @classmethod
    def _read(cls, text: str, file: str, directory: str, *, source: str | None) -> Self:
        from secure_bedrock.policy.file.document import read_text  # noqa: PLC0415 see __init__

        document, origin = read_text(text, file=file, directory=directory)
        policy = cls.__new__(cls)
        policy._fill(_facts_of(document), source=source, lines=origin.lines)  # noqa: SLF001 its own
        return policy

    def decide_model(self, model_id: object, *, operation: str = "Converse") -> Decision:
        """May the model be asked, and answer where it answers? Total: what is unknown gets a refusal.

        Only the operation CountTokens changes the answer: it takes the base id of a listed profile, and tokens are
        counted in the policy's Region.
        """
        counting = type(operation) is str and operation == COUNTING
        if type(model_id) is str and len(model_id) <= MAX_LENGTH:
            return self._decide_model(model_id, counting)
        return self._model_rules.decide(model_id, counting)

    def destinations_of(self, model_id: str, *, operation: str = "Converse") -> Destinations | None:
        """The Regions that the model may answer from, and who says so; None where that is not known.

        It says nothing of whether the model may be asked. Raises ValueError for what is no model identifier.
        """
        model = parse_model_id(model_id)
        return self._model_rules.residency.destinations(model, counting=operation == COUNTING)

    def with_destinations(self, destinations: Mapping[str, Sequence[str]]) -> Self:
        """The same policy, which knows of more profiles, routers or prompts where they answer: what a lock tells.

        By identifier or ARN; what the policy was told before stays, and the same identifier is told anew. It equals
        this policy, and keeps its knowledge when it is pickled. Raises ValueError for a key that has no destinations
        of its own, for a list that is empty and for what is no Region.
        """
        locked = {**self._locked, **checked_destinations(destinations)}
        return self._of(self._written(), self.source, dict(self._lines), locked)

    def contradicted_destinations(self) -> tuple[str, ...]:
        """The identifiers of which [residency.profiles] and the lock tell different destinations: they are denied."""
        return self._model_rules.residency.contradicted()

    def decide_endpoint(self, name: object, *, operation: str = "InvokeEndpoint") -> Decision:
        """May the SageMaker endpoint be asked? By its ARN on models.allow; a name is of models.accounts. Total."""
        if type(name) is not str or name.startswith("arn:"):
            return self.decide_model(name, operation=operation)
        head = f"arn:{partition_of(self.region)}:sagemaker:{self.region}"
        for account in self.models.accounts:
            decision = self.decide_model(f"{head}:{account}:endpoint/{name}", operation=operation)
            if decision.allowed or decision.rule.startswith("residency"):
                return decision
        reason = "no entry of models.allow is the ARN of this endpoint in one of models.accounts"
        return Decision(False, "model-not-listed", reason)

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        """Why a request may not name the bucket, resource or URL; None where it may. Total."""
        rules = self._model_rules
        refusal = refuse_place(kind, value, rules.home, self.operations.s3_buckets)
        if refusal is not None or kind is not Kind.GUARDRAIL or type(value) is not str:
            return refusal
        profile = guardrail_profile(value)
        return None if profile is None else rules.never(profile)

    def decide_operation(self, service: str, operation: str) -> Decision:
        """May the operation be called? `service` is boto3's name, `operation` AWS's (`Converse`). Total."""
        if type(service) is str and type(operation) is str and len(service) + len(operation) < 256:
            return self._decide_operation(service, operation)
        return decide_operation(self.operations.allow, service, operation)

    def address_check_for(self, service: str) -> AddressCheck:
        """How the service's addresses are approved: as written, else by what the policy knows; never lowered later."""
        endpoint = self.network.endpoint(service)
        if self.network.address_check is not None:
            return self.network.address_check
        if endpoint is not None and endpoint.addresses:
            return "eni"
        return "cidr" if self.cidrs_for(service) else "eni"

    def cidrs_for(self, service: str) -> tuple[str, ...]:
        """The CIDRs that hold for the service: its endpoint's own, else the network's."""
        endpoint = self.network.endpoint(service)
        return (endpoint.cidrs if endpoint is not None else ()) or self.network.cidrs

    def warnings(self) -> tuple[Problem, ...]:
        """What is valid and deserves a second look, with file and line where known."""
        from secure_bedrock.policy.cautions import cautions  # noqa: PLC0415 see __init__

        return tuple(
            Problem(c.message, c.key, self.source or "", self._lines.get(c.path))
            for c in cautions(self, self._model_rules)
        )

    @classmethod
    def _of(
        cls,
        facts: dict[str, Any],
        source: str | None,
        lines: dict[Any, int],
        locked: Mapping[str, tuple[Region, ...]],
    ) -> Self:
        """The policy of parts that were checked before."""
        policy = cls.__new__(cls)
        policy._fill(facts, source=source, lines=lines, locked=locked)  # noqa: SLF001 its own
        return policy

    def _fill(
        self,
        facts: Mapping[str, Any],
        *,
        source: str | None,
        lines: Mapping[Any, int],
        locked: Mapping[str, tuple[Region, ...]] | None = None,
    ) -> None:
        """Set every attribute, once; nothing else writes them."""
        for key, value in facts.items():
            object.__setattr__(self, key, value)
        home = Home(self.region, frozenset(self.models.accounts))
        allow, deny = EntryList.of(self.models.allow, home), EntryList.of(self.models.deny, home)
        known = dict(locked or {})
        residency = ResidencyRules.of(home, self.residency.regions, self.residency.profiles, known)
        rules = ModelRules(home, allow, deny, residency, self.residency.allow_global)
        operations = partial(decide_operation, self.operations.allow)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "_lines", lines)
        object.__setattr__(self, "_locked", known)
        object.__setattr__(self, "_model_rules", rules)
        object.__setattr__(self, "_decide_model", lru_cache(_REMEMBERED)(rules.decide))
        object.__setattr__(self, "_decide_operation", lru_cache(_REMEMBERED)(operations))
        object.__setattr__(self, "_judged", remembering(self))

    def __repr__(self) -> str:
        mode = "" if self.mode == "enforce" else f", mode={self.mode!r}"
        source = f", source={self.source!r}" if self.source else ""
        return f"Policy(region={self.region!r}, models={len(self.models.allow)}{mode}{source})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (
            type(self),
            self._written(),
            self.source,
            dict(self._lines),
            dict(self._locked),
        )

    def _written(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SECTIONS}


_SECTIONS: Final = tuple(f.name for f in fields(Policy) if f.compare)
KEYS: Final = frozenset({*_SECTIONS, "version"})
"""The keywords that make a policy: the file's top keys."""


def _facts_of(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in _SECTIONS}


def _restore(kind: type[Policy], *parts: Any) -> Policy:
    """What a pickle calls: the sections were checked when the policy was made."""
    return kind._of(*parts)  # noqa: SLF001 its own
