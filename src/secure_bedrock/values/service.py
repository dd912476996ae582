"""Names of AWS services as boto3 spells them."""

import re
from typing import Final, NewType

ServiceName = NewType("ServiceName", str)
"""A service's boto3 name, parsed: `bedrock-runtime`."""

BEDROCK_RUNTIME: Final = ServiceName("bedrock-runtime")

_SERVICE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
# A DNS label: the service's name is one in every endpoint's name (RFC 1035 §2.3.4).
_MAX_LENGTH = 63


def parse_service(text: object) -> ServiceName:
    """Return the service's name, or raise ValueError."""
    if not isinstance(text, str) or len(text) > _MAX_LENGTH or not _SERVICE.fullmatch(text):
        raise ValueError("not the boto3 name of an AWS service (such as bedrock-runtime)")
    return ServiceName(text)
