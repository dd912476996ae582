"""What the run found, as a page: the score of each file, and every survivor with its reason."""

import platform
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutation.runner import Result
from mutation.sites import Mutant

ACCEPTED: Final = Path(__file__).parent / "accepted.toml"
_UNEXPLAINED: Final = "**not explained**"

_HEAD: Final = """\
# Mutation testing

Written by `python3 dev.py mutate` (Python {python}, {minutes:.0f} minutes, {workers} workers); not edited by hand.
`docs/explanation/decisions/0005-mutation-testing.md` says what is changed and what is not.

A mutant is one small change of the code: a comparison turned, a check taken out, an entry taken out of a table, a
pattern made wider. It is *killed* when a test of its room fails, *stopped* when one does not end, and *survives*
when all of them pass.

"""


@dataclass(frozen=True, slots=True)
class Score:
    """A file's mutants by outcome, and how many survivors are accepted as equivalent."""

    file: str
    mutants: int
    killed: int
    timeout: int
    equivalent: int

    @property
    def plain(self) -> float:
        """Killed (or stopped) of all, in per cent."""
        return 100 * (self.killed + self.timeout) / self.mutants

    @property
    def adjusted(self) -> float:
        """Killed (or stopped) of those that a test could tell apart, in per cent."""
        return 100 * (self.killed + self.timeout) / (self.mutants - self.equivalent)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a survivor may survive, and how many of its kind; `equivalent` where no test could tell it from the code."""

    why: str
    equivalent: bool
    times: int


Key = tuple[str, str, str]
Reasons = dict[Key, Reason]


def key_of(mutant: Mutant) -> Key:
    """What names a mutant whatever line it stands on."""
    return (mutant.file, mutant.where, mutant.change)


def reasons() -> Reasons:
    """The accepted survivors."""
    if not ACCEPTED.exists():
        return {}
    rows = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["survivor"]
    return {
        (row["file"], row["where"], change.strip()): Reason(
            row["why"], row["equivalent"], row["changes"].count(change)
        )
        for row in rows
        for change in row["changes"]
    }


def scores(results: Sequence[Result], known: Reasons) -> list[Score]:
    """One row a file, in the order of the results, and a last one over all."""
    files = list(dict.fromkeys(result.mutant.file for result in results))
    rows = [_score(file, [r for r in results if r.mutant.file == file], known) for file in files]
    return [*rows, _score("all", results, known)]


def _score(file: str, results: Sequence[Result], known: Reasons) -> Score:
    survivors = [r.mutant for r in results if r.outcome == "survived"]
    equivalent = [m for m in survivors if (reason := known.get(key_of(m))) and reason.equivalent]
    return Score(
        file,
        len(results),
        sum(r.outcome == "killed" for r in results),
        sum(r.outcome == "timeout" for r in results),
        len(equivalent),
    )


def unexplained(results: Sequence[Result], known: Reasons) -> list[Mutant]:
    """The survivors that nobody gave a reason for."""
    survivors = [r.mutant for r in results if r.outcome == "survived"]
    seen = Counter(map(key_of, survivors))
    return [m for m in survivors if (key := key_of(m)) not in known or seen[key] > known[key].times]


def outdated(results: Sequence[Result], known: Reasons) -> list[Key]:
    """The reasons whose mutant is killed by now, or no longer exists."""
    survivors = {key_of(r.mutant) for r in results if r.outcome == "survived"}
    return [key for key in known if key not in survivors]


def page(results: Sequence[Result], known: Reasons, *, seconds: float, workers: int) -> str:
    """The whole page in Markdown."""
    head = _HEAD.format(
        python=platform.python_version(), minutes=max(1.0, seconds / 60), workers=workers
    )
    return head + _table(scores(results, known)) + _survivors(results, known)


def _table(rows: Sequence[Score]) -> str:
    lines = [
        "| file | mutants | killed | stopped | survived | killed of all | killed of those not equivalent |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        survived = row.mutants - row.killed - row.timeout
        lines.append(
            f"| {row.file} | {row.mutants} | {row.killed} | {row.timeout} | {survived}"
            f" | {row.plain:.1f} % | {row.adjusted:.1f} % |"
        )
    return "\n".join(lines) + "\n"


def _survivors(results: Sequence[Result], known: Reasons) -> str:
    lines = ["", "## Survivors", ""]
    survivors = [r.mutant for r in results if r.outcome == "survived"]
    for mutant in sorted(survivors, key=lambda m: (m.file, m.line)):
        reason = known.get(key_of(mutant))
        kind = "equivalent" if reason and reason.equivalent else "accepted"
        why = f"{kind}: {reason.why}" if reason else _UNEXPLAINED
        change = f"`{_code(mutant.before)}` → `{_code(mutant.after)}`"
        where = mutant.where.strip("()")
        lines.append(f"- `{mutant.file}:{mutant.line}` ({where}) {change}\n  {why}")
    return "\n".join([*lines, "" if survivors else "None.", ""]).rstrip() + "\n"


def _code(text: str) -> str:
    return text.replace("`", "'")
