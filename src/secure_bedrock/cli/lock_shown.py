"""How a lock and its differences look: tables of 80 columns, or versioned JSON."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from secure_bedrock.cli.render import columns, document, paint
from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.differences import Difference
from secure_bedrock.discovery.lock.file import lock_text


def print_lock(lock: Lock, path: Path, parameter: str | None, *, as_json: bool) -> None:
    """What was written and where."""
    if as_json:
        written = json.loads(lock_text(lock))
        body = {"file": os.fspath(path), "parameter": parameter, "lock": written}
        sys.stdout.write(document("lock", body) + "\n")
        return
    rows = []
    for found in lock.endpoints:
        rows.append(("endpoint", f"{found.service} {found.vpc_endpoint_id}"))
        rows.append(("  addresses", ", ".join(found.addresses)))
        rows.append(("  inside", ", ".join(found.cidrs)))
    for name, regions in lock.destinations:
        rows.append(("profile", name))
        rows.append(("  leads to", ", ".join(regions)))
    rows.append(("asked by", lock.written_by or "(not known)"))
    rows.append(("over", lock.written_over))
    sys.stdout.write(columns(rows) + "\n")


def print_differences(found: Sequence[Difference], *, as_json: bool) -> None:
    """What AWS says otherwise, each with both sides."""
    if as_json:
        listed = [{"key": d.key, "locked": d.locked, "found": d.found} for d in found]
        body = {"up_to_date": not found, "differences": listed}
        sys.stdout.write(document("lock_check", body) + "\n")
        return
    for difference in found:
        rows = [
            ("locked", difference.locked or "(nothing)"),
            ("now", difference.found or "(nothing)"),
        ]
        sys.stdout.write(columns([(difference.key,)]) + "\n" + columns(rows, indent=2) + "\n")
    word, colour = ("drift", "red") if found else ("up to date", "green")
    sys.stdout.write(paint(word, colour, sys.stdout) + "\n")
