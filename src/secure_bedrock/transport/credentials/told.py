"""What credential values tell of whoever they belong to, without a question to AWS."""

import base64
import re
from typing import Final

from secure_bedrock.policy.identity_rules import Caller, Principal, parse_principal
from secure_bedrock.transport.credentials.values import ROLE_NAME_ONLY, FrozenCredentials
from secure_bedrock.values import Region, partition_of

LONG_LIVED: Final = "AKIA"
TEMPORARY: Final = "ASIA"
# Access key ids are four letters that tell the kind and sixteen characters of base32. Source: IAM user guide,
# "Unique identifiers", for the letters; AWS documents nothing of the rest.
_KEY_ID: Final = re.compile(rf"(?:{LONG_LIVED}|{TEMPORARY})([A-Z2-7]{{16}})", re.ASCII)
# The first bit of the rest is set in every id of the format in use since 2019, and the next 40 are the account.
# Source: A. Steele, "AWS Access Key ID formats" (awsteele.com, 2020-09-26), and T. Be'ery, "A short note on AWS KEY
# ID" (2023), read 2026-11-20. Ids that begin otherwise, `AKIAI…` or `AKIAJ…`, are older and tell nothing.
_FORMAT_BIT: Final = 1 << 79
_ACCOUNT_SHIFT: Final = 39
_ACCOUNT_MASK: Final = (1 << 40) - 1
_HIGHEST_ACCOUNT: Final = 999_999_999_999


def account_of_key(access_key: str) -> str | None:
    """The account that the access key id itself tells; None for ids of another format."""
    match = _KEY_ID.fullmatch(access_key)
    if match is None:
        return None
    bits = int.from_bytes(base64.b32decode(match[1]), "big")
    account = bits >> _ACCOUNT_SHIFT & _ACCOUNT_MASK
    if not bits & _FORMAT_BIT or account > _HIGHEST_ACCOUNT:
        return None
    return f"{account:012}"


def is_long_lived(values: FrozenCredentials) -> bool:
    """True for the keys of a user: every key that does not both look temporary and come with a session token."""
    return values.token is None or not values.access_key.startswith(TEMPORARY)


def told_by(values: FrozenCredentials, region: Region) -> Caller:
    """The caller as far as the values tell; where key and provider tell two accounts, nothing is known of either.

    What the environment or a file claims (AWS_ACCOUNT_ID, aws_account_id) counts for nothing.
    """
    account = account_of_key(values.access_key)
    told = getattr(values, "principal", None)  # a caller's own class may lack it
    principal = _principal(told, account, region)
    if principal is not None and account not in (None, principal.account):
        return Caller(long_lived=is_long_lived(values))
    own = account if principal is None else principal.account
    return Caller(own, principal, is_long_lived(values))


def _principal(told: str | None, account: str | None, region: Region) -> Principal | None:
    if told is None or not told.startswith(ROLE_NAME_ONLY):
        return parse_principal(told)
    if account is None:
        return None
    return parse_principal(f"arn:{partition_of(region)}:iam::{account}:{told}")
