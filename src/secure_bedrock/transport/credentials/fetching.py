"""Whether this thread or task is fetching credentials: then it must not wait for who may be waiting for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

LOOP: Final = "credential-loop"
"""The rule of credentials that would be needed to fetch themselves."""

_now: ContextVar[bool] = ContextVar("secure_bedrock_fetching_credentials", default=False)


@contextmanager
def fetching() -> Iterator[None]:
    """Let `is_fetching` be true in here."""
    token = _now.set(True)
    try:
        yield
    finally:
        _now.reset(token)


def is_fetching() -> bool:
    """True while this thread or task fetches credentials of whatever client."""
    return _now.get()
