"""What interface endpoints are called, and the policy text that names them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from secure_bedrock.values import dns_suffix_of, parse_region

# Made up in AWS's form: `vpce-` and 17 hexadecimal digits, then eight letters and digits in names.
ENDPOINT_ID = "vpce-0abc123def4567890"
_SUFFIX = "a1b2c3d4"
_NAMED_ID = re.compile(r"(vpce-[0-9a-f]{17})-[0-9a-z]{8}\.")


def endpoint_name(
    service: str, region: str, *, endpoint_id: str = ENDPOINT_ID, zone: str = ""
) -> str:
    """The endpoint's own DNS name, of one zone where a zone is given."""
    zonal = f"-{zone}" if zone else ""
    suffix = dns_suffix_of(parse_region(region))
    return f"{endpoint_id}-{_SUFFIX}{zonal}.{service}.{region}.vpce.{suffix}"


def private_name(service: str, region: str) -> str:
    """The service's public name, which private DNS points at the endpoint."""
    return f"{service}.{region}.{dns_suffix_of(parse_region(region))}"


def vpc_endpoint_id(host: str) -> str | None:
    """The endpoint's id in its name; None for a private-DNS name."""
    found = _NAMED_ID.match(host)
    return found[1] if found else None


def toml_text(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Tables of strings, integers, booleans and lists of them as TOML; the name of the root table is empty."""
    blocks = []
    for name, table in tables.items():
        # JSON's strings, integers, booleans and arrays are TOML's.
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        blocks.append("\n".join([f"[{name}]", *lines] if name else lines))
    return "\n\n".join(blocks) + "\n"
