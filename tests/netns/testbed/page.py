"""The matrix as a page: no dates, no exact counts of packets, so that measuring again writes the same file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from .front_end import Kind
from .matrix import SECTIONS
from .rows import Outcome, Row

PAGE = Path(__file__).parents[3] / "docs" / "evidence" / "route-matrix.md"

_HEAD = """\
# Route matrix

What leaves a VPC when Amazon Bedrock is called from an application host in it: by boto3 as it is, by the typed client and by the hardened botocore client.
`python3 dev.py route-matrix` measures it (Linux, root, iproute2, nftables, dnsmasq) and writes this page; `tests/netns` holds every row to it.

Three hosts in network namespaces: the application; the endpoint, with an address in each of two zones and one of IPv6; a public host, over the application's default route.
Both Bedrocks hold valid certificates for the same names, as AWS's do, so TLS gives no help.
dnsmasq answers at the VPC's resolver address, and the C library asks it.
The number in front is what the public side's kernel counted: every packet that came from the application, to whatever address (nftables, prerouting).
Who has the prompt is told by the servers' own records.
"> 0" stands for any number of packets: how many varies with acknowledgements.

Unless the row says otherwise, the policy and boto3's `endpoint_url` name the endpoint (`vpce-….bedrock-runtime.eu-west-1.vpce.amazonaws.com`), the policy has the VPC's IPv4 CIDR, and a call is tried once.
"""

_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("boto3", "raw"),
    ("typed client", "typed"),
    ("hardened client", "hardened"),
)

OutcomeOf = Callable[[Row, Kind], Outcome]


def expected(row: Row, kind: Kind) -> Outcome:
    """What the row says must come of it."""
    match kind:
        case "raw":
            return row.raw
        case "typed":
            return row.typed
        case "hardened":
            return row.hardened


def render(outcome_of: OutcomeOf = expected) -> str:
    """The page, with these outcomes."""
    return "\n".join(_lines(outcome_of)) + "\n"


def _lines(outcome_of: OutcomeOf) -> Iterator[str]:
    yield _HEAD.rstrip("\n")
    for title, rows in SECTIONS.items():
        yield f"\n## {title}\n"
        yield "| | " + " | ".join(name for name, _ in _COLUMNS) + " |"
        yield "|---|" + "---|" * len(_COLUMNS)
        for row in rows:
            cells = [_cell(outcome_of(row, kind)) for _, kind in _COLUMNS]
            yield "| " + " | ".join([_title(row), *cells]) + " |"


def _title(row: Row) -> str:
    return f"{row.name} ({row.note})" if row.note else row.name


def _cell(outcome: Outcome) -> str:
    return f"{'> 0' if outcome.leaks else '0'}: {outcome}"
