"""The AWS CLI's output in place of AWS."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.cli_answers import CliAnswers, cli_answers
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.writer import Asked, Voice, make_lock
from secure_bedrock.errors import ConfigurationError, EndpointNotFound
from secure_bedrock.policy import Policy

Make = Callable[..., dict[str, Any]]
PROFILE = "eu.amazon.nova-lite-v1:0"


def silent(_line: str) -> None:
    """Nobody listens."""


def locked(answers: CliAnswers, policy: Policy) -> Lock:
    asked = Asked(over="file", ec2=answers.ec2, profiles=answers, caller=answers.caller)
    return make_lock(policy, asked, now=datetime.now(UTC), voice=Voice(silent, silent))


@pytest.fixture
def outputs(endpoint: Make, interface: Make, vpc: Make) -> dict[str, Any]:
    """What the commands print, by what they list; there is more in the account than what is wanted."""
    other = endpoint(VpcEndpointId="vpce-0fff", ServiceName="com.amazonaws.eu-west-1.sts")
    head = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/"
    arn = "arn:aws:bedrock:eu-west-3::foundation-model/amazon.nova-lite-v1:0"
    return {
        "VpcEndpoints": [endpoint(OwnerId="111122223333", State="Available"), other],
        "NetworkInterfaces": [
            interface("eni-1", "10.20.1.10"),
            interface("eni-2", "10.20.2.10"),
            interface("eni-9", "10.20.9.9"),
        ],
        "Vpcs": [vpc(), vpc(VpcId="vpc-0fff")],
        "inferenceProfileSummaries": [
            {
                "inferenceProfileId": PROFILE,
                "inferenceProfileArn": head + PROFILE,
                "models": [{"modelArn": arn}],
                "type": "SYSTEM_DEFINED",
            }
        ],
    }


@pytest.fixture
def policy() -> Policy:
    return Policy(region="eu-west-1", models=[PROFILE])


def one_after_another(outputs: dict[str, Any]) -> dict[str, str]:
    parts = [json.dumps({name: items}, indent=4) for name, items in outputs.items()]
    return {"aws.json": "\n".join(parts) + "\n"}


def a_file_each(outputs: dict[str, Any]) -> dict[str, str]:
    return {f"{name}.json": json.dumps({name: items}) for name, items in outputs.items()}


def in_a_list(outputs: dict[str, Any]) -> dict[str, str]:
    return {"aws.json": json.dumps([{name: items} for name, items in outputs.items()])}


def as_one_object(outputs: dict[str, Any]) -> dict[str, str]:
    return {"aws.json": json.dumps(outputs)}


@pytest.mark.parametrize("form", [one_after_another, a_file_each, in_a_list, as_one_object])
def test_every_form_of_the_outputs_makes_the_same_lock(
    outputs: dict[str, Any], policy: Policy, form: Callable[..., dict[str, str]]
) -> None:
    lock = locked(cli_answers(form(outputs)), policy)

    found = lock.endpoint("bedrock-runtime")
    assert found is not None
    assert found.addresses == ("10.20.1.10", "10.20.2.10")
    assert found.cidrs == ("10.20.0.0/16", "2600:1f14::/56")
    assert lock.destinations == ((PROFILE, ("eu-west-3",)),)
    assert lock.written_over == "file"
    assert lock.written_by is None


def test_the_caller_is_told_by_get_caller_identity(outputs: dict[str, Any], policy: Policy) -> None:
    who = {"UserId": "AROA:me", "Account": "111122223333"}
    arn = "arn:aws:sts::111122223333:assumed-role/deploy/me"
    texts = {**a_file_each(outputs), "who.json": json.dumps({**who, "Arn": arn})}

    lock = locked(cli_answers(texts), policy)

    assert lock.written_by == "arn:aws:sts::111122223333:assumed-role/deploy"


def test_outputs_of_single_resources_count(outputs: dict[str, Any], policy: Policy) -> None:
    (single,) = outputs.pop("inferenceProfileSummaries")
    del single["type"]
    texts = {**a_file_each(outputs), "profile.json": json.dumps(single)}

    assert locked(cli_answers(texts), policy).destinations == ((PROFILE, ("eu-west-3",)),)


def test_a_router_of_its_own_output_counts() -> None:
    answers = cli_answers({"r": json.dumps({"promptRouterArn": "arn:x", "models": []})})

    assert [each["promptRouterArn"] for each in answers.routers()] == ["arn:x"]
    assert answers.tells_profiles


@pytest.mark.parametrize("lacking", ["VpcEndpoints", "NetworkInterfaces", "Vpcs"])
def test_an_output_that_is_lacking_is_named_by_its_command(
    outputs: dict[str, Any], policy: Policy, lacking: str
) -> None:
    del outputs[lacking]

    with pytest.raises(EndpointNotFound, match="no output of `aws ec2 describe-"):
        locked(cli_answers(a_file_each(outputs)), policy)


def test_an_interface_that_is_lacking_is_no_smaller_endpoint(
    outputs: dict[str, Any], policy: Policy
) -> None:
    outputs["NetworkInterfaces"].pop(1)

    with pytest.raises(EndpointNotFound, match="lacks one that is needed"):
        locked(cli_answers(a_file_each(outputs)), policy)


def test_profiles_that_were_not_listed_fail() -> None:
    with pytest.raises(CallFailed, match="aws bedrock list-inference-profiles"):
        CliAnswers().profiles("SYSTEM_DEFINED")


@pytest.mark.parametrize(
    "text",
    [
        "Unable to locate credentials",
        "{",
        "[1]",
        '"text"',
        "{}",
        '{"Reservations": []}',
        '{"Vpcs": {}}',
        '{"Vpcs": ["vpc-1"]}',
        '{"Vpcs": [], "NextToken": "x"}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_output_is_refused_by_the_files_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"aws\.json is not the output") as caught:
        cli_answers({"aws.json": text})

    assert caught.value.rule == "cli-output"


def test_an_empty_file_has_no_answers() -> None:
    assert cli_answers({"aws.json": " \n"}).lists == {}
