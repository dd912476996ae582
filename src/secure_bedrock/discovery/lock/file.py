"""The lock as text: ASCII JSON that a person can review, read strictly."""

import json
from datetime import UTC
from typing import Any, Final

from secure_bedrock.discovery.lock.contents import VERSION, Lock, LockedEndpoint
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.values import importing
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


def read_lock(source: LockText) -> Lock:
    """The lock that a text holds.

    Raises LockMismatch (rule lock-invalid) with every problem at once. Whether it is the lock of a given policy is
    not decided here.
    """
    with importing():  # the lock may be a parameter of SSM's, which the first call reads
        from secure_bedrock.discovery.lock.shape import lock_in  # noqa: PLC0415 most processes read no lock

    found = lock_in(_document(source))
    if isinstance(found, Lock):
        return found
    raise source.invalid(found)


def _document(source: LockText) -> Any:
    if len(source.text) > MAX_CHARACTERS:
        raise source.unreadable("longer than 1 MiB")
    try:
        return strictly_read(source.text)
    except RecursionError:
        raise source.unreadable("nested too deeply") from None
    except MemberTwice:
        raise source.unreadable("a key stands twice in one object") from None
    except json.JSONDecodeError as error:
        raise source.unreadable("not JSON", line=error.lineno) from None
    except ValueError:  # NaN, and int()'s own for absurdly long numbers
        raise source.unreadable("not JSON") from None
