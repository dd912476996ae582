"""What an answer was when it came: handlers and observers may read it and wrap its stream, not edit it."""

from dataclasses import dataclass
from typing import Any, Final

from botocore.handlers import BUILTIN_HANDLERS

# Where botocore itself edits answers (it decodes EC2's console output, say): there a change proves nothing.
_EDITED_BY_BOTOCORE: Final = frozenset(
    name.removesuffix(".*") for name, *_ in BUILTIN_HANDLERS if name.startswith("after-call")
)


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


def _copy(value: Any) -> Any:
    """Dicts and lists anew, with the same leaves: text and numbers don't change, streams can't be copied."""
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copy(inner) for inner in value]
    return value


def _same(now: Any, then: Any) -> bool:
    """Equality, for which a transparent proxy (as tracing puts around streams) is what it wraps."""
    if isinstance(then, dict):
        return (
            isinstance(now, dict)
            and now.keys() == then.keys()
            and all(_same(now[name], inner) for name, inner in then.items())
        )
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(_same, now, then))
    return now is then or bool(now == then)
