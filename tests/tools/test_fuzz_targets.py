"""`dev.py fuzz` finds every target that the suite has, started as dev.py starts it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_property_is_a_target() -> None:
    """The script's own folder is its search path; what tests share lies elsewhere."""
    properties = [
        path.stem
        for path in (ROOT / "tests" / "fuzz").glob("test_fuzz_*.py")
        for _ in re.findall(r"^@given", path.read_text("utf-8"), re.MULTILINE)
    ]
    command: list[str | Path] = [
        sys.executable,
        ROOT / "tools" / "fuzz.py",
        "--engine",
        "hypothesis",
    ]

    done = subprocess.run(
        [*command, "--seconds", "0", "--only", "test_fuzz_"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    told = re.findall(r"(test_fuzz_\w+)::\w+: ", done.stdout + done.stderr)
    assert sorted(told) == sorted(properties)
    assert done.returncode == 0
