"""What an operation is for, and which of its members name a model or a place, as a graph that can be walked.

Generated rows (`tables/*.json`) become these values on first use. Shapes refer to each other by name, so a
recursive shape (a flow inside a loop node) is one entry that refers to itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class OperationClass(StrEnum):
    """What a call of the operation does, the most far-reaching that is true of it."""

    INFERENCE = "inference"
    """A model answers, and the request names it."""
    INDIRECT = "indirect-inference"
    """A model answers that something else names: an agent, a flow, a knowledge base, a runtime, an evaluator."""
    READ = "read"
    """Nothing changes and no model answers."""
    CONTROL = "control"
    """Resources change; nothing that the request names receives content."""
    EXIT = "data-exit"
    """Content moves, or is set up to move, to where the request says: a bucket, a Lambda, a URL, a job."""


class Kind(StrEnum):
    """What a member's value names, or why its value cannot be judged by a list of members."""

    MODEL = "model"
    """A model, or what stands for one: a profile, a deployment, a router, in Converse a prompt's ARN too."""
    EXTERNAL_MODEL = "external-model"
    """A model that is not Bedrock's, or a way to a provider's models that no list of ids reaches."""
    MODEL_CHOICE = "model-choice"
    """Whether the request names a model itself or leaves the choice to AWS."""
    PROMPT = "prompt"
    GUARDRAIL = "guardrail"
    GUARDRAIL_VERSION = "guardrail-version"
    AGENT = "agent"
    FLOW = "flow"
    KNOWLEDGE_BASE = "knowledge-base"
    RUNTIME = "runtime"
    """An AgentCore runtime or its endpoint: code of the account's own."""
    HARNESS = "harness"
    GATEWAY = "gateway"
    EVALUATOR = "evaluator"
    """An evaluator, or an evaluation that runs one: it asks a model that it names itself."""
    MEMORY = "memory"
    AUTOMATION = "automation"
    """A project, blueprint, profile or library of Bedrock Data Automation."""
    ENDPOINT = "endpoint"
    """A SageMaker endpoint, or a part of one."""
    S3 = "s3"
    LAMBDA = "lambda"
    ACCOUNT = "account"
    """The AWS account that another value is to be looked up in."""
    URL = "url"
    STORE = "store"
    """Where content is kept or delivered besides S3: a vector or SQL store, a stream, a topic, a log group."""
    SECRET = "secret"  # noqa: S105 - the word, not one
    """Where a secret is kept that the service will use."""
    KEY = "key"
    """A KMS key: who may use it can read what is encrypted with it."""
    ROLE = "role"
    """An IAM role or instance profile: whose rights a service takes on."""
    RESOURCE = "resource"
    """An ARN or id of one of the services' own resources, of whatever type."""
    KEPT = "kept-content"
    """Content that the service keeps beyond the request, or is to keep: an earlier answer, an uploaded file."""
    SYSTEM_TOOL = "system-tool"
    """A tool that runs at the model's provider."""
    BUILT_IN = "built-in-tool"
    """Which of a service's own tools an agent may use: some run at AWS, some at the caller's."""
    DOCUMENT = "document"
    """JSON in no fixed shape."""
    PAYLOAD = "payload"
    """Bytes in the model's own format."""
    UNKNOWN = "unknown"
    """Something that the table does not know; only a reference has this kind."""


class Place(StrEnum):
    """Where in a request a member is sent that is not in the body."""

    LABEL = "label"
    QUERY = "query"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class BoundMember:
    """A member that is sent outside the body: in `place`, under the wire name `name`.

    `key` is the name to look it up by: a header's is in lower case.
    """

    place: Place
    member: str
    name: str
    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class BodyMember:
    """One step into a body: a value of `kind`, or a structure called `shape`, inside `containers`.

    `containers` is read from the outside in: `[]` a list, `{}` a map's values, `[]{}` a list of maps. One of `kind`
    and `shape` is set.
    """

    name: str
    member: str
    containers: tuple[str, ...]
    kind: Kind | None
    shape: str | None


@dataclass(frozen=True, slots=True)
class BodyShape:
    """A structure from which something that names is reached: each of its members, with the step that leads there.

    None stands for a member that leads nowhere. `members` is by name on the wire, `parameters` by botocore's; without
    one of `choices` the service chooses for the caller, and without the last of a triple of `needed` where the first
    has the value between them.
    """

    name: str
    members: Mapping[str, BodyMember | None]
    parameters: Mapping[str, BodyMember | None]
    choices: tuple[BodyMember, ...] = ()
    needed: tuple[tuple[BodyMember, str, BodyMember], ...] = ()


