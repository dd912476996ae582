"""Where in a request's JSON a setting stands: written as one path, read and filled by two pure functions.

`a.b` is member `b` of `a`. `?` after a name says that without it there is nothing to set; `[]` the same of a list, each
item of which has the setting. Where another name is missing, the setting is missing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from secure_bedrock.policy.operation.references import ABSENT

AMBIGUOUS: Final = object()
"""What stands where the way to a setting leads through something that is no object, or no list."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    optional: bool
    many: bool


@cache
def _steps(path: str) -> tuple[_Step, ...]:
    return tuple(_step(word) for word in path.split("."))


def _step(word: str) -> _Step:
    many = word.endswith("[]")
    name = word.removesuffix("[]").removesuffix("?")
    return _Step(name, many or word.endswith("?"), many)


def read_slot(document: object, path: str) -> list[object]:
    """What stands at the path, once for each item of its lists: ABSENT where it is missing, AMBIGUOUS as above."""
    return _read(document, _steps(path))


def filled(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with `value` wherever the path's setting is missing; what is there stays, malformed or not."""
    copy: dict[str, Any] = _filled(document, _steps(path), value)
    return copy


def _read(holder: object, steps: tuple[_Step, ...]) -> list[object]:
    if not steps:
        return [holder]
    step, rest = steps[0], steps[1:]
    if not isinstance(holder, dict):
        return [AMBIGUOUS]
    if step.name not in holder:
        return [] if step.optional else [ABSENT]
    value = holder[step.name]
    if not step.many:
        return _read(value, rest)
    if not isinstance(value, list | tuple):
        return [AMBIGUOUS]
    return [found for item in value for found in _read(item, rest)]


def _filled(holder: Any, steps: tuple[_Step, ...], value: object) -> Any:
    if not steps or not isinstance(holder, dict):
        return holder
    step, rest = steps[0], steps[1:]
    if step.name not in holder:
        return holder if step.optional else {**holder, step.name: _nested(rest, value)}
    inner = holder[step.name]
    if not step.many:
        return {**holder, step.name: _filled(inner, rest, value)}
    if not isinstance(inner, list | tuple):
        return holder
    return {**holder, step.name: [_filled(item, rest, value) for item in inner]}


def _nested(steps: tuple[_Step, ...], value: object) -> object:
    for step in reversed(steps):
        value = {step.name: value}
    return value
