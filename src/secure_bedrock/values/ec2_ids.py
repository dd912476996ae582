"""What the id of an EC2 resource is."""

import re
from typing import Final

# 8 hexadecimal digits in old accounts (before 2016), 17 since: EC2 user guide, "Resource IDs", 2026-11-20.
EC2_DIGITS: Final = r"[0-9a-f]{8}(?:[0-9a-f]{9})?"
"""The pattern of what stands behind the kind and its hyphen."""
_EC2_ID = re.compile(rf"([a-z]+)-{EC2_DIGITS}", re.ASCII)


def is_ec2_id(text: str, kind: str) -> bool:
    """True for the id of a resource of this kind (`vpce`, `subnet` …)."""
    match = _EC2_ID.fullmatch(text)
    return match is not None and match[1] == kind
