"""nftables in the namespaces: counters that nobody in the application can argue with, and hosts that fail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .hosts import TO_APP, Hosts
from .namespaces import Namespace, TestbedError
from .plan import HTTPS_PORT, OTHER_RESOLVER, PUBLIC, PUBLIC_V6, RESOLVER

# Every packet that arrives from the application at the internet, whatever its address; only what IPv6 itself says
# on a link is left out. What is for no host of ours is answered with a reset, so that nobody waits for it.
_OUTSIDE = f"""
table inet oracle {{
    counter left {{ }}
    chain arriving {{
        type filter hook prerouting priority -300; policy accept;
        iifname != "{TO_APP}" accept
        icmpv6 type {{ nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }} accept
        icmpv6 type {{ mld-listener-report, mld-listener-done, mld2-listener-report }} accept
        counter name left
        ip daddr {PUBLIC} accept
        ip6 daddr {PUBLIC_V6} accept
        meta l4proto tcp reject with tcp reset
        drop
    }}
}}
"""

_LOOKUPS = f"""
table inet oracle {{
    counter lookups {{ }}
    chain arriving {{
        type filter hook prerouting priority -300; policy accept;
        iifname "{TO_APP}" udp dport 53 counter name lookups
    }}
}}
"""

_COUNTED = re.compile(r"packets (\d+) bytes (\d+)")


@dataclass(frozen=True, slots=True)
class Count:
    """Packets and their bytes, IP headers included."""

    packets: int
    size: int


class Firewall:
    """The rules of all three hosts."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._failing = ""
        self._alternating = False

    def start(self) -> None:
        """Begin to count."""
        _apply(self._hosts.internet, _OUTSIDE)
        _apply(self._hosts.endpoint, _LOOKUPS)

    def take_left(self) -> Count:
        """What has arrived at the internet from the application since this was last asked."""
        return _take(self._hosts.internet, "left")

    def take_lookups(self) -> int:
        """How many DNS questions have arrived at the VPC's resolver since this was last asked."""
        return _take(self._hosts.endpoint, "lookups").packets

    def fail(self, *, reset: Sequence[str] = (), drop: Sequence[str] = ()) -> None:
        """Let these of the endpoint's addresses answer with a reset, or not at all; the others are well."""
        rules = [
            *(f"ip daddr {eni} tcp dport {HTTPS_PORT} reject with tcp reset" for eni in reset),
            *(f"ip daddr {eni} tcp dport {HTTPS_PORT} drop" for eni in drop),
        ]
        hook = "type filter hook input priority 0; policy accept;"
        text = _table("inet", "failing", hook, rules)
        if text != self._failing:
            _apply(self._hosts.endpoint, text)
            self._failing = text

    def alternate_resolvers(self, *, on: bool) -> None:
        """Send every second lookup (a socket's first question decides for it) to the other resolver."""
        if not on and not self._alternating:
            return  # and when it is on already, a new rule begins with the first one again
        both = (
            f"udp dport 53 dnat to numgen inc mod 2 map {{ 0 : {RESOLVER}, 1 : {OTHER_RESOLVER} }}"
        )
        hook = "type nat hook prerouting priority -100; policy accept;"
        _apply(self._hosts.endpoint, _table("ip", "alternating", hook, [both] if on else []))
        self._alternating = on

    def translate(self, private: str, public: str | None) -> None:
        """Rewrite the application's packets for one address to another, under its processes; None ends it."""
        rules = [] if public is None else [f"ip daddr {private} dnat to {public}"]
        hook = "type nat hook output priority -100; policy accept;"
        _apply(self._hosts.app, _table("ip", "translating", hook, rules))


def _table(family: str, name: str, hook: str, rules: Sequence[str]) -> str:
    """A table in place of the one of that name, if there is one; without rules there is none."""
    gone = f"table {family} {name}\ndelete table {family} {name}\n"
    if not rules:
        return gone
    listed = "\n".join(rules)
    return f"{gone}table {family} {name} {{\nchain rules {{\n{hook}\n{listed}\n}}\n}}\n"


def _apply(host: Namespace, text: str) -> None:
    host.run(["nft", "-f", "-"], stdin=text)


def _take(host: Namespace, counter: str) -> Count:
    told = host.run(["nft", "reset", "counter", "inet", "oracle", counter])
    match = _COUNTED.search(told)
    if match is None:
        raise TestbedError(f"nft told no count of {counter}")
    return Count(int(match[1]), int(match[2]))
