"""A lock's text and where it came from: what each problem is told with, as file, key and line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from secure_bedrock.discovery.lock.lines import Path, find_lines
from secure_bedrock.errors import LockMismatch, Problem
from secure_bedrock.policy.shown import key_text


@dataclass(frozen=True, slots=True)
class LockText:
    """A lock as it was read; `where` names the file, the parameter or the answers that it came from."""

    where: str
    text: str = ""

    def problems(self, found: Iterable[tuple[Path, str]]) -> tuple[Problem, ...]:
        """What is wrong at paths of the document, each with its line, or with that of what lacks it."""
        lines = find_lines(self.text)
        return tuple(
            Problem(message, key_text(path), self.where, _line(lines, path))
            for path, message in found
        )

    def invalid(self, found: Iterable[tuple[Path, str]]) -> LockMismatch:
        """The error that lists all that is wrong in the document."""
        return _invalid(self.problems(found))

    def unreadable(self, why: str, *, line: int | None = None, next_step: str = "") -> LockMismatch:
        """The error of a text that is no document at all."""
        return _invalid((Problem(why, file=self.where, line=line),), next_step)


def _line(lines: Mapping[Path, int], path: Path) -> int | None:
    upwards = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[each] for each in upwards if each in lines), None)


def _invalid(problems: tuple[Problem, ...], next_step: str = "") -> LockMismatch:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return LockMismatch(
        f"the lock has {count}",
        problems=problems,
        rule="lock-invalid",
        next_step=next_step or "write it anew with `secure-bedrock lock`",
    )
