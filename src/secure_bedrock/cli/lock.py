"""`secure-bedrock lock`: asks AWS once, at deploy time, and writes what it said beside the policy."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import FINDING, PASS, UsageError
from secure_bedrock.cli.options import Parser, add_command
from secure_bedrock.cli.render import clean

if TYPE_CHECKING:
    from secure_bedrock.cli.lock_asking import Asking
    from secure_bedrock.discovery.lock.contents import Lock
    from secure_bedrock.discovery.lock.differences import Difference
    from secure_bedrock.policy import Policy

_EXAMPLES = """\
examples:
  secure-bedrock lock                          ask AWS, write secure-bedrock.lock
  secure-bedrock lock --check                  does the lock still say what AWS says?
  secure-bedrock lock --from aws.json          no network: the AWS CLI's output instead
  secure-bedrock lock --public-control-plane   from a build machine outside the VPC
  secure-bedrock lock --ssm /secure-bedrock/lock   write the SSM parameter as well
"""

_DESCRIPTION = """\
Asks AWS once, at deploy time, for everything that a client would ask at run
time: the endpoints' ids, DNS names and addresses, the CIDRs of their VPC, and
the Regions that the listed profiles and prompt routers lead to. Clients that
find the lock beside the policy, or at $SECURE_BEDROCK_LOCK, ask EC2 nothing.

Over private endpoints it needs [network.endpoints.ec2]; with
[network.endpoints.bedrock] it also asks where profiles lead, and with
[network.endpoints.sts] it records who asked. It needs these permissions:
  ec2:DescribeVpcEndpoints   ec2:DescribeNetworkInterfaces   ec2:DescribeVpcs
  bedrock:ListInferenceProfiles   bedrock:ListPromptRouters
  ssm:PutParameter (--ssm; with --check ssm:GetParameter)

--from reads the JSON that these commands print, from one file or several:
  {
    aws ec2 describe-vpc-endpoints
    aws ec2 describe-network-interfaces
    aws ec2 describe-vpcs
    aws bedrock list-inference-profiles --type-equals SYSTEM_DEFINED
    aws bedrock list-inference-profiles --type-equals APPLICATION
    aws bedrock list-prompt-routers
    aws sts get-caller-identity
  } > aws.json
The last four only matter where the policy lists such profiles or routers, and
where the lock is to say who asked.

Exits 0 when it wrote the lock, or --check found it up to date; 1 when --check
found a difference, or AWS named something that is no private endpoint; 2 for a
file that can't be used; 3 when something could not be found out.
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "lock",
        summary="ask AWS once, write secure-bedrock.lock",
        description=_DESCRIPTION,
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing; exits 1 on drift"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--from",
        dest="outputs",
        metavar="FILE",
        action="append",
        default=[],
        help="the AWS CLI's JSON instead of asking (repeatable; - is stdin)",
    )
    where.add_argument(
        "--public-control-plane",
        action="store_true",
        help="ask over AWS's public endpoints: read-only calls, never inference; the lock records it",
    )
    parser.add_argument(
        "--ssm", metavar="NAME", help="write this SSM parameter as well; with --check, compare it"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the lock, or compare it; 1 where --check finds a difference."""
    from secure_bedrock.cli.lock_asking import Asking
    from secure_bedrock.discovery.lock.writer import Voice, make_lock
    from secure_bedrock.policy import Policy

    policy = Policy.load(args.policy)
    _require_parameter_name(args.ssm)
    asking = Asking(policy)
    asked = asking.asked(_texts(args.outputs), public=args.public_control_plane)
    old = _old(policy, asking, args) if args.check else None
    voice = Voice(progress=_progress, note=_note)
    lock = make_lock(policy, asked, now=datetime.now(UTC), voice=voice)
    if args.check:
        return _compare(policy, old, lock, args)
    return _write(policy, lock, asking, args)


def _write(policy: "Policy", lock: "Lock", asking: "Asking", args: argparse.Namespace) -> int:
    from secure_bedrock.cli.lock_asking import replace_file
    from secure_bedrock.cli.lock_shown import print_lock
    from secure_bedrock.discovery.lock.file import lock_text
    from secure_bedrock.discovery.lock.source import LockText
    from secure_bedrock.discovery.lock.use import told

    told(policy, lock, LockText("the new lock"))  # what a client would refuse is not written
    path = _path(policy)
    replace_file(path, lock_text(lock))
    sys.stderr.write(f"wrote {clean(str(path))}\n")
    if "lock" not in policy.network.discovery:
        _note('network.discovery does not list "lock", so no client will read it')
    if args.ssm is not None:
        tier = asking.write_parameter(args.ssm, lock_text(lock, compact=True))
        sys.stderr.write(f"wrote the SSM parameter {args.ssm} ({tier} tier)\n")
        if policy.network.ssm_parameter != args.ssm:
            _note("the policy does not name it as network.ssm_parameter, so no client will read it")
    print_lock(lock, path, args.ssm, as_json=args.output == "json")
    return PASS


def _compare(policy: "Policy", old: "Lock | None", new: "Lock", args: argparse.Namespace) -> int:
    from secure_bedrock.cli.lock_shown import print_differences
    from secure_bedrock.discovery.lock.differences import differences, misjudged_profiles

    found: tuple[Difference, ...] = misjudged_profiles(policy, new)
    found += () if old is None else differences(old, new)
    print_differences(found, as_json=args.output == "json")
    return FINDING if found else PASS


def _old(policy: "Policy", asking: "Asking", args: argparse.Namespace) -> "Lock | None":
    """The lock to compare with; None where there is none and the policy tells the destinations itself."""
    from secure_bedrock.discovery.lock.file import read_lock
    from secure_bedrock.discovery.lock.source import LockText
    from secure_bedrock.discovery.lock.use import read_lock_file

    if args.ssm is not None:
        return read_lock(LockText(f"SSM parameter {args.ssm}", asking.read_parameter(args.ssm)))
    path = _path(policy)
    text = read_lock_file(path)
    if text is not None:
        return read_lock(LockText(str(path), text))
    if policy.residency.profiles:
        _note(f"there is no lock at {path}; only [residency.profiles] is compared")
        return None
    raise UsageError(f"there is no lock at {path}", next_step="write it with `secure-bedrock lock`")


def _path(policy: "Policy") -> Path:
    from secure_bedrock.discovery.lock.use import lock_path

    path, _ = lock_path(policy)
    assert path is not None  # a policy that was loaded has a file
    return path


def _texts(names: list[str]) -> dict[str, str]:
    """The outputs' texts by name; `-` is stdin."""
    from secure_bedrock.cli.lock_asking import read_output

    return {name: read_output(name) for name in names}


def _require_parameter_name(name: str | None) -> None:
    from secure_bedrock.policy.file.syntax import parameter_name

    if name is None:
        return
    try:
        parameter_name(name)
    except ValueError as error:
        raise UsageError(f"--ssm: {error}") from error


def _progress(line: str) -> None:
    """For a person who waits; a log is not filled with it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{clean(line)} …\n")


def _note(line: str) -> None:
    sys.stderr.write(f"note: {clean(line)}\n")
