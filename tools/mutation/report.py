"""What a run found: the score of each file, and the survivors that have a reason."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutation.runner import Result
from mutation.sites import Mutant

ACCEPTED: Final = Path(__file__).parent / "accepted.toml"


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
    """The reasons of these files whose mutant is killed by now, or no longer exists."""
    files = {r.mutant.file for r in results}
    survivors = {key_of(r.mutant) for r in results if r.outcome == "survived"}
    return [key for key in known if key[0] in files and key not in survivors]