class ShapeGraph:
    """A service's structures by name, each made when it is first asked for. Safe to share between threads."""

    __slots__ = ("_built", "_kinds", "_needed", "_raw")

    def __init__(
        self,
        raw: Mapping[str, Mapping[str, str | None]],
        needed: Mapping[str, Mapping[str, Mapping[str, str]]] = MappingProxyType({}),
    ) -> None:
        self._raw: Final = raw
        self._needed: Final = needed
        self._built: Final[dict[str, BodyShape]] = {}
        self._kinds: Final[dict[str, frozenset[Kind]]] = {}

    def __getitem__(self, name: str) -> BodyShape:
        shape = self._built.get(name)
        if shape is None:  # two threads may both make it: the values are equal, the first is kept
            made = _shape(name, self._raw[name], self._needed.get(name, {}))
            shape = self._built.setdefault(name, made)
        return shape

    def kinds(self, root: str) -> frozenset[Kind]:
        """Every kind that can be reached from a structure; walked once."""
        kinds = self._kinds.get(root)
        if kinds is None:
            steps = [step for shape in self.below(root) for step in shape.members.values()]
            found = frozenset(step.kind for step in steps if step and step.kind)
            kinds = self._kinds.setdefault(root, found)
        return kinds

    def below(self, root: str) -> list[BodyShape]:
        """The structure and all that lead from it to something that names, each once."""
        found, left = {root: self[root]}, [root]
        while left:
            steps = found[left.pop()].members.values()
            targets = {step.shape for step in steps if step and step.shape}
            fresh = {name: self[name] for name in sorted(targets.difference(found))}
            found |= fresh
            left.extend(fresh)
        return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: what it is for, how it is sent, and which of its members name something.

    `body` is the structure that the JSON body is, None where nothing in the body names anything: then the body need
    not be parsed. `payload` is set where the body is not the service's JSON but bytes of the model's own, or a stream.
    `body_member` is the parameter that holds the whole body, None where the body's members are parameters themselves.
    """

    service: str
    name: str
    method: str
    template: str
    op_class: OperationClass
    bound: tuple[BoundMember, ...]
    body: str | None
    payload: Kind | None
    body_member: str | None
    shapes: ShapeGraph = field(repr=False, compare=False)

    @property
    def body_kinds(self) -> frozenset[Kind]:
        """The kinds that the body can hold; empty where it need not be read."""
        if self.payload is not None:
            return frozenset((self.payload,))
        return frozenset() if self.body is None else self.shapes.kinds(self.body)


def operation_of(service: str, name: str, row: Mapping[str, Any], shapes: ShapeGraph) -> Operation:
    """The value that one row of a generated table is."""
    method, _, template = row.get("http", "POST /").partition(" ")
    payload = row.get("payload")
    return Operation(
        service=service,
        name=name,
        method=method,
        template=template,
        op_class=OperationClass(row["class"]),
        bound=tuple(
            _bound(place, key, kind)
            for place in (Place.LABEL, Place.QUERY, Place.HEADER)
            for key, kind in row.get(place.value, {}).items()
        ),
        body=row.get("body"),
        payload=None if payload is None else Kind(payload),
        body_member=row.get("body_member"),
        shapes=shapes,
    )


def _bound(place: Place, key: str, kind: str) -> BoundMember:
    member, name = _names(key)
    key = name.lower() if place is Place.HEADER else name
    return BoundMember(place, member, name, key, Kind(kind))


def _shape(
    name: str, raw: Mapping[str, str | None], needed: Mapping[str, Mapping[str, str]]
) -> BodyShape:
    steps = [_step(key, target) for key, target in raw.items()]
    by_member = {step.member: step for step in steps}
    leading = [(step, step if step.kind or step.shape else None) for step in steps]
    return BodyShape(
        name,
        {step.name: target for step, target in leading},
        {step.member: target for step, target in leading},
        tuple(step for step in steps if step.kind is Kind.MODEL_CHOICE),
        tuple(
            (by_member[member], said, by_member[other])
            for member, values in needed.items()
            for said, other in values.items()
        ),
    )


def _step(key: str, target: str | None) -> BodyMember:
    containers: list[str] = []
    while key[-2:] in ("[]", "{}"):
        containers.insert(0, key[-2:])
        key = key[:-2]
    member, name = _names(key)
    if target is not None and target.startswith("#"):
        return BodyMember(name, member, tuple(containers), None, target[1:])
    return BodyMember(name, member, tuple(containers), Kind(target) if target else None, None)


def _names(key: str) -> tuple[str, str]:
    """`member as name`, written short where both are the same."""
    member, _, name = key.partition(" as ")
    return member, name or member
