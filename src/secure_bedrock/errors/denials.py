"""Refusals: this library decided not to send. They are never retried."""

from typing import Any

from secure_bedrock.errors.base import SecureBedrockError


class Denied(SecureBedrockError):
    """A rule refused; nothing was sent for this attempt and nothing will be tried again."""

    default_rule = "denied"


class RouteDenied(Denied):
    """The way to the service is not the private one, or can't be shown to be."""

    default_rule = "route"


class AddressDenied(RouteDenied):
    """A name answered with an address that the route does not approve, or did not answer.

    `address` is the one that was refused, None where it was not a single address of a name's answer.
    """

    default_rule = "address"
    default_next_step = (
        "turn private DNS on for the endpoint, and name its addresses or CIDRs in the policy"
    )

    def __init__(
        self, reason: str, *, address: str | None = None, rule: str = "", next_step: str = ""
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.address = address

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "address": self.address}


class EndpointDenied(RouteDenied):
    """A host, URL or port is not the pinned endpoint's."""

    default_rule = "endpoint"
    default_next_step = "leave endpoint_url out, or pass the endpoint's own https:// URL"


class ProxyDenied(RouteDenied):
    """A proxy was configured where it would move traffic."""

    default_rule = "proxy"
    default_next_step = (
        "take the proxy out of the client's configuration; environment variables are ignored"
    )


class RedirectDenied(RouteDenied):
    """The endpoint answered with a redirect; it was not followed."""

    default_rule = "redirect"
    default_next_step = "find out what answers in the endpoint's place: Bedrock never redirects"


class TlsDenied(RouteDenied):
    """The peer's certificate or TLS parameters are not acceptable."""

    default_rule = "tls"
    default_next_step = "check the endpoint's certificate and the policy's network.ca_bundle"


class EnvironmentDenied(RouteDenied):
    """A setting of the surroundings would move or disclose traffic and can't be neutralised."""

    default_rule = "environment"


class CredentialPathDenied(RouteDenied):
    """Credentials would be fetched over a path that is not approved."""

    default_rule = "credential-path"
    default_next_step = "pass frozen credentials, or name the provider in identity.credentials"


class RegionDenied(RouteDenied):
    """A Region was asked for that is not the policy's."""

    default_rule = "region"
    default_next_step = "leave region_name out: the Region comes from the policy"


class TransportTampered(RouteDenied):
    """An answer did not come through the guarded transport, or the transport was replaced."""

    default_rule = "transport-tampered"
    default_next_step = (
        "remove the mock, recorder or event handler that answers in the transport's place"
    )


class ModelDenied(Denied):
    """The model identifier is not on the policy's list."""

    default_rule = "model"
    default_next_step = "add the exact identifier to models.allow if it should be used"


class OperationDenied(Denied):
    """The operation is not on the policy's list, or can't be told from the bytes."""

    default_rule = "operation"
    default_next_step = (
        "let the SDK write the request: take away the handlers or wrappers that edit it"
    )


class ResidencyDenied(Denied):
    """Inference could run in a Region that the policy does not name."""

    default_rule = "residency"


class GuardrailDenied(Denied):
    """The policy's guardrail is missing or was weakened."""

    default_rule = "guardrail"


class LimitDenied(Denied):
    """A limit of the policy would be exceeded."""

    default_rule = "limit"


class IdentityDenied(Denied):
    """The credentials are not those that the policy expects."""

    default_rule = "identity"
