"""`secure-bedrock explain MODEL`: may it be called, why, where it runs, by which other names, and what IAM must say."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import FINDING, PASS
from secure_bedrock.cli.options import Parser, add_command
from secure_bedrock.cli.render import columns, document, paint
from secure_bedrock.values import BEDROCK_RUNTIME

if TYPE_CHECKING:
    from secure_bedrock.cli.model_statements import Needs
    from secure_bedrock.policy import Destinations, Policy
    from secure_bedrock.policy.request.judgement import Family
    from secure_bedrock.values import Decision

_EXAMPLES = """\
examples:
  secure-bedrock explain eu.anthropic.claude-sonnet-4-5-20250929-v1:0
  secure-bedrock explain amazon.titan-embed-text-v2:0 --operation InvokeModel
  secure-bedrock explain MODEL --operation bedrock-agent-runtime:RetrieveAndGenerate
"""


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a model beside the decision; `where` is None where nobody has told, or it is no model.

    `let_through` marks a denial that mode "report" only notes.
    """

    kind: str
    where: "Destinations | None" = None
    forms: tuple[str, ...] = ()
    needs: "Needs | None" = None
    let_through: bool = False


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register the subcommand."""
    parser = add_command(
        subparsers,
        "explain",
        summary="may this model be called, and why",
        description="Decides from the policy and its lock; exits 0 when allowed, 1 when denied.\n"
        "Tells the Regions that may answer, the other admitted forms, and the IAM\n"
        "statements that the model needs for the operations that the policy allows.",
        examples=_EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="a model identifier in any form")
    parser.add_argument(
        "--operation",
        metavar="OPERATION",
        default="Converse",
        help="a Bedrock Runtime operation, or SERVICE:Operation (default: Converse)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the decision; 0 allowed, 1 denied, also where mode "report" lets the denied call through."""
    from secure_bedrock.discovery.lock.use import policy_with_lock
    from secure_bedrock.policy import Policy
    from secure_bedrock.policy.request.judgement import only_noted

    policy, _ = policy_with_lock(Policy.load(args.policy))
    service, _, name = args.operation.rpartition(":")
    family, decision = _decide(policy, args.model, service or BEDROCK_RUNTIME, name)
    let_through = not decision.allowed and only_noted(policy.mode, family, decision)
    answer = _about(policy, args.model, name, decision, let_through=let_through)
    if args.output == "json":
        _print_document(args, decision, answer)
    else:
        _print_table(args, decision, answer)
    return PASS if decision.allowed else FINDING


def _decide(
    policy: "Policy", model: str, service: str, operation: str
) -> "tuple[Family, Decision]":
    """The operation first, as in a call: a listed model does not help a denied operation."""
    on_operation = policy.decide_operation(service, operation)
    if not on_operation.allowed:
        return "operation", on_operation
    return "model", policy.decide_model(model, operation=operation)


def _about(
    policy: "Policy", text: str, operation: str, decision: "Decision", *, let_through: bool
) -> About:
    """What there is to say of the model; of a denied one neither other forms nor statements: they would mislead."""
    from secure_bedrock.cli.model_forms import admitted_forms, kind_of
    from secure_bedrock.cli.model_statements import needs_of
    from secure_bedrock.policy import parse_model_id

    try:
        model = parse_model_id(text)
    except ValueError:
        return About("not a model identifier", let_through=let_through)
    where = policy.destinations_of(text, operation=operation)
    if not decision.allowed:
        return About(kind_of(model), where, let_through=let_through)
    forms = admitted_forms(policy, model, operation)
    return About(kind_of(model), where, forms, needs_of(policy, model))


def _print_table(args: argparse.Namespace, decision: "Decision", about: About) -> None:
    sys.stdout.write(paint(*_verdict(decision, about), sys.stdout) + "\n")
    rows = [
        ("model", args.model),
        ("kind", about.kind),
        ("operation", args.operation),
        ("rule", decision.rule),
        ("reason", decision.reason),
        *((each.name, f"{each.value} ({each.source})") for each in decision.evidence),
    ]
    if not any(name == "destinations" for name, _ in rows):
        rows.append(("destinations", _where(about)))
    if decision.next_step:
        rows.append(("next", decision.next_step))
    rows += [("also admitted" if i == 0 else "", form) for i, form in enumerate(about.forms)]
    sys.stdout.write(columns([*rows, *_needs_rows(about)]) + "\n")


def _verdict(decision: "Decision", about: About) -> tuple[str, str]:
    """The first line and its colour."""
    if decision.allowed:
        return "allowed", "green"
    if about.let_through:
        return 'denied, but let through: mode is "report"', "yellow"
    return "denied", "red"


def _where(about: About) -> str:
    if about.where is None:
        return "not known"
    return f"{', '.join(about.where.regions)} ({about.where.source})"


def _needs_rows(about: About) -> Iterator[tuple[str, str]]:
    """IAM's side: actions, what they are for, and the profile through which alone they hold."""
    if about.needs is None:
        return
    for statement in about.needs.statements:
        yield "needs", ", ".join(statement.actions)
        for i, resource in enumerate(statement.resources):
            yield "on" if i == 0 else "", resource
        if statement.through:
            yield "through", statement.through
    if about.needs.lacking:
        yield "and", about.needs.lacking


def _print_document(args: argparse.Namespace, decision: "Decision", about: About) -> None:
    where, needs = about.where, about.needs
    body = {
        "model": args.model,
        "kind": about.kind,
        "operation": args.operation,
        "allowed": decision.allowed,
        "let_through": about.let_through,
        "rule": decision.rule,
        "reason": decision.reason,
        "evidence": [
            {"name": each.name, "value": each.value, "source": each.source}
            for each in decision.evidence
        ],
        "next_step": decision.next_step,
        "also_admitted": list(about.forms),
        "destinations": where and {"regions": list(where.regions), "source": where.source},
        "statements": [] if needs is None else [each.to_dict() for each in needs.statements],
        "statements_lacking": "" if needs is None else needs.lacking,
    }
    sys.stdout.write(document("explain", body) + "\n")
