"""Credential values: what signs a request, where it may come from, and what is refused."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.call_deadline import held, time_left, within
from secure_bedrock.values import Deadline, PerProcess

# Refresh in the background of other calls from 15 minutes before expiry, and make every caller wait from 10 minutes
# on. Source: botocore.credentials, `_DEFAULT_ADVISORY_REFRESH_TIMEOUT` and `_DEFAULT_MANDATORY_REFRESH_TIMEOUT`
# (botocore 1.44.5, read 2026-11-20).
ADVISORY_S = 15 * 60
MANDATORY_S = 10 * 60

# An early fetch can fail at no cost but its time, so that is little: a source that answers does so in well under five
# seconds (STS and the metadata services: in tens of milliseconds), and three quarters of the call's own time are left
# for the call. botocore has no limit here and asks again with every call (`_refresh`, 1.44.5, read 2026-11-20).
EARLY_S = 5.0
EARLY_SHARE = 0.25
# How long nobody asks early again after a failure: the five minutes between the two windows have ten tries.
EARLY_PAUSE_S = 30.0

ROLE_NAME_ONLY = "role/"
"""How `FrozenCredentials.principal` begins where the provider told a role's name and no ARN."""

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+", re.ASCII)  # visible ASCII: no space, no line break


@dataclass(frozen=True, slots=True, repr=False)
class FrozenCredentials:
    """One set of credential values; `method` names the provider (`env`, `iam-role` …) and is no secret.

    `principal` is who they belong to, as told by whoever gave them: an ARN, `role/NAME`, or None where that was not
    told.
    """

    access_key: str
    secret_key: str
    token: str | None = None
    method: str = "explicit"
    principal: str | None = None

    def __post_init__(self) -> None:
        for name in ("access_key", "secret_key", "token"):
            value = getattr(self, name)
            if type(value) is not str and issubclass(type(value), str):
                # A class of the caller's own could compare as one key and sign as another.
                value = str.__str__(value)
                object.__setattr__(self, name, value)
            if value is not None and not _is_header_safe(value):
                raise CredentialPathDenied(
                    f"the {self.method} credentials are empty or hold characters that no credential has",
                    rule="malformed-credentials",
                )

    def __repr__(self) -> str:
        return f"FrozenCredentials(method={self.method!r})"

    def __reduce__(self) -> str:
        raise TypeError("credentials are not pickled")


class CredentialSource(Protocol):
    """Gives the credentials of the moment; `frozen()` may do I/O on approved paths, and is thread-safe."""

    def frozen(self) -> FrozenCredentials:
        """Values that stay valid for at least the attempt that asks for them."""
        ...


ClientFor = Callable[[str, CredentialSource], Any]
"""Makes a hardened client of a service (`sts`, `sso` …) that may make its credential calls, with these credentials."""


@dataclass(frozen=True, slots=True)
class StaticCredentials:
    """A source that always gives the same values."""

    values: FrozenCredentials

    def frozen(self) -> FrozenCredentials:
        """The values."""
        return self.values


@dataclass(frozen=True, slots=True)
class Expiring:
    """Values and the moment (seconds since the epoch) at which they stop working."""

    values: FrozenCredentials
    expires_at: float


class RefreshingCredentials:
    """Values that are fetched again before they expire, by one thread at a time.

    In the advisory window one caller fetches, within a small part of its call's time, while the others go on with what
    they have; a fetch that fails or hangs is forgiven, and the next is `EARLY_PAUSE_S` later. In the mandatory window
    everybody waits and a failure is raised.
    """

    def __init__(
        self,
        fetch: Callable[[], Expiring],
        *,
        first: Expiring | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._monotonic = monotonic
        self._not_early_before = float("-inf")
        self._lock = PerProcess(threading.Lock)
        self._current = first

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def frozen(self) -> FrozenCredentials:
        """The current values, fetched again when their time is near; raises what the fetch raises.

        DeadlineExceeded where the call's deadline comes before the values do.
        """
        current = self._current
        if current is not None and self._left(current) > ADVISORY_S:
            return current.values
        if current is not None and self._left(current) > MANDATORY_S:
            return self._try_early(current)
        with held(self._lock()):
            current = self._current
            if current is None or self._left(current) <= MANDATORY_S:
                current = self._current = self._fetch()
            return current.values

    def _try_early(self, current: Expiring) -> FrozenCredentials:
        lock = self._lock()
        if not lock.acquire(blocking=False):
            return current.values
        try:
            if self._monotonic() >= self._not_early_before:
                current = self._current = self._fetched_early(current)
        finally:
            lock.release()
        return current.values

    def _fetched_early(self, current: Expiring) -> Expiring:
        try:
            with within(_early_limit()):
                return self._fetch()
        except Exception:  # noqa: BLE001 - the values in hand still work; the mandatory window raises
            self._not_early_before = self._monotonic() + EARLY_PAUSE_S
            return current

    def _left(self, current: Expiring) -> float:
        return current.expires_at - self._clock()


def _early_limit() -> Deadline:
    """The end of an early fetch; DeadlineExceeded where the call's own time is over already."""
    left = time_left()
    return Deadline.after(EARLY_S if left is None else min(EARLY_S, left * EARLY_SHARE))


@dataclass(frozen=True, slots=True, repr=False)
class PassedCredentials:
    """A caller's own source: what it gives is copied once, so that what is checked is what signs."""

    given: CredentialSource

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def frozen(self) -> FrozenCredentials:
        """The values of the moment, as plain strings; whose they are is not believed."""
        return _copied(self.given.frozen())


def freeze(credentials: object) -> CredentialSource:
    """Return a source for what a caller passed as `credentials=`.

    Accepted: a source, or an object that holds the values themselves (`access_key`, `secret_key`, `token`). Whom a
    source of the caller's says that they belong to (`principal`) is not believed.
    botocore's refreshable credentials open connections of their own and are refused, unread.
    """
    if type(credentials) is PassedCredentials:
        return credentials
    if callable(getattr(credentials, "frozen", None)):
        return PassedCredentials(credentials)  # type: ignore[arg-type]
    if hasattr(credentials, "refresh_needed"):  # of the object, not of its type: a proxy has it too
        raise CredentialPathDenied(
            "botocore's refreshable credentials fetch new values over connections of their own",
            rule="refreshable-credentials",
            next_step="pass credentials.get_frozen_credentials(), or let the policy's providers find them",
        )
    return StaticCredentials(_copied(credentials))


def _copied(given: object) -> FrozenCredentials:
    """Each value read once."""
    access_key = getattr(given, "access_key", None)
    secret_key = getattr(given, "secret_key", None)
    token = getattr(given, "token", None)
    if not isinstance(access_key, str) or not isinstance(secret_key, str):
        raise CredentialPathDenied(
            f"{type(given).__name__} holds no access key and secret key",
            rule="not-credentials",
        )
    return FrozenCredentials(access_key, secret_key, token or None)


def _is_header_safe(value: object) -> bool:
    return type(value) is str and _HEADER_SAFE.fullmatch(value) is not None
