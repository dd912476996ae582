"""P04: every entry of the corpora is run by a test."""

import json
import subprocess
import sys
from pathlib import Path

from tests.corpus import BYPASS, MODEL_IDS

TESTS = Path(__file__).parents[1]
LIMIT_S = 120

# Collects as a run does, and writes down which entries the collected tests would run; what is skipped or expected to
# fail whatever happens runs nothing.
STORY = """
import json, sys
import pytest

class Collected:
    def pytest_collection_finish(self, session):
        self.ids = sorted({
            item.callspec.params["corpus_entry"]
            for item in session.items
            if item.get_closest_marker("corpus")
            and not item.get_closest_marker("skip") and not item.get_closest_marker("xfail")
        })

collected = Collected()
code = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[collected])
if code:
    sys.exit(int(code))
print("\\n" + json.dumps(collected.ids))
"""


def collected() -> set[str]:
    """The ids of all entries that the suite's tests run."""
    files = [
        str(f) for f in sorted(TESTS.rglob("test_*.py")) if "mark.corpus(" in f.read_text("utf-8")
    ]
    done = subprocess.run(
        [sys.executable, "-c", STORY, *files],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_every_entry_is_run_by_a_test() -> None:
    assert (len(BYPASS), len(MODEL_IDS)) == (192, 133)

    run = collected()

    assert sorted({*BYPASS, *MODEL_IDS} - run) == []
