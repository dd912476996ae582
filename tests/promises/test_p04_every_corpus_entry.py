"""P04: every entry of the corpora is run by a test, and a test that only claims to run one fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A Python that finds what this one finds, in the project's folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def entries_run_by(*files: Path) -> set[str]:
    """The ids of the entries that the tests in these files run."""
    done = python("-c", STORY, *map(str, files))
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_every_entry_is_run_by_a_test() -> None:
    assert (len(BYPASS), len(MODEL_IDS)) == (192, 133)
    files = sorted(TESTS.rglob("test_*.py"))

    run = entries_run_by(*(f for f in files if "mark.corpus(" in f.read_text("utf-8")))

    assert sorted({*BYPASS, *MODEL_IDS} - run) == []


MARK = 'import pytest\n@pytest.mark.corpus("redir-alt-svc")\n'
CLAIMS: dict[str, tuple[str, str]] = {
    "a test that reads setup and expectation": (
        MARK + "def test_it(corpus_entry): assert corpus_entry['setup'] and corpus_entry['expect']",
        "1 passed",
    ),
    "a test that does not read the expectation": (
        MARK + "def test_it(corpus_entry): assert corpus_entry['setup']",
        "nobody read what it expects",
    ),
    "a test that does not read the setup": (
        MARK + "def test_it(corpus_entry): assert corpus_entry['expect']",
        "nobody read its setup",
    ),
    "a mark on a test that takes no entry": (
        MARK + "def test_it(): pass",
        "go together",
    ),
    "a test that takes an entry and names none": (
        "def test_it(corpus_entry): pass",
        "go together",
    ),
    "an id that is in no corpus": (
        MARK.replace("redir-alt-svc", "redir-nowhere")
        + "def test_it(corpus_entry): corpus_entry['setup']",
        "no corpus has ['redir-nowhere']",
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_to_run_an_entry_is_held_to_it(claim: str, tmp_path: Path) -> None:
    text, outcome = CLAIMS[claim]
    file = tmp_path / "test_claim.py"
    file.write_text(text, encoding="utf-8")

    settings = ("-c", os.devnull, "--rootdir", str(tmp_path), "-p", "no:cacheprovider")
    bare = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins only cost time here
    done = python("-m", "pytest", "-p", "tests.corpus", *settings, str(file), **bare)

    assert outcome in done.stdout
    assert (done.returncode == 0) == (outcome == "1 passed")


def test_a_test_that_is_skipped_whatever_happens_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "test_skipped.py"
    skipped = MARK.replace("@", '@pytest.mark.skip(reason="later")\n@', 1)
    file.write_text(skipped + "def test_it(corpus_entry): pass", encoding="utf-8")
    other = TESTS / "promises/test_p03_one_name_one_judgement.py"

    assert entries_run_by(other, file) == {"time-rebind-flip", "time-half-closed-retry"}
