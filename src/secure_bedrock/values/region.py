"""AWS Regions and what follows from their names: partition and DNS suffix."""

import re
from typing import Final, NewType

Region = NewType("Region", str)
"""An AWS Region's name, parsed: `eu-west-1`."""

# Shape of Region names, as in botocore's partitions.json `regionRegex` (botocore 1.44.5, read 2026-11-20).
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,9}){1,3}-[0-9]{1,2}", re.ASCII)

# Partition and interface-endpoint DNS suffix by Region prefix; the first match counts.
# Source: botocore's partitions.json, `outputs.dnsSuffix` (botocore 1.44.5, read 2026-11-20).
_PARTITIONS = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
)
PARTITIONS: Final = frozenset(name for _, name, _ in _PARTITIONS)
"""Every partition's name."""


def parse_region(text: object) -> Region:
    """Return the Region, or raise ValueError; nothing is trimmed, folded or guessed."""
    if not isinstance(text, str) or not _REGION.fullmatch(text):
        raise ValueError("not the name of an AWS Region (such as eu-west-1)")
    return Region(text)


def partition_of(region: Region) -> str:
    """The partition that the Region belongs to (`aws`, `aws-cn`, `aws-us-gov` …)."""
    return next(name for prefix, name, _ in _PARTITIONS if region.startswith(prefix))


def dns_suffix_of(region: Region) -> str:
    """The DNS suffix of the Region's endpoints (`amazonaws.com` …)."""
    return next(suffix for prefix, _, suffix in _PARTITIONS if region.startswith(prefix))
