"""The corpora of hostile and legitimate cases: `@pytest.mark.corpus("id", …)` runs a test once for each entry it names.

The test takes the entry as its argument `corpus_entry`, a mapping as in tests/data/bypass.json (or model-ids.json), and
has to hold what happened against what the entry expects:

    @pytest.mark.corpus("tls-self-signed", "tls-wrong-name")
    def test_a_bad_certificate_is_refused(corpus_entry: CorpusEntry, …) -> None:
        with pytest.raises(corpus_entry.refusal):
            …

Which entries a test runs is what it is collected with, so that nothing else has to be kept in step:
tests/promises/test_p04_every_corpus_entry.py collects the marked files and fails for an entry that no test runs. An id
that is in no corpus, a mark without the argument or the other way round stop the collection; a test that passes
without having asked what its entry expects fails.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import errors

DATA = Path(__file__).parent / "data"
ARGUMENT = "corpus_entry"


class CorpusEntry(Mapping[str, Any]):
    """One entry, which remembers what was read of it."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return self._facts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"<corpus entry {self._facts['id']}>"

    @property
    def refusal(self) -> type[errors.SecureBedrockError]:
        """The error that the entry names; an AssertionError where it names none."""
        assert self["error"], f"{self!r} names no error"
        kind: type[errors.SecureBedrockError] = getattr(errors, self["error"])
        return kind

    def unasked(self) -> list[str]:
        """What a test that runs the entry has to read and nobody did."""
        setup = self._facts.get("setup", {})
        told = "scenario" in setup or isinstance(setup.get("server"), str)  # in words: for people
        lacking = [] if told or self.read & {"setup", "candidate", "allowlist"} else ["its setup"]
        return lacking + ([] if self.read & {"expect", "error"} else ["what it expects"])


def _load(name: str) -> dict[str, dict[str, Any]]:
    entries = json.loads((DATA / name).read_text(encoding="utf-8"))["entries"]
    return {entry["id"]: entry for entry in entries}


BYPASS = _load("bypass.json")
MODEL_IDS = _load("model-ids.json")
EVERY = {**BYPASS, **MODEL_IDS}
FIXTURE: dict[str, Any] = json.loads((DATA / "bypass.json").read_text(encoding="utf-8"))["fixture"]


def ids_of(definition: pytest.Item | pytest.Function) -> list[str]:
    """The ids that a test's marks name."""
    return [name for mark in definition.iter_markers("corpus") for name in mark.args]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once for each entry."""
    names = ids_of(metafunc.definition)
    if bool(names) != (ARGUMENT in metafunc.fixturenames):
        raise pytest.UsageError(
            f"{metafunc.function.__name__}: @pytest.mark.corpus(id, …) and the argument {ARGUMENT} go together"
        )
    unknown = [name for name in names if name not in EVERY]
    if unknown:
        raise pytest.UsageError(f"{metafunc.function.__name__}: no corpus has {unknown}")
    if names:
        metafunc.parametrize(ARGUMENT, names, indirect=True)


@pytest.fixture
def corpus_entry(request: pytest.FixtureRequest) -> CorpusEntry:
    """The entry under test."""
    return CorpusEntry(EVERY[request.param])


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test that passed without asking what its entry is and expects."""
    result = yield
    entry = pyfuncitem.funcargs.get(ARGUMENT)
    if isinstance(entry, CorpusEntry) and (unasked := entry.unasked()):
        pytest.fail(f"{entry!r} was not run: nobody read {' and '.join(unasked)}")
    return result
