"""docs/reference/lock.md shows a lock that is read as one, and names every member."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_bedrock.cli.lock import _DESCRIPTION
from secure_bedrock.discovery.aws.caller import GRANTS as STS
from secure_bedrock.discovery.aws.cli_answers import COMMANDS
from secure_bedrock.discovery.aws.destinations import GRANTS as BEDROCK
from secure_bedrock.discovery.aws.ec2_calls import GRANTS as EC2
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.file import read_lock
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.policy import Policy

Rows = Callable[[str, str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def shown(root: Path) -> str:
    text = (root / "docs/reference/lock.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    return str(block)


def test_the_lock_on_the_page_is_one_and_of_the_smallest_policy(shown: str) -> None:
    smallest = Policy(
        region="eu-west-1",
        models=["eu.anthropic.claude-sonnet-4-5-20250929-v1:0"],
        network={"cidrs": ["10.20.0.0/16"]},
    )

    assert read_lock(LockText("lock.md", shown)).policy_digest == policy_digest(smallest)


def test_every_member_has_its_row(shown: str, rows: Rows) -> None:
    named = {row["member"].strip("`").partition(".")[0] for row in rows(_PAGE, "member")}
    written = {row["member"].strip("`") for row in rows(_PAGE, "member")}

    assert named == set(json.loads(shown))
    assert {f"written.{name}" for name in json.loads(shown)["written"]} <= written


_PAGE = "docs/reference/lock.md"


def test_the_help_names_every_permission_and_every_command() -> None:
    for name in (*EC2, *BEDROCK):
        assert name in _DESCRIPTION
    for command in COMMANDS:
        assert command in _DESCRIPTION
    assert {"sts:GetCallerIdentity"} == STS  # needs no permission
