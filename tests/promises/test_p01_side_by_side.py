"""P01: where boto3 tries a public address, ours opens no socket: the same names, the same answers, side by side."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROBE = Path(__file__).parent / "probes" / "side_by_side.py"
PUBLIC, PUBLIC_V6 = "52.94.0.10", "2600:9000::10"
PRIVATE, PRIVATE_V6 = "10.20.1.10", "2600:1f18:1234:5601::10"
V4 = ["10.20.0.0/16"]
MANY = [f"10.20.1.{last}" for last in range(10, 27)]
BOTH = [*V4, "2600:1f18:1234:5600::/56"]

# sentence → answers of the name, CIDRs of the policy, rule of our refusal ("" for none), what boto3 tries.
# Where `rule` is "", the approved address is tried, and nothing else.
CASES: dict[str, tuple[list[str], list[str], str, list[str]]] = {
    "a public A": ([PUBLIC], V4, "outside-vpc-cidrs", [PUBLIC]),
    "a public AAAA": ([PUBLIC_V6], BOTH, "outside-vpc-cidrs", [PUBLIC_V6]),
    "a public AAAA under an IPv4 policy": ([PUBLIC_V6], V4, "no-answer", [PUBLIC_V6]),
    "public A and AAAA": (
        [PUBLIC, PUBLIC_V6],
        BOTH,
        "outside-vpc-cidrs",
        [PUBLIC, PUBLIC_V6],
    ),
    "a private, then a public A": (
        [PRIVATE, PUBLIC],
        V4,
        "outside-vpc-cidrs",
        [PRIVATE, PUBLIC],
    ),
    "a public, then a private A": (
        [PUBLIC, PRIVATE],
        V4,
        "outside-vpc-cidrs",
        [PUBLIC, PRIVATE],
    ),
    "a private A, then a public AAAA": (
        [PRIVATE, PUBLIC_V6],
        BOTH,
        "outside-vpc-cidrs",
        [PRIVATE, PUBLIC_V6],
    ),
    "a public A, then a private AAAA": (
        [PUBLIC, PRIVATE_V6],
        BOTH,
        "outside-vpc-cidrs",
        [PUBLIC, PRIVATE_V6],
    ),
    "a public AAAA that an IPv4 policy never asks for": (
        [PUBLIC_V6, PRIVATE],
        V4,
        "",
        [PUBLIC_V6, PRIVATE],
    ),
    "a mapped public address": (
        ["::ffff:52.94.0.10"],
        BOTH,
        "never-ipv4-mapped",
        ["::ffff:52.94.0.10"],
    ),
    "a public address through NAT64": (
        ["64:ff9b::345e:a"],
        BOTH,
        "never-nat64",
        ["64:ff9b::345e:a"],
    ),
    "another VPC's private address": (["10.99.0.10"], V4, "outside-vpc-cidrs", ["10.99.0.10"]),
    "more answers than an endpoint has": (MANY, V4, "too-many-answers", MANY),
    "no answer": ([], V4, "no-answer", []),
    "a private A": ([PRIVATE], V4, "", [PRIVATE]),
    "private A and AAAA": ([PRIVATE, PRIVATE_V6], BOTH, "", [PRIVATE, PRIVATE_V6]),
}
OURS = ("typed", "create_client", "session")
OPERATIONS = (
    "converse",
    "converse_stream",
    "invoke_model",
    "invoke_model_with_response_stream",
)
HOSTS = ("private-DNS name", "endpoint name")
Key = tuple[str, str, str, str]


# The probe takes ten seconds and is run once a worker: these tests stay on one.
pytestmark = pytest.mark.xdist_group("side-by-side")


def surroundings(home: Path) -> dict[str, str]:
    """The environment without anything that steers an SDK."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SECURE_BEDROCK_")) and "PROXY" not in name.upper()
    }
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, dict[str, Any]]:
    """What each call did, by case, kind of name, caller and operation."""
    cases = {
        name: {"answers": answers, "cidrs": cidrs, "attempts": 4 if rule else 1}
        for name, (answers, cidrs, rule, _) in CASES.items()
    }
    done = subprocess.run(
        [sys.executable, PROBE],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=surroundings(tmp_path_factory.mktemp("home")),
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return {(r["case"], r["host"], r["caller"], r["operation"]): r for r in found}


def test_every_call_was_made(rows: dict[Key, dict[str, Any]]) -> None:
    assert set(rows) == {
        (case, host, caller, operation)
        for case in CASES
        for host in HOSTS
        for caller in ("boto3", *OURS)
        for operation in OPERATIONS
    }


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("case", CASES)
def test_boto3_tries_every_address_that_it_is_given(
    case: str, host: str, operation: str, rows: dict[Key, dict[str, Any]]
) -> None:
    """The control: without it a probe that sees nothing would prove everything."""
    row = rows[case, host, "boto3", operation]

    assert row["error"] == "EndpointConnectionError"
    assert row["connects"] == CASES[case][3]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("caller", OURS)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("case", [case for case, row in CASES.items() if row[2]])
def test_ours_refuses_and_opens_no_socket(
    case: str, host: str, caller: str, operation: str, rows: dict[Key, dict[str, Any]]
) -> None:
    row = rows[case, host, caller, operation]

    assert (row["error"], row["rule"]) == ("AddressDenied", CASES[case][2])
    assert row["connects"] == []
    assert row["sockets"] == 0


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("caller", OURS)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("case", [case for case, row in CASES.items() if not row[2]])
def test_ours_tries_the_approved_addresses_only(
    case: str, host: str, caller: str, operation: str, rows: dict[Key, dict[str, Any]]
) -> None:
    """The other control: the same oracle sees our sockets where there is one to see."""
    row = rows[case, host, caller, operation]
    approved = [address for address in CASES[case][0] if address in (PRIVATE, PRIVATE_V6)]

    assert row["error"] == ("ConnectFailed" if caller == "typed" else "EndpointConnectionError")
    assert row["connects"] == approved
    assert row["sockets"] == len(approved)


@pytest.mark.parametrize("caller", OURS)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("case", CASES)
def test_ours_resolves_the_pinned_name_once_and_only_in_approved_families(
    case: str, host: str, caller: str, rows: dict[Key, dict[str, Any]]
) -> None:
    families = [int(socket.AF_INET)] + [int(socket.AF_INET6)] * (CASES[case][1] is BOTH)
    for operation in OPERATIONS:
        lookups = rows[case, host, caller, operation]["lookups"]
        boto3s = rows[case, host, "boto3", operation]["lookups"]
        assert [family for _, family in lookups] == families
        assert {name for name, _ in lookups} == {name for name, _ in boto3s}
