"""Finds credentials: only the providers that the policy lists, in botocore's order, over approved paths."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, NoReturn

from secure_bedrock.errors import CredentialPathDenied, EndpointNotFound
from secure_bedrock.policy import Policy
from secure_bedrock.transport.call_deadline import held
from secure_bedrock.transport.credentials import (
    ClientFor,
    CredentialSource,
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
    StaticCredentials,
    freeze,
)
from secure_bedrock.transport.credentials.fetching import LOOP, fetch_of, fetching
from secure_bedrock.transport.credentials.none_found import no_credentials
from secure_bedrock.transport.settings.files import CONFIG_FILE, CREDENTIALS_FILE, named_profile
from secure_bedrock.values import PerProcess, forget_at_snapshot, importing

if TYPE_CHECKING:
    from secure_bedrock.transport.credentials.profiles import ProfileCredentials

# The providers that read AWS's files, or a web identity's token file.
# Source: METHOD of botocore.credentials' providers (botocore 1.44.5, read 2026-11-20).
PROFILE_PROVIDERS: Final = frozenset(
    {
        "assume-role",
        "assume-role-with-web-identity",
        "sso",
        "shared-credentials-file",
        "login",
        "custom-process",
        "config-file",
    }
)
MACHINE_PROVIDERS: Final = frozenset({"container-role", "iam-role"})
_FILES: Final = (CONFIG_FILE, CREDENTIALS_FILE)


def credential_source(
    policy: Policy,
    *,
    credentials: object = None,
    profile_name: str | None = None,
    client_for: ClientFor | None = None,
    environ: Mapping[str, str] | None = None,
) -> CredentialSource:
    """What a caller passed, or else a chain that looks when it is first asked; its modules are loaded here.

    `client_for` makes the clients of the STS family; without it those providers are refused. Raises
    CredentialPathDenied for credentials that would open connections of their own.
    """
    if type(credentials) is CredentialChain:  # of another client: what it tells, it was told
        return credentials
    if credentials is not None:
        return freeze(credentials)
    chain = CredentialChain(
        policy, profile_name, client_for, os.environ if environ is None else environ
    )
    chain.load()
    return chain


class CredentialChain:
    """Asks the listed providers in order, once; thread-safe. What was found refreshes itself.

    A restored snapshot of the process asks them again.
    """

    def __init__(
        self,
        policy: Policy,
        profile_name: str | None,
        client_for: ClientFor | None,
        environ: Mapping[str, str],
    ) -> None:
        self._policy = policy
        self._listed = frozenset(policy.identity.credentials)
        self._asked_profile = profile_name
        self._client_for = client_for
        self._environ = environ
        self._lock = PerProcess(threading.Lock)
        self._found: CredentialSource | None = None
        forget_at_snapshot(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def load(self) -> None:
        """Import what the first call would, as the environment and AWS's files are now; asks no provider."""
        named = self._asked_profile or named_profile(self._environ)
        if self._reads_profiles(required=named is not None):
            _profile_credentials()
        if MACHINE_PROVIDERS & self._listed and not self._environ.get("AWS_ACCESS_KEY_ID"):
            _metadata_module()

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not pickled")

    def frozen(self) -> FrozenCredentials:
        """The values of the moment; CredentialPathDenied where no listed provider has any."""
        if (under_way := fetch_of(self)) is not None:
            # Fetching them needs a route that itself has to be looked up with credentials: without this, a deadlock.
            under_way.looped = True
            raise _loop(next_step="name the endpoint's host and addresses in the policy")
        with fetching(self) as fetch:
            try:
                return self._source().frozen()
            except EndpointNotFound as error:
                if fetch.looped:
                    raise _loop(error) from error
                raise CredentialPathDenied(
                    f"the credentials come from a service without a private route: {error.reason}",
                    rule="no-private-route",
                    next_step="add its [network.endpoints.<service>] table, or pass frozen credentials",
                ) from error

    def forget_moment(self) -> None:
        """Ask the providers again on the next call: what is in hand was meant for another moment."""
        self._found = None

    def _source(self) -> CredentialSource:
        found = self._found
        if found is None:
            with held(self._lock()):
                found = self._found
                if found is None:
                    found = self._found = self._find()
        return found

    def _find(self) -> CredentialSource:
        profile = self._asked_profile or named_profile(self._environ)
        named = profile is not None
        profiles = self._profiles(profile or "default", required=named)
        for find in (
            None if self._asked_profile else self._from_environment,
            profiles,
            self._from_container,
            self._from_instance,
        ):
            found = find() if find is not None else None
            if found is not None:
                return found
        raise no_credentials(
            self._policy.identity.credentials, profile=self._asked_profile, environ=self._environ
        )

    def _from_environment(self) -> CredentialSource | None:
        if "env" not in self._listed or not self._environ.get("AWS_ACCESS_KEY_ID"):
            return None
        first = environment_credentials(self._environ)
        if first.expires_at == float("inf"):
            return StaticCredentials(first.values)
        return RefreshingCredentials(lambda: environment_credentials(self._environ), first=first)

    def _profiles(
        self, profile: str, *, required: bool
    ) -> Callable[[], CredentialSource | None] | None:
        if not self._reads_profiles(required=required):
            return None
        sources = _profile_credentials()(
            profile,
            listed=self._listed,
            region=self._policy.region,
            client_for=self._client_for,
            environ=self._environ,
        )
        if required:
            sources.require_profile()
        return sources.find

    def _reads_profiles(self, *, required: bool) -> bool:
        return required or bool(PROFILE_PROVIDERS & self._listed and self._has_profile_sources())

    def _has_profile_sources(self) -> bool:
        if self._environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return True
        return any(
            Path(self._environ.get(variable) or default).expanduser().is_file()
            for variable, default in _FILES
        )

    def _from_container(self) -> CredentialSource | None:
        return self._fetched(
            "container-role", lambda: _metadata_module().fetch_container(self._environ)
        )

    def _from_instance(self) -> CredentialSource | None:
        return self._fetched("iam-role", lambda: _metadata_module().fetch_instance(self._environ))

    def _fetched(
        self, method: str, fetch: Callable[[], Expiring | None]
    ) -> CredentialSource | None:
        if method not in self._listed:
            return None
        first = fetch()
        return None if first is None else RefreshingCredentials(_again(fetch, method), first=first)


