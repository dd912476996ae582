"""Where the listed profiles and prompt routers send requests, as Bedrock's own listings tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from secure_bedrock.discovery.aws.calls import CallFailed, listed
from secure_bedrock.discovery.aws.ec2_answers import Answer, Unreadable
from secure_bedrock.discovery.aws.hardened_clients import OpenClient
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
from secure_bedrock.values.arns import parse_arn

ProfileType = Literal["SYSTEM_DEFINED", "APPLICATION"]

GRANTS = frozenset({"bedrock:ListInferenceProfiles", "bedrock:ListPromptRouters"})
"""What is asked of Bedrock's control plane: listings, whose requests name no model."""

_APPLICATION = "application-inference-profile"
_ROUTERS = frozenset({"prompt-router", "default-prompt-router"})
_LISTED_BY: Final = {
    "inferenceProfileArn": "aws bedrock list-inference-profiles",
    "promptRouterArn": "aws bedrock list-prompt-routers",
}
"""By the ARN in an answer: the command that lists it, as people know it."""
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
    """Where each listed profile and router sends requests.

    Unreadable where an answer lacks a member; CallFailed where a listing is of another Region than the policy, whose
    profiles of the same id lead elsewhere, or where two answers contradict each other.
    """
    wanted = roaming_entries(policy)
    table = _table(policy.region, _answers(wanted, calls))
    found = {
        text: _regions(model, policy.region, table, _DEEPEST)
        for text, model in sorted(wanted.items())
    }
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


def _answers(wanted: Mapping[str, ModelId], calls: ProfileCalls) -> Sequence[Answer]:
    """Bedrock's answers; only what is needed is asked."""
    kinds = {model.kind for model in wanted.values() if isinstance(model, OpaqueArn)}
    routed = bool(kinds & _ROUTERS)
    answers: list[Answer] = []
    if routed or any(not isinstance(model, OpaqueArn) for model in wanted.values()):
        answers += calls.profiles("SYSTEM_DEFINED")
    if routed or _APPLICATION in kinds:
        answers += calls.profiles("APPLICATION")
    if routed:
        answers += calls.routers()
    return answers


def _table(region: Region, answers: Sequence[Answer]) -> Mapping[str, Answer]:
    """The answers by id and by ARN, all of one Region and of one mind."""
    table: dict[str, Answer] = {}
    for answer in answers:
        _require_home(answer, region)
        for name in ("inferenceProfileId", *_LISTED_BY):
            if name in answer:
                key = _text(answer, name)
                _require_agreement(key, table.setdefault(key, answer), answer)
    return table


def _require_home(answer: Answer, region: Region) -> None:
    """The same id leads elsewhere from another Region, so a listing counts only where it was made."""
    member = _own_arn(answer)
    try:
        found = parse_arn(_text(answer, member)).region
    except ValueError as error:
        raise Unreadable(member) from error
    if found is None:
        raise Unreadable(member)
    if found != region:
        raise CallFailed(
            f"the output of `{_LISTED_BY[member]}` is of {found}, and the policy of {region}: "
            f"run the command with --region {region}"
        )


def _require_agreement(key: str, one: Answer, two: Answer) -> None:
    """Two listings of one entry say the same, or nobody knows which of them is true."""
    if one is not two and set(_targets(one)) != set(_targets(two)):
        command = _LISTED_BY[_own_arn(two)]
        raise CallFailed(f"the output of `{command}` names {key} twice and contradicts itself")


def _own_arn(answer: Answer) -> str:
    return "promptRouterArn" if "promptRouterArn" in answer else "inferenceProfileArn"


def _regions(
    model: ModelId, home: Region, table: Mapping[str, Answer], depth: int
) -> frozenset[Region]:
    """Every Region that the model may answer from; empty where one of its ways leads to an unknown place."""
    if isinstance(model, FoundationModelArn):
        return frozenset({model.region})
    answer = table.get(model.format())
    if answer is None and isinstance(model, ProfileArn) and model.region == home:
        answer = table.get(model.profile.format())
    if answer is None or depth == 0:
        return frozenset()
    ways = [_way(text, home, table, depth - 1) for text in _targets(answer)]
    return frozenset[Region]().union(*ways) if ways and all(ways) else frozenset()


def _way(text: str, home: Region, table: Mapping[str, Answer], depth: int) -> frozenset[Region]:
    """Where one target of a profile or router leads; a global profile's target without a Region leads anywhere."""
    model = _parsed(text)
    return frozenset() if model is None else _regions(model, home, table, depth)


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
