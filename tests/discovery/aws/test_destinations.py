"""Where listed profiles and routers lead, from Bedrock's listings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.destinations import ProfileType, destinations
from secure_bedrock.discovery.aws.ec2_answers import Unreadable
from secure_bedrock.policy import Policy

HEAD = "arn:aws:bedrock:eu-west-1:111122223333"
PROFILE = "eu.amazon.nova-lite-v1:0"
APPLICATION = f"{HEAD}:application-inference-profile/abcdefghij12"
ROUTER = f"{HEAD}:prompt-router/abcdefghij12"
DEFAULT_ROUTER = f"{HEAD}:default-prompt-router/amazon.nova:1"


def model(region: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-lite-v1:0"


def profile(*targets: str, name: str = PROFILE) -> dict[str, Any]:
    own = name if name.startswith("arn:") else f"{HEAD}:inference-profile/{name}"
    return {
        "inferenceProfileId": name.rpartition("/")[2],
        "inferenceProfileArn": own,
        "models": [{"modelArn": target} for target in targets],
    }


def router(*targets: str, fallback: str, name: str = ROUTER) -> dict[str, Any]:
    return {
        "promptRouterArn": name,
        "models": [{"modelArn": target} for target in targets],
        "fallbackModel": {"modelArn": fallback},
    }


@dataclass
class Listed:
    """Bedrock's listings as lists, and what was asked of them."""

    system: Sequence[Mapping[str, Any]] = ()
    application: Sequence[Mapping[str, Any]] = ()
    router_list: Sequence[Mapping[str, Any]] = ()
    asked: list[str] = field(default_factory=list)

    def profiles(self, kind: ProfileType) -> Sequence[Mapping[str, object]]:
        self.asked.append(kind)
        return self.system if kind == "SYSTEM_DEFINED" else self.application

    def routers(self) -> Sequence[Mapping[str, object]]:
        self.asked.append("routers")
        return self.router_list


def policy_of(*models: str) -> Policy:
    return Policy(region="eu-west-1", models={"allow": models, "accounts": ["111122223333"]})


EU = (model("eu-west-1"), model("eu-central-1"))
CASES: dict[str, tuple[str, Listed, tuple[str, ...] | None]] = {
    "a system profile leads to its models' Regions": (
        PROFILE,
        Listed(system=[profile(*EU)]),
        ("eu-central-1", "eu-west-1"),
    ),
    "its ARN leads to the same": (
        f"{HEAD}:inference-profile/{PROFILE}",
        Listed(system=[profile(*EU)]),
        ("eu-central-1", "eu-west-1"),
    ),
    "an ARN that is listed without its account's number is found by id": (
        f"{HEAD}:inference-profile/{PROFILE}",
        Listed(system=[{**profile(*EU), "inferenceProfileArn": f"{HEAD}:another"}]),
        ("eu-central-1", "eu-west-1"),
    ),
    "a profile that is not listed leads nobody knows where": (
        PROFILE,
        Listed(system=[profile(*EU, name="eu.amazon.nova-pro-v1:0")]),
        None,
    ),
    "a profile without models leads nobody knows where": (
        PROFILE,
        Listed(system=[profile()]),
        None,
    ),
    "one model without a Region leads anywhere": (
        PROFILE,
        Listed(system=[profile(*EU, "arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0")]),
        None,
    ),
    "a target that is no model leads nobody knows where": (
        PROFILE,
        Listed(system=[profile(*EU, "arn:aws:s3:::a-bucket")]),
        None,
    ),
    "an application profile leads to its models' Regions": (
        APPLICATION,
        Listed(application=[profile(model("eu-west-1"), name=APPLICATION)]),
        ("eu-west-1",),
    ),
    "a router leads where its models and its fallback lead": (
        ROUTER,
        Listed(router_list=[router(model("eu-west-1"), fallback=model("eu-north-1"))]),
        ("eu-north-1", "eu-west-1"),
    ),
    "a router's profiles are followed": (
        DEFAULT_ROUTER,
        Listed(
            system=[profile(*EU)],
            application=[profile(model("eu-west-3"), name=APPLICATION)],
            router_list=[
                router(
                    f"{HEAD}:inference-profile/{PROFILE}",
                    fallback=APPLICATION,
                    name=DEFAULT_ROUTER,
                )
            ],
        ),
        ("eu-central-1", "eu-west-1", "eu-west-3"),
    ),
    "a router to an unknown profile leads nobody knows where": (
        ROUTER,
        Listed(router_list=[router(model("eu-west-1"), fallback=APPLICATION)]),
        None,
    ),
    "a circle leads nowhere": (
        APPLICATION,
        Listed(application=[profile(APPLICATION, name=APPLICATION)]),
        None,
    ),
}


