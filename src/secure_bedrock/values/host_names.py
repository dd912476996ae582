"""What a host name is: the one grammar, in which no resolver finds a number."""

import re
from typing import Final

# Labels of at most 63 octets, a name of at most 253 characters (RFC 1035 section 2.3.4, 1987-11). Lower-case
# ASCII only, no punycode, at least two labels, and the last one starts with a letter: every spelling of a number
# that a C resolver takes for an IPv4 address (878575626, 0x345e000a, 064.0136.0.012) falls out here.
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST: Final = rf"(?:{_LABEL}\.)+(?!xn--)[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
"""The pattern of a host name, without its bound in length, for patterns that hold one."""
MAX_HOST_LENGTH: Final = 253
_HOST_NAME = re.compile(HOST, re.ASCII)


def is_host_name(text: object) -> bool:
    """True for a lower-case ASCII DNS name of two labels or more that no resolver reads as a number."""
    return (
        type(text) is str
        and len(text) <= MAX_HOST_LENGTH
        and _HOST_NAME.fullmatch(text) is not None
    )
