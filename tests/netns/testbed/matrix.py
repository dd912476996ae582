"""The whole matrix: its sections, in the order of the page."""

from .dns_rows import PRIVATE_ROWS, PUBLIC_ROWS, SPECIAL_ROWS
from .endpoint_rows import FAILING_ROWS, SURROUNDING_ROWS, TIME_ROWS
from .rows import Row

SECTIONS: dict[str, tuple[Row, ...]] = {
    "DNS answers privately": PRIVATE_ROWS,
    "DNS answers publicly, wholly or in part": PUBLIC_ROWS,
    "DNS answers with something else, or not at all": SPECIAL_ROWS,
    "The endpoint fails": FAILING_ROWS,
    "Time passes between two calls": TIME_ROWS,
    "The surroundings point elsewhere": SURROUNDING_ROWS,
}

ROWS: tuple[Row, ...] = tuple(row for rows in SECTIONS.values() for row in rows)
