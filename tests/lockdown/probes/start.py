"""Locks this process down for the policy in $POLICY, then runs a block of statements and prints what it found.

The block stands in standard input. It calls `tried(name, call, …)`, which notes the rule of the refusal, the error that
came in its place, or that the call was let through. A second audit hook, added after the lockdown and therefore asked
after it, notes what the lockdown let through to the operating system, and stops what would leave this machine.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from secure_bedrock import Policy, errors, lockdown

outcomes: dict[str, str] = {}
passed: list[str] = []
LEAVING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
ASKING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def after(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what gets past the lockdown; let loopback and Unix sockets go on, and nothing else."""
    if event in LEAVING and isinstance(arguments[1], tuple):
        passed.append(f"{arguments[1][0]!s}:{arguments[1][1]}")
        if not str(arguments[1][0]).startswith(("127.", "::1")):
            raise PermissionError(event)
    elif event in ASKING and arguments[0] is not None:
        passed.append(str(arguments[0]))
        if str(arguments[0]) != "localhost" and not is_address(str(arguments[0])):
            raise PermissionError(event)


def is_address(host: str) -> bool:
    """True for what no name server is asked for."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def outcome(call: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """How a call ended, in one line."""
    try:
        call(*arguments, **named)
    except errors.LockdownViolation as refusal:
        return refusal.rule
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "let through"


def tried(name: str, call: Callable[..., object], *arguments: Any, **named: Any) -> None:
    """Note how a call ended."""
    outcomes[name] = outcome(call, *arguments, **named)


def main() -> None:
    """Lock down, run, tell."""
    if "POLICY" in os.environ:
        lockdown(
            Policy.from_toml(os.environ["POLICY"]), allow_loopback=os.environ["LOOPBACK"] == "yes"
        )
        sys.addaudithook(after)
    names = {
        "tried": tried,
        "outcome": outcome,
        "outcomes": outcomes,
        "passed": passed,
        "after": after,
    }
    exec(compile(sys.stdin.read(), "<block>", "exec"), {**names, "__name__": "block"})
    json.dump({"outcomes": outcomes, "passed": passed}, sys.stdout)


if __name__ == "__main__":
    main()
