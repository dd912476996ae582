"""What a source can say about the private endpoint of one service."""

from dataclasses import dataclass

from secure_bedrock.values import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts:
    """What one source knows of one service's endpoint; None and empty mean that it does not know.

    `observed` facts come from AWS and are complete: every name, every address. Other facts are stated by a person;
    a stated host or list of addresses may be a choice among the observed ones, never more than them.
    Addresses are those of the endpoint's network interfaces, CIDRs those of the VPC that owns it.
    """

    source: str
    host: str | None = None
    names: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()
    cidrs: tuple[str, ...] = ()
    vpc_endpoint_id: str | None = None
    port: int | None = None
    private_dns_enabled: bool | None = None
    service_region: Region | None = None
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """A provider's answer when it has no facts: `why` is for people and says what would change that."""

    why: str
