"""Read-only calls of AWS's control plane over public endpoints, for a build machine outside the VPC.

The one exception to the private route that carries requests: the deploy-time commands ask for it by
`--public-control-plane`, record it in what they write, and reach no inference service.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

import botocore.session
from botocore.config import Config

from secure_bedrock.errors import OperationDenied, TlsDenied
from secure_bedrock.policy import Policy
from secure_bedrock.transport.botocore_parts.neutral_settings import neutral_settings
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.credentials.identity import IdentityCheck
from secure_bedrock.values import dns_suffix_of

READABLE: Final[Mapping[str, frozenset[str]]] = {
    "bedrock": frozenset({"ListInferenceProfiles", "ListPromptRouters"}),
    "ec2": frozenset({"DescribeVpcEndpoints", "DescribeNetworkInterfaces", "DescribeVpcs"}),
    "sts": frozenset({"GetCallerIdentity"}),
}
"""Every operation that may be called over a public endpoint; none runs a model and none changes anything."""

_CONNECT_S = 5
_READ_S = 30
_ATTEMPTS = 3


class _PlainSession(botocore.session.Session):
    """A session that no config file steers."""

    def get_scoped_config(self) -> dict[str, Any]:
        """Empty."""
        return {}

    @property
    def full_config(self) -> dict[str, Any]:
        """Empty."""
        return {"profiles": {}}

    def get_auth_token(self, **_kwargs: Any) -> Any:
        """None: requests are signed with SigV4."""

    def _register_client_plugins(self, client: Any) -> None:
        """None: what BOTOCORE_EXPERIMENTAL__PLUGINS names is not loaded."""


class PublicControlPlane:
    """Opens clients of the services in `READABLE` at AWS's own host names, and no other.

    Credentials that tell of a caller whom the policy's `[identity]` refuses are IdentityDenied before a client is
    made; what they do not tell is not asked. No environment variable, config file, proxy or plugin steers the
    clients, and where SSLKEYLOGFILE is set none is made (TlsDenied). `hosts` replaces host names, for tests with
    local servers: `{"ec2": "https://…"}`; `ca_bundle` replaces botocore's trust store.
    """

    def __init__(
        self,
        policy: Policy,
        source: CredentialSource,
        *,
        hosts: Mapping[str, str] | None = None,
        ca_bundle: str | None = None,
    ) -> None:
        self._region = policy.region
        self._identity = IdentityCheck(policy)
        self._source = source
        self._hosts = hosts or {}
        self._ca_bundle = ca_bundle

    @contextmanager
    def open(self, service: str, operations: frozenset[str]) -> Iterator[Any]:
        """A client of the service; `operations` (`service:Operation`) are what the caller means to ask."""
        readable = {f"{service}:{name}" for name in READABLE.get(service, ())}
        if not readable or not operations <= readable:
            raise _refused(service)
        client = self._client(service)
        client.meta.events.register_first("before-call", _only_readable)
        with closing(client):
            yield client

    def _client(self, service: str) -> Any:
        _refuse_key_log()
        keys = self._source.frozen()
        self._identity.require_told(keys)
        session: Any = _PlainSession()
        session.register_component("data_loader", packaged_loader())
        session.register_component("config_store", neutral_settings(self._region))
        own_name = f"https://{service}.{self._region}.{dns_suffix_of(self._region)}"
        return session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._hosts.get(service, own_name),
            verify=self._ca_bundle or True,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=_CONFIG,
        )


_CONFIG: Final = Config(
    connect_timeout=_CONNECT_S,
    read_timeout=_READ_S,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    proxies={},
    signature_version="v4",
)


def _refuse_key_log() -> None:
    """Raise TlsDenied: botocore opens the file as it makes a TLS context (`create_urllib3_context`, 1.44.5)."""
    if os.environ.get("SSLKEYLOGFILE"):
        raise TlsDenied(
            "SSLKEYLOGFILE would write down the keys of connections to public endpoints",
            rule="environment-setting",
            next_step="unset it",
        )


def _only_readable(model: Any, **_kwargs: Any) -> None:
    """Runs before every request of such a client: whatever it was meant for, it reads and nothing else."""
    service = model.service_model.service_name
    if model.name not in READABLE.get(service, ()):
        raise _refused(service, model.name)


def _refused(service: str, operation: str = "") -> OperationDenied:
    what = f"{service}:{operation}" if operation else service
    return OperationDenied(
        f"{what} is not called over a public endpoint",
        rule="public-control-plane",
        next_step="reach it over its private endpoint",
    )
