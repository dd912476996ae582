"""The commented policy that `secure-bedrock init` writes: a text to learn from that also loads."""

from collections.abc import Sequence
from dataclasses import dataclass

EXAMPLE = "  # EXAMPLE: put your own here"
EXAMPLE_ENDPOINT_ID = "vpce-0abc123def4567890"

_EXAMPLE_REGION = "eu-west-1"
_EXAMPLE_CIDR = "10.20.0.0/16"
# A model with on-demand profiles in both geographies; source: the Bedrock user guide, read 2026-11-20.
_EXAMPLE_MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
_GEOGRAPHIES = {"eu-": "eu.", "us-gov-": "us-gov.", "us-": "us."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the caller of `init` gave; everything left out becomes a marked example or a comment."""

    region: str | None = None
    models: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    vpc_endpoint_id: str | None = None
    host: str | None = None
    addresses: tuple[str, ...] = ()

    @property
    def examples(self) -> tuple[str, ...]:
        """The keys that were left out and hold an example value."""
        needed = {
            "region": self.region is None,
            "models.allow": not self.models,
            "network.cidrs": self._needs_cidrs,
        }
        return tuple(key for key, left_out in needed.items() if left_out)

    @property
    def _needs_cidrs(self) -> bool:
        return not self.cidrs and not self.addresses


def starter(answers: Answers) -> str:
    """The policy's text. Values are quoted as TOML, so they must be printable ASCII."""
    return "\n".join([_head(answers), _models(answers), _network(answers), _REST])


def _head(answers: Answers) -> str:
    mark = EXAMPLE if answers.region is None else ""
    region = _text(answers.region or _EXAMPLE_REGION)
    return f"""\
# What this application may ask of Amazon Bedrock, and over which private endpoint.
#
#   secure-bedrock policy check       is this file right, and what does it say
#   secure-bedrock explain MODEL      may this model be called, and why
#
# What is not written here is denied. Lines that are commented out show a default or an example.

version = 1
region = {region}{mark}
# name = "claims-assistant"            # appears in audit events
"""


def _models(answers: Answers) -> str:
    mark = "" if answers.models else EXAMPLE
    models = answers.models or (_example_model(answers.region or _EXAMPLE_REGION),)
    return f"""\
[models]
# Identifiers exactly as they are called. A base id never implies a profile (eu., us. …), nor the other way round.
# "amazon.titan-embed-text-v2:*" admits the versions of one base id; deny wins over allow.
allow = {_lines(models, mark)}
# deny = []
"""


def _network(answers: Answers) -> str:
    return f"""\
[network]
# The CIDRs of the VPC that owns the endpoint: no address outside them is ever connected to.
{_cidrs(answers)}
# discovery = ["policy", "environment", "ec2", "private-dns"]   # who is asked for the endpoint, in this order

[network.endpoints.bedrock-runtime]
# Without a host, the private-DNS name of the service is used; with addresses, DNS is never asked.
{_key("vpc_endpoint_id", answers.vpc_endpoint_id, EXAMPLE_ENDPOINT_ID)}
{_key("host", answers.host, _example_host(answers))}
{_addresses(answers)}

# Every other AWS service needs a table of its own, maybe an empty one. This one lets EC2 be asked for the endpoint's
# names and addresses; the caller then needs ec2:DescribeVpcEndpoints, ec2:DescribeNetworkInterfaces, ec2:DescribeVpcs.
# [network.endpoints.ec2]
"""


_REST = """\
# [operations]                          # default: these and ApplyGuardrail
# allow = ["Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"]

# [guardrail]                           # added to every request that names none; what names another one is refused
# required = true
# id = "abc123def456"
# version = "3"

# [limits]
# max_tokens = 8192                     # in one answer
# max_request_bytes = 20_000_000

# [timeouts]                            # seconds
# connect_s = 2.0
# read_s = 300.0
# first_event_s = 60.0
# idle_s = 60.0

# [retry]
# max_attempts = 4

# [audit]                               # one event for each call; never a prompt, an answer or a credential
# sinks = ["logging"]                   # logging | stdout | jsonl:PATH
"""


def _example_model(region: str) -> str:
    prefix = next((geo for head, geo in _GEOGRAPHIES.items() if region.startswith(head)), "")
    return prefix + _EXAMPLE_MODEL


def _example_host(answers: Answers) -> str:
    region = answers.region or _EXAMPLE_REGION
    endpoint_id = answers.vpc_endpoint_id or EXAMPLE_ENDPOINT_ID
    return f"{endpoint_id}-a1b2c3d4.bedrock-runtime.{region}.vpce.amazonaws.com"


def _cidrs(answers: Answers) -> str:
    if answers.cidrs:
        return f"cidrs = {_list(answers.cidrs)}"
    if answers.addresses:
        return f"# cidrs = {_list([_EXAMPLE_CIDR])}"
    return f"cidrs = {_list([_EXAMPLE_CIDR])}{EXAMPLE}"


def _addresses(answers: Answers) -> str:
    if answers.addresses:
        return f"addresses = {_list(answers.addresses)}"
    return '# addresses = ["10.20.1.10", "10.20.2.10"]'


def _key(name: str, value: str | None, example: str) -> str:
    return f"# {name} = {_text(example)}" if value is None else f"{name} = {_text(value)}"


def _lines(values: Sequence[str], mark: str) -> str:
    return "[\n" + "".join(f"    {_text(value)},{mark}\n" for value in values) + "]"


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"


def _text(value: str) -> str:
    """A TOML basic string of printable ASCII: only the quote and the backslash need an escape."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
