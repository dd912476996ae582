"""The console script: parses the arguments, runs one subcommand, turns every outcome into an exit status."""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NoReturn

from secure_bedrock.cli import demo, explain, init, local, lock, policy
from secure_bedrock.cli.failures import INTERRUPTED, PASS, PIPE_CLOSED, UNDETERMINED, report
from secure_bedrock.cli.options import Parser, common_options, parse
from secure_bedrock.values.version import __version__

_EXAMPLES = """\
examples:
  secure-bedrock demo                          see it work: no AWS account, no network
  secure-bedrock init --region eu-west-1       write a commented secure-bedrock.toml
  secure-bedrock policy check                  what the policy says, what is wrong with it
  secure-bedrock lock                          ask AWS once, write secure-bedrock.lock
  secure-bedrock explain MODEL                 may this model be called, and why
  secure-bedrock local                         a Bedrock on this machine, until Ctrl-C
"""

_EPILOG = """\
exit status: 0 pass, 1 a finding or a denial, 2 usage, 3 could not determine
data goes to stdout, talk to stderr; the policy is --policy, else $SECURE_BEDROCK_POLICY,
else secure-bedrock.toml here, in $LAMBDA_TASK_ROOT or in /opt
"""


def build_parser() -> Parser:
    """The whole command line; imports neither boto3 nor pydantic."""
    parser = Parser(
        prog="secure-bedrock",
        description="Amazon Bedrock over AWS PrivateLink only.",
        examples=_EXAMPLES,
        epilog=_EPILOG,
        parents=[common_options()],
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {__version__}",
        help="print the version and exit",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for command in (demo, init, policy, lock, explain, local):
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; only a pipe that is closed on stderr too can raise."""
    args = argparse.Namespace(verbose=False)
    try:
        args = parse(build_parser(), argv)
        status: int = args.run(args)
        sys.stdout.flush()
    except SystemExit as leaving:  # argparse: --help, --version, a usage error
        return leaving.code if isinstance(leaving.code, int) else PASS
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the last frame: everything becomes one line and a status
        return report(error, verbose=args.verbose)
    return status


def run() -> NoReturn:
    """The console script's entry: `main()`; a closed pipe or a full disk stays quiet until the interpreter is gone."""
    if sys.stdout is None:  # closed by the shell (`>&-`): nothing could be told
        raise SystemExit(PIPE_CLOSED)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        status = PIPE_CLOSED
    except OSError:  # reported by main; what is left in the buffer can't be written either
        status = UNDETERMINED
    if status in (PIPE_CLOSED, UNDETERMINED):
        # Source: Python docs, library/signal, "Note on SIGPIPE": the exit-time flush would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(status)
