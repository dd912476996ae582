#!/usr/bin/env python3
"""Write network/special_registry.py from the copies of IANA's special-purpose address registries in tools/iana.

`--check` writes nothing and exits 1 when the module differs from what would be written.
"""

import argparse
import csv
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

REGISTRIES = Path(__file__).parent / "iana"
MODULE = Path(__file__).parents[1] / "src/secure_bedrock/network/special_registry.py"

# Blocks in which an endpoint can lie when the route approves them: private use, shared address space (some VPCs
# have it as a secondary CIDR) and ULA. Everything else that is registered is never an endpoint's, also
# what the registry calls globally reachable: anycast services and protocols' own prefixes are nobody's VPC.
APPROVABLE = frozenset(
    {"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}
)

# What the guard's rule for a block is called; the names never change. A row that is missing here stops the generator.
RULES = {
    "0.0.0.0/8": "this-network",
    "0.0.0.0/32": "this-network",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "192.0.0.0/24": "ietf-protocol",
    "192.0.0.0/29": "ietf-protocol",
    "192.0.0.8/32": "ietf-protocol",
    "192.0.0.9/32": "ietf-protocol",
    "192.0.0.10/32": "ietf-protocol",
    "192.0.0.170/32": "ietf-protocol",
    "192.0.0.171/32": "ietf-protocol",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "as112",
    "192.52.193.0/24": "amt",
    "192.88.99.0/24": "6to4-relay",
    "192.88.99.2/32": "6to4-relay",
    "192.175.48.0/24": "as112",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "240.0.0.0/4": "reserved",
    "255.255.255.255/32": "broadcast",
    "::1/128": "loopback",
    "::/128": "unspecified",
    "::ffff:0:0/96": "ipv4-mapped",
    "64:ff9b::/96": "nat64",
    "64:ff9b:1::/48": "nat64-local",
    "100::/64": "discard-only",
    "100:0:0:1::/64": "dummy",
    "2001::/23": "ietf-protocol",
    "2001::/32": "teredo",
    "2001:1::1/128": "ietf-protocol",
    "2001:1::2/128": "ietf-protocol",
    "2001:1::3/128": "ietf-protocol",
    "2001:2::/48": "ietf-protocol",
    "2001:3::/32": "ietf-protocol",
    "2001:4:112::/48": "ietf-protocol",
    "2001:10::/28": "ietf-protocol",
    "2001:20::/28": "ietf-protocol",
    "2001:30::/28": "ietf-protocol",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "as112",
    "3fff::/20": "documentation",
    "5f00::/16": "srv6-sid",
    "fe80::/10": "link-local",
}


class RegistryError(Exception):
    """The registry and this file disagree about which blocks there are."""


@dataclass(frozen=True, slots=True)
class Block:
    """One address block of a registry; a row that names two gives two of them."""

    network: IPv4Network | IPv6Network
    text: str  # as the registry spells it: `str(network)` of an IPv4-mapped block changed with Python 3.13
    source: str

    @property
    def rule(self) -> str:
        """What the guard calls it."""
        return RULES[self.text]


def blocks_of(path: Path) -> list[Block]:
    """Every block of a registry, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Block(ip_network(text), text, _source(row["RFC"], row["Allocation Date"]))
            for row in csv.DictReader(file)
            for text in _without_footnotes(row["Address Block"]).split(", ")
        ]


def _without_footnotes(cell: str) -> str:
    return re.sub(r"\s*\[[0-9]+\]", "", cell).strip()


def _source(references: str, allocated: str) -> str:
    documents = ", ".join(re.findall(r"\[(RFC[0-9]+)\]", references)).replace("RFC", "RFC ")
    section = re.search(r"Section ([0-9.]+)", references)
    where = f" section {section[1]}" if section else ""
    return f"IANA registry: {documents}{where}, {allocated}"


def never_blocks(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without the approvable ones, and without those that lie in another of the same name."""
    known = {*RULES, *APPROVABLE}
    if strange := sorted(b.text for b in blocks if b.text not in known):
        raise RegistryError(f"name these blocks in RULES or APPROVABLE: {', '.join(strange)}")
    kept = [block for block in blocks if block.text not in APPROVABLE]
    return [block for block in kept if not any(_repeats(block, other) for other in kept)]


def _repeats(block: Block, other: Block) -> bool:
    inside = int(other.network[0]) <= int(block.network[0]) <= int(other.network[-1])
    return inside and other.network.prefixlen < block.network.prefixlen and other.rule == block.rule


def rendered(ipv4: Sequence[Block], ipv6: Sequence[Block]) -> str:
    """The module's text."""
    gone = {*RULES, *APPROVABLE} - {block.text for block in (*ipv4, *ipv6)}
    if gone:
        raise RegistryError(f"no longer registered: {', '.join(sorted(gone))}")
    head = (
        '"""Which special-purpose ranges of IANA\'s registries can hold no endpoint?\n\n'
        "Written by tools/generate_ranges.py from the copies in tools/iana, which say where they come from;\n"
        'the dates are those of the allocations.\n"""\n\nfrom typing import Final\n'
    )
    return f"{head}{_table('SPECIAL_V4', ipv4)}{_table('SPECIAL_V6', ipv6)}"


def _table(name: str, blocks: Sequence[Block]) -> str:
    rows = [f'    ("{b.text}", "{b.rule}", "{b.source}"),\n' for b in never_blocks(blocks)]
    return f"\n{name}: Final = (\n{''.join(rows)})\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the module, or compare it; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    check = parser.parse_args(arguments).check
    text = rendered(
        blocks_of(REGISTRIES / "iana-ipv4-special-registry-1.csv"),
        blocks_of(REGISTRIES / "iana-ipv6-special-registry-1.csv"),
    )
    stale = not MODULE.exists() or MODULE.read_text(encoding="utf-8") != text
    if stale and not check:
        MODULE.write_text(text, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {MODULE.name if stale else 'none'}")  # noqa: T201 - its output
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
