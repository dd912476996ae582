"""Which operations exist and how their requests look: botocore's packaged service model, read as data."""

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
    """One rest-json operation of the model."""

    name: str
    method: str
    template: str
    input_shape: str
    path: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and the percent-decoded labels that its path carried."""

    operation: Operation
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """The operations and shapes of one service."""

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

    def input_of(self, operation: Operation) -> Shape:
        """The shape of the operation's request."""
        return self.shapes[operation.input_shape]


@lru_cache(maxsize=4)
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
    operations = tuple(_operation(name, entry) for name, entry in model["operations"].items())
    return ServiceModel(operations, model["shapes"])


def _operation(name: str, entry: Mapping[str, Any]) -> Operation:
    http = entry["http"]
    shape = entry.get("input", {}).get("shape", "")
    return Operation(name, http["method"], http["requestUri"], shape, _pattern(http["requestUri"]))


def _pattern(template: str) -> re.Pattern[str]:
    """A pattern of the path: `{label}` is one segment, everything else stands for itself."""
    parts = re.split(r"\{(\w+)\}", template)
    pieces = [
        f"(?P<{part}>[^/]+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))
