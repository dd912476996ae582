"""Credentials that AWS's files describe: botocore reads the files, hardened clients make the calls."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import botocore.session
from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    CredentialProvider,
    EnvProvider,
    ProcessProvider,
    ProfileProviderBuilder,
)

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.credentials import (
    ClientFor,
    CredentialSource,
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
    StaticCredentials,
)
from secure_bedrock.transport.credentials.botocore_source import guarded, source_of
from secure_bedrock.transport.credentials.for_botocore import BotocoreCredentials
from secure_bedrock.transport.credentials.metadata import fetch_container, fetch_instance
from secure_bedrock.transport.credentials.process import CredentialProcess
from secure_bedrock.transport.credentials.telling_sts import TellingSts
from secure_bedrock.values import Region


class ProfileCredentials:
    """The providers of one profile; `listed` are those that the policy names, the others are not even made."""

    def __init__(
        self,
        profile: str,
        *,
        listed: frozenset[str],
        region: Region,
        client_for: ClientFor | None,
        environ: Mapping[str, str],
    ) -> None:
        self._profile = profile
        self._listed = listed
        self._environ = environ
        self._files = _FilesSession(client_for)
        self._builder = _ListedProviders(self._files, listed, region)

    def require_profile(self) -> None:
        """Raise CredentialPathDenied unless the files have the profile: there is no falling back to another."""
        if self._profile not in guarded(lambda: self._files.full_config["profiles"]):
            section = "default" if self._profile == "default" else f"profile {self._profile}"
            raise CredentialPathDenied(
                f"the profile {self._profile!r} is in none of AWS's files",
                rule="profile-missing",
                next_step=f"write [{section}] into ~/.aws/config, or correct profile_name",
            )

    def find(self) -> CredentialSource | None:
        """What the first listed provider with credentials gives, or None."""
        for provider in self._providers():
            found = guarded(provider.load)
            if found is not None:
                return source_of(found, provider.METHOD, self._files.told)
        return None

    def _providers(self) -> list[Any]:
        providers = self._builder.providers(self._profile)
        if "assume-role" in self._listed:
            providers.insert(0, self._assume_role())
        return providers

    def _assume_role(self) -> "_QuietAssumeRole":
        sources: list[Any] = [
            EnvProvider(self._environ),
            _Machine("container-role", "EcsContainer", lambda: fetch_container(self._environ)),
            _Machine("iam-role", "Ec2InstanceMetadata", lambda: fetch_instance(self._environ)),
        ]
        return _QuietAssumeRole(
            told=self._files.told,
            load_config=lambda: self._files.full_config,
            client_creator=self._files.create_client,
            cache={},
            profile_name=self._profile,
            credential_sourcer=CanonicalNameCredentialSourcer(
                [source for source in sources if source.METHOD in self._listed]
            ),
            profile_provider_builder=self._builder,
        )


# botocore-stubs describes what callers use, not what subclasses override.
_Session: Any = botocore.session.Session
_ProfileProviderBuilder: Any = ProfileProviderBuilder
_CredentialProvider: Any = CredentialProvider
_AssumeRoleProvider: Any = AssumeRoleProvider
_ProcessProvider: Any = ProcessProvider


class _FilesSession(_Session):  # type: ignore[misc]
    """Reads AWS's files; what it is asked to create are hardened clients."""

    def __init__(self, client_for: ClientFor | None) -> None:
        super().__init__()
        self._client_for = client_for
        self.told: dict[str, str] = {}
        self.register_component("data_loader", packaged_loader())

    def create_client(self, service_name: str, **arguments: Any) -> Any:
        """A hardened client; of the arguments only the credentials count."""
        if self._client_for is None:
            raise CredentialPathDenied(
                f"credentials that come from {service_name} need a client of it",
                rule="no-private-route",
            )
        client = self._client_for(service_name, _passed(arguments))
        return TellingSts(client, self.told) if service_name == "sts" else client


class _ListedProviders(_ProfileProviderBuilder):  # type: ignore[misc]
    """botocore's providers of a profile, without those that the policy does not list."""

    def __init__(self, session: _FilesSession, listed: frozenset[str], region: Region) -> None:
        super().__init__(session, cache={}, region_name=region)
        self._files = session
        self._listed = listed

    def providers(self, profile_name: str, disable_env_vars: bool = False) -> list[Any]:
        """In botocore's order; also asked for the source profile of an assumed role."""
        every = super().providers(profile_name, disable_env_vars)
        listed = [provider for provider in every if provider.METHOD in self._listed]
        return [_Quiet(self._in_time(each, profile_name), self._files.told) for each in listed]

    def _in_time(self, provider: Any, profile_name: str) -> Any:
        """The provider, of which a program is not waited for past its time."""
        if provider.METHOD != _ProcessProvider.METHOD:
            return provider
        return _ProcessProvider(
            profile_name, lambda: self._files.full_config, popen=CredentialProcess
        )


class _Quiet(_CredentialProvider):  # type: ignore[misc]
    """One of botocore's providers; what it finds refreshes in our way, also as the source of an assumed role."""

    def __init__(self, provider: Any, told: Mapping[str, str]) -> None:
        super().__init__()
        self._told = told
        self.METHOD = provider.METHOD
        self.CANONICAL_NAME = provider.CANONICAL_NAME
        self._provider = provider

    def load(self) -> BotocoreCredentials | None:
        """The provider's credentials in botocore's shape, or None."""
        found = guarded(self._provider.load)
        return (
            None
            if found is None
            else BotocoreCredentials(source_of(found, self.METHOD, self._told))
        )


class _QuietAssumeRole(_AssumeRoleProvider):  # type: ignore[misc]
    """botocore's assumed roles, each refreshed in our way, also where one is the source of another."""

    def __init__(self, *, told: Mapping[str, str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._told = told

    def _load_creds_via_assume_role(self, profile_name: str) -> BotocoreCredentials:
        found = super()._load_creds_via_assume_role(profile_name)
        return BotocoreCredentials(source_of(found, self.METHOD, self._told))


class _Machine(_CredentialProvider):  # type: ignore[misc]
    """The machine's own role as the source of an assumed one."""

    def __init__(self, method: str, name: str, fetch: Callable[[], Expiring | None]) -> None:
        super().__init__()
        self.METHOD = method
        self.CANONICAL_NAME = name
        self._fetch = fetch

    def load(self) -> BotocoreCredentials | None:
        """The role's credentials in botocore's shape, or None."""
        first = self._fetch()
        if first is None:
            return None

        def again() -> Expiring:
            return self._fetch() or first

        return BotocoreCredentials(RefreshingCredentials(again, first=first))


_NO_CREDENTIALS: Final = "the call is not signed"


class _Unsigned:
    """A source for clients whose calls take no signature."""

    def frozen(self) -> FrozenCredentials:
        """Never asked: these operations are sent unsigned."""
        raise CredentialPathDenied(_NO_CREDENTIALS, rule="no-credentials")


def _passed(arguments: Mapping[str, Any]) -> CredentialSource:
    access_key = arguments.get("aws_access_key_id")
    if not access_key:
        return _Unsigned()
    return StaticCredentials(
        FrozenCredentials(
            access_key, arguments["aws_secret_access_key"], arguments.get("aws_session_token")
        )
    )
