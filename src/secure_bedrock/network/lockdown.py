"""Keep every Python socket of this process to what an allowance admits, by an audit hook that never goes away."""

import socket
import sys
import threading
from collections.abc import Callable, Hashable
from typing import Any, Final

from secure_bedrock.errors import ConfigurationError, LockdownViolation
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.network.audit_events import JUDGES
from secure_bedrock.values import PerProcess

# TEST-NET-1 and the discard port: nobody's, on no allow list (RFC 5737 section 3, 2010-01; RFC 863, 1983-05).
_REFUSED: Final = ("192.0.2.1", 9)

_lock = PerProcess(threading.Lock)
_asked_for: Hashable = None


def enforce(allowance: Allowance, asked_for: Hashable) -> None:
    """Install the hook and prove that it fires; where it stands for the same `asked_for`, prove only.

    `asked_for`, which is not None, is what the allowance was made from. Thread-safe; a forked child has the hook as
    well. Raises ConfigurationError where the hook stands for something else, and where it does not fire.
    """
    global _asked_for  # noqa: PLW0603 - there is one lockdown in an interpreter
    with _lock():
        if not stands_for(asked_for):
            sys.addaudithook(hook_for(allowance))
        prove()
        _asked_for = asked_for


def stands_for(asked_for: Hashable) -> bool:
    """True where the lockdown that was asked for is in force, False where none is; ConfigurationError for another."""
    if _asked_for is None:
        return False
    if _asked_for != asked_for:
        raise ConfigurationError(
            "this process is locked down for another policy, or with another answer about loopback",
            rule="lockdown-in-force",
            next_step="call lockdown() once, with the policy of the whole process; only a new process has another",
        )
    return True


def prove() -> None:
    """ConfigurationError unless a connection to a documentation address is refused by a hook of this module.

    The socket is a datagram one: to connect it sends nothing, even where no hook fires.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_REFUSED)
        except LockdownViolation:
            return
        except Exception as other:
            raise _not_in_force(type(other).__name__) from other
    raise _not_in_force("it was let through")


def hook_for(allowance: Allowance) -> Callable[[str, tuple[Any, ...]], None]:
    # No global is looked up for other events: there are thousands of them, some when modules are being taken down.
    judges = JUDGES.get

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        judge = judges(event)
        if judge is None:
            return
        decision = judge(allowance, arguments)
        if not decision.allowed:
            raise LockdownViolation(
                decision.reason, rule=decision.rule, next_step=decision.next_step
            )

    return hook


def _not_in_force(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"the lockdown is not in force: its own attempt at a refused address met something else ({what})",
        rule="lockdown-not-in-force",
        next_step="find the audit hook that was installed before and suppresses others, and call lockdown() first",
    )
