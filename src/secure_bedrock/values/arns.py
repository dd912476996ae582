"""What an ARN is: its parts, each by its own grammar; whose it may be is for others to judge."""

import re
from dataclasses import dataclass
from typing import Final

from secure_bedrock.values.region import PARTITIONS, Region, parse_region

AWS: Final = "aws"
"""What stands in the place of the account where AWS itself owns a resource."""

# arnType.max of IAM's model and ConversationalModelId.max of Bedrock's, botocore 1.44.5, read 2026-11-20.
_MAX_LENGTH: Final = 2048
_SERVICE: Final = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)
_RESOURCE: Final = re.compile(
    r"[!-~]+", re.ASCII
)  # visible ASCII; each service has its own narrower one


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN; `region` is None and `account` empty where it names none."""

    partition: str
    service: str
    region: Region | None
    account: str
    resource: str

    def format(self) -> str:
        """The ARN as it was written."""
        head = f"arn:{self.partition}:{self.service}:{self.region or ''}"
        return f"{head}:{self.account}:{self.resource}"


def is_account(text: str) -> bool:
    """True for the id of an AWS account: 12 digits."""
    return _ACCOUNT.fullmatch(text) is not None


def parse_arn(text: object) -> Arn:
    """Return the ARN's parts, or raise ValueError whose message does not repeat the text.

    Whether partition and Region belong together is not asked here: one of them may be a caller's to compare first.
    """
    if type(text) is not str or not text.startswith("arn:"):
        raise ValueError("an ARN is text that begins with arn:")
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"an ARN has at most {_MAX_LENGTH} characters")
    parts = text.split(":", 5)
    if len(parts) != 6:
        raise ValueError("the ARN has fewer than six parts")
    _, partition, service, region, account, resource = parts
    if partition not in PARTITIONS or not _SERVICE.fullmatch(service):
        raise ValueError("the ARN's partition or service is not one of AWS")
    if account not in ("", AWS) and not is_account(account):
        raise ValueError("the ARN's account is not 12 digits")
    if not _RESOURCE.fullmatch(resource):
        raise ValueError("the ARN names no resource, or one that is not visible ASCII")
    return Arn(partition, service, parse_region(region) if region else None, account, resource)
