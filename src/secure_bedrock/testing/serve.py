"""`python -m secure_bedrock.testing.serve`: a local Bedrock in a process of its own, until its standard input ends.

It prints one line of JSON (host, port, ca_path, credentials, policy, and vpc with `--vpc`), then answers requests.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import TextIO

from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.bedrock import LocalBedrock
from secure_bedrock.testing.vpc import LocalVpc
from secure_bedrock.testing.vpc_facts import LocalEndpoint


def main(
    argv: Sequence[str] | None = None,
    *,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> int:
    """Serve until the input ends; returns the exit code."""
    options = _parser().parse_args(argv)
    with ExitStack() as stack:
        authority = LocalAuthority()
        stack.callback(authority.close)
        bedrock = stack.enter_context(
            LocalBedrock(
                region=options.region,
                port=options.port,
                tls_names=options.tls_name,
                authority=authority,
                **({"models": options.model} if options.model else {}),
            )
        )
        facts = _facts(bedrock)
        if options.vpc:
            endpoints = [LocalEndpoint(service="bedrock-runtime", addresses=["127.0.0.1"])]
            vpc = stack.enter_context(
                LocalVpc(
                    endpoints,
                    cidr="127.0.0.0/8",
                    region=options.region,
                    tls_names=options.tls_name,
                    authority=authority,
                )
            )
            facts["vpc"] = {"host": vpc.host, "port": vpc.port, "section": vpc.policy_section()}
        print(json.dumps(facts), file=stdout or sys.stdout, flush=True)
        (stdin or sys.stdin).read()
    return 0


def _facts(bedrock: LocalBedrock) -> dict[str, object]:
    return {
        "host": bedrock.host,
        "port": bedrock.port,
        "ca_path": bedrock.ca_path,
        "credentials": asdict(bedrock.credentials),
        "policy": bedrock.policy_toml(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m secure_bedrock.testing.serve")
    parser.add_argument("--region", default="eu-west-1")
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--model", action="append", default=[], help="may be repeated")
    parser.add_argument("--tls-name", action="append", default=[], help="may be repeated")
    parser.add_argument("--vpc", action="store_true", help="serve EC2's description of a VPC too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
