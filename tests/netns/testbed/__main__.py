"""`python3 dev.py route-matrix`: measures the whole matrix and writes its page.

Exits with 0 when every row came out as it must, 1 when one did not, 3 when there can be no testbed here.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from .capture import Capture
from .front_end import Kind
from .matrix import ROWS
from .measure import ORDER, Measured, measure
from .needs import missing
from .page import PAGE, expected, render
from .testbed import Testbed


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write, and say what differs from what must be."""
    options = _parser().parse_args(argv)
    lacking = missing()
    if lacking:
        _say(f"no testbed here: {lacking}")
        return 3
    began = time.monotonic()
    measured = _measure_all(options.pcap)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(
        render(lambda row, kind: measured[row.name, kind].outcome), encoding="utf-8"
    )
    wrong = [
        f"{row.name}, {kind}: {measured[row.name, kind].outcome}, not {expected(row, kind)}"
        for row in ROWS
        for kind in ORDER
        if measured[row.name, kind].outcome != expected(row, kind)
    ]
    for line in wrong:
        _say(line)
    _say(f"{len(ROWS)} rows in {time.monotonic() - began:.1f} s, {len(wrong)} not as they must be")
    return 1 if wrong else 0


def _measure_all(pcap: Path | None) -> dict[tuple[str, Kind], Measured]:
    measured: dict[tuple[str, Kind], Measured] = {}
    with Testbed() as testbed, ExitStack() as stack:
        capture = stack.enter_context(Capture(testbed.hosts.internet, pcap)) if pcap else None
        for row in ROWS:
            for kind in ORDER:
                found = measured[row.name, kind] = measure(testbed, row, testbed.front_end(kind))
                _say(
                    f"{found.left.packets:4} packets {found.left.size:6} bytes  {kind:8}  {row.name}: {found.outcome}"
                )
        if capture:
            total = sum(found.left.packets for found in measured.values())
            _say(f"tcpdump saw {capture.stop()} packets, the counter {total}")
    return measured


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py route-matrix", description=__doc__)
    parser.add_argument("--output", type=Path, default=PAGE, help="where the page is written")
    parser.add_argument("--pcap", type=Path, help="have tcpdump write what left to this file too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
