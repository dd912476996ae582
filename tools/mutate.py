#!/usr/bin/env python3
"""Change the guard, the wire gate and its judgement in small ways, one at a time, and see whether the tests notice.

Prints the score, and writes the files' rows in docs/evidence/mutation.md. Exits 1 when a survivor has no reason in
tools/mutation/accepted.toml, or the score of these files is below --at-least. It forks: Linux and macOS only.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from mutation.page import earlier, found, page
from mutation.report import key_of, outdated, reasons, scores, unexplained
from mutation.rooms import ROOT, Target, targets
from mutation.runner import Result, baseline, preload, run
from mutation.sites import mutants_of

PAGE = ROOT / "docs" / "evidence" / "mutation.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen files' mutants; returns the exit status."""
    options = _options(arguments)
    chosen = [t for t in targets() if not options.files or any(f in t.file for f in options.files)]
    if options.list:
        for mutant in (
            m for target in chosen for m in mutants_of(target.file, target.path.read_text())
        ):
            _say(f"{mutant.file}:{mutant.line} {mutant.where}: {mutant.change}")
        return 0
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    preload()
    began = time.monotonic()
    results = [r for target in chosen for r in _results(target, options.workers)]
    took = time.monotonic() - began
    _write(results)
    return _verdict(results, took, options.at_least)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py mutate", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "files", nargs="*", help="parts of file names (network/guard); default: all"
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at-least", type=float, default=90.0, help="per cent of all mutants (90)")
    return parser.parse_args(arguments)


def _results(target: Target, workers: int) -> list[Result]:
    mutants = mutants_of(target.file, target.path.read_text(encoding="utf-8"))
    began = time.monotonic()
    found = list(run(target, mutants, workers=workers, limit_s=5 * baseline(target)))
    order = {id(mutant): at for at, mutant in enumerate(mutants)}
    found.sort(key=lambda result: order[id(result.mutant)])
    killed = sum(result.outcome != "survived" for result in found)
    _say(f"{target.file}: {killed} of {len(found)} killed in {time.monotonic() - began:.0f} s")
    return found


def _write(results: Sequence[Result]) -> None:
    """The page with these results in the place of the files' earlier ones; files that are no targets are left out."""
    known = earlier(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    sections = {**known, **found(results, reasons())}
    order = [target.file for target in targets()]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page({f: sections[f] for f in order if f in sections}), encoding="utf-8")
    for file in order:
        if file not in sections:
            _say(f"not on the page yet: {file}")


def _verdict(results: Sequence[Result], took: float, at_least: float) -> int:
    known = reasons()
    total = scores(results, known)[-1]
    _say(f"{total.plain:.1f} % of {total.mutants} mutants killed, {total.adjusted:.1f} % of those")
    _say(f"that are not equivalent; {took / 60:.1f} minutes")
    strange = unexplained(results, known)
    for mutant in strange:
        _say(f"no reason given: {mutant.file}:{mutant.line} {' | '.join(key_of(mutant)[1:])}")
    for key in outdated(results, known):
        _say(f"reason without a survivor: {' | '.join(key)}")
    return 1 if strange or total.plain < at_least else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    sys.exit(main())
