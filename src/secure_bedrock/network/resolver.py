"""Which addresses does a name have?"""

import socket
from collections.abc import Sequence
from typing import Final, Protocol

from secure_bedrock.errors import ConnectFailed


class Resolver(Protocol):
    """What turns a name into addresses. Implementations are thread-safe."""

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        """Every address of the families; empty when the name has none; ConnectFailed when it can't be told."""
        ...


# The name, or an address of this family, does not exist; every other failure leaves the answer open. Not every
# platform has each of them (RFC 3493 section 6.1 dropped two, 2003-02).
_NO_SUCH: Final = tuple(
    vars(socket)[name]
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if name in vars(socket)
)


class SystemResolver:
    """Asks the operating system (`getaddrinfo`), once per family and call; it keeps nothing.

    The operating system's own time limits apply: `getaddrinfo` can't be interrupted.
    """

    __slots__ = ()

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        """Every address, IPv4 first, without repeats, in the operating system's order."""
        answers = [answer for family in sorted(families) for answer in _ask(host, family)]
        return tuple(dict.fromkeys(answers))


def _ask(host: str, family: socket.AddressFamily) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except OSError as failure:
        if isinstance(failure, socket.gaierror) and failure.errno in _NO_SUCH:
            return []
        raise ConnectFailed(
            f"the name could not be resolved ({type(failure).__name__} {failure.errno})",
            rule="resolver-failed",
            next_step="check the VPC's DNS resolver and this host's resolver settings",
        ) from failure
    except ValueError:
        # A label that is empty or too long for DNS, or a NUL: no such name.
        return []
    return [_text_of(sockaddr) for *_, sockaddr in found]


def _text_of(sockaddr: Sequence[object]) -> str:
    """The address as text; a scope, which getaddrinfo gives apart, is put back so that the guard sees it."""
    address, *rest = sockaddr
    scope = rest[2] if len(rest) == 3 else 0
    return str(address) if scope == 0 or "%" in str(address) else f"{address}%{scope}"
