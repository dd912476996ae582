"""What of `init`'s text nobody replaced yet: values that still bear its mark, and ids that exist in examples only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secure_bedrock.cli.policy_text import Path, PolicyText
from secure_bedrock.cli.starter import EXAMPLE, EXAMPLE_ENDPOINT_ID
from secure_bedrock.errors import Problem

if TYPE_CHECKING:
    from secure_bedrock.policy import EndpointPolicy, Policy

_STILL_MARKED = "still the example that init wrote: put your own value there and remove the mark"
# The VPC of this library's documentation, and the accounts of AWS's examples.
# Source: iam/2010-05-08/examples-1.json (botocore 1.44.5, read 2026-11-20).
_EXAMPLE_VPC_ID = "vpc-0123456789abcdef0"
_EXAMPLE_ACCOUNTS = ("111122223333", "123456789012")


@dataclass(frozen=True, slots=True)
class Examples:
    """A policy file's leftovers: `marked` are findings, `ids` deserve a second look."""

    marked: tuple[Problem, ...] = ()
    ids: tuple[Problem, ...] = ()


def examples_in(policy: "Policy", text: str, places: PolicyText) -> Examples:
    """The leftovers of the policy, which was read from the text."""
    return Examples(
        tuple(_marked(text, places)),
        tuple(
            places.problem(f"{value} is an id from the documentation: write your own", *path)
            for path, value in _example_ids(policy)
        ),
    )


def _marked(text: str, places: PolicyText) -> Iterator[Problem]:
    from secure_bedrock.policy.shown import key_text

    for number, line in enumerate(text.split("\n"), start=1):
        is_comment = line.lstrip().startswith("#")
        if line.rstrip().endswith(EXAMPLE.strip()) and not is_comment:
            here = [path for path, at in places.lines.items() if at == number]
            key = key_text(min(here, key=len, default=()))
            yield Problem(_STILL_MARKED, key, places.file, number)


def _example_ids(policy: "Policy") -> Iterator[tuple[Path, str]]:
    for endpoint in policy.network.endpoints:
        table = ("network", "endpoints", endpoint.service)
        if _is_local(endpoint):
            continue  # the local Bedrock is called like that
        if endpoint.vpc_endpoint_id == EXAMPLE_ENDPOINT_ID:
            yield (*table, "vpc_endpoint_id"), EXAMPLE_ENDPOINT_ID
        if (endpoint.host or "").startswith(f"{EXAMPLE_ENDPOINT_ID}-"):
            yield (*table, "host"), EXAMPLE_ENDPOINT_ID
    for place, account in enumerate(policy.models.accounts):
        if account in _EXAMPLE_ACCOUNTS and account != policy.account.account_id:
            yield ("models", "accounts", place), account
    if policy.account.account_id in _EXAMPLE_ACCOUNTS:
        yield ("account", "account_id"), policy.account.account_id
    if policy.account.vpc_id == _EXAMPLE_VPC_ID:
        yield ("account", "vpc_id"), _EXAMPLE_VPC_ID


def _is_local(endpoint: "EndpointPolicy") -> bool:
    from secure_bedrock.network import parse_address

    return bool(endpoint.addresses) and all(
        parse_address(address).is_loopback for address in endpoint.addresses
    )
