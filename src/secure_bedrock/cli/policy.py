"""`secure-bedrock policy check`: everything that is wrong with the policy file, then what it says."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from secure_bedrock.cli.failures import FINDING, PASS
from secure_bedrock.cli.options import Parser, add_command
from secure_bedrock.cli.policy_text import PolicyText
from secure_bedrock.cli.render import columns, document, labelled, paint
from secure_bedrock.errors import PolicyInvalid, Problem

if TYPE_CHECKING:
    from secure_bedrock.cli.route_summary import RouteSummary
    from secure_bedrock.policy import Policy

_EXAMPLES = """\
examples:
  secure-bedrock policy check
  secure-bedrock policy check --policy deploy/secure-bedrock.toml
  secure-bedrock policy check --output json | jq .problems
"""


def add_parser(subparsers: "argparse._SubParsersAction[Parser]") -> None:
    """Register `policy` with its own subcommands."""
    parser = add_command(subparsers, "policy", summary="check the policy file", examples=_EXAMPLES)
    parser.set_defaults(run=parser.show_help)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    check = add_command(
        commands,
        "check",
        summary="all problems of the policy file, then a summary of it",
        description="Reads the file and its lock and nothing else; exits 1 when there is a problem,\n"
        "when no model is allowed, or when Bedrock's route can't be completed from them.",
        examples=_EXAMPLES,
    )
    check.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print problems, warnings and the summary; 1 when there is a problem or no call can be made, else 0."""
    from secure_bedrock.policy import Policy

    as_json = args.output == "json"
    try:
        policy = Policy.load(args.policy)
    except PolicyInvalid as error:
        if not error.problems:
            raise
        _print_problems(_with_hosts(error.problems, args.policy), as_json=as_json)
        return FINDING
    return _report(policy, as_json=as_json)


def _report(policy: "Policy", *, as_json: bool) -> int:
    from secure_bedrock.cli.examples import examples_in
    from secure_bedrock.cli.lock_problems import locked
    from secure_bedrock.cli.route_summary import routes_in
    from secure_bedrock.policy.file.locate import read_policy_file

    policy, lock, unusable = locked(policy)
    routes = routes_in(policy, lock)
    text = read_policy_file(Path(policy.source or "")) or ""
    places = PolicyText.of(text, policy.source or "")
    examples = examples_in(policy, text, places)
    denied = _denied(routes, text, places)
    problems = (*examples.marked, *unusable, *denied)
    warnings = (
        *policy.warnings(),
        *examples.ids,
        *_unfound(routes, places),
        *_bundle(policy, places),
    )
    if as_json:
        _print_document(policy, problems, warnings, routes)
    else:
        _print_tables(policy, problems, warnings, routes)
        _print_verdict(problems, warnings, callable_=_callable(policy, routes))
    return PASS if _callable(policy, routes) and not problems else FINDING


def _with_hosts(problems: tuple[Problem, ...], path: str | None) -> tuple[Problem, ...]:
    """The problems of a file that can't be used, with those of its hosts, in the order of the lines."""
    from secure_bedrock.cli.stated_hosts import host_problems
    from secure_bedrock.policy.file.locate import find_policy

    try:
        found, text = find_policy(path, os.environ)
    except PolicyInvalid:  # it can't even be read
        return problems
    hosts = host_problems(text, str(found))
    return tuple(sorted((*problems, *hosts.values()), key=lambda problem: problem.line or 0))


def _denied(routes: tuple["RouteSummary", ...], text: str, places: PolicyText) -> Iterator[Problem]:
    """What no route can be made of; a host is told by its own line."""
    from secure_bedrock.cli.stated_hosts import host_problems

    hosts = host_problems(text, places.file)
    for route in routes:
        if route.denied:
            yield hosts.get(route.service) or _of_endpoint(route, route.text, places)


def _of_endpoint(route: "RouteSummary", message: str, places: PolicyText) -> Problem:
    return places.problem(message, "network", "endpoints", route.service)


def _bundle(policy: "Policy", places: PolicyText) -> Iterator[Problem]:
    bundle = policy.network.ca_bundle
    if bundle is not None and not Path(bundle).is_file():
        message = f"there is no file at {bundle}, and without it no connection can be made"
        yield places.problem(message, "network", "ca_bundle")


