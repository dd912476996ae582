"""docs/reference/operations.md is the table of operations, as the generator writes it, and its counts are true."""

from collections import Counter
from collections.abc import Callable, Iterator

import botocore
import pytest

import generate_operations as generator
from secure_bedrock.policy.operation.members import Kind, Operation
from secure_bedrock.policy.operation.table import BEDROCK_SERVICES, operation_table

Rows = Callable[[str, str], list[dict[str, str]]]
PAGE = "docs/reference/operations.md"
DESCRIBED = sorted(BEDROCK_SERVICES)


def operations(service: str) -> Iterator[Operation]:
    table = operation_table(service)
    return (table.operation(name) for name in sorted(table.operations))


@pytest.mark.skipif(
    botocore.__version__ != operation_table("bedrock").botocore_version,
    reason="the page is of another botocore",
)
def test_the_page_is_what_the_generator_writes() -> None:
    assert generator.PAGE.read_text(encoding="utf-8") == generator.files()[generator.PAGE]


def test_every_operation_has_a_row_with_its_class(rows: Rows) -> None:
    listed = [(row["operation"].strip("`"), row["class"]) for row in rows(PAGE, "operation")]
    ours = [(made.name, made.op_class.value) for s in DESCRIBED for made in operations(s)]

    assert listed == ours


def test_the_counts_of_classes_are_those_of_the_tables(rows: Rows) -> None:
    counts = Counter(made.op_class.value for service in DESCRIBED for made in operations(service))

    assert {
        row["class"].strip("`"): int(row["operations"]) for row in rows(PAGE, "class")
    } == counts


def test_a_row_shows_every_kind_that_its_operation_can_name(rows: Rows) -> None:
    shown = iter(rows(PAGE, "operation"))
    for service in DESCRIBED:
        for made in operations(service):
            cell = next(shown)["names"]
            kinds = {bound.kind for bound in made.bound} | made.body_kinds

            assert {kind for kind in Kind if f"**{kind}**" in cell} == kinds
