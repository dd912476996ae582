"""What botocore's providers found, as a source of ours: its own refresh logs errors that hold foreign text."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.credentials import RefreshableCredentials

from secure_bedrock.errors import CredentialPathDenied, SecureBedrockError
from secure_bedrock.transport.call_deadline import raise_if_late
from secure_bedrock.transport.credentials import (
    CredentialSource,
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
    StaticCredentials,
)
from secure_bedrock.transport.credentials.for_botocore import BotocoreCredentials

# botocore-stubs describes what callers use, not what holds the refresh.
_Refreshable: Any = RefreshableCredentials


def source_of(found: Any, method: str, told: Mapping[str, str] | None = None) -> CredentialSource:
    """A source that refreshes silently, in our time windows and under our lock.

    botocore's credentials log a failed refresh with its traceback: a credential process's stderr, say. So only the
    function that fetches new values is taken from them, with the values and the expiry that they begin with. Both
    stand in attributes of botocore's that are private (botocore 1.44.5, read 2026-11-20). `told` are the ARNs that
    were told with access keys, and may grow.
    """
    if isinstance(found, BotocoreCredentials):
        return found.source
    if not isinstance(found, _Refreshable):
        return StaticCredentials(_values(guarded(found.get_frozen_credentials), method))
    fetch = found._refresh_using  # noqa: SLF001
    arns = {} if told is None else told
    first = guarded(lambda: _first(found, method))
    return RefreshingCredentials(
        lambda: _attributed(guarded(lambda: _again(fetch(), method)), arns),
        first=None if first is None else _attributed(first, arns),
    )


def guarded(read: Callable[[], Any]) -> Any:
    """What `read` gives; foreign errors become a refusal that repeats none of their text."""
    try:
        return read()
    except SecureBedrockError:
        raise
    except Exception as error:  # noqa: BLE001 - a process's output breaks botocore's parsing in many ways
        name = type(error).__name__
    raise_if_late()  # its clients say ReadTimeoutError, and so would we
    # Out here, so that text of the error (a credential process's output, say) is nobody's context.
    raise CredentialPathDenied(
        f"AWS's files describe credentials that can't be had ({name})", rule="credential-provider"
    )


def _values(given: Any, method: str) -> FrozenCredentials:
    return FrozenCredentials(given.access_key, given.secret_key, given.token or None, method)


def _first(found: Any, method: str) -> Expiring | None:
    """What the credentials begin with, None where they fetch on first use."""
    values, expires = found._frozen_credentials, found._expiry_time  # noqa: SLF001
    return None if values is None else Expiring(_values(values, method), _seconds(expires))


def _again(given: Mapping[str, Any], method: str) -> Expiring:
    """What a refresh gave; without a time of expiry the values stay."""
    values = FrozenCredentials(
        given["access_key"], given["secret_key"], given.get("token") or None, method
    )
    expiry = given.get("expiry_time")
    read = _Refreshable._expiry_datetime  # noqa: SLF001 - as it read the first one
    expires_at = _seconds(read(expiry) if expiry else None)
    if expires_at <= time.time():
        raise CredentialPathDenied(
            f"the {method} credentials were fetched again and have expired all the same",
            rule="expired-credentials",
        )
    return Expiring(values, expires_at)


def _attributed(fetched: Expiring, told: Mapping[str, str]) -> Expiring:
    """The values with the ARN that was told with their key."""
    principal = told.get(fetched.values.access_key)
    return replace(fetched, values=replace(fetched.values, principal=principal))


def _seconds(expires: datetime | None) -> float:
    if expires is None:
        return float("inf")
    if expires.tzinfo is None:
        raise ValueError("a time of expiry without its offset from UTC is no moment")
    return expires.timestamp()
