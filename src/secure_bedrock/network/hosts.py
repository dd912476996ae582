"""Is this host or URL, letter for letter, the name of a private endpoint?"""

import re
from dataclasses import dataclass
from typing import Final

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.values import (
    Decision,
    Evidence,
    Region,
    ServiceName,
    dns_suffix_of,
    partition_of,
)
from secure_bedrock.values.ec2_ids import EC2_DIGITS
from secure_bedrock.values.host_names import HOST, MAX_HOST_LENGTH, is_host_name

HTTPS_PORT: Final = 443

_URL = re.compile(rf"https://({HOST})(?::([1-9][0-9]{{0,4}}))?", re.ASCII)
_MAX_URL_LENGTH = len("https://") + MAX_HOST_LENGTH + len(":65535")

# First label of an interface endpoint's DNS names: its id, eight characters that AWS draws, and in zonal names the
# zone (DescribeVpcEndpoints, DnsEntries, 2026-11-20).
_ENDPOINT_LABEL = re.compile(rf"(vpce-{EC2_DIGITS})-[0-9a-z]{{8}}(?:-([a-z0-9-]+))?", re.ASCII)

# Source: botocore's partitions.json, `outputs.dualStackDnsSuffix` (botocore 1.44.5, read 2026-11-20).
_DUAL_STACK_SUFFIX: Final = {
    "aws": "api.aws",
    "aws-us-gov": "api.aws",
    "aws-cn": "api.amazonwebservices.com.cn",
    "aws-eusc": "api.amazonwebservices.eu",
    "aws-iso": "api.aws.ic.gov",
    "aws-iso-b": "api.aws.scloud",
    "aws-iso-e": "api.cloud-aws.adc-e.uk",
    "aws-iso-f": "api.aws.hci.ic.gov",
}

# bedrock-mantle answers under the dual-stack suffix only and has no FIPS endpoint service (AWS's endpoint
# documentation and DescribeVpcEndpointServices, 2026-11-20).
_DUAL_STACK_ONLY: Final = frozenset({"bedrock-mantle"})

# Services whose names say something else than the service's own: the endpoint service after its Region, and the
# labels before the Region in DNS names, which are its words in reverse. No dual-stack name is documented for it
# (Amazon SageMaker developer guide, interface VPC endpoints; AWS PrivateLink guide, services that integrate;
# botocore 1.44.5, endpoint rules of sagemaker-runtime; read 2026-11-20).
_ENDPOINT_SERVICE: Final = {"sagemaker-runtime": "sagemaker.runtime"}
_LABELS: Final = {"sagemaker-runtime": ("runtime.sagemaker", "runtime-fips.sagemaker")}

# How EC2's names of AWS's endpoint services begin. Outside the partitions `aws` and `aws-us-gov` those of some services
# begin with the partition's own DNS suffix, reversed: `cn.com.amazonaws.cn-north-1.sts` beside
# `com.amazonaws.cn-north-1.logs` (AWS CDK's table of interface endpoint services, read 2026-11-20). Customers' endpoint
# services have `vpce` in the Region's place under either.
_SERVICES: Final = "com.amazonaws"


@dataclass(frozen=True, slots=True)
class EndpointUrl:
    """Host and port of an `https://` URL that says nothing else; `str()` gives back the URL."""

    host: str
    port: int = HTTPS_PORT

    def __str__(self) -> str:
        return f"https://{self.host}" + ("" if self.port == HTTPS_PORT else f":{self.port}")


def parse_endpoint_url(url: object) -> EndpointUrl:
    """Return the URL's host and port, or raise EndpointDenied.

    Exactly `https://`, a lower-case host name and, for a port other than 443, `:` and the port. No path, not even
    `/`, no user, query, fragment, percent sign, bracket, space or trailing dot: two parsers can't disagree about what
    is left. The refusal never repeats the URL, which may hold a password.
    """
    if type(url) is not str:
        raise EndpointDenied("an endpoint URL is given as text", rule="endpoint-url-type")
    match = _URL.fullmatch(url) if len(url) <= _MAX_URL_LENGTH else None
    if match is None or len(match[1]) > MAX_HOST_LENGTH:
        raise EndpointDenied(
            "not https://, a lower-case host name and at most a port, with nothing around them",
            rule="endpoint-url",
        )
    parsed = EndpointUrl(match[1], int(match[2] or HTTPS_PORT))
    if parsed.port > 65535 or str(parsed) != url:
        raise EndpointDenied(
            "a port is 1 to 65535, and 443 is left out of the URL", rule="endpoint-url-port"
        )
    return parsed


def private_dns_name(service: ServiceName, region: Region) -> str:
    """The name that private DNS points at the endpoint: `bedrock-runtime.eu-west-1.amazonaws.com`."""
    return f"{_service_labels(service)[0]}.{region}.{_private_suffixes(service, region)[0]}"


