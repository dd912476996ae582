"""Does a request carry the policy's guardrail, whole? Where each operation takes one, and the pure decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import ABSENT, Reference
from secure_bedrock.policy.request.native_guardrails import (
    configurations,
    guardrails_of,
    holds_content,
    narrows,
)
from secure_bedrock.policy.request.slots import filled, read_slot
from secure_bedrock.policy.sections import GuardrailPolicy
from secure_bedrock.values import Decision


@dataclass(frozen=True, slots=True)
class GuardrailSlot:
    """One place for a guardrail in a body: the path of its structure, and what id and version are called in it."""

    path: str
    identifier: str
    version: str


@dataclass(frozen=True, slots=True)
class NamedGuardrail:
    """What one place of a request names; ABSENT where it names nothing, and where something else stands there."""

    identifier: object = field(default=ABSENT, repr=False)
    version: object = field(default=ABSENT, repr=False)


@dataclass(frozen=True, slots=True)
class GuardrailFacts:
    """What a request says of guardrails: one entry of `named` for each of its places.

    `modes` are the modes that it asks for in a stream, `narrowed` that it has only a part of the input checked,
    `elsewhere` that it hands content to an agent whose guardrail it does not tell.
    """

    named: tuple[NamedGuardrail, ...] = ()
    modes: tuple[object, ...] = field(default=(), repr=False)
    narrowed: bool = False
    elsewhere: bool = False


# Source: input shapes of bedrock-runtime and bedrock-agent-runtime, botocore 1.44.5, read 2026-11-20.
_GENERATION: Final = "generationConfiguration.guardrailConfiguration"
_RAG: Final = tuple(
    GuardrailSlot(
        f"retrieveAndGenerateConfiguration?.{kind}?.{_GENERATION}",
        "guardrailId",
        "guardrailVersion",
    )
    for kind in ("knowledgeBaseConfiguration", "externalSourcesConfiguration")
)
_CONVERSE: Final = (GuardrailSlot("guardrailConfig", "guardrailIdentifier", "guardrailVersion"),)
_AGENT: Final = "bedrock-agent-runtime"
_SLOTS: Final[Mapping[str, tuple[GuardrailSlot, ...]]] = {
    "bedrock-runtime:Converse": _CONVERSE,
    "bedrock-runtime:ConverseStream": _CONVERSE,
    f"{_AGENT}:RetrieveAndGenerate": _RAG,
    f"{_AGENT}:RetrieveAndGenerateStream": _RAG,
    f"{_AGENT}:Retrieve": (
        GuardrailSlot("guardrailConfiguration", "guardrailId", "guardrailVersion"),
    ),
    f"{_AGENT}:AgenticRetrieveStream": (
        GuardrailSlot(
            "policyConfiguration.bedrockGuardrailConfiguration", "guardrailId", "guardrailVersion"
        ),
    ),
    f"{_AGENT}:InvokeInlineAgent": tuple(
        GuardrailSlot(path, "guardrailIdentifier", "guardrailVersion")
        for path in ("guardrailConfiguration", "collaborators[].guardrailConfiguration")
    ),
}
# Outside the body: in header fields that botocore's parameters of these names become, or in the path.
_HEADERS: Final = frozenset(
    {"bedrock-runtime:InvokeModel", "bedrock-runtime:InvokeModelWithResponseStream"}
)
_BOUND: Final = _HEADERS | {"bedrock-runtime:ApplyGuardrail"}

# No model answers: nothing to guard.
EXEMPT: Final = frozenset(
    {
        "bedrock-runtime:CountTokens",
        "bedrock-runtime:CountMessageTokens",
        "bedrock-mantle:CountMessageTokens",
        "bedrock-mantle:GetModel",
        "bedrock-mantle:ListModels",
    }
)

# Fields for the model's own API beside the operation's own members, wherever an operation takes them.
_FREE_FIELDS: Final = ".additionalModelRequestFields"
# "If you don't specify guardContent […] the guardrail assesses the entire message": GuardrailConverseContentBlock,
# botocore 1.44.5. With one, it assesses that block alone.
_NARROWING: Final = ("messages[].content[].guardContent?", "system[].guardContent?")
_SYNCHRONOUS: Final = frozenset({"sync", "SYNCHRONOUS"})

_WHOLE: Final = (
    "send the text without guardContent and tags, and none in additionalModelRequestFields"
)
_LEAVE_OUT: Final = "leave the guardrail out: the policy's is added"


def guardrail_facts(
    key: str, references: tuple[Reference, ...], body: Mapping[str, Any]
) -> GuardrailFacts:
    """What a request of the operation (`service:Operation`) says of guardrails; `body` is its parsed JSON, or empty."""
    if key in _BOUND:
        named = [_bound(references)]
        if key in _HEADERS:
            named += map(NamedGuardrail, guardrails_of(body))
    else:
        named = [
            _named(found, slot)
            for slot in _SLOTS.get(key, ())
            for found in read_slot(body, slot.path)
        ]
    free = [
        each.value
        for each in references
        if each.kind is Kind.DOCUMENT and each.path.endswith(_FREE_FIELDS)
    ]
    native = [found for fields in (body, *free) for found in configurations(fields)]
    modes = [found for each in native for found in read_slot(each, "streamProcessingMode?")]
    blocks: list[object] = []
    if _SLOTS.get(key) is _CONVERSE:
        modes += read_slot(body, "guardrailConfig?.streamProcessingMode?")
        blocks = [found for path in _NARROWING for found in read_slot(body, path)]
    return GuardrailFacts(
        tuple(named),
        tuple(modes),
        bool(blocks) or any(map(narrows, native)) or any(map(holds_content, free)),
        any(
            each.kind is Kind.AGENT and each.path.endswith(".agentAliasArn") for each in references
        ),
    )


def with_guardrail(policy: GuardrailPolicy, key: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the policy's guardrail wherever the operation takes one and none is named."""
    filled_in = dict(params)
    if key in _HEADERS:
        if not {"guardrailIdentifier", "guardrailVersion"} & filled_in.keys():
            filled_in |= {"guardrailIdentifier": policy.id, "guardrailVersion": policy.version}
        return filled_in
    for slot in _SLOTS.get(key, ()):
        value = {slot.identifier: policy.id, slot.version: policy.version}
        filled_in = filled(filled_in, slot.path, value)
    return filled_in


