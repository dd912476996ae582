"""Where in a module's tree can something be changed, and what is said of it?"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

from mutation.operators import REMOVED, Replacement, Surroundings, is_prose, replacements

_COST_ONLY: Final = frozenset({"lru_cache", "cache"})
_SHOWN: Final = 80  # characters of a change that the report prints


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it stands, how it reads, and the place in the tree where it is made."""

    file: str
    line: int
    where: str
    before: str
    after: str
    tree: ast.Module
    parent: ast.AST
    field: str
    index: int | None
    replacement: Replacement

    @property
    def change(self) -> str:
        """The change as one line; with file and `where` it names the mutant whatever lines move."""
        return f"{self.before} → {self.after}"

    def compiled(self, path: str) -> CodeType:
        """The mutated module's code. It changes the shared tree: call it once, in a process of its own."""
        slot: Any = getattr(self.parent, self.field)
        if self.index is None:
            setattr(self.parent, self.field, self.replacement)
        elif self.replacement is REMOVED:
            del slot[self.index]
            if isinstance(self.parent, ast.Dict):
                del self.parent.values[self.index]
        else:
            slot[self.index] = self.replacement
        return compile(ast.fix_missing_locations(self.tree), path, "exec", dont_inherit=True)


def mutants_of(file: str, source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its source; the same source gives the same list."""
    tree = ast.parse(source)
    found = list(_walk(file, tree, tree, Surroundings()))
    known: set[tuple[int, int, str, str]] = set()
    kept = []
    for mutant in sorted(found, key=lambda m: m.line):
        key = (mutant.line, id(mutant.parent), mutant.before, mutant.after)
        if key not in known:
            known.add(key)
            kept.append(mutant)
    return kept


def _walk(file: str, tree: ast.Module, parent: ast.AST, around: Surroundings) -> Iterator[Mutant]:
    for field, index, child in _slots(parent):
        if _left_alone(parent, field, child):
            continue
        for replacement in replacements(child, parent, field, around):
            before, after = _contrast(_text(child, parent), _text(replacement, parent))
            yield Mutant(
                file,
                getattr(child, "lineno", getattr(parent, "lineno", 0)),
                around.name or "(module)",
                before,
                after,
                tree,
                parent,
                field,
                index,
                replacement,
            )
        yield from _walk(file, tree, child, around.inside(child))


def _slots(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            yield from (
                (field, at, item) for at, item in enumerate(value) if isinstance(item, ast.AST)
            )


def _left_alone(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """True for what does not run, only costs, or is said to people: it has no behaviour to test."""
    if field in {"annotation", "returns", "ctx", "bases", "type_params"}:
        return True
    match child:
        case ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.ClassDef(bases=[ast.Name(id="Protocol")]):
            return True
        case ast.Call(func=ast.Name(id=name)) if field == "decorator_list":
            return name in _COST_ONLY
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.Assign(
            value=ast.Subscript(
                value=ast.Name(id="tuple" | "dict" | "Callable" | "Mapping" | "Literal")
            )
        ):
            return isinstance(parent, ast.Module)  # a name for a type
        case ast.JoinedStr():
            return is_prose(child)
        case _:
            return isinstance(parent, ast.FormattedValue) and field == "format_spec"


def _text(node: Replacement, parent: ast.AST) -> str:
    if not isinstance(node, ast.AST):
        return "(removed)"
    text = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return f"{parent.arg}={text}" if isinstance(parent, ast.keyword) and parent.arg else text


def _contrast(before: str, after: str) -> tuple[str, str]:
    """Both texts, cut to where they differ when they are long."""
    if max(len(before), len(after)) <= _SHOWN:
        return before, after
    same = next(
        (at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, same - 20)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    piece = text[start : start + _SHOWN]
    return ("… " if start else "") + piece + (" …" if start + _SHOWN < len(text) else "")
