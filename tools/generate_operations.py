#!/usr/bin/env python3
"""Write policy/operation_tables/*.json from the installed botocore's packaged service models.

`--check` writes nothing and exits 1 when a file differs from what would be written. Models in `~/.aws/models`
and `AWS_DATA_PATH` are not read: they could rename an operation.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

TABLES = Path(__file__).parents[1] / "src" / "secure_bedrock" / "policy" / "operation_tables"

SERVICES = (
    "bedrock",
    "bedrock-agent",
    "bedrock-agent-runtime",
    "bedrock-agentcore",
    "bedrock-agentcore-control",
    "bedrock-data-automation",
    "bedrock-data-automation-runtime",
    "bedrock-runtime",
    "ec2",
    "sagemaker-runtime",
    "ssm",
    "sts",
)


def packaged_loader() -> Loader:
    """A loader that sees botocore's own data directory only."""
    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def table_of(service: str, loader: Loader) -> dict[str, Any]:
    """What the wire gate has to know of a service, as plain JSON values."""
    model = loader.load_service_model(service, "service-2")
    metadata = model["metadata"]
    return {
        "service": service,
        "botocore": botocore.__version__,
        "api_version": metadata["apiVersion"],
        "protocol": metadata["protocol"],
        "signing_name": metadata.get("signingName", metadata["endpointPrefix"]),
        "target_prefix": metadata.get("targetPrefix"),
        "operations": _operations(model),
        "unsigned": sorted(
            name for name, shape in model["operations"].items() if shape.get("authtype") == "none"
        ),
    }


def _operations(model: dict[str, Any]) -> dict[str, list[Any]] | list[str]:
    """REST: name → [method, URI template, query names]; elsewhere the names are all there is."""
    operations = model["operations"]
    if model["metadata"]["protocol"] != "rest-json":
        return sorted(operations)
    return {
        name: [shape["http"]["method"], shape["http"]["requestUri"], _query_names(model, shape)]
        for name, shape in sorted(operations.items())
    }


def _query_names(model: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    if "input" not in operation:
        return []
    members = model["shapes"][operation["input"]["shape"]]["members"]
    return sorted(
        member.get("locationName", name)
        for name, member in members.items()
        if member.get("location") == "querystring"
    )


def rendered(table: dict[str, Any]) -> str:
    """One operation a line, so that a review of a new botocore reads as a list of changes."""
    lines = []
    for key, value in table.items():
        if key == "operations" and isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(row)}" for n, row in value.items())
            lines.append(f'"operations": {{\n{rows}\n}}')
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the tables, or compare them; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    check = parser.parse_args(arguments).check
    loader = packaged_loader()
    stale = []
    for service in SERVICES:
        path = TABLES / f"{service}.json"
        text = rendered(table_of(service, loader))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(service)
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {', '.join(stale) or 'none'}")  # noqa: T201 - its output
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
