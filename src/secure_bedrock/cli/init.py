"""`secure-bedrock init`: writes a commented policy file, asks nothing, and never overwrites unasked."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from secure_bedrock.cli.failures import PASS, UsageError
from secure_bedrock.cli.options import Parser, add_command
from secure_bedrock.cli.render import clean, document
from secure_bedrock.cli.starter import Answers, starter

_DEFAULT_FILE = "secure-bedrock.toml"

_EXAMPLES = """\
examples:
  secure-bedrock init                          every value a marked example
  secure-bedrock init --region eu-west-1 --cidr 10.20.0.0/16 \\
      --model eu.anthropic.claude-sonnet-4-5-20250929-v1:0
  secure-bedrock init --stdout | less          look first
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "init",
        summary="write a commented policy file",
        description=f"Writes {_DEFAULT_FILE}, or the file that --policy names. Asks nothing.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--region", metavar="REGION", help="the endpoint's Region")
    parser.add_argument(
        "--model", metavar="ID", action="append", default=[], help="a model to allow (repeatable)"
    )
    parser.add_argument(
        "--cidr", metavar="CIDR", action="append", default=[], help="a CIDR of the VPC (repeatable)"
    )
    parser.add_argument("--vpc-endpoint-id", metavar="ID", help="vpce-…")
    parser.add_argument("--host", metavar="NAME", help="the endpoint's DNS name")
    parser.add_argument(
        "--address",
        metavar="IP",
        action="append",
        default=[],
        help="an address of the endpoint (repeatable); DNS is then never asked",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--force", action="store_true", help="overwrite an existing file")
    where.add_argument("--stdout", action="store_true", help="print it instead of writing a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file, or print it; what is written loads as a policy."""
    answers = Answers(
        region=args.region,
        models=tuple(args.model),
        cidrs=tuple(args.cidr),
        vpc_endpoint_id=args.vpc_endpoint_id,
        host=args.host,
        addresses=tuple(args.address),
    )
    _refuse_odd_text(answers)
    text = starter(answers)
    _check(text)
    path = None if args.stdout else _path(args.policy)
    if path is not None:
        _write(path, text, force=args.force)
    if args.output == "json":
        sys.stdout.write(document("init", _described(path, answers, text)) + "\n")
    elif path is None:
        sys.stdout.write(text)
    if path is not None:
        _tell(path, answers, named=args.policy is not None)
    return PASS


def _refuse_odd_text(answers: Answers) -> None:
    given = (answers.region, answers.vpc_endpoint_id, answers.host)
    for text in (*given, *answers.models, *answers.cidrs, *answers.addresses):
        if text is not None and not (text.isascii() and text.isprintable()):
            raise UsageError("an argument holds a character that is not printable ASCII")


def _check(text: str) -> None:
    """Load what would be written: a policy that init wrote must never be refused by the next command."""
    from secure_bedrock.cli.route_summary import routes_in
    from secure_bedrock.errors import PolicyInvalid
    from secure_bedrock.policy import Policy

    try:
        policy = Policy.from_toml(text)
    except PolicyInvalid as error:
        wrong = "\n".join(
            ": ".join(part for part in (problem.key, problem.message) if part)
            for problem in error.problems
        )
        raise UsageError(
            f"these arguments make no valid policy:\n{wrong}", next_step="correct them"
        ) from error
    for route in routes_in(policy):
        if route.denied:
            raise UsageError(f"these arguments make no route:\n{route.text}")


def _path(given: str | None) -> Path:
    if given is not None and (not given or "\0" in given):
        raise UsageError("--policy names no file")
    return Path(_DEFAULT_FILE if given is None else given)


def _write(path: Path, text: str, *, force: bool) -> None:
    # "x" fails where the file exists, so that two inits at once can't overwrite each other either.
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"{path} exists and was left as it is",
            next_step="pass --force to overwrite it, or --stdout to look at a new one",
        ) from error


def _described(path: Path | None, answers: Answers, text: str) -> dict[str, object]:
    """What was written and where; the file is None where none was."""
    file = None if path is None else os.fspath(path)
    return {"file": file, "examples": list(answers.examples), "policy": text}


def _tell(path: Path, answers: Answers, *, named: bool) -> None:
    examples = answers.examples
    sys.stderr.write(f"wrote {clean(os.fspath(path))}\n")
    if examples:
        sys.stderr.write(f"next: replace the examples in it ({', '.join(examples)})\n")
    else:
        which = f" --policy {shlex.quote(clean(os.fspath(path)))}" if named else ""
        sys.stderr.write(f"next: secure-bedrock policy check{which}\n")
