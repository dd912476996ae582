"""The testbed can see a leak, and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import secure_bedrock
from tests.corpus import CorpusEntry

from .testbed.claims import Claim
from .testbed.dns_rows import PRIVATE_ROWS, PUBLIC_ROWS
from .testbed.front_end import Kind
from .testbed.measure import measure
from .testbed.namespaces import Namespace, standing, sweep
from .testbed.plan import ENI_A, PUBLIC
from .testbed.rows import answered, delivered
from .testbed.testbed import Testbed

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("netns")]

PRIVATE_A, PUBLIC_A = PRIVATE_ROWS[0], PUBLIC_ROWS[0]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Left:
    """What a story had: its directory, its namespaces' names, and their numbers."""

    directory: Path
    names: list[str]
    numbers: list[str]

    def remains(self) -> list[str]:
        """What of it is still there: its directory, namespaces, and processes in them."""
        directory = [str(self.directory)] if self.directory.exists() else []
        namespaces = sorted(set(standing()).intersection(self.names))
        return [*directory, *namespaces, *processes_in(self.numbers)]


# Makes a testbed, says what is there by name and by the namespaces' own numbers, and then ends in some way.
STORY = """
import os, sys
from tests.netns.testbed.rows import CALM
from tests.netns.testbed.testbed import Testbed

with Testbed() as testbed:
    testbed.arrange(CALM)
    names = [host.name for host in testbed.hosts.all]
    numbers = [str(os.stat("/run/netns/" + name).st_ino) for name in names]
    print(testbed.directory, *names, *numbers, flush=True)
    {ending}
"""


@pytest.fixture
def told(
    namespaces: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Left]:
    """Runs the story in a process of its own, both with the test's directory for what is temporary."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return lambda ending: tell(ending, tmp_path)


def tell(ending: str, temporary: Path) -> Left:
    library = Path(secure_bedrock.__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", STORY.format(ending=ending)],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{library}",
            "TMPDIR": str(temporary),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=60,
    )
    directory, *rest = done.stdout.split()
    assert done.returncode != 0
    return Left(Path(directory), rest[:3], rest[3:])


def processes_in(numbers: list[str]) -> list[str]:
    """The processes that are in one of these namespaces."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "ns" / "net").readlink().name
        except OSError:  # it has ended meanwhile
            continue
        if place.removeprefix("net:[").removesuffix("]") in numbers:
            found.append(process.name)
    return found


@pytest.mark.parametrize("kind", ["typed", "hardened"])
def test_a_client_whose_guard_is_blind_is_counted(kind: Kind, testbed: Testbed) -> None:
    """What the matrix would show of ours without the guard: the very same call leaves."""
    worker = testbed.blind_front_end(kind)
    try:
        found = measure(testbed, PUBLIC_A, worker)
    finally:
        worker.end()

    assert found.outcome == delivered(PUBLIC)
    assert found.left.packets > 0


@pytest.mark.corpus("time-dnat")
def test_translation_in_the_kernel_is_below_what_the_guard_can_see(
    corpus_entry: CorpusEntry, testbed: Testbed
) -> None:
    """The threat model's limit, shown: the judged address is dialled, and the kernel carries it elsewhere."""
    assert corpus_entry["expect"] == "allowed"
    testbed.firewall.translate(ENI_A, PUBLIC)
    try:
        carried = measure(testbed, PRIVATE_A, testbed.front_end("typed"))
    finally:
        testbed.firewall.translate(ENI_A, None)
    after = measure(testbed, PRIVATE_A, testbed.front_end("typed"))

    assert carried.outcome == delivered(PUBLIC)
    assert carried.left.packets > 0
    assert after.outcome == answered(ENI_A)


@pytest.mark.parametrize(
    "ending",
    {
        "an exception in the block": "raise RuntimeError('on purpose')",
        "an exit past the block": "Testbed.__exit__ = lambda *_: None; sys.exit(1)",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_nothing_is_left_behind(ending: tuple[str, str], told: Callable[[str], Left]) -> None:
    assert told(ending[1]).remains() == []


def test_what_a_killed_run_left_is_swept_by_the_next(told: Callable[[str], Left]) -> None:
    left = told("os.kill(os.getpid(), 9)")
    assert set(left.names) <= set(standing())
    assert processes_in(left.numbers)
    assert left.directory.exists()

    sweep()

    assert left.remains() == []


def test_runs_that_start_together_sweep_the_same_remains(told: Callable[[str], Left]) -> None:
    left = told("os.kill(os.getpid(), 9)")

    with ThreadPoolExecutor() as several:
        done = [several.submit(sweep) for _ in range(4)]
    for sweeping in done:
        sweeping.result()

    assert left.remains() == []


def test_a_run_in_another_pid_namespace_is_left_alone(namespaces: None) -> None:
    """There our process numbers mean nothing: what a living run has is told by its lock."""
    claim = Claim()
    standing_here = Namespace(claim.name, "probe")
    standing_here.make()
    try:
        library = Path(secure_bedrock.__file__).resolve().parents[1]
        story = "from tests.netns.testbed.namespaces import sweep; sweep()"
        subprocess.run(
            ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", story],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{library}"},
            check=True,
            timeout=60,
        )
        assert standing_here.name in standing()
    finally:
        standing_here.remove()
        claim.release()
