"""What can be asked of a place in botocore: each need answers None, or says in words what is not as we rely on it."""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

Need = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Touch:
    """One place of botocore's or boto3's (`module:name.name`) that our files `by` rely upon."""

    place: str
    by: tuple[str, ...]
    needs: tuple[Need, ...]

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.place.partition(":")[2].split("."))


def touch(place: str, by: str, *needs: Need) -> Touch:
    return Touch(place, tuple(by.split()), needs)


def found_at(place: str) -> Any:
    """What stands at a place; AttributeError or ImportError where nothing does."""
    module, _, names = place.partition(":")
    value: Any = importlib.import_module(module)
    for name in names.split(".") if names else ():
        value = getattr(value, name)
    return value


def takes(*positional: object, **keywords: object) -> Need:
    """It can be called so."""

    def need(value: Any) -> str | None:
        try:
            inspect.signature(value).bind(*positional, **keywords)
        except TypeError as error:
            return f"it takes other arguments than we pass: {error}"
        return None

    return need


def overridden_by(ours: str) -> Need:
    """Our function takes whatever botocore passes to its own, in the same places and under the same names."""

    def need(value: Any) -> str | None:
        theirs = inspect.signature(value).parameters
        own = inspect.signature(found_at(ours)).parameters.values()
        placed = [p.name.lstrip("_") for p in own if p.kind is p.POSITIONAL_OR_KEYWORD]
        swallows = {p.kind for p in own} >= {
            inspect.Parameter.VAR_KEYWORD,
            inspect.Parameter.VAR_POSITIONAL,
        }
        strange = [name for name in theirs if name not in placed]
        if strange and not swallows:
            return f"it has parameters that {ours} does not take: {', '.join(strange)}"
        common = [name for name in theirs if name in placed]
        return (
            None
            if placed[: len(common)] == common
            else f"its parameters stand in another order than {ours}'s"
        )

    return need


def stores(*names: str) -> Need:
    """It assigns these attributes of `self`."""

    def need(value: Any) -> str | None:
        missing = set(names) - set(stored(value))
        return f"it no longer assigns {', '.join(sorted(missing))}" if missing else None

    return need


def goes_through(*names: str) -> Need:
    """Its source reads these attributes, in this order (others may stand between)."""

    def need(value: Any) -> str | None:
        rest = iter([node.attr for node in _attributes(value)])
        lost = next((name for name in names if name not in rest), None)
        return f"it does not come to {lost} in the order that we rely on" if lost else None

    return need


def calls_of_itself(*names: str) -> Need:
    """The methods of its own that it calls are exactly these: a step that is added has to be looked at."""

    def need(value: Any) -> str | None:
        called = {
            node.func.attr
            for node in ast.walk(_tree(value))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and _is_name(node.func.value, "self")
        }
        other = called.symmetric_difference(names)
        return f"its steps are not ours any more: {', '.join(sorted(other))}" if other else None

    return need


def asks_only(variable: str, names: Collection[str]) -> Need:
    """Of this variable (`request`, `self._raw_stream`) it reads these attributes and no other."""

    def need(value: Any) -> str | None:
        read = {node.attr for node in _attributes(value) if ast.unparse(node.value) == variable}
        strange = read.difference(names)
        return f"it reads {', '.join(sorted(strange))} of {variable}" if strange else None

    return need


def equals(expected: object) -> Need:
    return lambda value: None if value == expected else f"it is {value!r}, not {expected!r}"


def holds(words: str, judge: Callable[[Any], bool]) -> Need:
    """Whatever else: `words` say what must be true."""
    return lambda value: None if judge(value) else f"it is not true any more that {words}"


def stored(value: Any) -> Iterator[str]:
    """The attributes of `self` that the source of a class or function assigns."""
    for node in _attributes(value):
        if isinstance(node.ctx, ast.Store) and _is_name(node.value, "self"):
            yield node.attr


def _attributes(value: Any) -> list[ast.Attribute]:
    found = [node for node in ast.walk(_tree(value)) if isinstance(node, ast.Attribute)]
    return sorted(found, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))


def _tree(value: Any) -> ast.AST:
    value = value.fget if isinstance(value, property) else value
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(value))))


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
