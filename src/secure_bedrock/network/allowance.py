"""Which addresses may a locked process connect to, and which names may it look up?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from secure_bedrock.network.addresses import never_range
from secure_bedrock.network.guard import RouteGuard
from secure_bedrock.network.ranges import LOOPBACK
from secure_bedrock.network.route import PrivateRoute
from secure_bedrock.values import Decision
from secure_bedrock.values.addresses import Address, parse_address
from secure_bedrock.values.host_names import is_host_name

# RFC 6761 section 6.3 (2013-02): names of loopback, which resolvers answer themselves.
_LOCALHOST: Final = "localhost"
_OPT_IN: Final = "call lockdown(policy, allow_loopback=True) where this machine is meant"
_NAME_IT: Final = (
    "add the service's [network.endpoints.<service>] table, or make the call before lockdown()"
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Destinations and names; what is not among them is refused. Immutable and thread-safe; opens nothing.

    Attributes:
        guards: Each judges addresses, and admits its route's port alone.
        exact: Further pairs of address and port: where credentials are given out.
        names: What may be looked up.
        loopback: True where every port of this machine may be connected to.
    """

    guards: tuple[RouteGuard, ...]
    exact: frozenset[tuple[Address, int]] = frozenset()
    names: frozenset[str] = frozenset()
    loopback: bool = False

    @classmethod
    def of(
        cls,
        routes: Iterable[PrivateRoute],
        *,
        exact: Iterable[tuple[str, int]] = (),
        own_names: Sequence[str] = (),
        loopback: bool = False,
    ) -> "Allowance":
        """What the routes and the pairs in `exact` admit; `own_names` are this machine's."""
        guards = tuple(RouteGuard(route) for route in routes)
        names = frozenset(own_names).union(*(guard.route.names for guard in guards))
        return cls(
            guards=guards,
            exact=frozenset((parse_address(address), port) for address, port in exact),
            names=names | {_LOCALHOST} if loopback else names,
            loopback=loopback,
        )

    def decide_destination(self, host: object, port: object) -> Decision:
        """May a socket be connected, or a datagram sent, there? Total: any object gets an answer.

        `host` has to be an address: who gives a name to a socket leaves its answers to the C library, unjudged.
        """
        text = _text_of(host)
        try:
            address = parse_address(text)
        except ValueError:
            return _not_an_address(text)
        if type(port) is not int:  # a subclass may compare as something else
            return _refused("not-a-port", f"the port for {address} is not a plain number")
        reserved = never_range(address)
        is_loopback = reserved is not None and reserved.name == LOOPBACK
        if self.loopback and is_loopback:
            return Decision(True, "loopback", "loopback was opted in to")
        if (address, port) in self.exact:
            return Decision(True, "credential-address", "where credentials are given out")
        for guard in self.guards:
            judged = guard.judge(str(address))
            if guard.route.port == port and judged.allowed:
                return judged
        shown = f"[{address}]" if address.version == 6 else str(address)
        return _refused(
            "destination-not-listed",
            f"the policy has no endpoint at {shown}:{port}",
            _OPT_IN if is_loopback else _NAME_IT,
        )

    def decide_lookup(self, host: object) -> Decision:
        """May this be looked up? An address asks nobody for its own sake, None means this machine. Total."""
        if host is None:
            return Decision(True, "no-name", "no name is asked for")
        text = _text_of(host)
        if text in self.names:
            return Decision(
                True, "listed-name", "a name of the policy's endpoints or of this machine"
            )
        try:
            parse_address(text)
        except ValueError:
            return _refused(
                "name-not-listed",
                f"{_shown(text)} is not a name of the policy's endpoints",
                _OPT_IN if text == _LOCALHOST else _NAME_IT,
            )
        return Decision(True, "address", "an address names itself")


def _text_of(host: object) -> str | None:
    """The host as the C library reads it; None for what could still change or read differently here.

    That is a subclass, whose methods may lie, and a bytearray, which another thread may write to.
    """
    if type(host) is bytes:
        return host.decode("ascii", "replace")
    return host if type(host) is str else None


def _not_an_address(text: str | None) -> Decision:
    return _refused("not-an-address", f"{_shown(text)} is no plain address, so nothing judges it")


def _shown(text: str | None) -> str:
    """The text is shown only where it is a host name: what is none may be anything."""
    return f"{text}" if is_host_name(text) else "what was asked for"


def _refused(rule: str, reason: str, next_step: str = _NAME_IT) -> Decision:
    return Decision(False, rule, reason, next_step=next_step)
