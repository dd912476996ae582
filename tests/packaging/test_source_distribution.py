"""The source distribution is the whole tree: what its tests read and what `dev.py` needs are in it."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".ci", "benchmarks", "docs", "examples", "requirements", "src", "tests", "tools")
FILES = ("dev.py", "pyproject.toml", "LICENSE", *(page.name for page in ROOT.glob("*.md")))

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
    assert sorted(held - set(tree())) == [".gitignore", "PKG-INFO"]
