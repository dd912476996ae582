"""Which operations exist, how their requests and answers look: botocore's packaged service model, read as data."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Shape = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the model; shapes are "" where it has none. `unsigned`: it carries no signature."""

    name: str
    method: str
    template: str
    input_shape: str
    output_shape: str
    unsigned: bool
    path: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and the percent-decoded labels that its path carried."""

    operation: Operation
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """The operations and shapes of one service, and how its protocol names an operation."""

    protocol: str
    signing_name: str
    target_prefix: str
    operations: tuple[Operation, ...]
    shapes: Mapping[str, Shape] = field(repr=False)

    def match(self, method: str, path: str) -> Match | None:
        """The operation that the method and the encoded path name, None where there is none."""
        for operation in self.operations:
            found = operation.path.fullmatch(path)
            if found and operation.method == method:
                labels = {name: unquote(value) for name, value in found.groupdict().items()}
                return Match(operation, labels)
        return None

    def named(self, name: str) -> Match | None:
        """The operation of that name, None where there is none."""
        found = (operation for operation in self.operations if operation.name == name)
        return next((Match(operation, {}) for operation in found), None)

    def input_of(self, operation: Operation) -> Shape:
        """The shape of the operation's request."""
        return self.shapes[operation.input_shape]


@lru_cache(maxsize=32)
def load_service_model(service: str) -> ServiceModel:
    """The newest model of the service that the installed botocore carries; about 3 ms, once per process.

    botocore's own loader isn't used: it also reads models from places that the environment names.
    """
    import botocore  # noqa: PLC0415 - only for where its data lies

    versions = sorted((Path(botocore.__file__).parent / "data" / service).iterdir())
    packed = versions[-1] / "service-2.json.gz"
    data = (
        gzip.decompress(packed.read_bytes())
        if packed.exists()
        else (versions[-1] / "service-2.json").read_bytes()
    )
    model = json.loads(data)
    made = [_operation(name, entry) for name, entry in model["operations"].items()]
    metadata = model["metadata"]
    return ServiceModel(
        metadata["protocol"],
        metadata.get("signingName", metadata["endpointPrefix"]),
        metadata.get("targetPrefix", ""),
        # Where a literal and a label both fit, the literal is meant.
        tuple(sorted(made, key=lambda one: "{" in one.template)),
        model["shapes"],
    )


def _operation(name: str, entry: Mapping[str, Any]) -> Operation:
    http = entry["http"]
    return Operation(
        name=name,
        method=http["method"],
        template=http["requestUri"],
        input_shape=entry.get("input", {}).get("shape", ""),
        output_shape=entry.get("output", {}).get("shape", ""),
        unsigned=entry.get("authtype") == "none",
        path=_pattern(http["requestUri"]),
    )


def _pattern(template: str) -> re.Pattern[str]:
    """A pattern of the path: `{label}` is one segment, everything else stands for itself."""
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        f"(?P<{part}>[^/]+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))
