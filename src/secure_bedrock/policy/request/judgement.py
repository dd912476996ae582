"""May this request leave? One pure decision over all that was read of it; the early check and the wire gate ask it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from secure_bedrock.policy.model.identifiers import parse_model_id
from secure_bedrock.policy.operation.known_members import UPGRADE
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.documents import document_references
from secure_bedrock.policy.request.model_choices import CHOICES
from secure_bedrock.policy.request.terms import (
    NOTHING_READ,
    RequestTerms,
    Terms,
    refuse_terms_guardrail,
    refuse_terms_limits,
)
from secure_bedrock.values import Decision

Family = Literal["operation", "model", "residency", "place", "guardrail", "limit"]
"""What a decision is about; whoever raises has one error for each."""

_UNJUDGED: Final = frozenset({Kind.PAYLOAD, Kind.GUARDRAIL_VERSION})

# What mode "report" lets through, less what the tables do not know: that could be anything.
_REPORTABLE: Final = frozenset({"operation", "model", "residency"})
# Nor a provider outside AWS: content would leave for where no record of it is kept.
_NEVER_REPORTED: Final = frozenset(
    {"operation-type", "operation-unknown", "model-type", "model-id", "model-outside-aws"}
)


class Rules(Terms, Protocol):
    """What is asked of a `Policy`."""

    @property
    def mode(self) -> str: ...
    def decide_operation(self, service: str, operation: str) -> Decision: ...
    def decide_model(self, model_id: object, *, operation: str = ...) -> Decision: ...
    def decide_endpoint(self, name: object, *, operation: str = ...) -> Decision: ...
    def refuse_place(self, kind: Kind, value: object) -> Decision | None: ...
    # `judge_request` of a request line's facts, remembered where it allows: see `RememberedJudgements`.
    @property
    def _judged(self) -> Mapping["RequestFacts", "Judgement"]: ...


@dataclass(frozen=True, slots=True, eq=False)
class RequestFacts:
    """What one request is, in the words of the table of operations; its repr shows none of what it names.

    Equal to itself only: judgements are remembered by it.
    `granted` marks an operation that this library calls for itself: it is not asked of `operations.allow`. Whatever it
    names still is.
    `terms` are what guardrail and limits are held against. They are the last word's, on the bytes: an `early` question,
    asked of parameters before the policy's own are added to them, leaves them open.
    """

    service: str
    operation: str
    references: tuple[Reference, ...] = ()
    granted: bool = False
    terms: RequestTerms = NOTHING_READ
    early: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision on a request, what it is about, and the model that the request names first.

    `would_deny` is the first denial that mode "report" let through; `decision` then allows.
    """

    decision: Decision
    family: Family
    model_id: str | None = None
    would_deny: Decision | None = None


_GRANTED: Final = Decision(True, "granted", "this library calls it for itself")
_REPORTED: Final = Decision(True, "reported", 'mode = "report" lets it through')


def judge_request(policy: Rules, facts: RequestFacts) -> Judgement:
    """The first refusal, else the last word that allows: of the operation, what it names, its guardrail, its limits."""
    last: Decision = _GRANTED
    family: Family = "operation"
    would_deny: Decision | None = None
    for about, decision in _decisions(policy, facts):
        if decision.allowed:
            last, family = decision, about
        elif only_noted(policy.mode, about, decision):
            would_deny = decision if would_deny is None else would_deny
        else:
            return Judgement(decision, about, first_model(facts.references), would_deny)
    return Judgement(
        last if would_deny is None else _REPORTED, family, first_model(facts.references), would_deny
    )


def only_noted(mode: str, family: Family, refusal: Decision) -> bool:
    """Whether the mode lets the refused request through and notes the refusal in `would_deny`."""
    return mode == "report" and family in _REPORTABLE and refusal.rule not in _NEVER_REPORTED


def first_model(references: tuple[Reference, ...]) -> str | None:
    """The model that is named first, where it is a string: what a record of the call says."""
    for reference in references:
        if reference.kind is Kind.MODEL:
            return reference.value if type(reference.value) is str else None
    return None


def _decisions(policy: Rules, facts: RequestFacts) -> Iterator[tuple[Family, Decision]]:
    if not facts.granted:
        yield "operation", policy.decide_operation(facts.service, facts.operation)
    for reference in facts.references:
        yield from _decide(policy, facts.operation, reference)
    if not facts.early:
        yield from _terms(policy, facts)


def _terms(policy: Rules, facts: RequestFacts) -> Iterator[tuple[Family, Decision]]:
    service, operation = facts.service, facts.operation
    refusal = refuse_terms_guardrail(policy, service, operation, facts.terms)
    if refusal is not None:
        yield "guardrail", refusal
    model = first_model(facts.references)
    refusal = refuse_terms_limits(policy, service, operation, model, facts.terms)
    if refusal is not None:
        yield "limit", refusal


def _decide(
    policy: Rules, operation: str, reference: Reference
) -> Iterator[tuple[Family, Decision]]:
    kind, value = reference.kind, reference.value
    if kind is Kind.MODEL or (kind is Kind.RESOURCE and _is_model(value)):
        decision = policy.decide_model(value, operation=operation)
        yield _family(decision, "model"), decision
    elif reference.ambiguous or kind is Kind.UNKNOWN:
        yield "place", _ambiguous(reference)
    elif kind is Kind.ENDPOINT:
        decision = policy.decide_endpoint(value, operation=operation)
        yield _family(decision, "model"), decision
    elif kind in CHOICES:
        refusal = CHOICES[kind](value)
        if refusal is not None:
            yield "model", refusal
    elif kind is Kind.DOCUMENT:
        for named in document_references(reference):
            yield from _decide(policy, operation, named)
    elif kind not in _UNJUDGED:
        refusal = policy.refuse_place(kind, value)
        if refusal is not None:
            yield _family(refusal, "place"), refusal


def _family(decision: Decision, else_: Family) -> Family:
    """A rule tells by its name that it is of residency or of models, whoever asked for the decision."""
    if decision.rule.startswith("residency"):
        return "residency"
    return "model" if decision.rule.startswith("model-") else else_


def _ambiguous(reference: Reference) -> Decision:
    if reference.kind is Kind.UNKNOWN:
        reason = (
            f"{reference.path} holds what this version does not know, so it could name anything"
        )
        return Decision(False, "member-unknown", reason, next_step=UPGRADE)
    kind = "an object" if reference.kind is Kind.DOCUMENT else "a string"
    reason = f"{reference.path} should be {kind} and is not"
    return Decision(False, "member-ambiguous", reason, next_step=f"pass {kind}")


def _is_model(value: object) -> bool:
    """Whether an ARN that may be of anything is a model's."""
    try:
        parse_model_id(value)
    except ValueError:
        return False
    return type(value) is str and value.startswith("arn:")
