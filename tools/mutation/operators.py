"""By what can a node be replaced so that the program means something else?"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from mutation.texts import mutated_texts


class _Removed:
    """Says that a list's element is taken out."""


REMOVED: Final = _Removed()
Replacement = ast.AST | _Removed

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
# What a call may be mistaken for.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "all": ("any",),
    "any": ("all",),
    "min": ("max",),
    "max": ("min",),
    "fullmatch": ("match", "search"),
    "match": ("search",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "partition": ("rpartition",),
    "rpartition": ("partition",),
    "removeprefix": ("removesuffix",),
    "isalpha": ("isalnum",),
    "isdisjoint": ("issuperset",),
    "unquote_plus": ("str",),
}
_DROPPED_METHODS: Final = frozenset({"lower", "upper", "strip", "sorted"})
_PROSE: Final = re.compile(r"[A-Za-z,;:')] [A-Za-z(]")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What encloses a node: the dotted name of its function or class, and whether a function runs it."""

    name: str = ""
    in_function: bool = False

    def inside(self, node: ast.AST) -> "Surroundings":
        """The surroundings of the node's children."""
        if isinstance(node, ast.FunctionDef):
            return Surroundings(f"{self.name}.{node.name}".lstrip("."), in_function=True)
        if isinstance(node, ast.ClassDef):
            return replace(self, name=f"{self.name}.{node.name}".lstrip("."))
        return self


def is_prose(node: ast.AST) -> bool:
    """True for a text for people: words with a space between them. Nothing may hang on its wording."""
    if isinstance(node, ast.JoinedStr):
        return bool(_PROSE.search("".join(_piece(value) for value in node.values)))
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_PROSE.search(node.value))
    )


def _piece(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "x"


def replacements(
    node: ast.AST, parent: ast.AST, field: str, around: Surroundings
) -> Iterator[Replacement]:
    """Every replacement of the node in its place."""
    if isinstance(node, ast.stmt):
        yield from _statement(node)
    if field == "test" and isinstance(parent, ast.If | ast.IfExp | ast.While):
        yield ast.Constant(value=True)
        yield ast.Constant(value=False)
    if isinstance(parent, ast.comprehension) and field == "ifs":
        yield REMOVED
    if isinstance(parent, ast.ExceptHandler) and field == "type":
        yield ast.Tuple(elts=[], ctx=ast.Load())
    if _is_element(node, parent, field, around):
        yield REMOVED
    else:
        yield from _expression(node, around)
    if (
        isinstance(node, ast.keyword)
        and node.arg
        and not isinstance(node.value, ast.Constant | ast.JoinedStr)
    ):
        yield REMOVED


def _statement(node: ast.stmt) -> Iterator[Replacement]:
    match node:
        case ast.Expr() | ast.AugAssign():
            yield ast.Pass()
        case ast.Raise(exc=ast.expr() as error, cause=cause):
            yield ast.Pass()
            if cause is not None:
                yield ast.Raise(exc=error, cause=None)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_element(node: ast.AST, parent: ast.AST, field: str, around: Surroundings) -> bool:
    """True where taking the node out of its collection leaves a smaller one of the same kind."""
    if isinstance(parent, ast.Dict):
        return field == "keys"
    if field != "elts" or isinstance(node, ast.Starred):
        return False
    if isinstance(parent, ast.Set):
        return True
    # A row of a table keeps its width; a table may lose a row.
    is_row = isinstance(parent, ast.Tuple) and around.in_function
    return isinstance(parent, ast.Tuple | ast.List) and not is_row and not _is_cell(node, parent)


def _is_cell(node: ast.AST, parent: ast.Tuple | ast.List) -> bool:
    """True for a member of a row such as ("TCP_KEEPIDLE", 60) or ("10.0.0.0/8", "rfc1918", "RFC …")."""
    mixed = len({type(getattr(e, "value", None)) for e in parent.elts}) > 1
    sourced = any(isinstance(e, ast.Constant) and is_source(e) for e in parent.elts)
    return isinstance(node, ast.Constant) and (mixed or sourced)


def is_source(node: ast.Constant) -> bool:
    """True for the document that a row rests on: it ends in a date."""
    return isinstance(node.value, str) and bool(
        re.search(r", (?:19|20)\d\d-\d\d(?:-\d\d)?$", node.value)
    )


def _expression(node: ast.AST, around: Surroundings) -> Iterator[Replacement]:
    match node:
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(op=ast.Or() if isinstance(op, ast.And) else ast.And(), values=values)
            for left_out in range(len(values)):
                rest = values[:left_out] + values[left_out + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op=op, values=rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            if not _is_text(left) and not _is_text(right):
                yield ast.BinOp(left=left, op=_ARITHMETIC[type(op)](), right=right)
        case ast.Call():
            yield from _calls(node)
        case ast.Slice(lower=lower, upper=upper, step=step):
            if isinstance(upper, ast.Name):
                yield ast.Slice(lower=lower, upper=None, step=step)
            if isinstance(lower, ast.Name):
                yield ast.Slice(lower=None, upper=upper, step=step)
        case ast.Constant() if not is_source(node) and not (around.in_function and is_prose(node)):
            yield from (ast.Constant(value=value) for value in _values(node.value))


def _comparisons(node: ast.Compare) -> Iterator[Replacement]:
    for at, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
            yield ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _calls(node: ast.Call) -> Iterator[Replacement]:
    match node.func:
        case ast.Name(id=name):
            for other in _NAMES.get(name, ()):
                yield ast.Call(func=ast.Name(id=other, ctx=ast.Load()), args=node.args, keywords=[])
            if name == "sorted":
                yield ast.Call(
                    func=ast.Name(id="list", ctx=ast.Load()), args=node.args[:1], keywords=[]
                )
        case ast.Attribute(value=value, attr=name):
            for other in _NAMES.get(name, ()):
                func = ast.Attribute(value=value, attr=other, ctx=ast.Load())
                yield ast.Call(func=func, args=node.args, keywords=node.keywords)
            if name in _DROPPED_METHODS and not node.args:
                yield value


def _values(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
            if value > 0:
                yield value - 1
        case str():
            yield from mutated_texts(value)
        case bytes():
            yield value + b"XX"