def refuse_guardrail(policy: GuardrailPolicy, key: str, facts: GuardrailFacts) -> Decision | None:
    """Why the request does not carry the guardrail that the policy requires, whole; None where it does. Total."""
    if key not in _BOUND and key not in _SLOTS:
        reason = "the policy requires a guardrail, and the operation has no place for one"
        return _deny("guardrail-no-place", reason, "call an operation that takes a guardrail")
    if facts.elsewhere:
        reason = "the request names an agent by its alias, and can't give it a guardrail"
        return _deny("guardrail-no-place", reason, "write the collaborator in line")
    if not facts.named:
        return _deny("guardrail-missing", "the request names no guardrail", _LEAVE_OUT)
    for named in facts.named:
        refusal = _refuse_named(policy, named)
        if refusal is not None:
            return refusal
    if not all(type(mode) is str and mode in _SYNCHRONOUS for mode in facts.modes):
        reason = "the stream is to come before the guardrail has seen it"
        return _deny("guardrail-async", reason, "leave the stream's mode out, or write sync")
    if facts.narrowed:
        reason = "the request has the guardrail see a part of the input only"
        return _deny("guardrail-narrowed", reason, _WHOLE)
    return None


def _refuse_named(policy: GuardrailPolicy, named: NamedGuardrail) -> Decision | None:
    if named.identifier is ABSENT and named.version is ABSENT:
        return _deny("guardrail-missing", "a place for a guardrail names none", _LEAVE_OUT)
    # Compared as written: an ARN is not its id, for the same id can be another account's.
    if type(named.identifier) is not str or named.identifier != policy.id:
        reason = "the request does not name the policy's guardrail as guardrail.id writes it"
        return _deny("guardrail-other", reason, _LEAVE_OUT)
    if type(named.version) is not str or named.version != policy.version:
        reason = f"the request does not name version {policy.version} of the policy's guardrail"
        return _deny("guardrail-version", reason, _LEAVE_OUT)
    return None


def _named(found: object, slot: GuardrailSlot) -> NamedGuardrail:
    if not isinstance(found, dict):
        return NamedGuardrail()
    return NamedGuardrail(found.get(slot.identifier, ABSENT), found.get(slot.version, ABSENT))


def _bound(references: tuple[Reference, ...]) -> NamedGuardrail:
    by_kind = {each.kind: each.value for each in references}
    return NamedGuardrail(
        by_kind.get(Kind.GUARDRAIL, ABSENT), by_kind.get(Kind.GUARDRAIL_VERSION, ABSENT)
    )


def _deny(rule: str, reason: str, step: str) -> Decision:
    return Decision(False, rule, reason, next_step=step)
