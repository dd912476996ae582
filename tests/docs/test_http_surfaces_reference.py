"""docs/reference/http-surfaces.md names every surface as the table has it, and every rule that it refuses by."""

from collections.abc import Callable

from secure_bedrock.policy.http_surfaces.table import SURFACES
from secure_bedrock.policy.model.home import Home
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.request.places import refuse_place
from secure_bedrock.values import parse_region

Rows = Callable[[str, str], list[dict[str, str]]]
PAGE = "docs/reference/http-surfaces.md"


def listed(cell: str) -> list[str]:
    return [] if cell == "—" else [text.strip(" `") for text in cell.split(",")]


def test_a_row_is_a_surface_with_its_services_paths_and_queries(rows: Rows) -> None:
    page = {
        (service, row["operation"].strip("`")): (
            row["method"].strip("`"),
            tuple(listed(row["paths"])),
            listed(row["query"]),
        )
        for row in rows(PAGE, "operation")
        for service in listed(row["services"])
    }
    ours = {
        (surface.service, surface.name): (
            surface.method,
            tuple(f"{path}…" if path.endswith("/") else path for path in surface.paths),
            sorted(surface.queries),
        )
        for surface in SURFACES
    }
    assert page == ours


def test_the_rules_are_those_that_no_policy_lifts(rows: Rows) -> None:
    home = Home(parse_region("eu-west-1"), frozenset())
    refusals = [
        refuse_place(kind, "x", home, ()) for kind in (Kind.URL, Kind.SYSTEM_TOOL, Kind.KEPT)
    ]
    assert [row["rule"].strip("`") for row in rows(PAGE, "rule")] == [
        refusal.rule for refusal in refusals if refusal is not None
    ]
