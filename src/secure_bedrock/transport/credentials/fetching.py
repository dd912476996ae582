"""Which credentials this thread or task is fetching: it must not wait for who may be waiting for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LOOP: Final = "credential-loop"
"""The rule of credentials that would be needed to fetch themselves."""


class Fetch:
    """One fetching of the credentials of `whose`; `looped` once they were asked for before they were there."""

    __slots__ = ("looped", "over", "whose")

    def __init__(self, whose: object) -> None:
        self.whose = whose
        self.looped = False
        # A context that was copied meanwhile, for a task or a thread, may outlive the fetching.
        self.over = False


_under_way: ContextVar[tuple[Fetch, ...]] = ContextVar(
    "secure_bedrock_fetching_credentials", default=()
)


@contextmanager
def fetching(whose: object) -> Iterator[Fetch]:
    """Let `is_fetching` be true in here, and `fetch_of(whose)` give what this gives."""
    fetch = Fetch(whose)
    token = _under_way.set((*_under_way.get(), fetch))
    try:
        yield fetch
    finally:
        fetch.over = True
        _under_way.reset(token)


def fetch_of(whose: object) -> Fetch | None:
    """The fetching of this very source's credentials that is under way on this thread or task."""
    return next((fetch for fetch in _live() if fetch.whose is whose), None)


def is_fetching() -> bool:
    """True while this thread or task fetches credentials of whatever client."""
    return any(_live())


def _live() -> Iterator[Fetch]:
    return (fetch for fetch in _under_way.get() if not fetch.over)
