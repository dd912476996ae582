"""One testbed for the whole session, or the reason why there is none."""

import sys
from collections.abc import Iterator

import pytest

from .testbed.namespaces import standing
from .testbed.needs import missing
from .testbed.testbed import Testbed

# What the kernel and the C library do is no different under another Python, and the rows take a quarter of a minute.
_PYTHON = (3, 11)


@pytest.fixture(scope="session")
def namespaces(request: pytest.FixtureRequest) -> None:
    """Skips where there can be no testbed; `-m netns` asks for it under every Python."""
    if sys.version_info[:2] != _PYTHON and "netns" not in request.config.option.markexpr:
        pytest.skip("run under Python 3.11; `-m netns` runs it under this one")
    lacking = missing()
    if lacking:
        pytest.skip(f"no network namespaces: {lacking}")


@pytest.fixture(scope="session")
def testbed(namespaces: None) -> Iterator[Testbed]:
    """The hosts, running; nothing of them is left in the end."""
    with Testbed() as running:
        yield running
    assert [name for name in standing() if name.startswith(f"{running.name}-")] == []
    assert not running.directory.exists()
