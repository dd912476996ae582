"""How an error leaves the command line: one `error:`, one `next:`, and a status that says what kind it was."""

import sys
import traceback

from secure_bedrock.cli.render import clean, paint
from secure_bedrock.errors import (
    ConfigurationError,
    Denied,
    EndpointNotFound,
    LockMismatch,
    PolicyInvalid,
    SecureBedrockError,
)

PASS, FINDING, USAGE, UNDETERMINED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141
"""0 to 3 are the contract; 130 and 141 are 128 + SIGINT and 128 + SIGPIPE, as shells report them."""


class UsageError(ConfigurationError):
    """The arguments do not make sense together, or name what is not there."""

    default_rule = "usage"


def status_of(error: BaseException) -> int:
    """The exit status: a denial is a finding, a bad file or argument is usage, all else could not be determined."""
    if isinstance(error, Denied):
        return FINDING
    if isinstance(error, EndpointNotFound):
        return UNDETERMINED
    if isinstance(error, ConfigurationError):
        return USAGE
    if isinstance(error, OSError) and error.filename is not None:
        return USAGE  # a file or directory that was named; the network's errors are TransportErrors by then
    return UNDETERMINED


def report(error: BaseException, *, verbose: bool) -> int:
    """Write the error to stderr, cleaned of control characters, and return its exit status."""
    if verbose:
        traceback.print_exception(error, file=sys.stderr)
    lines, following = _told(error)
    mark = paint("error:", "red", sys.stderr)
    sys.stderr.write(f"{mark} {clean(lines[0])}\n")
    sys.stderr.writelines(f"  {clean(line)}\n" for line in lines[1:])
    if following:
        first, *rest = following.split("\n")
        sys.stderr.write(f"next: {clean(first)}\n")
        sys.stderr.writelines(f"  {clean(line)}\n" for line in rest)
    return status_of(error)


def _told(error: BaseException) -> tuple[list[str], str]:
    if isinstance(error, SecureBedrockError):
        first, *rest = f"{error.reason} [{error.rule}]".split("\n")
        return [first, *rest, *_listed(error)], error.next_step
    if isinstance(error, OSError) and error.filename is not None:
        return [f"{error.filename}: {error.strerror}"], "check the path and its permissions"
    if isinstance(error, OSError):
        return [error.strerror or type(error).__name__], ""
    # The text of a foreign exception may hold content, so only its type is told.
    kind = type(error).__name__
    return [f"unexpected {kind}; this is a bug"], "run again with -v and report the traceback"


def _listed(error: SecureBedrockError) -> list[str]:
    if isinstance(error, PolicyInvalid | LockMismatch):
        return [str(problem) for problem in error.problems]
    if isinstance(error, EndpointNotFound):
        return [str(attempt) for attempt in error.attempts]
    return []