def endpoint_service_names(service: ServiceName, region: Region) -> tuple[str, ...]:
    """What EC2 may call the service that an endpoint is made for: `com.amazonaws.eu-west-1.bedrock-runtime`.

    Two names in partitions whose DNS suffix is another one: which services have the second is told by no rule.
    """
    own = ".".join(reversed(dns_suffix_of(region).split(".")))
    name = f"{region}.{_ENDPOINT_SERVICE.get(service, service)}"
    return tuple(dict.fromkeys((f"{_SERVICES}.{name}", f"{own}.{name}")))


def vpc_endpoint_id_of(host: str) -> str | None:
    """The endpoint id in an interface endpoint's DNS name, None for every other name."""
    label, _, parent = host.partition(".")
    match = _ENDPOINT_LABEL.fullmatch(label)
    if match is None or ".vpce." not in parent or not is_host_name(host):
        return None
    return match[1]


def judge_host(
    host: object,
    *,
    service: ServiceName,
    region: Region,
    vpc_endpoint_id: str | None = None,
    private_dns: bool | None = None,
) -> Decision:
    """Decide by grammar alone whether the host can be the service's private endpoint in the Region.

    For places where the endpoint's names are not known; where they are, compare with them exactly instead.
    `private_dns` False refuses the private-DNS names, None means not known and admits them: the addresses that they
    answer with are judged in any case. A `vpc_endpoint_id` must be the one in an interface endpoint's name.
    """
    if type(host) is not str or not is_host_name(host):
        return Decision(
            allowed=False,
            rule="host-grammar",
            reason="not a lower-case ASCII host name",
            next_step="write the endpoint's DNS name as AWS spells it, without scheme, port or trailing dot",
        )
    if host.startswith("vpce-"):
        return _judge_endpoint_name(host, service, region, vpc_endpoint_id)
    if host in _private_names(service, region):
        return _judge_private_name(host, private_dns)
    return _refused(
        "not-an-endpoint-name", host, f"neither an interface endpoint's name nor {service}'s own"
    )


def _judge_endpoint_name(
    host: str, service: ServiceName, region: Region, vpc_endpoint_id: str | None
) -> Decision:
    label, _, parent = host.partition(".")
    match = _ENDPOINT_LABEL.fullmatch(label)
    if match is None or not _is_zone(match[2], region):
        return _refused("endpoint-label", host, f"no endpoint in {region} is called this")
    suffix = f"{region}.vpce.{dns_suffix_of(region)}"
    labels = _service_labels(service)
    if parent not in {f"{label}.{suffix}" for label in labels}:
        return _refused(
            "endpoint-parent",
            host,
            f"not under {labels[0]}.{suffix}: another service, Region or owner",
        )
    if vpc_endpoint_id is not None and match[1] != vpc_endpoint_id:
        return _refused("endpoint-id", host, f"not the endpoint {vpc_endpoint_id}")
    return _approved("endpoint-name", host, f"{service}'s interface endpoint name in {region}")


def _judge_private_name(host: str, private_dns: bool | None) -> Decision:
    if private_dns is False:
        return _refused(
            "private-dns-off", host, "the endpoint has private DNS off, so this name is not its own"
        )
    return _approved("private-dns-name", host, "the name that private DNS gives the endpoint")


def _is_zone(zone: str | None, region: Region) -> bool:
    """True for no zone, and for an Availability Zone of the Region: its name and one letter."""
    return zone is None or (zone[:-1] == region and zone[-1:].isalpha())


def _service_labels(service: ServiceName) -> tuple[str, ...]:
    if service in _DUAL_STACK_ONLY:
        return (service,)
    return _LABELS.get(service, (service, f"{service}-fips"))


def _private_suffixes(service: ServiceName, region: Region) -> tuple[str, ...]:
    dual_stack = _DUAL_STACK_SUFFIX[partition_of(region)]
    if service in _DUAL_STACK_ONLY:
        return (dual_stack,)
    suffix = dns_suffix_of(region)
    return (suffix,) if service in _LABELS else (suffix, dual_stack)


def _private_names(service: ServiceName, region: Region) -> frozenset[str]:
    return frozenset(
        f"{label}.{region}.{suffix}"
        for label in _service_labels(service)
        for suffix in _private_suffixes(service, region)
    )


def _approved(rule: str, host: str, reason: str) -> Decision:
    return Decision(True, rule, reason, (Evidence("host", host),))


def _refused(rule: str, host: str, reason: str) -> Decision:
    return Decision(
        False,
        rule,
        f"{host}: {reason}",
        (Evidence("host", host),),
        "name the endpoint's own DNS name in the policy (DescribeVpcEndpoints, DnsEntries)",
    )
