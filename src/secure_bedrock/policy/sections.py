"""The policy's sections as frozen values; every default of the policy file stands here and nowhere else."""

from dataclasses import dataclass
from typing import Final, Literal

from secure_bedrock.policy.supported import INFERENCE_OPERATIONS
from secure_bedrock.values import BEDROCK_RUNTIME, AddressCheck, Region, ServiceName

DISCOVERY: Final = ("policy", "lock", "environment", "ssm", "ec2", "private-dns")
# botocore's provider names (botocore.credentials, METHOD of each provider; botocore 1.44.5, read 2026-11-20).
CREDENTIALS: Final = (
    "env",
    "container-role",
    "iam-role",
    "assume-role",
    "assume-role-with-web-identity",
    "sso",
    "login",
    "shared-credentials-file",
    "config-file",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPolicy:
    """What the policy says of one service's endpoint.

    `addresses` are final where given: DNS is not asked. Empty `cidrs` leave `network.cidrs` in force.
    """

    service: ServiceName
    vpc_endpoint_id: str | None = None
    host: str | None = None
    addresses: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    port: int = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """How the endpoints are found and approved.

    `address_check` is what was written, None where nothing was: ask `address_check_for`. `ca_bundle` is an absolute
    path. `endpoints` always has bedrock-runtime; every other service needs its table.
    """

    address_check: AddressCheck | None = None
    cidrs: tuple[str, ...] = ()
    discovery: tuple[str, ...] = DISCOVERY
    ssm_parameter: str | None = None
    ca_bundle: str | None = None
    max_connection_age_s: float = 300.0
    max_pool_connections: int = 50
    endpoints: tuple[EndpointPolicy, ...] = (EndpointPolicy(service=BEDROCK_RUNTIME),)

    def endpoint(self, service: str) -> EndpointPolicy | None:
        """The service's table, or None where the policy has none: then the service is not to be reached."""
        return next((found for found in self.endpoints if found.service == service), None)

    def address_check_for(self, service: str) -> AddressCheck:
        """How the service's addresses are approved: as written, else by what the policy knows; never lowered later."""
        endpoint = self.endpoint(service)
        if self.address_check is not None:
            return self.address_check
        if endpoint is not None and endpoint.addresses:
            return "eni"
        return "cidr" if self.cidrs_for(service) else "eni"

    def cidrs_for(self, service: str) -> tuple[str, ...]:
        """The CIDRs that hold for the service: its endpoint's own, else the network's."""
        endpoint = self.endpoint(service)
        return (endpoint.cidrs if endpoint is not None else ()) or self.cidrs


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsPolicy:
    """Which models may be asked; `deny` wins. `accounts` are those whose ARNs may be named."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidencyPolicy:
    """Where inference may run; None: wherever a listed profile goes. `global.` profiles need `allow_global`."""

    regions: tuple[Region, ...] | None = None
    allow_global: bool = False
    profiles: tuple[tuple[str, tuple[Region, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsPolicy:
    """Which operations may be called, each as `service:Operation`."""

    allow: frozenset[str] = INFERENCE_OPERATIONS
    s3_buckets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailPolicy:
    """The guardrail that every request has to name, where `required`."""

    required: bool = False
    id: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsPolicy:
    """Limits per request and per process and minute; None: no limit."""

    max_tokens: int | None = None
    max_request_bytes: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """Who may call, and where the credentials may come from.

    Where `accounts` or `principals` is empty, it is not asked. `credentials` are the providers (botocore's names) that
    may be asked, in no order.
    """

    accounts: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    credentials: tuple[str, ...] = CREDENTIALS
    long_lived_keys: Literal["allow", "deny"] = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Time limits in seconds; `connect_s` is over all addresses together, `deadline_s` None means none."""

    connect_s: float = 2.0
    read_s: float = 300.0
    first_event_s: float = 60.0
    idle_s: float = 60.0
    deadline_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a call is tried in all, and the tokens that all retries of a client share."""

    max_attempts: int = 4
    quota: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPolicy:
    """What is recorded and where. Where `sinks_written` is false, Lambda may take stdout in place of logging."""

    mode: Literal["best_effort", "required"] = "best_effort"
    content: Literal["none", "digest", "redacted", "full"] = "none"
    sinks: tuple[str, ...] = ("logging",)
    sinks_written: bool = False
    hmac_key: str | None = None
    fsync: bool = False
    chain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPolicy:
    """Intent for what is generated and audited; the client itself reads `account_id`, and discovery `vpc_id`."""

    account_id: str | None = None
    vpc_id: str | None = None
    app_subnets: tuple[str, ...] = ()
    app_security_groups: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole file, read: one value per section."""

    region: Region
    models: ModelsPolicy
    version: int = 1
    name: str | None = None
    mode: str = "enforce"
    network: NetworkPolicy = NetworkPolicy()
    residency: ResidencyPolicy = ResidencyPolicy()
    operations: OperationsPolicy = OperationsPolicy()
    guardrail: GuardrailPolicy = GuardrailPolicy()
    limits: LimitsPolicy = LimitsPolicy()
    identity: IdentityPolicy = IdentityPolicy()
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = RetryPolicy()
    audit: AuditPolicy = AuditPolicy()
    account: AccountPolicy = AccountPolicy()
