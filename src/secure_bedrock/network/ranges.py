"""Which address ranges can never hold a private endpoint, and which count as private?

The tables are this project's own. Python's `is_private` and its relatives are not used: their answers differ
between Python releases (6to4 changed in 3.12.4, `::ffff:0:0/96` in 3.10), and loopback, the metadata service
and `0.0.0.0` are all "private" to them.

Drawn up on 2026-11-20 from the documents named in each row, with their dates. A row's name is part of the
guard's rule names: it does not change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK: Final = "loopback"


@dataclass(frozen=True, slots=True)
class AddressRange:
    """A range, what it is called, and the document that says so."""

    network: Network
    name: str
    source: str
    first: int
    last: int


def _ranges(rows: Iterable[tuple[str, str, str]]) -> tuple[AddressRange, ...]:
    parsed = [(ip_network(cidr), name, source) for cidr, name, source in rows]
    return tuple(
        AddressRange(network, name, source, int(network[0]), int(network[-1]))
        for network, name, source in parsed
    )


# The first row that holds an address names it, so a narrow range stands before the wide one around it.
NEVER_V4: Final = _ranges(
    (
        # Linux connects to itself when asked for 0.0.0.0.
        ("0.0.0.0/8", "this-network", "RFC 1122 section 3.2.1.3, 1989-10"),
        ("127.0.0.0/8", LOOPBACK, "RFC 1122 section 3.2.1.3, 1989-10"),
        # Instance and container metadata, the VPC's own resolver: never an interface endpoint.
        ("169.254.0.0/16", "link-local", "RFC 3927, 2005-05"),
        ("192.0.0.0/24", "ietf-protocol", "RFC 6890 section 2.1, 2013-04"),
        ("192.0.2.0/24", "documentation", "RFC 5737, 2010-01"),
        ("192.31.196.0/24", "as112", "RFC 7535, 2015-05"),
        ("192.52.193.0/24", "amt", "RFC 7450, 2015-02"),
        ("192.88.99.0/24", "6to4-relay", "RFC 7526, 2015-05"),
        ("192.175.48.0/24", "as112", "RFC 7534, 2015-05"),
        # Fake-IP proxies answer every name from here.
        ("198.18.0.0/15", "benchmarking", "RFC 2544, 1999-03"),
        ("198.51.100.0/24", "documentation", "RFC 5737, 2010-01"),
        ("203.0.113.0/24", "documentation", "RFC 5737, 2010-01"),
        ("224.0.0.0/4", "multicast", "RFC 5771, 2010-03"),
        ("255.255.255.255/32", "broadcast", "RFC 919, 1984-10"),
        ("240.0.0.0/4", "reserved", "RFC 1112 section 4, 1989-08"),
    )
)

# Forms that embed an IPv4 address are refused, never unwrapped: the socket would go where the kernel or a
# gateway decides, and DNS64 hands them out for public names.
NEVER_V6: Final = _ranges(
    (
        ("::1/128", LOOPBACK, "RFC 4291 section 2.5.3, 2006-02"),
        ("::/128", "unspecified", "RFC 4291 section 2.5.2, 2006-02"),
        ("::/96", "ipv4-compatible", "RFC 4291 section 2.5.5.1, 2006-02"),
        ("::ffff:0:0/96", "ipv4-mapped", "RFC 4291 section 2.5.5.2, 2006-02"),
        ("::ffff:0:0:0/96", "ipv4-translated", "RFC 2765 section 2.1, 2000-02"),
        ("64:ff9b::/96", "nat64", "RFC 6052 section 2.1, 2010-10"),
        ("64:ff9b:1::/48", "nat64-local", "RFC 8215, 2017-08"),
        ("100::/64", "discard-only", "RFC 6666, 2012-08"),
        ("100:0:0:1::/64", "dummy", "RFC 9780, 2025-05"),
        ("::/3", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("2001::/32", "teredo", "RFC 4380, 2006-02"),
        ("2001::/23", "ietf-protocol", "RFC 2928, 2000-09"),
        ("2001:db8::/32", "documentation", "RFC 3849, 2004-07"),
        ("2002::/16", "6to4", "RFC 3056, 2001-02"),
        ("2620:4f:8000::/48", "as112", "RFC 7534, 2015-05"),
        ("3fff::/20", "documentation", "RFC 9637, 2024-08"),
        ("5f00::/16", "srv6-sid", "RFC 9602, 2024-10"),
        # Global unicast is handed out from 2000::/3 only; what lies outside is nobody's.
        ("4000::/2", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("8000::/2", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("c000::/3", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("e000::/4", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("f000::/5", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("f800::/6", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("fc00::/8", "ula-undefined", "RFC 4193 section 3.1, 2005-10"),
        # fd00:ec2::254 and its neighbours are services of the instance. The whole /16 is this project's
        # choice (2026-11-20): a random ULA prefix has one chance in 256 of lying in it.
        ("fd00::/16", "instance-services", "Amazon EC2 user guide, instance metadata, 2026-11-20"),
        ("fe00::/9", "unassigned", "RFC 4291 section 2.4, 2006-02"),
        ("fe80::/10", "link-local", "RFC 4291 section 2.5.6, 2006-02"),
        ("fec0::/10", "site-local", "RFC 3879, 2004-09"),
        ("ff00::/8", "multicast", "RFC 4291 section 2.7, 2006-02"),
    )
)

# What `private` admits. Shared address space (100.64.0.0/10) is not in it: carriers and VPNs use it too.
PRIVATE: Final = _ranges(
    (
        ("10.0.0.0/8", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("172.16.0.0/12", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("192.168.0.0/16", "rfc1918", "RFC 1918 section 3, 1996-02"),
        ("fd00::/8", "ula", "RFC 4193 section 3.1, 2005-10"),
    )
)
