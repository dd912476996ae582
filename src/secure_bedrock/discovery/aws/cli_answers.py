"""The AWS CLI's output in place of AWS: the answers to the same questions, from files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.destinations import ProfileType
from secure_bedrock.discovery.aws.ec2_answers import Answer
from secure_bedrock.discovery.aws.ec2_calls import DescribeCalls, Filters
from secure_bedrock.discovery.caller_arn import without_session
from secure_bedrock.errors import ConfigurationError

MAX_BYTES: Final = 64 * 1024 * 1024
"""A file that is larger is refused; a listing of a thousand endpoints has a few megabytes."""

_COMMAND_OF: Final = {
    "VpcEndpoints": "aws ec2 describe-vpc-endpoints",
    "NetworkInterfaces": "aws ec2 describe-network-interfaces",
    "Vpcs": "aws ec2 describe-vpcs",
    "inferenceProfileSummaries": "aws bedrock list-inference-profiles --type-equals SYSTEM_DEFINED",
    "promptRouterSummaries": "aws bedrock list-prompt-routers",
}
"""By the list in an output: the command that prints it."""

COMMANDS: Final = (
    *_COMMAND_OF.values(),
    "aws bedrock list-inference-profiles --type-equals APPLICATION",
    "aws sts get-caller-identity",
)
"""The commands whose JSON output is understood; of the last four, those that the policy's models and the lock need."""

_FILTERS: Final = {
    "service-name": "ServiceName",
    "vpc-endpoint-state": "State",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-id": "VpcId",
}


@dataclass(frozen=True, slots=True)
class CliAnswers:
    """What the outputs held together: DescribeCalls and ProfileCalls over lists."""

    lists: Mapping[str, list[Answer]] = field(default_factory=dict)
    arn: str | None = None

    @contextmanager
    def ec2(self) -> Iterator[DescribeCalls]:
        """Itself, as what an opened EC2 is."""
        yield self

    def vpc_endpoints(self, filters: Filters) -> Sequence[Answer]:
        """The listed endpoints that match every filter."""
        return [
            answer
            for answer in self._listed("VpcEndpoints")
            if all(_matches(answer.get(_FILTERS[name]), values) for name, values in filters.items())
        ]

    def network_interfaces(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The listed interfaces of these ids; CallFailed where one is missing, as EC2 would."""
        return self._by_id("NetworkInterfaces", "NetworkInterfaceId", ids)

    def vpcs(self, ids: Sequence[str]) -> Sequence[Answer]:
        """The listed VPCs of these ids; CallFailed where one is missing."""
        return self._by_id("Vpcs", "VpcId", ids)

    def profiles(self, kind: ProfileType) -> Sequence[Answer]:
        """The listed profiles of one type; one whose type the output leaves out counts for both."""
        listed = self._listed("inferenceProfileSummaries")
        return [answer for answer in listed if answer.get("type", kind) == kind]

    def routers(self) -> Sequence[Answer]:
        """The listed prompt routers."""
        return self._listed("promptRouterSummaries")

    @property
    def tells_profiles(self) -> bool:
        """True where Bedrock's listings are among the outputs."""
        return not {"inferenceProfileSummaries", "promptRouterSummaries"}.isdisjoint(self.lists)

    def caller(self) -> str | None:
        """Who ran the commands, where get-caller-identity is among them."""
        return self.arn

    def _by_id(self, member: str, name: str, ids: Sequence[str]) -> Sequence[Answer]:
        found = [answer for answer in self._listed(member) if answer.get(name) in ids]
        if {answer[name] for answer in found} != set(ids):
            raise CallFailed(f"the output of `{_COMMAND_OF[member]}` lacks one that is needed")
        return found

    def _listed(self, member: str) -> Sequence[Answer]:
        if member not in self.lists:
            raise CallFailed(f"no output of `{_COMMAND_OF[member]}` was given")
        return self.lists[member]


def cli_answers(texts: Mapping[str, str]) -> CliAnswers:
    """What the outputs hold, by file name; a file may hold several, one after another or in a list.

    Raises ConfigurationError (rule cli-output) for what is no output of these commands.
    """
    lists: dict[str, list[Answer]] = {}
    arn: str | None = None
    for name, text in texts.items():
        for document in _documents(text, name):
            arn = without_session(document.get("Arn")) or arn
            for member, items in _lists_in(document, name).items():
                lists.setdefault(member, []).extend(items)
    return CliAnswers(lists, arn)


def _lists_in(document: Mapping[str, Any], name: str) -> dict[str, list[Answer]]:
    """The lists of one output; that of a `get-…` command is a list of one."""
    if "inferenceProfileArn" in document:
        document = {"inferenceProfileSummaries": [document]}
    if "promptRouterArn" in document:
        document = {"promptRouterSummaries": [document]}
    found = {member: document[member] for member in _COMMAND_OF if member in document}
    if not found and "Arn" not in document:
        raise _no_output(name, "an object in it is the output of none of the commands")
    for items in found.values():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _no_output(name, "a listing in it is no list of objects")
    if document.get("NextToken") or document.get("nextToken"):
        raise _no_output(
            name, "an output in it has a next page: run the command without --no-paginate"
        )
    return found


def _documents(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Every JSON object of the text."""
    decoder, at = json.JSONDecoder(), 0
    try:
        while (at := _past_space(text, at)) < len(text):
            document, at = decoder.raw_decode(text, at)
            for each in document if isinstance(document, list) else [document]:
                if not isinstance(each, dict):
                    raise _no_output(name, "it holds something that is no JSON object")
                yield each
    except (ValueError, RecursionError):
        raise _no_output(name, "it is not JSON (run the commands with --output json)") from None


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _matches(value: object, wanted: Sequence[str]) -> bool:
    """Whether a filter fits; the state is spelled in both cases, as the EC2 API does."""
    return isinstance(value, str) and value.lower() in [each.lower() for each in wanted]


def _no_output(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is not the output of the AWS CLI: {why}",
        rule="cli-output",
        next_step="`secure-bedrock lock --help` names the commands whose output is read",
    )
