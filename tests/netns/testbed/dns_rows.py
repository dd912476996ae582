"""Rows about what DNS answers."""

from .plan import ENI_A, ENI_B, ENI_V6, PUBLIC, PUBLIC_V6, VPC, VPC_V6
from .rows import (
    TRIED,
    Scene,
    Settings,
    answered,
    delivered,
    failed,
    refused,
    row,
)

_BOTH_FAMILIES = Settings(cidrs=(VPC, VPC_V6))
_V6_TOO = "the policy's CIDRs are of both families"
_BY_ITSELF = Settings(host=None)
_NO_HOST = "neither names a host"
_PRIVATE = Settings(cidrs=(), address_check="private")
_ANY_PRIVATE = "address_check = private"
_PINNED = Settings(addresses=(ENI_A, ENI_B))
_ADDRESSES = "the policy has the endpoint's addresses"

_OUTSIDE = refused("outside-vpc-cidrs")
_NO_CONNECTION = failed("EndpointConnectionError")

PRIVATE_ROWS = (
    row("private A", Scene(answers=(ENI_A,)), raw=answered(ENI_A), ours=answered(ENI_A)),
    row(
        "private AAAA",
        Scene(answers=(ENI_V6,)),
        raw=answered(ENI_V6),
        ours=answered(ENI_V6),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "private A and AAAA",
        Scene(answers=(ENI_A, ENI_V6)),
        raw=answered(ENI_V6),
        ours=answered(ENI_A),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "private DNS on: the service's own name, private A",
        Scene(answers=(ENI_A,)),
        raw=answered(ENI_A),
        ours=answered(ENI_A),
        settings=_BY_ITSELF,
        note=_NO_HOST,
    ),
    row(
        "private A, any private address admitted",
        Scene(answers=(ENI_A,)),
        raw=answered(ENI_A),
        ours=answered(ENI_A),
        settings=_PRIVATE,
        note=_ANY_PRIVATE,
    ),
)

PUBLIC_ROWS = (
    row("public A", Scene(answers=(PUBLIC,)), raw=delivered(PUBLIC), ours=_OUTSIDE),
    row(
        "private DNS off: the service's own name, public A",
        Scene(answers=(PUBLIC,)),
        raw=delivered(PUBLIC),
        ours=_OUTSIDE,
        settings=_BY_ITSELF,
        note=_NO_HOST,
    ),
    row(
        "private A, then public A",
        Scene(answers=(ENI_A, PUBLIC)),
        raw=answered(ENI_A),
        ours=_OUTSIDE,
    ),
    row(
        "public A, then private A",
        Scene(answers=(PUBLIC, ENI_A)),
        raw=delivered(PUBLIC),
        ours=_OUTSIDE,
    ),
    row(
        "public AAAA",
        Scene(answers=(PUBLIC_V6,)),
        raw=delivered(PUBLIC_V6),
        ours=refused("no-answer"),
    ),
    row(
        "public AAAA, IPv6 asked for",
        Scene(answers=(PUBLIC_V6,)),
        raw=delivered(PUBLIC_V6),
        ours=_OUTSIDE,
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "private A and public AAAA",
        Scene(answers=(ENI_A, PUBLIC_V6)),
        raw=delivered(PUBLIC_V6),
        ours=answered(ENI_A),
        lookups=1,
    ),
    row(
        "private A and public AAAA, IPv6 asked for",
        Scene(answers=(ENI_A, PUBLIC_V6)),
        raw=delivered(PUBLIC_V6),
        ours=_OUTSIDE,
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "public A, any private address admitted",
        Scene(answers=(PUBLIC,)),
        raw=delivered(PUBLIC),
        ours=refused("not-private-address"),
        settings=_PRIVATE,
        note=_ANY_PRIVATE,
    ),
    row(
        "public A, addresses known",
        Scene(answers=(PUBLIC,)),
        raw=delivered(PUBLIC),
        ours=answered(ENI_A),
        settings=_PINNED,
        note=_ADDRESSES,
        lookups=0,
    ),
    row(
        "private A and public A in turn, to a client that checks first and connects then",
        Scene(answers=(ENI_A,), alternating=(PUBLIC,)),
        raw=delivered(PUBLIC),
        ours=answered(ENI_A),
        settings=Settings(raw_checks_first=True),
        note="boto3 behind a check that every address of the name is private",
        lookups=1,
    ),
)


SPECIAL_ROWS = (
    row(
        "IPv4-mapped public address",
        Scene(answers=(f"::ffff:{PUBLIC}",)),
        raw=delivered(PUBLIC),
        ours=refused("never-ipv4-mapped"),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "IPv4-mapped private address",
        Scene(answers=(f"::ffff:{ENI_A}",)),
        raw=answered(ENI_A),
        ours=refused("never-ipv4-mapped"),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "6to4 form of the public address",
        Scene(answers=("2002:345e:a::1",)),
        raw=TRIED,
        ours=refused("never-6to4"),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "NAT64 form of the public address",
        Scene(answers=("64:ff9b::345e:a",)),
        raw=TRIED,
        ours=refused("never-nat64"),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "link-local A (the metadata address)",
        Scene(answers=("169.254.169.254",)),
        raw=TRIED,
        ours=refused("never-link-local"),
    ),
    row(
        "link-local AAAA",
        Scene(answers=("fe80::10",)),
        raw=_NO_CONNECTION,
        ours=refused("never-link-local"),
        settings=_BOTH_FAMILIES,
        note=_V6_TOO,
    ),
    row(
        "loopback",
        Scene(answers=("127.0.0.1",)),
        raw=_NO_CONNECTION,
        ours=refused("never-loopback"),
    ),
    row(
        "0.0.0.0",
        Scene(answers=("0.0.0.0",)),
        raw=_NO_CONNECTION,
        ours=refused("never-this-network"),
    ),
    row(
        "198.18.0.10 (a fake-IP proxy's)",
        Scene(answers=("198.18.0.10",)),
        raw=TRIED,
        ours=refused("never-benchmarking"),
    ),
    row(
        "100.64.0.10 (shared address space)",
        Scene(answers=("100.64.0.10",)),
        raw=TRIED,
        ours=refused("not-private-address"),
        settings=_PRIVATE,
        note=_ANY_PRIVATE,
    ),
    row(
        "seventeen addresses, all in the VPC",
        Scene(answers=tuple(f"10.0.1.{number}" for number in range(10, 27))),
        raw=answered(ENI_A),
        ours=refused("too-many-answers"),
    ),
    row("no such name", Scene(answers=()), raw=_NO_CONNECTION, ours=refused("no-answer")),
    row(
        "resolver down",
        Scene(answers=None),
        raw=_NO_CONNECTION,
        ours=failed("ConnectFailed", "resolver-failed"),
        hardened=_NO_CONNECTION,
    ),
)
