#!/usr/bin/env python3
"""Fill docs/promises.md with links to the test files that hold each promise.

A file of tests/promises is called test_p<NN>_<what>.py; what the page says of it is its docstring's first line.
`--check`, the default, writes nothing and exits 1 when the page differs from what would be written.
"""

import argparse
import ast
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "promises.md"
TESTS = ROOT / "tests" / "promises"

_NAME = re.compile(r"test_(p\d\d)_\w+\.py", re.ASCII)
_MARKED = re.compile(r"(<!-- tests (P\d\d) -->\n).*?(<!-- end -->)", re.DOTALL)
_NONE = "- No file of its own yet.\n"


class IndexProblem(Exception):
    """The page and the tests can't be brought together; the text says why."""


def files_by_promise(tests: Path) -> Mapping[str, Sequence[Path]]:
    """The test files of each promise, by name; IndexProblem for a file whose name is no promise's."""
    found: dict[str, list[Path]] = {}
    for path in sorted(tests.glob("test_*.py")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise IndexProblem(f"{path.name} is not called test_p<NN>_<what>.py")
        found.setdefault(match[1].upper(), []).append(path)
    return found


def entry_of(path: Path) -> str:
    """The line of a list that links a test file; IndexProblem for one without a docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    if not docstring:
        raise IndexProblem(f"{path.name} does not open with a sentence")
    return f"- [`{path.name}`](../tests/promises/{path.name}): {docstring.splitlines()[0]}\n"


def indexed(text: str, tests: Path) -> str:
    """The page's text with every marked list filled; IndexProblem where a promise of the tests has no list."""
    files = files_by_promise(tests)
    marked = [match[2] for match in _MARKED.finditer(text)]
    for promise in files:
        if marked.count(promise) != 1:
            raise IndexProblem(f"the page needs one list for {promise}")

    def filled(match: re.Match[str]) -> str:
        entries = "".join(entry_of(path) for path in files.get(match[2], ()))
        return f"{match[1]}{entries or _NONE}{match[3]}"

    return _MARKED.sub(filled, text)


def main(argv: Sequence[str] | None = None) -> int:
    """Check or write; 0 when the page is as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="write the page")
    mode.add_argument("--check", action="store_true", help="exit 1 when it would change (default)")
    write = parser.parse_args(argv).write
    before = PAGE.read_text("utf-8")
    try:
        after = indexed(before, TESTS)
    except IndexProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    if write:
        PAGE.write_text(after, "utf-8")
    elif after != before:
        sys.stderr.write("docs/promises.md: run tools/promise_index.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
