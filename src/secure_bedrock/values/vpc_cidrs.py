"""How wide the CIDR of a VPC can be, loopback apart."""

from typing import Final

from secure_bedrock.values.addresses import Network, lies_within, parse_cidr

# AWS makes no VPC CIDR wider (Amazon VPC user guide, VPC CIDR blocks, 2026-11-20): a wider one is a mistake, and
# 0.0.0.0/0 would approve everything.
_WIDEST: Final = {4: 16, 6: 44}
_LOOPBACK: Final = (parse_cidr("127.0.0.0/8"), parse_cidr("::1/128"))


def is_loopback(network: Network) -> bool:
    """True for networks wholly inside loopback, which only tests name."""
    return any(lies_within(network, loopback) for loopback in _LOOPBACK)


def widest_instead_of(network: Network) -> int | None:
    """The shortest prefix that its family may have, for a network that is wider; None for one that is not.

    Loopback may be as wide as it is.
    """
    widest = _WIDEST[network.version]
    return widest if network.prefixlen < widest and not is_loopback(network) else None
