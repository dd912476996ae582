"""A lock that can't be used, as `policy check` tells it among the policy's own problems."""

from dataclasses import replace

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.use import policy_with_lock
from secure_bedrock.errors import LockMismatch, Problem
from secure_bedrock.policy import Policy


def locked(policy: Policy) -> tuple[Policy, Lock | None, tuple[Problem, ...]]:
    """The policy with what its lock tells, and the lock; where it can't be used, why: no client can be made then."""
    try:
        return *policy_with_lock(policy), ()
    except LockMismatch as error:
        return policy, None, _of_lock(error)


def _of_lock(error: LockMismatch) -> tuple[Problem, ...]:
    """What is wrong with the lock, each with its place; the last says what to do."""
    *first, last = error.problems or (Problem(error.reason),)
    return *first, replace(last, message=f"{last.message}; {error.next_step}")
