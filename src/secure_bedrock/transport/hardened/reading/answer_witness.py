"""What an answer was when it came: handlers and observers may read it and wrap its stream, not edit it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from botocore.handlers import BUILTIN_HANDLERS

# Where botocore itself edits answers (it decodes EC2's console output, say): there a change proves nothing.
_EDITED_BY_BOTOCORE: Final = frozenset(
    name.removesuffix(".*") for name, *_ in BUILTIN_HANDLERS if name.startswith("after-call")
)

_PLAIN: Final = frozenset({str, bytes, int, float, bool, type(None)})
# Ours (2026-11-20): one for each tracer around a stream. wrapt and its kin name what they wrap `__wrapped__`.
_PROXIES: Final = 8


@dataclass(frozen=True, slots=True, repr=False)
class AnswerWitness:
    """An answer as the guarded transport gave it, kept beside the one that handlers are shown."""

    answer: dict[str, Any]
    kept: dict[str, Any] | None

    def is_of(self, given: object) -> bool:
        """Whether `given` is that very answer, with everything that was in it and nothing else."""
        return given is self.answer and (self.kept is None or _same(given, self.kept))


def witness(answer: dict[str, Any], *, event: str) -> AnswerWitness:
    """Keep the answer's form and values; `event` is the after-call event that handlers will get."""
    edited = not _EDITED_BY_BOTOCORE.isdisjoint((event, event.rpartition(".")[0]))
    return AnswerWitness(answer, None if edited else _copy(answer))


# Neither of these goes by the call stack: a tool's input may be nested as deep as JSON could be read.


def _copy(answer: dict[str, Any]) -> dict[str, Any]:
    """Dicts and lists anew, with the same leaves: text and numbers don't change, streams can't be copied."""
    copied: dict[str, Any] = {}
    pending: list[tuple[Any, Any]] = [(answer, copied)]
    while pending:
        source, target = pending.pop()
        for name, inner in _members(source):
            kept = inner
            if type(inner) is dict:
                pending.append((inner, kept := {}))
            elif type(inner) is list:
                pending.append((inner, kept := [None] * len(inner)))
            target[name] = kept
    return copied


def _same(now: Any, then: Any) -> bool:
    """Whether nothing differs; it ends with `then`, which nobody else holds, whatever `now` has become."""
    pending = [(now, then)]
    while pending:
        now, then = pending.pop()
        if type(then) is not dict and type(then) is not list:
            if not _is_leaf(now, then):
                return False
        elif not _has_form(now, then):
            return False
        else:
            pending.extend((now[name], inner) for name, inner in _members(then))
    return True


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if type(value) is dict else enumerate(value)


def _has_form(now: Any, then: Any) -> bool:
    """The same keys or the same length, in the very type: a subclass could give one thing here and another later."""
    if type(now) is not type(then) or len(now) != len(then):
        return False
    return type(then) is list or (
        all(type(name) is str for name in now) and now.keys() == then.keys()
    )


def _is_leaf(now: Any, then: Any) -> bool:
    """The same plain value, or the same object, maybe in proxies (as tracing puts around streams).

    Equality is asked of plain types only: any other object answers for itself.
    """
    if type(then) in _PLAIN:
        return now is then or (type(now) is type(then) and bool(now == then))  # NaN is not equal
    for _ in range(_PROXIES):
        if now is then:
            return True
        now = getattr(now, "__wrapped__", None)
    return False