@pytest.mark.parametrize(("entry", "listed", "expected"), CASES.values(), ids=CASES)
def test_where_an_entry_leads(entry: str, listed: Listed, expected: tuple[str, ...] | None) -> None:
    told = destinations(policy_of(entry), listed)

    assert told.regions.get(entry) == expected
    assert told.unknown == (() if expected else (entry,))


@pytest.mark.parametrize(
    ("entries", "asked"),
    [
        (("amazon.nova-lite-v1:0", "amazon.titan-embed-text-v2:*"), []),
        ((PROFILE,), ["SYSTEM_DEFINED"]),
        ((APPLICATION,), ["APPLICATION"]),
        ((ROUTER,), ["SYSTEM_DEFINED", "APPLICATION", "routers"]),
        ((f"{HEAD}:provisioned-model/abcdefghij12",), []),
    ],
)
def test_only_what_is_needed_is_asked(entries: tuple[str, ...], asked: list[str]) -> None:
    listed = Listed()

    destinations(policy_of(*entries), listed)

    assert listed.asked == asked


NAMED = {
    "inferenceProfileId": PROFILE,
    "inferenceProfileArn": f"{HEAD}:inference-profile/{PROFILE}",
}


@pytest.mark.parametrize(
    "broken",
    [
        {**NAMED},
        {**NAMED, "models": "all"},
        {**NAMED, "models": ["all"]},
        {**NAMED, "models": [{"modelArn": 1}]},
        {**NAMED, "models": [], "fallbackModel": "that"},
        {**NAMED, "inferenceProfileId": 1, "models": []},
        {"inferenceProfileId": PROFILE, "models": []},
        {**NAMED, "inferenceProfileArn": "arn:aws:bedrock", "models": []},
        {**NAMED, "inferenceProfileArn": "arn:aws:bedrock:eu-west-1", "models": []},
        {**NAMED, "inferenceProfileArn": HEAD.replace("eu-west-1", "") + ":x/y", "models": []},
        {**NAMED, "inferenceProfileArn": f"arn:aws:bedrock::1:inference-profile/{PROFILE}"},
    ],
)
def test_an_answer_that_lacks_a_member_is_unreadable(broken: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        destinations(policy_of(PROFILE), Listed(system=[broken]))


ELSEWHERE = "arn:aws:bedrock:us-east-1:111122223333"
HOME = profile(*EU)
ABROAD: dict[str, Listed] = {
    "a profile": Listed(
        system=[{**HOME, "inferenceProfileArn": f"{ELSEWHERE}:inference-profile/{PROFILE}"}]
    ),
    "one behind the policy's own": Listed(
        system=[HOME, profile(*EU, name=f"{ELSEWHERE}:inference-profile/{PROFILE}")]
    ),
    "a profile that nobody wants": Listed(
        system=[HOME, profile(*EU, name=f"{ELSEWHERE}:inference-profile/us.amazon.nova-pro-v1:0")]
    ),
    "a router": Listed(
        router_list=[router(*EU, fallback=EU[0], name=f"{ELSEWHERE}:prompt-router/abcdefghij12")]
    ),
}


@pytest.mark.parametrize("listed", ABROAD.values(), ids=ABROAD)
def test_a_listing_of_another_region_is_refused_by_both_names(listed: Listed) -> None:
    """The same id leads elsewhere from there, so its answers would say the wrong Regions."""
    with pytest.raises(CallFailed, match=r"`aws bedrock list-.*` is of us-east-1, .* eu-west-1"):
        destinations(policy_of(PROFILE, ROUTER), listed)


def test_two_answers_of_one_name_have_to_agree() -> None:
    fewer = profile(EU[0])

    with pytest.raises(CallFailed, match=f"names {PROFILE} twice and contradicts itself"):
        destinations(policy_of(PROFILE), Listed(system=[HOME, fewer]))
    routers = Listed(router_list=[router(EU[0], fallback=each) for each in EU])
    with pytest.raises(CallFailed, match="list-prompt-routers` names"):
        destinations(policy_of(ROUTER), routers)


def test_one_answer_twice_is_one_answer() -> None:
    turned = profile(*reversed(EU))

    told = destinations(policy_of(PROFILE), Listed(system=[HOME, turned]))

    assert told.regions == {PROFILE: ("eu-central-1", "eu-west-1")}


def test_a_profiles_arn_of_another_region_is_not_found_by_its_id() -> None:
    entry = f"{ELSEWHERE}:inference-profile/{PROFILE}"

    assert destinations(policy_of(entry), Listed(system=[HOME])).unknown == (entry,)