def _callable(policy: "Policy", routes: tuple["RouteSummary", ...]) -> bool:
    """True where some model is allowed and Bedrock's route is there, or is what EC2 will be asked for."""
    reached = any(
        route.service == "bedrock-runtime" and not (route.denied or route.lacking)
        for route in routes
    )
    return reached and bool(policy.models.allow)


def _unfound(routes: tuple["RouteSummary", ...], places: PolicyText) -> Iterator[Problem]:
    for route in routes:
        if route.url is None and not route.denied:
            yield _of_endpoint(route, _without_route(route), places)


def _without_route(route: "RouteSummary") -> str:
    if not route.lacking:
        return route.text
    return (
        f"no source listed in network.discovery can complete a route for {route.service} "
        f"from this file: {route.lacking}; {route.next_step}"
    )


def _print_problems(problems: tuple[Problem, ...], *, as_json: bool) -> None:
    if as_json:
        body = {
            "valid": False,
            "callable": False,
            "problems": [_as_dict(p) for p in problems],
            "warnings": [],
        }
        sys.stdout.write(document("policy_check", body) + "\n")
        return
    _print_list("problem", "red", problems)
    sys.stdout.write(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}\n")


def _print_document(
    policy: "Policy",
    problems: tuple[Problem, ...],
    warnings: tuple[Problem, ...],
    routes: tuple["RouteSummary", ...],
) -> None:
    body = {
        "valid": not problems,
        "callable": not problems and _callable(policy, routes),
        "file": policy.source,
        "problems": [_as_dict(problem) for problem in problems],
        "warnings": [_as_dict(warning) for warning in warnings],
        "region": policy.region,
        "mode": policy.mode,
        "models": {"allow": list(policy.models.allow), "deny": list(policy.models.deny)},
        "operations": sorted(policy.operations.allow),
        "s3_buckets": list(policy.operations.s3_buckets),
        "routes": [route.to_dict() for route in routes],
    }
    sys.stdout.write(document("policy_check", body) + "\n")


def _print_tables(
    policy: "Policy",
    problems: tuple[Problem, ...],
    warnings: tuple[Problem, ...],
    routes: tuple["RouteSummary", ...],
) -> None:
    _print_list("problem", "red", problems)
    _print_list("warning", "yellow", warnings)
    rows = [
        ("file", policy.source or "(none)"),
        ("region", policy.region),
        ("mode", policy.mode),
        *_labelled("models", policy.models.allow),
        *_labelled("denied", policy.models.deny),
        *_labelled("operations", sorted(policy.operations.allow)),
        *_labelled("s3_buckets", policy.operations.s3_buckets),
    ]
    sys.stdout.write(columns(rows) + "\n\n")
    table = [(route.service, route.check, route.text) for route in routes]
    sys.stdout.write(columns([("service", "check", "route"), *table]) + "\n\n")


def _print_verdict(
    problems: tuple[Problem, ...], warnings: tuple[Problem, ...], *, callable_: bool
) -> None:
    counted = f"{len(warnings)} {'warning' if len(warnings) == 1 else 'warnings'}"
    if problems:
        text, colour = "problems found", "red"
    elif not callable_:
        text, colour = "valid, but no call can be made yet", "red"
    elif warnings:
        text, colour = f"valid, {counted}", "yellow"
    else:
        text, colour = "pass", "green"
    sys.stdout.write(paint(text, colour, sys.stdout) + "\n")


def _print_list(mark: str, colour: str, problems: tuple[Problem, ...]) -> None:
    label = f"{mark}:"
    for problem in problems:
        first, *rest = labelled(label, str(problem))
        head = paint(label, colour, sys.stdout)
        sys.stdout.write(head + first.removeprefix(label) + "\n")
        sys.stdout.writelines(f"{line}\n" for line in rest)


def _labelled(label: str, values: "tuple[str, ...] | list[str]") -> list[tuple[str, str]]:
    return [(label if i == 0 else "", value) for i, value in enumerate(values)]


def _as_dict(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "message": problem.message,
    }
