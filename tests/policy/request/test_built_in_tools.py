"""Tools that agents and harnesses have by name: what AWS runs is refused, what comes back to the caller is not."""

from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.references import parameter_references
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.policy.request.judgement import RequestFacts, judge_request

MODEL = "amazon.nova-lite-v1:0"
RUN, BUILD = "bedrock-agent-runtime", "bedrock-agent"
HARNESS, HARNESSES = "bedrock-agentcore", "bedrock-agentcore-control"
SIGNATURE = "parentActionGroupSignature"


def rule(service: str, operation: str, parameters: dict[str, Any]) -> str | None:
    rules = Policy(
        region="eu-west-1",
        models={"allow": [MODEL], "accounts": ["111122223333"]},
        operations={"allow": [f"{service}:{operation}"]},
    )
    named = parameter_references(operation_table(service).operation(operation), parameters)
    decision = judge_request(rules, RequestFacts(service, operation, named)).decision
    return None if decision.allowed else decision.rule


def agents(signature: object) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The same built-in action in each request that can name one."""
    group = {"actionGroupName": "a", SIGNATURE: signature}
    below = {"foundationModel": MODEL, "actionGroups": [group]}
    return {
        "an inline agent": (RUN, "InvokeInlineAgent", below),
        "its collaborator": (
            RUN,
            "InvokeInlineAgent",
            {"foundationModel": MODEL, "collaborators": [below]},
        ),
        "an agent": (BUILD, "CreateAgentActionGroup", group),
        "an agent's update": (BUILD, "UpdateAgentActionGroup", group),
    }


COME_BACK = ("AMAZON.UserInput", "ANTHROPIC.Bash", "ANTHROPIC.Computer", "ANTHROPIC.TextEditor")
RUN_THERE: tuple[object, ...] = (
    "AMAZON.CodeInterpreter",
    "FUTURE.Tool",
    "amazon.userinput",
    "",
    None,
    7,
    {},
)


@pytest.mark.parametrize("signature", COME_BACK)
def test_an_action_that_comes_back_to_the_caller_may_be_offered(signature: str) -> None:
    assert {rule(*request) for request in agents(signature).values()} == {None}


@pytest.mark.parametrize("signature", RUN_THERE, ids=repr)
def test_every_other_one_is_a_tool_that_aws_runs(signature: object) -> None:
    assert {rule(*request) for request in agents(signature).values()} == {"system-tool"}


HELD: dict[str, tuple[dict[str, Any], str | None]] = {
    "the caller's function": ({"tools": [{"type": "inline_function"}]}, None),
    "a browser": ({"tools": [{"type": "agentcore_browser"}]}, "system-tool"),
    "a browser of AWS's, by its ARN": (
        {
            "tools": [
                {
                    "type": "agentcore_browser",
                    "config": {
                        "agentCoreBrowser": {
                            "browserArn": "arn:aws:bedrock-agentcore:eu-west-1:aws:browser/aws.browser.v1"
                        }
                    },
                }
            ]
        },
        "system-tool",
    ),
    "a code interpreter": ({"tools": [{"type": "agentcore_code_interpreter"}]}, "system-tool"),
    "a tool of tomorrow": ({"tools": [{"type": "agentcore_shell"}]}, "system-tool"),
    "a server by its URL": (
        {
            "tools": [
                {"type": "remote_mcp", "config": {"remoteMcp": {"url": "https://example.com"}}}
            ]
        },
        "url",
    ),
    "a skill in the harness's files": ({"skills": [{"path": "skills/x"}]}, None),
    "all skills of AWS's": ({"skills": [{"awsSkills": {}}]}, "system-tool"),
    "one of them": ({"skills": [{"awsSkills": {"paths": ["core-skills/*"]}}]}, "system-tool"),
    "a word for them": ({"skills": [{"awsSkills": "all"}]}, "system-tool"),
}


@pytest.mark.parametrize(("parameters", "expected"), HELD.values(), ids=HELD)
def test_a_harness_has_no_tool_that_aws_runs(
    parameters: dict[str, Any], expected: str | None
) -> None:
    asked = (
        (HARNESS, "InvokeHarness"),
        (HARNESSES, "CreateHarness"),
        (HARNESSES, "UpdateHarness"),
    )

    assert {rule(*request, parameters) for request in asked} == {expected}
