"""The source distribution is the whole tree, what its tests and `dev.py` need included, and holds nothing else."""

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".ci", "benchmarks", "docs", "examples", "requirements", "src", "tests", "tools")
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md")
FILES = ("LICENSE", "dev.py", "pyproject.toml", *PAGES)
ADDED = (".gitignore", "PKG-INFO")  # by hatchling, to every source distribution

pytestmark = pytest.mark.xdist_group("source-distribution")  # built once, not once a worker


def tree() -> Iterator[str]:
    yield from FILES
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every file of a source distribution that is built from this tree."""
    target = tmp_path_factory.mktemp("dist")
    (built,) = SdistBuilder(str(ROOT)).build(directory=str(target), versions=["standard"])
    with tarfile.open(built) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_everything_of_the_tree_is_in_it(held: set[str]) -> None:
    assert sorted(set(tree()) - held) == []


def test_nothing_else_is_in_it(held: set[str]) -> None:
    """No environment, cache or build of the developer's; hatchling adds two files of its own."""
    assert sorted(held - set(tree())) == sorted(ADDED)


def test_no_stray_file_lies_in_the_root(held: set[str]) -> None:
    """What is tracked there belongs there; an unpacked archive has no git, and its own list is asked."""
    root = {path.partition("/")[0] for path in tracked() or held}

    assert sorted(root - {"PKG-INFO"}) == sorted([".gitignore", *FILES, *FOLDERS])


def tracked() -> list[str]:
    """Every file that git keeps of this tree; none where the tree is no repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return []
    listed = subprocess.run(
        [git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.rstrip("\0").split("\0")
