"""The page of what was found: a row for each file and its survivors with their reasons; other files' rows are kept."""

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mutation.report import Reasons, Score, key_of, scores
from mutation.runner import Result

_UNEXPLAINED: Final = "**not explained**"
_EQUIVALENT: Final = "equivalent: "
_ROW: Final = re.compile(r"^\| ([a-z_0-9/]+\.py) \| (\d+) \| (\d+) \| (\d+) \| ", re.MULTILINE)
_ENTRY: Final = re.compile(r"^- `([a-z_0-9/]+\.py):\d+` .+\n  .+$", re.MULTILINE)

_HEAD: Final = """\
# Mutation testing

Written by `python3 dev.py mutate` (Python {python}); not edited by hand. With file names it writes those rows anew.
`docs/explanation/decisions/0005-mutation-testing.md` says what is changed and what is not.

A mutant is one small change of the code: a comparison turned, a check taken out, an entry taken out of a table, a
pattern made wider. It is *killed* when a test of its room fails, *stopped* when one does not end, and *survives*
when all of them pass.

| file | mutants | killed | stopped | survived | killed of all | killed of those not equivalent |
| --- | --: | --: | --: | --: | --: | --: |
"""


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says of one file: its score, and an entry for each survivor in the order of their lines."""

    score: Score
    survivors: tuple[str, ...]


def found(results: Sequence[Result], known: Reasons) -> dict[str, Section]:
    """The sections of the files that were run."""
    return {
        score.file: Section(score, _entries(score.file, results, known))
        for score in scores(results, known)[:-1]
    }


def earlier(text: str) -> dict[str, Section]:
    """The sections of a page that was written before."""
    entries = [(match[1], match[0]) for match in _ENTRY.finditer(text)]
    sections = {}
    for file, *counts in _ROW.findall(text):
        own = tuple(entry for of, entry in entries if of == file)
        equivalent = sum(entry.partition("\n  ")[2].startswith(_EQUIVALENT) for entry in own)
        mutants, killed, stopped = map(int, counts)
        sections[file] = Section(Score(file, mutants, killed, stopped, equivalent), own)
    return sections


def page(sections: Mapping[str, Section]) -> str:
    """The whole page in Markdown, the files in the order of the sections."""
    rows = [section.score for section in sections.values()]
    total = Score(
        "all",
        sum(row.mutants for row in rows),
        sum(row.killed for row in rows),
        sum(row.timeout for row in rows),
        sum(row.equivalent for row in rows),
    )
    entries = [entry for section in sections.values() for entry in section.survivors]
    table = "".join(map(_row, [*rows, total]))
    head = _HEAD.format(python=platform.python_version())
    return f"{head}{table}\n## Survivors\n\n" + "\n".join(entries or ["None."]) + "\n"


def _row(row: Score) -> str:
    survived = row.mutants - row.killed - row.timeout
    counts = f"| {row.file} | {row.mutants} | {row.killed} | {row.timeout} | {survived}"
    return f"{counts} | {row.plain:.1f} % | {row.adjusted:.1f} % |\n"


def _entries(file: str, results: Sequence[Result], known: Reasons) -> tuple[str, ...]:
    entries = []
    for mutant in (r.mutant for r in results if r.outcome == "survived" and r.mutant.file == file):
        reason = known.get(key_of(mutant))
        kind = _EQUIVALENT if reason and reason.equivalent else "accepted: "
        why = f"{kind}{reason.why}" if reason else _UNEXPLAINED
        change = f"`{_code(mutant.before)}` → `{_code(mutant.after)}`"
        where = mutant.where.strip("()")
        entries.append(f"- `{file}:{mutant.line}` ({where}) {change}\n  {why}")
    return tuple(entries)


def _code(text: str) -> str:
    return text.replace("`", "'")
