"""docs/reference/python-api.md shows the public names with the signatures that the source has."""

import ast
import dataclasses
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

import secure_bedrock
from secure_bedrock.client.streams import ConverseStream, InvokeModelStream
from secure_bedrock.models import (
    ConverseOptions,
    ConverseResponse,
    InvokeModelResponse,
    InvokeOptions,
    Message,
    Usage,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Destinations
from secure_bedrock.values import Decision, Evidence

# What public calls take and return, beside the names of the package itself.
VALUES = (
    ConverseOptions,
    InvokeOptions,
    ConverseResponse,
    ConverseStream,
    InvokeModelResponse,
    InvokeModelStream,
    Message,
    Usage,
    PrivateRoute,
    Decision,
    Evidence,
    Destinations,
)
NAMED = [getattr(secure_bedrock, name) for name in sorted(secure_bedrock.__all__)]
SHOWN: dict[str, Any] = {
    kind.__name__: kind
    for kind in (*NAMED, *VALUES)
    if inspect.isroutine(kind) or inspect.isclass(kind)
}
# Made by the library's own calls and for them; the page does not offer these to readers.
INTERNAL = {"from_wire", "to_wire", "with_event"}
MADE_BY_CALLS = (ConverseStream, InvokeModelStream)


def definition(function: object) -> ast.FunctionDef:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body  # type: ignore[arg-type]
    assert isinstance(node, ast.FunctionDef)
    return node


def signature(function: object, name: str, *, returns: bool = True) -> str:
    """`name(arguments) -> type`, without `self`, as the source spells the types."""
    node = definition(function)
    if node.args.args and node.args.args[0].arg in ("self", "cls"):
        del node.args.args[0]
    _write_out_defaults(node.args, function)
    arguments = re.sub(r"=(?=\S)", " = ", ast.unparse(node.args))
    arguments = re.sub(
        r": '([^']+)'", r": \1", arguments
    )  # an annotation in quotes is one all the same
    result = f" -> {unquoted(node.returns)}" if returns and node.returns is not None else ""
    return f"{name}({arguments}){result}"


def _write_out_defaults(arguments: ast.arguments, function: object) -> None:
    """A default that the source names (`_TEXT`) is shown as its value."""
    values = inspect.signature(function).parameters  # type: ignore[arg-type]
    for place, argument in enumerate(arguments.kwonlyargs):
        value = values[argument.arg].default
        if isinstance(arguments.kw_defaults[place], ast.Name) and isinstance(value, str):
            arguments.kw_defaults[place] = ast.Constant(value)


def unquoted(annotation: ast.expr) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return annotation.value
    return ast.unparse(annotation)


def members(kind: type) -> list[str]:
    """One line for each public field, property and method, the constructor first."""
    lines: list[str] = []
    classes = [base for base in kind.__mro__ if base.__module__.startswith("secure_bedrock")]
    for owner in classes:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        assert isinstance(tree, ast.ClassDef)
        lines += [
            f"{ast.unparse(node.target)}: {unquoted(node.annotation)}"
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and _is_public(node.target)
        ]
        for name, member in vars(owner).items():
            lines += _line_of(name, member, kind)
    return list(dict.fromkeys(lines))


def _is_public(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and not target.id.startswith("_")


def _line_of(name: str, member: object, kind: type) -> list[str]:
    if name == "__init__" and member is kind.__init__ and not _is_generated(member):  # type: ignore[misc]
        shown = kind not in MADE_BY_CALLS
        return [signature(member, kind.__name__, returns=False)] if shown else []
    if name.startswith("_") or name in INTERNAL:
        return []
    if isinstance(member, property):
        returns = definition(member.fget).returns
        assert returns is not None
        return [f"{name}: {unquoted(returns)}"]
    if isinstance(member, classmethod):
        return [signature(member.__func__, f"{kind.__name__}.{name}")]
    return [signature(member, name)] if inspect.isfunction(member) else []


def _is_generated(function: object) -> bool:
    """True for the __init__ that dataclass writes."""
    return getattr(function, "__code__", None) is not None and "<string>" in inspect.getfile(
        function  # type: ignore[arg-type]
    )


def expected(name: str) -> list[str]:
    kind = SHOWN[name]
    return members(kind) if inspect.isclass(kind) else [signature(kind, name)]


def flat(text: str) -> str:
    """A signature on one line, however the page breaks it."""
    return re.sub(r",? ?\)", ")", re.sub(r"\( ", "(", re.sub(r"\s+", " ", text.strip())))


@pytest.fixture(scope="module")
def page(root: Path) -> dict[str, str]:
    """The text under each name's heading."""
    text = (root / "docs/reference/python-api.md").read_text("utf-8")
    _, *parts = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_public_name_has_its_heading(page: dict[str, str]) -> None:
    assert set(page) == {*SHOWN, "errors", "__version__"}
    assert set(secure_bedrock.__all__) <= set(page)


@pytest.mark.parametrize("name", SHOWN)
def test_the_members_and_their_signatures_are_those_of_the_source(
    name: str, page: dict[str, str]
) -> None:
    block = re.search(r"^```text\n(.*?)^```$", page[name], re.MULTILINE | re.DOTALL)
    assert block is not None
    shown = [flat(line) for line in re.split(r"\n(?=\S)(?!\))", block[1])]

    assert [flat(line) for line in expected(name)] == shown


@pytest.mark.parametrize("name", ["Policy", "ConverseResponse", "InvokeModelResponse", "Message"])
def test_values_are_frozen(name: str) -> None:
    """What the page says of them."""
    value = object.__new__(SHOWN[name])
    member = dataclasses.fields(value)[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, member, None)
