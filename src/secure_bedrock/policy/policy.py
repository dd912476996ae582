"""The policy: what is allowed, read once from one file, then frozen."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self

from secure_bedrock.errors import Problem
from secure_bedrock.policy.decisions import Decisions
from secure_bedrock.policy.model.residency import Destinations, checked_destinations
from secure_bedrock.policy.operation.members import Kind
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
from secure_bedrock.values import AddressCheck, Decision, Region

Section = Mapping[str, Any]
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
    _decisions: Decisions = field(compare=False)
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
        return self._decisions.model(model_id, operation)

    def destinations_of(self, model_id: str, *, operation: str = "Converse") -> Destinations | None:
        """The Regions that the model may answer from, and who says so; None where that is not known.

        It says nothing of whether the model may be asked. Raises ValueError for what is no model identifier.
        """
        return self._decisions.destinations(model_id, operation)

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
        return self._decisions.rules.residency.contradicted()

    def decide_endpoint(self, name: object, *, operation: str = "InvokeEndpoint") -> Decision:
        """May the SageMaker endpoint be asked? By its ARN on models.allow; a name is of models.accounts. Total."""
        return self._decisions.endpoint(name, operation)

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        """Why a request may not name the bucket, resource or URL; None where it may. Total."""
        return self._decisions.place(kind, value)

    def decide_operation(self, service: str, operation: str) -> Decision:
        """May the operation be called? `service` is boto3's name, `operation` AWS's (`Converse`). Total."""
        return self._decisions.operation(service, operation)

    def address_check_for(self, service: str) -> AddressCheck:
        """How the service's addresses are approved: as written, else by what the policy knows; never lowered later."""
        return self.network.address_check_for(service)

    def cidrs_for(self, service: str) -> tuple[str, ...]:
        """The CIDRs that hold for the service: its endpoint's own, else the network's."""
        return self.network.cidrs_for(service)

    def warnings(self) -> tuple[Problem, ...]:
        """What is valid and deserves a second look, with file and line where known."""
        from secure_bedrock.policy.cautions import cautions  # noqa: PLC0415 see __init__

        return tuple(
            Problem(c.message, c.key, self.source or "", self._lines.get(c.path))
            for c in cautions(self, self._decisions.rules)
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
        known = dict(locked or {})
        decisions = Decisions.of(self.region, self.models, self.residency, self.operations, known)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "_lines", lines)
        object.__setattr__(self, "_locked", known)
        object.__setattr__(self, "_decisions", decisions)
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
        known = dict(self._lines), dict(self._locked)
        return _restore, (type(self), self._written(), self.source, *known)

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
