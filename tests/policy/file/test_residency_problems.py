"""What can not hold of `[residency]` is a problem of the policy."""

from typing import Any

import pytest

from tests.policy.file.found_problems import problems

PROFILE = "eu.zai.glm-4.6"
RESIDENCY: dict[str, tuple[dict[str, Any], str, str]] = {
    "an empty list of Regions is not taken for none": (
        {"regions": []},
        "residency.regions",
        "would allow none",
    ),
    "a Region that is none": ({"regions": ["Ireland"]}, "residency.regions[0]", "AWS Region"),
    "a Region of another partition": (
        {"regions": ["eu-west-1", "us-gov-west-1"]},
        "residency.regions[1]",
        "us-gov-west-1 is of partition aws-us-gov, the policy's Region of aws",
    ),
    "a destination of another partition": (
        {"profiles": {PROFILE: ["cn-north-1"]}},
        f'residency.profiles."{PROFILE}"[0]',
        "of partition aws-cn",
    ),
    "profiles that are no table": ({"profiles": [PROFILE]}, "residency.profiles", "a table"),
    "a profile without destinations": (
        {"profiles": {PROFILE: []}},
        f'residency.profiles."{PROFILE}"',
        "would allow none",
    ),
    "a profile with one destination as a string": (
        {"profiles": {PROFILE: "eu-west-1"}},
        f'residency.profiles."{PROFILE}"',
        "a list of Regions",
    ),
    "a profile that is none": (
        {"profiles": {"eu.claude": ["eu-west-1"]}},
        'residency.profiles."eu.claude"',
        "geography",
    ),
    "destinations of a base id": (
        {"profiles": {"zai.glm-4.6": ["eu-west-1"]}},
        'residency.profiles."zai.glm-4.6"',
        "only profiles, prompt routers and prompts have destinations",
    ),
    "a glob": (
        {"profiles": {"zai.glm-*": ["eu-west-1"]}},
        "residency.profiles.<a string of 9 characters>",
        "a character other than",
    ),
}


@pytest.mark.parametrize("sentence", RESIDENCY)
def test_what_can_not_hold_of_residency_is_a_problem(sentence: str) -> None:
    written, key, message = RESIDENCY[sentence]
    (problem,) = problems(residency=written)
    assert problem.key == key
    assert message in problem.message


def test_regions_of_another_partition_are_told_with_every_other_problem() -> None:
    found = problems(
        residency={"regions": ["us-gov-west-1", "x"], "profiles": {"y": 1}}, models=["*"]
    )
    assert {problem.key for problem in found} == {
        "models[0]",
        "residency.regions[0]",
        "residency.regions[1]",
        "residency.profiles.y",
    }


@pytest.mark.parametrize(
    ("region", "residency"), [("nowhere", {"regions": ["eu-west-1"]}), ("eu-west-1", ["x"])]
)
def test_partitions_are_compared_only_where_there_are_two(region: str, residency: Any) -> None:
    found = problems(region=region, residency=residency)
    assert not any("partition" in problem.message for problem in found)
