"""Not one packet of ours leaves the VPC, row by row, by the kernel's own count (P01, P03, P04)."""

import pytest

from .testbed.firewall import Count
from .testbed.matrix import ROWS
from .testbed.measure import ORDER, Measured, measure
from .testbed.page import expected
from .testbed.rows import Row
from .testbed.testbed import Testbed

# One limit for two addresses is half of one each; what is left is for a busy machine.
SOONER = 0.8

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("netns")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nothing_of_ours_leaves_and_the_row_comes_out_as_the_page_says(
    row: Row, testbed: Testbed
) -> None:
    measured = {kind: measure(testbed, row, testbed.front_end(kind)) for kind in ORDER}

    for kind, found in measured.items():
        assert (kind, found.outcome) == (kind, expected(row, kind))
        if kind != "raw":
            hold_ours(row, found, raw=measured["raw"])
    assert (measured["raw"].left.packets > 0) == row.raw.leaks


def hold_ours(row: Row, found: Measured, *, raw: Measured) -> None:
    """What must be true of ours in every row, and what the row itself asks for."""
    assert found.left == Count(packets=0, size=0)
    if found.outcome.detail.startswith("AddressDenied"):
        assert found.readers == ()
    if row.lookups is not None:
        assert found.lookups == row.lookups
    if row.sooner:
        assert found.elapsed_s < SOONER * raw.elapsed_s