# Imported where they are used: botocore.session takes about 100 ms and http.client 30 (measured 2026-11-20), which
# credentials from the environment should not pay. What turns up after the client was made is loaded by a call, for
# which forks wait.


def _profile_credentials() -> "type[ProfileCredentials]":
    with importing():
        from secure_bedrock.transport.credentials.profiles import ProfileCredentials  # noqa: PLC0415
    return ProfileCredentials


def _metadata_module() -> ModuleType:
    with importing():
        from secure_bedrock.transport.credentials import metadata  # noqa: PLC0415
    return metadata


def environment_credentials(environ: Mapping[str, str]) -> Expiring:
    """The credentials in the environment; AWS_CREDENTIAL_EXPIRATION says until when, else they don't expire."""
    if environ.get("AWS_ACCESS_KEY_ID") and not environ.get("AWS_SECRET_ACCESS_KEY"):
        raise CredentialPathDenied(
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
            rule="partial-credentials",
            next_step="set both, or unset the first",
        )
    expiration = environ.get("AWS_CREDENTIAL_EXPIRATION")
    values = FrozenCredentials(
        environ.get("AWS_ACCESS_KEY_ID", ""),
        environ.get("AWS_SECRET_ACCESS_KEY", ""),
        environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN") or None,
        "env",
    )
    try:
        expires_at = datetime.fromisoformat(expiration).timestamp() if expiration else float("inf")
    except ValueError:
        raise CredentialPathDenied(
            "AWS_CREDENTIAL_EXPIRATION is not a time", rule="malformed-credentials"
        ) from None
    if expires_at <= time.time():
        raise CredentialPathDenied(
            "the credentials in the environment have expired", rule="expired-credentials"
        )
    return Expiring(values, expires_at)


def _again(fetch: Callable[[], Expiring | None], method: str) -> Callable[[], Expiring]:
    def fetch_again() -> Expiring:
        found = fetch()
        if found is None:
            raise CredentialPathDenied(
                f"the {method} credentials are no longer there",
                rule="no-credentials",
                next_step="attach the role again, or pass credentials=",
            )
        return found

    return fetch_again


def _loop(error: EndpointNotFound | None = None, *, next_step: str = "") -> CredentialPathDenied:
    """The refusal of credentials that need themselves; with what could not be found without them."""
    reason = "these credentials would be needed to find the endpoint that is to give them"
    if error is None:
        return CredentialPathDenied(reason, rule=LOOP, next_step=next_step)
    return CredentialPathDenied(
        f"{reason}: {error.reason}",
        rule=LOOP,
        next_step=f"{error.next_step}; or have a lock that names the endpoint, written with other credentials",
    )
