"""Which lock a policy has, whether it is its own, and what the policy knows with it.

`policy_with_lock` is the one place where a lock's destinations reach a policy. Everything that decides under a policy
(the clients, sessions and `explain`) comes through it once, when it is made; decisions stay pure.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.file import FILE_NAME, MAX_CHARACTERS, read_lock
from secure_bedrock.discovery.lock.fit import require_own
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.errors import LockMismatch
from secure_bedrock.policy import Policy

VARIABLE: Final = "SECURE_BEDROCK_LOCK"


def policy_with_lock(
    policy: Policy, environ: Mapping[str, str] | None = None
) -> tuple[Policy, Lock | None]:
    """The policy with the destinations of its lock, and that lock; the policy as it is where it has none.

    Raises LockMismatch for a lock that is no lock, of another policy, named and not there, or that tells other
    destinations than [residency.profiles].
    """
    source = _source(policy, environ)
    if source is None:
        return policy, None
    lock = own_lock(policy, source)
    return told(policy, lock, source), lock


def told(policy: Policy, lock: Lock, source: LockText) -> Policy:
    """The policy with the lock's destinations; LockMismatch where [residency.profiles] tells others."""
    knowing = policy.with_destinations(dict(lock.destinations))
    contradicted = knowing.contradicted_destinations()
    if contradicted:
        message = "other Regions than in [residency.profiles]"
        raise LockMismatch(
            f"[residency.profiles] and the lock tell different destinations of {', '.join(contradicted)}",
            problems=source.problems((("destinations", name), message) for name in contradicted),
            rule="lock-destinations",
            next_step="correct [residency.profiles], or leave it out and let the lock tell; then write the lock anew",
        )
    return knowing


def _source(policy: Policy, environ: Mapping[str, str] | None) -> LockText | None:
    """The text of the policy's lock; LockMismatch where one is named and not there."""
    if "lock" not in policy.network.discovery:
        return None
    path, named = lock_path(policy, environ)
    if path is None:
        return None
    text = read_lock_file(path)
    if text is None and named:
        raise LockMismatch(
            f"there is no lock at {path} ({VARIABLE})",
            rule="lock-not-found",
            next_step="correct the variable, or write the lock with `secure-bedrock lock`",
        )
    return None if text is None else LockText(os.fspath(path), text)


def lock_path(policy: Policy, environ: Mapping[str, str] | None = None) -> tuple[Path | None, bool]:
    """Where the policy's lock is to be (nowhere for a policy without a file), and whether the environment says so."""
    named = (os.environ if environ is None else environ).get(VARIABLE)
    if named is not None:
        return Path(named), True
    return (None if policy.source is None else Path(policy.source).with_name(FILE_NAME)), False


def own_lock(policy: Policy, source: LockText) -> Lock:
    """The lock that the text holds; LockMismatch where it is not the policy's own."""
    lock = read_lock(source)
    require_own(policy, lock, source)
    return lock


def read_lock_file(path: Path) -> str | None:
    """The text of a lock file, None where nothing is at the path; LockMismatch where it can't be read."""
    try:
        data = _read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LockText(os.fspath(path)).unreadable(
            f"can't be read: {reason}", next_step="put a lock that can be read there"
        ) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise LockText(os.fspath(path)).unreadable("not UTF-8") from None


def _read(path: Path) -> bytes:
    """The bytes of a regular file of bounded size; a pipe or a device is not opened."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        return file.read(MAX_CHARACTERS + 1)
