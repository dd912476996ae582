"""docs/reference/http-surfaces.md names every surface as the table has it, and every rule that it refuses by."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.policy.http_surfaces import body_references
from secure_bedrock.policy.http_surfaces.nodes import Fields
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


GRAMMARS: dict[str, Fields] = {
    surface.name: surface.body for surface in SURFACES if isinstance(surface.body, Fields)
}
# What asks for the most that the member can; `ANYTHING` elsewhere.
ANYTHING = {"x": "https://e.com"}
ASKING: dict[str, Any] = {
    "model": "m",
    "audio": {"voice": {"id": "v"}},
    "tools": [{"type": "web_search_20250305"}],
    "tool_choice": {"type": "mcp"},
    "prompt_cache_retention": "24h",
    "previous_response_id": "resp_1",
    "store": True,
    "background": True,
}
DECIDED = {
    "model": {Kind.MODEL},
    "inside": {Kind.UNKNOWN},
    "free": set[Kind](),
    "`system-tool`": {Kind.SYSTEM_TOOL},
    "`url`": {Kind.URL},
    "`kept-content`": {Kind.KEPT},
    "`member-unknown`": {Kind.UNKNOWN},
}


def members(rows: Rows) -> list[tuple[str, str, str]]:
    return [
        (surface.strip("`"), member, row["decided"])
        for row in rows(PAGE, "member")
        for surface in listed(row["of"])
        for member in listed(row["member"])
    ]


def test_every_member_of_every_surface_is_on_the_page_once(rows: Rows) -> None:
    known = [
        (surface, member)
        for surface, member, _ in members(rows)
        if member in GRAMMARS[surface].members
    ]
    assert sorted(known) == sorted(
        (name, member) for name, grammar in GRAMMARS.items() for member in grammar.members
    )


def test_a_member_is_decided_as_the_page_says(rows: Rows) -> None:
    for surface, member, decided in members(rows):
        grammar = GRAMMARS[surface]
        least = {"model": "m", "store": False}
        body = {name: least[name] for name in grammar.required} | {
            member: ASKING.get(member, ANYTHING)
        }
        found = {each.kind for each in body_references(grammar, body)}
        assert found - {Kind.MODEL} == DECIDED[decided] - {Kind.MODEL}, (surface, member)
        assert (member in grammar.members) is (decided != "`member-unknown`")


@pytest.mark.parametrize("surface", GRAMMARS)
def test_what_no_member_names_is_refused(surface: str) -> None:
    found = body_references(GRAMMARS[surface], {"model": "m", "store": False, "of_tomorrow": 1})
    assert Kind.UNKNOWN in {each.kind for each in found}
