"""Where the listed profiles and prompt routers send requests, as Bedrock's own listings tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from secure_bedrock.discovery.aws_calls import listed
from secure_bedrock.discovery.ec2_answers import Answer, Unreadable
from secure_bedrock.discovery.hardened_clients import OpenClient
from secure_bedrock.policy import (
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    Policy,
    ProfileArn,
    ProfileId,
    parse_model_id,
)
from secure_bedrock.values import Region

ProfileType = Literal["SYSTEM_DEFINED", "APPLICATION"]

GRANTS = frozenset({"bedrock:ListInferenceProfiles", "bedrock:ListPromptRouters"})
"""What is asked of Bedrock's control plane: listings, whose requests name no model."""

_APPLICATION = "application-inference-profile"
_ROUTERS = frozenset({"prompt-router", "default-prompt-router"})
# A router leads to profiles, an application profile to foundation models: deeper than this is no answer of AWS.
_DEEPEST = 3


class ProfileCalls(Protocol):
    """Bedrock's control plane as the lock sees it; every call is paginated to its end, or raises CallFailed."""

    def profiles(self, kind: ProfileType) -> Sequence[Answer]:
        """ListInferenceProfiles of one type."""
        ...

    def routers(self) -> Sequence[Answer]:
        """ListPromptRouters."""
        ...


class ListedProfiles:
    """ProfileCalls through clients of their own."""

    def __init__(self, open_client: OpenClient) -> None:
        self._open = open_client

    def profiles(self, kind: ProfileType) -> Sequence[Answer]:
        """The profiles of one type."""
        return self._all("list_inference_profiles", "inferenceProfileSummaries", typeEquals=kind)

    def routers(self) -> Sequence[Answer]:
        """The account's prompt routers."""
        return self._all("list_prompt_routers", "promptRouterSummaries")

    def _all(self, operation: str, member: str, **arguments: object) -> Sequence[Answer]:
        with self._open("bedrock", GRANTS) as client:
            return listed(client, "bedrock", operation, member, **arguments)


@dataclass(frozen=True, slots=True)
class Told:
    """The destinations by listed entry, in alphabetical order, and the entries of which Bedrock told nothing."""

    regions: Mapping[str, tuple[Region, ...]]
    unknown: tuple[str, ...]


def roaming_entries(policy: Policy) -> dict[str, ModelId]:
    """The entries of models.allow that Bedrock can tell destinations of: profiles and prompt routers."""
    return {
        text: model
        for text in policy.models.allow
        if (model := _parsed(text)) is not None and _can_be_told(model)
    }


def destinations(policy: Policy, calls: ProfileCalls) -> Told:
    """Where each listed profile and router sends requests; Unreadable where an answer lacks a member."""
    wanted = roaming_entries(policy)
    table = _table(wanted, calls)
    found = {text: _regions(model, table, _DEEPEST) for text, model in sorted(wanted.items())}
    regions = {text: tuple(sorted(each)) for text, each in found.items() if each}
    return Told(regions, tuple(text for text in found if text not in regions))


def _parsed(text: str) -> ModelId | None:
    try:
        return parse_model_id(text)
    except ValueError:  # an entry that ends in a star
        return None


def _can_be_told(model: ModelId) -> bool:
    if isinstance(model, OpaqueArn):
        return model.kind == _APPLICATION or model.kind in _ROUTERS
    return isinstance(model, ProfileId | ProfileArn)


def _table(wanted: Mapping[str, ModelId], calls: ProfileCalls) -> Mapping[str, Answer]:
    """The answers by id and by ARN; only what is needed is asked."""
    kinds = {model.kind for model in wanted.values() if isinstance(model, OpaqueArn)}
    routed = bool(kinds & _ROUTERS)
    answers: list[Answer] = []
    if routed or any(not isinstance(model, OpaqueArn) for model in wanted.values()):
        answers += calls.profiles("SYSTEM_DEFINED")
    if routed or _APPLICATION in kinds:
        answers += calls.profiles("APPLICATION")
    if routed:
        answers += calls.routers()
    names = ("inferenceProfileId", "inferenceProfileArn", "promptRouterArn")
    return {_text(answer, name): answer for answer in answers for name in names if name in answer}


def _regions(model: ModelId, table: Mapping[str, Answer], depth: int) -> frozenset[Region]:
    """Every Region that the model may answer from; empty where one of its ways leads to an unknown place."""
    if isinstance(model, FoundationModelArn):
        return frozenset({model.region})
    answer = table.get(model.format())
    if answer is None and isinstance(model, ProfileArn):
        answer = table.get(model.profile.format())
    if answer is None or depth == 0:
        return frozenset()
    ways = [_way(text, table, depth - 1) for text in _targets(answer)]
    return frozenset[Region]().union(*ways) if ways and all(ways) else frozenset()


def _way(text: str, table: Mapping[str, Answer], depth: int) -> frozenset[Region]:
    """Where one target of a profile or router leads; a global profile's target without a Region leads anywhere."""
    model = _parsed(text)
    return frozenset() if model is None else _regions(model, table, depth)


def _targets(answer: Answer) -> Iterator[str]:
    models = answer.get("models")
    if not isinstance(models, list | tuple):
        raise Unreadable("models")
    fallback = answer.get("fallbackModel")
    for each in (*models, *(() if fallback is None else (fallback,))):
        if not isinstance(each, Mapping):
            raise Unreadable("models")
        yield _text(each, "modelArn")


def _text(answer: Answer, member: str) -> str:
    value = answer.get(member)
    if not isinstance(value, str):
        raise Unreadable(member)
    return value
