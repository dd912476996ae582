#!/usr/bin/env python3
"""Write policy/operation/{tables,member_tables}/*.json and docs/reference/operations.md from botocore's service models.

`--check` writes nothing and exits 1 when a file differs from what would be written. A member that may name a model
and that no rule in operation_model/ explains is an error in both cases, as is an operation without a class. Models in
`~/.aws/models` and `AWS_DATA_PATH` are not read: they could rename an operation.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

from operation_model.graph import ServiceGraph, request_lines
from operation_model.page import page

if __name__ == "__main__":  # the checkout's own services, whatever is installed
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from secure_bedrock.policy.operation.table import BEDROCK_SERVICES, FACT_SERVICES, SERVICES

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "secure_bedrock" / "policy" / "operation" / "tables"
MEMBERS = TABLES.with_name("member_tables")
PAGE = ROOT / "docs" / "reference" / "operations.md"


def packaged_loader() -> Loader:
    """A loader that sees botocore's own data directory only."""
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def table_of(service: str, loader: Loader) -> dict[str, Any]:
    """What the wire gate has to know of a service, as plain JSON values."""
    model = loader.load_service_model(service, "service-2")
    metadata = model["metadata"]
    rows, shapes, needed = _rows(service, model)
    table = {
        "service": service,
        "botocore": botocore.__version__,
        "api_version": metadata["apiVersion"],
        "protocol": metadata["protocol"],
        "signing_name": metadata.get("signingName", metadata["endpointPrefix"]),
        "target_prefix": metadata.get("targetPrefix"),
        "operations": rows,
        "unsigned": sorted(
            name for name, shape in model["operations"].items() if shape.get("authtype") == "none"
        ),
    }
    table |= {"needed": needed} if needed else {}
    return table | ({"shapes": shapes} if shapes else {})


def _rows(service: str, model: dict[str, Any]) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Rows, structures and what these need; of services that are only asked for facts names and request lines alone."""
    names = sorted(model["operations"])
    if service in FACT_SERVICES:
        rest = model["metadata"]["protocol"] == "rest-json"
        return request_lines(model) if rest else names, {}, {}
    graph = ServiceGraph(service, model)
    rows = {name: graph.row(name) for name in names}
    shapes = graph.shapes(rows)
    return rows, shapes, graph.needed(shapes)


def members_of(service: str, loader: Loader) -> dict[str, Any]:
    """Every member that a request of the service can hold: what a newer botocore has more of is told by it."""
    model = loader.load_service_model(service, "service-2")
    roots = {
        name: operation["input"]["shape"]
        for name, operation in sorted(model["operations"].items())
        if "input" in operation
    }
    shapes = ServiceGraph(service, model).members()
    return {"service": service, "operations": roots, "shapes": shapes}


def rendered(table: dict[str, Any]) -> str:
    """One operation or structure a line, so that a review of a new botocore reads as a list of changes."""
    lines = []
    for key, value in table.items():
        if key in ("operations", "shapes") and isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(row)}" for n, row in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{rows}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def files() -> dict[Path, str]:
    """Every file that is written, with its text."""
    loader = packaged_loader()
    tables = {service: table_of(service, loader) for service in sorted(SERVICES)}
    texts = {TABLES / f"{service}.json": rendered(table) for service, table in tables.items()}
    described = sorted(BEDROCK_SERVICES)
    for service in described:
        texts[MEMBERS / f"{service}.json"] = rendered(members_of(service, loader))
    return texts | {PAGE: page([tables[service] for service in described], FACT_SERVICES)}


def main(arguments: list[str] | None = None) -> int:
    """Write the tables, or compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    check = parser.parse_args(arguments).check
    stale = []
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {', '.join(stale) or 'none'}")  # noqa: T201 - its output
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
