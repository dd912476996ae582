"""A botocore session that reads no environment, no file and no foreign model, and makes hardened clients only."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from secure_bedrock.errors import ConfigurationError
from secure_bedrock.network import Connector, Resolver, RouteSource
from secure_bedrock.policy import Policy
from secure_bedrock.policy.shown import described, similar
from secure_bedrock.transport.botocore_parts.neutral_settings import neutral_settings
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.calls.runner import CallRunner
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.credentials import (
    CredentialSource,
    FrozenCredentials,
    StaticCredentials,
)
from secure_bedrock.transport.credentials.for_botocore import BotocoreCredentials
from secure_bedrock.transport.credentials.identity import IdentityCheck
from secure_bedrock.transport.hardened.making.arguments import judge_arguments
from secure_bedrock.transport.hardened.making.assembly import client_arguments, open_transport
from secure_bedrock.transport.hardened.making.client_class import client_class, harden_class
from secure_bedrock.transport.hardened.making.config_options import Tuning
from secure_bedrock.transport.hardened.sending.guarded_calls import ClientParts
from secure_bedrock.transport.settings import Finding
from secure_bedrock.values import PerProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What the clients of one session share."""

    policy: Policy
    routes: RouteSource
    identity: IdentityCheck
    resolver: Resolver | None = None
    connector: Connector | None = None
    runner: CallRunner | None = None
    findings: tuple[Finding, ...] = ()


def _anybody(_values: FrozenCredentials) -> None:
    """Credentials on the way to those that call."""


# botocore-stubs describes what callers use, not what subclasses override.
_Session: Any = botocore.session.Session


class HardenedSession(_Session):  # type: ignore[misc]
    """A botocore session whose clients are hardened, whoever asks it for them; thread-safe."""

    def __init__(self, parts: SessionParts, source: CredentialSource) -> None:
        super().__init__()
        self._parts = parts
        self._source = source
        self._classes: dict[tuple[str, str | None], tuple[type, ServiceModel]] = {}
        self._class_lock = PerProcess(threading.Lock)
        self.register_component("data_loader", packaged_loader())
        self.register_component("config_store", neutral_settings(parts.policy.region))
        self.get_component("event_emitter").register_last("creating-client-class", harden_class)

    @property
    def source(self) -> CredentialSource:
        """Where this session's credentials come from."""
        return self._source

    def create_client(self, service_name: str, **arguments: Any) -> Any:
        """A hardened client; takes boto3's keyword arguments and judges them."""
        return self.build_client(service_name, arguments)

    def build_client(
        self,
        service: str,
        arguments: dict[str, Any],
        *,
        grants: frozenset[str] = frozenset(),
        source: CredentialSource | None = None,
    ) -> Any:
        """A hardened client; `grants` are operations that this library calls for itself, whatever the policy lists.

        `source` gives credentials that fetch others, or that are asked whose they are: the policy's identity is not
        asked of them. Calls that find endpoints are made by whoever the credentials tell, without a further question.
        """
        parts = self._parts
        tuning = Tuning()

        def transport(found: Any) -> GuardedTransport:
            return open_transport(
                found,
                policy=parts.policy,
                tuning=tuning,
                resolver=parts.resolver,
                connector=parts.connector,
            )

        way = RouteHolder(service, parts.routes, transport)
        judged = judge_arguments(arguments, policy=parts.policy, route=way.look())
        tuning = judged.tuning
        if judged.route is not None:
            way.pin(judged.route)
        kind, model = self._client_class(service, judged.api_version)
        ours = ClientParts(
            policy=parts.policy,
            way=way,
            grants=grants,
            runner=parts.runner,
            max_attempts=tuning.max_attempts or parts.policy.retry.max_attempts,
            findings=parts.findings,
        )
        values = client_arguments(
            model,
            parts=ours,
            tuning=tuning,
            source=judged.credentials or source or self._source,
            check=self._check(granted=bool(grants), fetching=source is not None),
            emitter=self.get_component("event_emitter"),
        )
        return kind(**values)

    def _check(self, *, granted: bool, fetching: bool) -> Callable[[FrozenCredentials], None]:
        identity = self._parts.identity
        if fetching:
            return _anybody
        return identity.require_told if granted else identity.require

    def get_scoped_config(self) -> dict[str, Any]:
        """Empty: no config file steers these clients."""
        return {}

    @property
    def full_config(self) -> dict[str, Any]:
        """Empty: no config file steers these clients."""
        return {"profiles": {}}

    def get_credentials(self, **_kwargs: Any) -> BotocoreCredentials:
        """The session's credentials; reading their values may fetch them, over approved paths."""
        return BotocoreCredentials(self._source)

    def set_credentials(
        self, access_key: str, secret_key: str, token: str | None = None, **_kwargs: Any
    ) -> None:
        """Use these values for the clients that are made from now on."""
        self._source = StaticCredentials(FrozenCredentials(access_key, secret_key, token))

    def get_auth_token(self, **_kwargs: Any) -> None:
        """None: requests are signed with SigV4, always."""

    def _client_class(self, service: str, api_version: str | None) -> tuple[type, ServiceModel]:
        key = (service, api_version)
        with self._class_lock():
            if key not in self._classes:
                emitter = self.get_component("event_emitter")
                document = _service_model(service, api_version)
                model = ServiceModel(document, service_name=service)
                kind = client_class(model, api_version=api_version, emitter=emitter)
                self._classes[key] = (kind, model)
            return self._classes[key]


def _service_model(service: str, api_version: str | None) -> Any:
    """The installed botocore's description; ConfigurationError for a name that is no service's."""
    loader = packaged_loader()
    known = loader.list_available_services("service-2")
    if service in known:
        return loader.load_service_model(service, "service-2", api_version)
    meant = similar(service, known).removeprefix("; ")
    raise ConfigurationError(
        f"the installed botocore has no such service: {described(service)}",
        rule="service-name",
        next_step=meant or "pass boto3's name of the service, such as bedrock-runtime",
    )
