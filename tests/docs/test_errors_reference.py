"""docs/reference/errors.md names every error, every rule it can carry, and the next step it gives."""

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from secure_bedrock import errors
from secure_bedrock.errors import Denied, SecureBedrockError

PACKAGE = Path(inspect.getfile(errors)).parents[1]
Rows = Callable[[str, str], list[dict[str, str]]]

# Where a rule is not written in the call that makes the error: functions that pass it on, by file, with the place of
# the rule among their arguments. `Decision` carries the rule of a refusal that `or_raise` turns into the error.
PASSED_ON: dict[tuple[str, str], tuple[str, int]] = {
    ("network/allowance.py", "_refused"): ("LockdownViolation", 0),
    ("network/audit_events.py", "_refused"): ("LockdownViolation", 0),
    ("network/guard.py", "_denied"): ("AddressDenied", 0),
    ("network/guard.py", "Decision"): ("AddressDenied", 1),
    ("network/hosts.py", "_refused"): ("EndpointDenied", 0),
    ("network/hosts.py", "Decision"): ("EndpointDenied", -1),
    ("policy/request/guardrails.py", "_deny"): ("GuardrailDenied", 0),
    ("policy/model/home.py", "Decision"): ("ModelDenied", 1),
    ("policy/identity_rules.py", "_refuse"): ("IdentityDenied", 0),
    ("policy/request/model_choices.py", "Decision"): ("ModelDenied", 1),
    ("policy/model/rules.py", "refuse"): ("ModelDenied", 0),
    ("policy/operation_rules.py", "Decision"): ("OperationDenied", 1),
    ("policy/request/places.py", "Decision"): ("OperationDenied", 1),
    ("policy/policy.py", "Decision"): ("ModelDenied", 1),
    ("policy/request/terms.py", "Decision"): ("LimitDenied", 1),
    ("policy/model/residency.py", "_refuse"): ("ResidencyDenied", 0),
    ("policy/request/judgement.py", "Decision"): ("OperationDenied", 1),
    ("policy/request/token_limits.py", "Decision"): ("LimitDenied", 1),
    ("transport/core/gate/named_operation.py", "_refuse"): ("OperationDenied", 1),
    ("transport/core/asking/serialise.py", "_invalid"): ("InvalidRequest", 1),
    ("models/folder.py", "_broken"): ("IncompleteResponse", 1),
}

# Rules that are put together at run time, written here as the page writes them.
COMPOSED = {
    "AddressDenied": {"never-…", "scoped-address", "not-an-address"},
    "EndpointDenied": {"config-…"},
    "EnvironmentDenied": {"config-…", "environment-setting"},
    "IdentityDenied": {"identity-unknown"},
    "OperationDenied": {"kept-content", "system-tool", "url"},
    "ProxyDenied": {"config-…"},
    "RegionDenied": {"config-…"},
    "TlsDenied": {"environment-setting"},
    "ConnectFailed": {"connect-timeout", "connect-failed"},
    "IncompleteResponse": {"malformed-stream"},
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def text_of(node: ast.expr | None) -> str | None:
    """The text of a string literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


@cache
def constants(path: Path) -> dict[str, str]:
    """The strings that a module names at its top level, or imports by name from a module of this package."""
    named: dict[str, str] = {}
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom):
            source = PACKAGE.parent.joinpath(*(node.module or "").split(".")).with_suffix(".py")
            theirs = constants(source) if source.is_file() else {}
            named |= {a.asname or a.name: theirs[a.name] for a in node.names if a.name in theirs}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            text = text_of(node.value)
            named |= {name_of(target): text for target in targets if text is not None}
    return named


def rule_in(call: ast.Call, place: int, named: Mapping[str, str]) -> str | None:
    """The rule that a call writes out or names: its keyword `rule`, else the argument at `place`."""
    values = [keyword.value for keyword in call.keywords if keyword.arg == "rule"]
    if not values and 0 <= place < len(call.args):
        values = [call.args[place]]
    if values and isinstance(values[0], ast.Name):
        return named.get(values[0].id)
    return text_of(values[0]) if values else None


def admits(call: ast.Call) -> bool:
    """True for a Decision that allows: its rule is no error's."""
    flags = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "allowed")]
    return any(isinstance(flag, ast.Constant) and flag.value is True for flag in flags)


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        if not file.startswith(("errors/", "testing/")):
            nodes = ast.walk(tree_of(path))
            yield from ((file, node) for node in nodes if isinstance(node, ast.Call))


@cache
def rules_in_the_source() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for file, call in calls():
        function = name_of(call.func)
        error, place = PASSED_ON.get((file, function), (function, -1))
        rule = rule_in(call, place, constants(PACKAGE / file))
        if error in errors.__all__ and rule is not None and not admits(call):
            found[error].add(rule)
    for error, rules in COMPOSED.items():
        found[error] |= rules
    return found


def exceptions() -> dict[str, type[BaseException]]:
    everything = {name: getattr(errors, name) for name in errors.__all__}
    return {name: kind for name, kind in everything.items() if issubclass(kind, BaseException)}


@cache
def mentioned() -> set[str]:
    """Every error's name that the library uses outside its own definition, in whatever way."""
    names: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] not in ("errors", "testing"):
            names |= {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
    return names


@pytest.fixture(scope="module")
def page(rows: Rows) -> dict[str, dict[str, str]]:
    return {row["error"].strip("`"): row for row in rows("docs/reference/errors.md", "error")}


def test_every_error_has_its_row(page: dict[str, dict[str, str]]) -> None:
    assert sorted(exceptions()) == sorted(page)


@pytest.mark.parametrize("name", sorted(exceptions()))
def test_a_row_names_every_rule_that_the_source_gives_the_error(
    name: str, page: dict[str, dict[str, str]]
) -> None:
    kind = exceptions()[name]
    expected = set(rules_in_the_source().get(name, ()))
    if issubclass(kind, SecureBedrockError):
        expected.add(kind.default_rule)

    written = {rule.strip("` ") for rule in page[name]["rules"].split(",")} - {"—"}

    assert sorted(expected) == sorted(written)


@pytest.mark.parametrize("name", sorted(exceptions()))
def test_a_row_gives_the_next_step_that_the_error_gives(
    name: str, page: dict[str, dict[str, str]]
) -> None:
    step = getattr(exceptions()[name], "default_next_step", "")

    assert (step or "—").replace("|", "\\|") == page[name]["next step"]


def test_the_page_says_which_errors_this_version_never_raises(
    page: dict[str, dict[str, str]],
) -> None:
    used = mentioned()
    bases = {"SecureBedrockError", "Denied", "RouteDenied"}
    never = {name for name in exceptions() if name not in used | bases}

    assert sorted(never) == sorted(n for n, row in page.items() if "Not raised yet" in row["when"])


def test_the_tree_on_the_page_is_the_tree_of_the_classes(page: dict[str, dict[str, str]]) -> None:
    parents = {
        name: next(each.__name__ for each in kind.__mro__[1:] if not each.__name__.startswith("_"))
        for name, kind in exceptions().items()
    }

    assert parents == {name: row["is a"].strip("`") for name, row in page.items()}


def test_a_refusal_is_what_is_never_retried() -> None:
    from secure_bedrock.resilience import classify

    for kind in exceptions().values():
        if issubclass(kind, Denied):
            assert classify(kind("refused")).kind == "fatal"
