"""What interface endpoints are called, and the policy text that names them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from secure_bedrock.network import endpoint_service_names, private_dns_name
from secure_bedrock.values import dns_suffix_of, parse_region, parse_service

# Made up in AWS's form: `vpce-` and 17 hexadecimal digits, then eight letters and digits in names.
ENDPOINT_ID = "vpce-0abc123def4567890"
_SUFFIX = "a1b2c3d4"
# Where endpoint names say something else than the service (Amazon SageMaker developer guide, interface VPC
# endpoints, 2026-11-20).
_LABELS = {"sagemaker-runtime": "runtime.sagemaker"}


def endpoint_name(
    service: str, region: str, *, endpoint_id: str = ENDPOINT_ID, zone: str = ""
) -> str:
    """The endpoint's own DNS name, of one zone where a zone is given."""
    zonal = f"-{zone}" if zone else ""
    suffix = dns_suffix_of(parse_region(region))
    label = _LABELS.get(service, service)
    return f"{endpoint_id}-{_SUFFIX}{zonal}.{label}.{region}.vpce.{suffix}"


def service_name(service: str, region: str) -> str:
    """What EC2 calls the service that the endpoint is made for."""
    return endpoint_service_names(parse_service(service), parse_region(region))[0]


def private_name(service: str, region: str) -> str:
    """The service's public name, which private DNS points at the endpoint."""
    return private_dns_name(parse_service(service), parse_region(region))


def toml_text(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Tables of strings, integers, booleans and lists of them as TOML; the name of the root table is empty."""
    blocks = []
    for name, table in tables.items():
        # JSON's strings, integers, booleans and arrays are TOML's.
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        blocks.append("\n".join([f"[{name}]", *lines] if name else lines))
    return "\n\n".join(blocks) + "\n"
