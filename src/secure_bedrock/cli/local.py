"""`secure-bedrock local`: a Bedrock on this machine until Ctrl-C, and the policy that reaches it."""

import argparse
import contextlib
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import PASS, UsageError
from secure_bedrock.cli.options import Parser, add_command, refuse_policy, require_testing
from secure_bedrock.cli.render import clean, document

if TYPE_CHECKING:
    from secure_bedrock.testing import LocalBedrock

_MARK = "# Written by `secure-bedrock local`; it reaches a server that runs on this machine only.\n"

_EXAMPLES = """\
examples:
  secure-bedrock local --write local.toml      then: SECURE_BEDROCK_POLICY=local.toml python app.py
  secure-bedrock local --port 8443 --region eu-west-1 --model amazon.titan-embed-text-v2:0
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "local",
        summary="a Bedrock on this machine, until Ctrl-C",
        description="Prints the policy that reaches it. Needs the extra `testing`.",
        examples=_EXAMPLES,
        reads_policy=False,
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="port on 127.0.0.1 (default: free one)"
    )
    parser.add_argument(
        "--region", type=_region, default="eu-west-1", help="the Region it plays (eu-west-1)"
    )
    parser.add_argument(
        "--model",
        metavar="ID",
        type=_model,
        action="append",
        default=[],
        help="a model it has (repeatable)",
    )
    parser.add_argument("--write", metavar="FILE", help="write the policy there instead of stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, which are the normal end: status 0."""
    refuse_policy(args, "local")
    server = _server(args)
    with contextlib.suppress(KeyboardInterrupt), _interrupted_by_sigterm(), _stopped(server):
        _start(server, args.port)
        _show(server, args)
        sys.stderr.write(f"listening on 127.0.0.1:{server.port}; Ctrl-C ends it\n")
        sys.stderr.flush()
        threading.Event().wait()
    sys.stderr.write("stopped\n")
    return PASS


def _server(args: argparse.Namespace) -> "LocalBedrock":
    require_testing("the local Bedrock needs")
    from secure_bedrock.testing import DEFAULT_MODELS, LocalBedrock

    models = tuple(args.model) or DEFAULT_MODELS
    return LocalBedrock(region=args.region, port=args.port, models=models)


def _start(server: "LocalBedrock", port: int) -> None:
    try:
        server.start()
    except OSError as error:
        raise UsageError(
            f"can't listen on 127.0.0.1:{port}: {error.strerror}",
            next_step="leave --port out, and a free one is taken",
        ) from error


def _show(server: "LocalBedrock", args: argparse.Namespace) -> None:
    text = _MARK + server.policy_toml()
    if args.write is not None:
        _write(Path(args.write), text)
    if args.output == "json":
        sys.stdout.write(document("local", _described(server, text)) + "\n")
    elif args.write is None:
        sys.stdout.write(text)
    sys.stdout.flush()
    if args.output == "table":
        sys.stderr.write(_exports(server, args.write))


def _described(server: "LocalBedrock", text: str) -> dict[str, object]:
    return {
        "host": server.host,
        "port": server.port,
        "ca_bundle": str(server.ca_path),
        "policy": text,
        "environment": _environment(server),
    }


def _environment(server: "LocalBedrock") -> dict[str, str]:
    """Credentials that only this server knows; they open nothing at AWS."""
    frozen = server.credentials
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    values = (frozen.access_key, frozen.secret_key, frozen.token)
    return {name: value for name, value in zip(names, values, strict=True) if value}


def _exports(server: "LocalBedrock", written: str | None) -> str:
    lines = [f"export {name}={value}" for name, value in _environment(server).items()]
    if written is not None:
        absolute = shlex.quote(clean(os.path.abspath(written)))  # noqa: PTH100 resolve() would follow links
        lines.append(f"export SECURE_BEDROCK_POLICY={absolute}")
    return "in another terminal (these credentials are this server's own):\n" + "".join(
        f"  {line}\n" for line in lines
    )


def _write(path: Path, text: str) -> None:
    """Write the policy, over an earlier one of ours but over nothing else."""
    if path.exists() and not path.read_bytes().startswith(_MARK.encode()):
        raise UsageError(
            f"{path} was not written by this command and was left as it is",
            next_step="pass another file to --write",
        )
    path.write_text(text, encoding="utf-8")


def _region(text: str) -> str:
    from secure_bedrock.values import parse_region

    try:
        return parse_region(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _model(text: str) -> str:
    from secure_bedrock.policy import parse_model_id

    try:
        parse_model_id(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return int(text)


@contextlib.contextmanager
def _stopped(server: "LocalBedrock") -> Iterator[None]:
    """Stop the server at the end, also where it could not start: its certificates are files by then."""
    try:
        yield
    finally:
        server.stop()


@contextlib.contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Make SIGTERM end the server as Ctrl-C does, so that its files are removed; other threads can't set signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
