"""What an IP address and a CIDR are: the one grammar, for every room and alike on every Python."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Decimal without leading zeros: others read 010 as eight.
_IPV4 = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}", re.ASCII)
# Only the character set; `ipaddress` judges the form. The longest spelling has 45 characters (INET6_ADDRSTRLEN
# less its NUL, RFC 3493 section 6.6, 2003-02).
_IPV6 = re.compile(r"[0-9a-f:.]{2,45}", re.ASCII)
_PREFIX_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


def parse_address(text: object) -> Address:
    """Return the address, or raise ValueError; nothing is trimmed, folded or unwrapped.

    Only `str` itself: integers, bytes and subclasses of `str` (which may print as something else) are refused, and
    so are zones (`fe80::1%eth0`), leading zeros, upper case, white space and digits that are not ASCII.
    The message never repeats the text.
    """
    if type(text) is not str:
        raise ValueError("an address is given as text")
    if "%" in text:
        raise ValueError("an address with a zone ('%') is never an endpoint's")
    kind: type[IPv4Address | IPv6Address]
    if _IPV4.fullmatch(text):
        kind = IPv4Address
    elif _IPV6.fullmatch(text):
        kind = IPv6Address
    else:
        raise ValueError("not an IP address in its usual spelling")
    try:
        return kind(text)
    except ValueError:
        # ipaddress repeats the text in its messages, so its exception is not chained.
        raise ValueError("not an IP address in its usual spelling") from None


def parse_cidr(text: object) -> Network:
    """Return the network, or raise ValueError: an address, `/`, a decimal prefix length, and no host bits set."""
    if type(text) is not str:
        raise ValueError("a CIDR is given as text")
    address_text, _, length_text = text.partition("/")
    address = parse_address(address_text)
    if not _PREFIX_LENGTH.fullmatch(length_text):
        raise ValueError("a CIDR ends in '/' and a decimal prefix length (such as 10.0.0.0/16)")
    try:
        return network_of(address, int(length_text))
    except ValueError:
        raise ValueError("the prefix length is too long, or host bits are set") from None


def spelled(address: Address) -> str:
    """The address as text, the same on every Python: a mapped one ends in its IPv4 address (RFC 5952, 2010-08)."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    # Python 3.12 writes the last 32 bits in hexadecimal, 3.13 with dots.
    return str(address) if mapped is None else f"::ffff:{mapped}"


def network_of(address: Address, prefix_length: int | None = None) -> Network:
    """The network that starts at the address; without a length, the address alone. ValueError on host bits."""
    length = address.max_prefixlen if prefix_length is None else prefix_length
    if isinstance(address, IPv4Address):
        return IPv4Network((address, length))
    return IPv6Network((address, length))


def network_in(text: str) -> Network:
    """The network of a CIDR, or of an address alone; ValueError for anything else."""
    return parse_cidr(text) if "/" in text else network_of(parse_address(text))


def lies_within(inner: Network, outer: Network) -> bool:
    """True where every address of `inner` is one of `outer`; never for two of different families."""
    return inner[0] in outer and inner[-1] in outer
