#!/usr/bin/env python3
"""Fill docs/reference/ambient-settings.md with the table of settings that the code holds.

`--check`, the default, writes nothing and exits 1 when the page differs from what would be written.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "ambient-settings.md"

if TYPE_CHECKING:
    from secure_bedrock.transport.settings import Setting

_MARKED = re.compile(r"(<!-- table (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_HEAD = "| setting | verdict | why | proven by |\n|---|---|---|---|\n"


def table_of(rows: "Iterable[Setting]") -> str:
    """The rows as a table, in the code's order."""
    return "\n" + _HEAD + "".join(_line(row) for row in rows) + "\n"


def _line(row: "Setting") -> str:
    path, _, test = row.proven_by.partition("::")
    refusal = f" (`{row.denial.__name__}`)" if row.verdict in ("refused", "judged") else ""
    return f"| `{row.name}` | {row.verdict}{refusal} | {row.reason} | [`{test}`](../../{path}) |\n"


def filled(text: str) -> str:
    """The page's text with every marked table made anew."""
    sys.path.insert(0, str(ROOT / "src"))  # the checkout's own, whatever is installed
    from secure_bedrock.transport.settings import NO_EFFECT, SETTINGS  # noqa: PLC0415 - as above

    pairs = "".join(f"| `{name}` | {reason} |\n" for name, reason in NO_EFFECT.items())
    tables = {
        "variables": table_of(row for row in SETTINGS if row.kind == "variable"),
        "files": table_of(row for row in SETTINGS if row.kind != "variable"),
        "no-effect": f"\n| setting | why |\n|---|---|\n{pairs}\n",
    }
    return _MARKED.sub(lambda match: f"{match[1]}{tables[match[2]]}{match[3]}", text)


def main(argv: Sequence[str] | None = None) -> int:
    """Check or write; 0 when the page is as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="write the page")
    mode.add_argument("--check", action="store_true", help="exit 1 when it would change (default)")
    write = parser.parse_args(argv).write
    before = PAGE.read_text("utf-8")
    after = filled(before)
    if write:
        PAGE.write_text(after, "utf-8")
    elif after != before:
        sys.stderr.write(f"{PAGE.relative_to(ROOT)}: run tools/settings_page.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
