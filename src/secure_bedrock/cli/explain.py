"""`secure-bedrock explain MODEL`: may it be called, why, and by which other names."""

import argparse
import sys
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import FINDING, PASS
from secure_bedrock.cli.options import Parser, add_command
from secure_bedrock.cli.render import columns, document, paint

if TYPE_CHECKING:
    from secure_bedrock.policy import Policy
    from secure_bedrock.values import Decision

_EXAMPLES = """\
examples:
  secure-bedrock explain eu.anthropic.claude-sonnet-4-5-20250929-v1:0
  secure-bedrock explain amazon.titan-embed-text-v2:0 --operation InvokeModel
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "explain",
        summary="may this model be called, and why",
        description="Decides from the policy and its lock; exits 0 when allowed, 1 when denied.",
        examples=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a model identifier in any form")
    parser.add_argument(
        "--operation",
        metavar="NAME",
        default="Converse",
        help="a Bedrock Runtime operation (default: Converse)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the decision; 0 allowed, 1 denied."""
    from secure_bedrock.discovery.lock_use import policy_with_lock
    from secure_bedrock.policy import Policy

    policy, _ = policy_with_lock(Policy.load(args.policy))
    decision = _decide(policy, args.model, args.operation)
    kind, forms = _about(policy, args.model, args.operation)
    if not decision.allowed:  # "also" would be a lie; the next step names what may be asked instead
        forms = ()
    if args.output == "json":
        _print_document(args, kind, decision, forms)
    else:
        _print_table(args, kind, decision, forms)
    return PASS if decision.allowed else FINDING


def _decide(policy: "Policy", model: str, operation: str) -> "Decision":
    """The operation first, as in a call: a listed model does not help a denied operation."""
    on_operation = policy.decide_operation("bedrock-runtime", operation)
    if not on_operation.allowed:
        return on_operation
    return policy.decide_model(model, operation=operation)


def _about(policy: "Policy", text: str, operation: str) -> tuple[str, tuple[str, ...]]:
    from secure_bedrock.cli.model_forms import admitted_forms, kind_of
    from secure_bedrock.policy import parse_model_id

    try:
        model = parse_model_id(text)
    except ValueError:
        return "not a model identifier", ()
    return kind_of(model), admitted_forms(policy, model, operation)


def _print_table(
    args: argparse.Namespace, kind: str, decision: "Decision", forms: tuple[str, ...]
) -> None:
    word, colour = ("allowed", "green") if decision.allowed else ("denied", "red")
    sys.stdout.write(paint(word, colour, sys.stdout) + "\n")
    rows = [
        ("model", args.model),
        ("kind", kind),
        ("operation", args.operation),
        ("rule", decision.rule),
        ("reason", decision.reason),
        *((each.name, f"{each.value} ({each.source})") for each in decision.evidence),
    ]
    if decision.next_step:
        rows.append(("next", decision.next_step))
    rows += [("also admitted" if i == 0 else "", form) for i, form in enumerate(forms)]
    sys.stdout.write(columns(rows) + "\n")


def _print_document(
    args: argparse.Namespace, kind: str, decision: "Decision", forms: tuple[str, ...]
) -> None:
    body = {
        "model": args.model,
        "kind": kind,
        "operation": args.operation,
        "allowed": decision.allowed,
        "rule": decision.rule,
        "reason": decision.reason,
        "evidence": [
            {"name": each.name, "value": each.value, "source": each.source}
            for each in decision.evidence
        ],
        "next_step": decision.next_step,
        "also_admitted": list(forms),
    }
    sys.stdout.write(document("explain", body) + "\n")
