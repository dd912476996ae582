"""Can this address be an endpoint's at all?"""

from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6, AddressRange
from secure_bedrock.values.addresses import Address


def never_range(address: Address) -> AddressRange | None:
    """The row of the never-set that holds the address, or None."""
    number = int(address)
    for row in NEVER_V4 if address.version == 4 else NEVER_V6:
        if row.first <= number <= row.last:
            return row
    return None


def never(address: Address) -> str | None:
    """Why the address can never be an endpoint's (`loopback`, `ipv4-mapped` …), or None where it can."""
    row = never_range(address)
    return None if row is None else row.name
