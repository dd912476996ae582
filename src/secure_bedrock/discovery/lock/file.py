"""The lock as text: ASCII JSON that a person can review, read strictly."""

import json
from datetime import UTC
from typing import Any, Final

from secure_bedrock.discovery.lock.contents import VERSION, Lock, LockedEndpoint
from secure_bedrock.errors import LockMismatch, Problem
from secure_bedrock.values.strict_json import MemberTwice, strictly_read

FILE_NAME: Final = "secure-bedrock.lock"
# Room for hundreds of endpoints and thousands of profiles; far beyond what a person would review.
MAX_CHARACTERS: Final = 1024 * 1024


def lock_text(lock: Lock, *, compact: bool = False) -> str:
    """The lock as its file holds it: ASCII JSON with sorted keys, one value a line; on one line if `compact`."""
    written = {
        "at": lock.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "over": lock.written_over,
        **({} if lock.written_by is None else {"by": lock.written_by}),
    }
    document = {
        "version": VERSION,
        "policy": lock.policy_digest,
        "region": lock.region,
        "written": written,
        "endpoints": {found.service: endpoint_members(found) for found in lock.endpoints},
        "destinations": {name: list(regions) for name, regions in lock.destinations},
    }
    if compact:
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
    return json.dumps(document, sort_keys=True, indent=2) + "\n"


def endpoint_members(endpoint: LockedEndpoint) -> dict[str, object]:
    """The endpoint's members as the file names them."""
    return {
        "vpc_endpoint_id": endpoint.vpc_endpoint_id,
        "vpc_id": endpoint.vpc_id,
        "owner_account": endpoint.owner_account,
        "service_region": endpoint.service_region,
        "private_dns_enabled": endpoint.private_dns_enabled,
        "names": list(endpoint.names),
        "addresses": list(endpoint.addresses),
        "cidrs": list(endpoint.cidrs),
    }


def read_lock(text: str, *, where: str) -> Lock:
    """The lock that a text holds; `where` names it in messages.

    Raises LockMismatch (rule lock-invalid) with every problem at once. Whether it is the lock of a given policy is
    not decided here.
    """
    from secure_bedrock.discovery.lock.shape import lock_in  # noqa: PLC0415 most processes read no lock

    found = lock_in(_document(text, where))
    if isinstance(found, Lock):
        return found
    raise invalid(where, found)


def invalid(where: str, problems: list[tuple[str, str]]) -> LockMismatch:
    """The error that lists what is wrong in a lock, each as key and message."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return LockMismatch(
        f"the lock has {count}",
        problems=tuple(Problem(message, key, where) for key, message in problems),
        rule="lock-invalid",
        next_step="write it anew with `secure-bedrock lock`",
    )


def _document(text: str, where: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise invalid(where, [("", "longer than 1 MiB")])
    try:
        return strictly_read(text)
    except RecursionError:
        raise invalid(where, [("", "nested too deeply")]) from None
    except MemberTwice:
        raise invalid(where, [("", "a key stands twice in one object")]) from None
    except ValueError as error:  # also int()'s own, for absurdly long numbers
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise invalid(where, [("", f"not JSON{line}")]) from None
