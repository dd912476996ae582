"""`secure-bedrock demo`: the whole story on this machine, told in 80 columns or as JSON."""

import argparse
import shlex
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import FINDING, PASS
from secure_bedrock.cli.options import Parser, add_command, refuse_policy, require_testing
from secure_bedrock.cli.render import columns, document, paint, paragraph

if TYPE_CHECKING:
    from secure_bedrock.audit import InvocationEvent
    from secure_bedrock.cli.demo_story import Stage, Step

_INTRODUCTION = """\
A VPC with an EC2 API and a Bedrock endpoint now run on 127.0.0.1, speaking AWS's own protocols. Nothing below needs \
an AWS account or leaves this machine. Python's audit hook counts every connection that is tried.\
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "demo",
        summary="the whole story on this machine, without AWS",
        description="The whole story on this machine, without AWS. Needs the extra `testing`.",
        reads_policy=False,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tell the story; 0 when every step went as promised, 1 when one did not."""
    refuse_policy(args, "demo")
    require_testing("the demo's servers need")
    from secure_bedrock.cli.demo_story import staged

    with staged() as stage:
        told = _as_json(stage) if args.output == "json" else _as_text(stage)
    return PASS if all(step.expected for step in told) else FINDING


def _as_text(stage: "Stage") -> "list[Step]":
    from secure_bedrock.cli.demo_story import policy_text, steps

    begun = time.monotonic()
    _say(paragraph(_INTRODUCTION))
    _say("\n" + paint("The policy", "bold", sys.stdout))
    for line in policy_text(stage.bedrock, stage.vpc).splitlines():
        _say(f"  {line}"[:80].rstrip())
    told = []
    for number, step in enumerate(steps(stage), start=1):
        told.append(step)
        _show(number, step)
    _say("\n" + paint("The audit trail", "bold", sys.stdout) + " (one event a call, no content)")
    _say(columns([_HEAD, *(_event_row(event) for event in stage.events)], indent=2))
    strange = sum(step.public_connects for step in told)
    good = sum(step.expected for step in told)
    colour = "green" if good == len(told) and not strange else "red"
    summary = (
        f"{good} of {len(told)} steps as promised; {strange} connections to anything but 127.0.0.1"
    )
    _say("\n" + paint(summary, colour, sys.stdout))
    took = f"({time.monotonic() - begun:.1f} s)"
    _say(paragraph(f"{took} Next: {own_command()} init --help"))
    return told


def own_command() -> str:
    """What starts this program from the shell: by its name where PATH has it, else by where it is."""
    name = "secure-bedrock"
    if shutil.which(name) is not None:
        return name
    script = Path(sys.argv[0]).absolute()
    if script.stem != name:
        return "python -m secure_bedrock.cli"
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))


def _as_json(stage: "Stage") -> "list[Step]":
    from secure_bedrock.cli.demo_story import policy_text, steps

    told = list(steps(stage))
    body = {
        "policy": policy_text(stage.bedrock, stage.vpc),
        "steps": [{**asdict(step), "public_connects": step.public_connects} for step in told],
        "events": [event.to_dict() for event in stage.events],
    }
    _say(document("demo", body))
    return told


def _show(number: int, step: "Step") -> None:
    mark = "as promised" if step.expected else "NOT AS PROMISED"
    colour = "green" if step.expected else "red"
    _say("\n" + paint(f"{number}. {step.title}", "bold", sys.stdout))
    rows = [line.split(None, 1) for line in step.lines]
    if step.rule:
        rows.append(["rule", step.rule])
    rows.append(["sockets", _sockets(step)])
    _say(columns(rows, indent=2))
    _say("  " + paint(f"{step.outcome}, {mark}", colour, sys.stdout))


def _sockets(step: "Step") -> str:
    if not step.connects:
        return "none was opened" + (": a kept one was used" if step.outcome == "answered" else "")
    counted = {peer: step.connects.count(peer) for peer in step.connects}
    return ", ".join(f"{count} x {peer}" for peer, count in counted.items())


_HEAD = ("operation", "outcome", "peer", "tokens", "rule or reason")


def _event_row(event: "InvocationEvent") -> tuple[str, ...]:
    tokens = (
        f"{event.input_tokens}/{event.output_tokens}" if event.input_tokens is not None else "-"
    )
    reason = event.guard_reason or event.error_code or event.stop_reason or "-"
    return (event.operation, event.outcome, event.peer_ip or "-", tokens, reason)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
