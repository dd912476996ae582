"""Which address ranges can never hold a private endpoint, and which count as private?

The tables are IANA's special-purpose registries and this project's additions to them. Python's `is_private` and
its relatives are not used: their answers differ between Python releases (6to4 changed in 3.12.4,
`::ffff:0:0/96` in 3.10), and loopback, the metadata service and `0.0.0.0` are all "private" to them.

The additions were drawn up on 2026-11-20 from the documents named in each row, with their dates. A row's name is
part of the guard's rule names: it does not change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from secure_bedrock.network.special_registry import SPECIAL_V4, SPECIAL_V6
from secure_bedrock.values.addresses import Network, parse_cidr

LOOPBACK: Final = "loopback"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """A range, what it is called, and the document that says so; `cidr` is its spelling there.

    Python 3.13 writes the IPv4-mapped network otherwise than 3.12, so the table's own text is what people are shown.
    """

    cidr: str
    network: Network
    name: str
    source: str
    first: int
    last: int


def _ranges(rows: Iterable[tuple[str, str, str]]) -> tuple[AddressRange, ...]:
    parsed = [(cidr, parse_cidr(cidr), name, source) for cidr, name, source in rows]
    return tuple(
        AddressRange(cidr, network, name, source, int(network[0]), int(network[-1]))
        for cidr, network, name, source in parsed
    )


# Beside what IANA registers (`special_registry.py`), with the reason of each.
_OWN_V4: Final = (
    # Multicast has a registry of its own.
    ("224.0.0.0/4", "multicast", "RFC 5771, 2010-03"),
)

# Forms that embed an IPv4 address are refused, never unwrapped: the socket would go where the kernel or a
# gateway decides, and DNS64 hands them out for public names. Two of them IANA's registry does not list.
_OWN_V6: Final = (
    ("::/96", "ipv4-compatible", "RFC 4291 section 2.5.5.1, 2006-02"),
    ("::ffff:0:0:0/96", "ipv4-translated", "RFC 2765 section 2.1, 2000-02"),
    # Global unicast is handed out from 2000::/3 only; what lies outside is nobody's.
    ("::/3", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("4000::/2", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("8000::/2", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("c000::/3", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("e000::/4", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("f000::/5", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("f800::/6", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    ("fe00::/9", "unassigned", "RFC 4291 section 2.4, 2006-02"),
    # The registry's fc00::/7 is approvable, but in this half nobody may assign anything yet.
    ("fc00::/8", "ula-undefined", "RFC 4193 section 3.1, 2005-10"),
    # fd00:ec2::254 and its neighbours are services of the instance. The whole /16 is this project's
    # choice (2026-11-20): a random ULA prefix has one chance in 256 of lying in it.
    ("fd00::/16", "instance-services", "Amazon EC2 user guide, instance metadata, 2026-11-20"),
    # Withdrawn, so the registry lists it no longer.
    ("fec0::/10", "site-local", "RFC 3879, 2004-09"),
    ("ff00::/8", "multicast", "RFC 4291 section 2.7, 2006-02"),
)


def _narrowest_first(rows: tuple[AddressRange, ...]) -> tuple[AddressRange, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.network.prefixlen, row.first)))


# The first row that holds an address names it, so a narrow range stands before the wide one around it.
NEVER_V4: Final = _narrowest_first(_ranges(SPECIAL_V4 + _OWN_V4))
NEVER_V6: Final = _narrowest_first(_ranges(SPECIAL_V6 + _OWN_V6))

# What `private` admits. Shared address space (100.64.0.0/10) is not in it: carriers and VPNs use it too.
PRIVATE: Final = _ranges(
    (
        ("10.0.0.0/8", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("172.16.0.0/12", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("192.168.0.0/16", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("fd00::/8", "ula", "RFC 4193 section 3.1, 2005-10"),
    )
)
