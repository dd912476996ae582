"""Which operations AWS's services have, and how each is told apart on the wire.

The tables are generated from botocore's packaged models by `tools/generate_operations.py`; models found at run
time are never read, because a file in `~/.aws/models` could rename an operation.
"""

import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from secure_bedrock.policy.operation.members import Operation, ShapeGraph, operation_of

# What botocore leaves bare in a path label (`botocore.utils.SAFE_CHARS`, botocore 1.44.5, read 2026-11-20).
LABEL_SAFE: Final = "-._~"

BEDROCK_SERVICES: Final = frozenset(
    {
        "bedrock",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "bedrock-agentcore",
        "bedrock-agentcore-control",
        "bedrock-data-automation",
        "bedrock-data-automation-runtime",
        "bedrock-runtime",
        "sagemaker-runtime",
    }
)
"""Amazon Bedrock's services, and the one that runs its marketplace models."""
FACT_SERVICES: Final = frozenset(
    {"cloudtrail", "ec2", "logs", "signin", "ssm", "sso", "sso-oidc", "sts"}
)
"""Services that this library asks for facts, records and credentials: no request to them names a model."""
SERVICES: Final = BEDROCK_SERVICES | FACT_SERVICES
"""Every service that has a table."""


@dataclass(frozen=True, slots=True)
class OperationMatch:
    """The operation that a request line names, with its labels decoded."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOperation:
    """How a rest-json operation is written in a request line, and the query parameters that it knows.

    `segments` are the template's, split at `/`: a literal, or None where a label stands; `labels` names those.
    """

    name: str
    method: str
    template: str
    segments: tuple[str | None, ...]
    labels: tuple[str, ...]
    query: frozenset[str]


_Index = Mapping[tuple[str, int], tuple[RestOperation, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTable:
    """One service's operations as botocore `botocore_version` packages them.

    `protocol` is botocore's name (`rest-json`, `json`, `query`, `ec2`); `rest` is empty unless it is rest-json,
    `target_prefix` None unless it is json. Operations in `unsigned` carry no Authorization header.
    """

    service: str
    botocore_version: str
    api_version: str
    protocol: str
    signing_name: str
    target_prefix: str | None
    operations: frozenset[str]
    unsigned: frozenset[str]
    rest: Mapping[str, RestOperation]
    _index: _Index = field(repr=False, compare=False)
    _rows: Mapping[str, Mapping[str, Any]] = field(repr=False, compare=False)
    _shapes: ShapeGraph = field(repr=False, compare=False)
    _built: dict[str, Operation] = field(default_factory=dict, repr=False, compare=False)

    @property
    def described(self) -> bool:
        """False where the table has names and request lines only: no model is named to ec2, sso, sts …."""
        return bool(self._rows)

    def operation(self, name: str) -> Operation:
        """What an operation is for and which of its members name something; thread-safe.

        KeyError where the table does not know the operation, or not what it is for (ec2, sso, sts …): deny it.
        """
        operation = self._built.get(name)
        if operation is None:
            # Two threads may both make it: the values are equal, the first is kept.
            made = operation_of(self.service, name, self._rows[name], self._shapes)
            operation = self._built.setdefault(name, made)
        return operation

    def match_rest(self, method: str, path: str) -> OperationMatch | None:
        """The operation of an encoded path without query, or None where the table knows none.

        None as well where a label could be read two ways: empty, a dot segment, another encoding than the one
        that botocore writes, a `%` that is left after decoding, a control character.
        """
        segments = path.split("/")
        for operation in self._index.get((method, len(segments)), ()):
            if all(
                own is None or own == theirs
                for own, theirs in zip(operation.segments, segments, strict=True)
            ):
                return _match(operation, segments)
        return None


@cache
def operation_table(service: str) -> OperationTable:
    """The table of one of SERVICES, read on first use and kept; KeyError for any other service."""
    if service not in SERVICES:
        raise KeyError(service)
    raw = pkgutil.get_data("secure_bedrock.policy.operation", f"tables/{service}.json")
    assert raw is not None, "the package's loader gives its data files"
    table: dict[str, Any] = json.loads(raw)
    rows = table["operations"]
    by_name: dict[str, Any] = {} if isinstance(rows, list) else rows
    rest = {name: _rest(name, row) for name, row in by_name.items() if "http" in row}
    return OperationTable(
        service=service,
        botocore_version=table["botocore"],
        api_version=table["api_version"],
        protocol=table["protocol"],
        signing_name=table["signing_name"],
        target_prefix=table["target_prefix"],
        operations=frozenset(rows),
        unsigned=frozenset(table["unsigned"]),
        rest=rest,
        _index=_index(rest),
        _rows={name: row for name, row in by_name.items() if "class" in row},
        _shapes=ShapeGraph(table.get("shapes", {}), table.get("needed", {})),
    )


def encode_label(text: str) -> str:
    """A label's value as botocore writes it in a path: every `/` and `:` encoded, once."""
    return quote(text, safe=LABEL_SAFE)


def _rest(name: str, row: Mapping[str, Any]) -> RestOperation:
    method, _, template = row["http"].partition(" ")
    parts = template.split("/")
    return RestOperation(
        name=name,
        method=method,
        template=template,
        segments=tuple(None if part.startswith("{") else part for part in parts),
        labels=tuple(part[1:-1] for part in parts if part.startswith("{")),
        query=frozenset(row.get("params", ())),
    )


def _index(rest: Mapping[str, RestOperation]) -> _Index:
    """Operations by method and number of segments, the more specific template first.

    A literal wins over a label, from left to right. Source: Smithy specification, "HTTP URI conflicts and
    precedence" (read 2026-11-20).
    """
    index: dict[tuple[str, int], tuple[RestOperation, ...]] = {}
    for operation in sorted(rest.values(), key=lambda o: [part is None for part in o.segments]):
        key = (operation.method, len(operation.segments))
        index[key] = (*index.get(key, ()), operation)
    return index


def _match(operation: RestOperation, segments: list[str]) -> OperationMatch | None:
    labels: dict[str, str] = {}
    names = iter(operation.labels)
    for own, theirs in zip(operation.segments, segments, strict=True):
        if own is None:
            value = decode_label(theirs)
            if value is None:
                return None
            labels[next(names)] = value
    return OperationMatch(operation.name, labels)


def decode_label(segment: str) -> str | None:
    """A label's value, or None where it could be read two ways: see `match_rest`."""
    try:
        value = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeError:  # bytes that are not UTF-8, or a lone surrogate in the segment itself
        return None
    if value in ("", ".", "..") or "%" in value or not value.isprintable():
        return None
    return value if encode_label(value) == segment else None
