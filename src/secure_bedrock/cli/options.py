"""The parser of every subcommand: examples first, the options that are accepted everywhere, errors in our form."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from secure_bedrock.cli.failures import USAGE, UsageError
from secure_bedrock.cli.render import clean


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose help opens with examples and whose errors read `error:` and `next:`."""

    def __init__(self, *, examples: str = "", **settings: object) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]
        self._examples = examples

    def format_help(self) -> str:
        """Examples, then argparse's own help."""
        if not self._examples:
            return super().format_help()
        return f"{self._examples.strip(chr(10))}\n\n{super().format_help()}"

    def show_help(self, _args: argparse.Namespace) -> int:
        """Print the help as talk: without a command nothing was done, so the status is usage."""
        sys.stderr.write(self.format_help())
        return USAGE

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, and exit with the usage status."""
        raise _usage(message, self.prog)


def common_options(*, reads_policy: bool = True) -> Parser:
    """The options accepted before and after a subcommand.

    Their defaults are suppressed, so that a subcommand's parser can't undo what stood before it. A command that reads
    no policy takes `--policy` all the same, to refuse it in `refuse_policy` wherever it stood.
    """
    policy_help = "the policy file (default: searched for)" if reads_policy else argparse.SUPPRESS
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("accepted everywhere")
    group.add_argument("--policy", metavar="PATH", help=policy_help)
    group.add_argument("--output", choices=("table", "json"), help="form of the data on stdout")
    group.add_argument("-v", "--verbose", action="store_true", help="show tracebacks of errors")
    return common


def add_command(
    subparsers: "argparse._SubParsersAction[Parser]",
    name: str,
    *,
    summary: str,
    examples: str = "",
    description: str = "",
    reads_policy: bool = True,
) -> Parser:
    """A subcommand's parser with the common options; the description is the summary where none is given."""
    parser: Parser = subparsers.add_parser(
        name,
        help=summary,
        description=description or f"{summary[0].upper()}{summary[1:]}.",
        examples=examples,
        parents=[common_options(reads_policy=reads_policy)],
    )
    parser.set_defaults(prog=parser.prog)
    return parser


def refuse_policy(args: argparse.Namespace, command: str) -> None:
    """Raise UsageError where `--policy` was given to a command that brings its own: it would have no effect."""
    if args.policy is not None:
        raise UsageError(
            f"`{command}` brings a policy of its own, so --policy would have no effect",
            next_step="leave --policy out",
        )


def require_testing(what: str) -> None:
    """Raise UsageError where a package of the extra `testing` is missing; `what` is who needs it, with the verb."""
    for package in ("cryptography", "trustme"):
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            raise UsageError(
                f"{what} {package}, which is not installed",
                next_step='in a clone of the repository: pip install ".[testing]"',
            ) from error


def parse(parser: Parser, argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, with the common options' defaults filled in where none was given."""
    given = argparse.Namespace(
        policy=None, output="table", verbose=False, prog=parser.prog, run=parser.show_help
    )
    args, unknown = parser.parse_known_args(argv, given)
    if unknown:
        raise _usage(f"unrecognized arguments: {' '.join(unknown)}", args.prog)
    return args


def _usage(message: str, prog: str) -> SystemExit:
    """The end of the program for arguments that are wrong: what is wrong, and whose help tells more."""
    sys.stderr.write(f"error: {clean(message)}\nnext: {prog} --help\n")
    return SystemExit(USAGE)
