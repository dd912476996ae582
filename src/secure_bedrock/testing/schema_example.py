"""A value that fits a JSON schema: the same one each time, as plain as the schema allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A schema may refer to itself; below this depth only what is required would follow, so null stands there.
_MAX_DEPTH = 12

_FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example_of(schema: Any) -> Any:
    """An example; an object without a schema is `{}`."""
    return _example(schema, schema, _MAX_DEPTH)


def _example(schema: Any, root: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth == 0:
        return {} if depth else None
    if "$ref" in schema:
        return _example(_resolve(str(schema["$ref"]), root), root, depth - 1)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return _example(schema[name][0], root, depth - 1)
    return _typed(schema, root, depth)


def _typed(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "string":
        return _string(schema)
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    if kind == "array":
        items = max(1, int(schema.get("minItems", 1)))
        return [_example(schema.get("items", {"type": "string"}), root, depth - 1)] * items
    properties = schema.get("properties") or {}
    return {name: _example(part, root, depth - 1) for name, part in properties.items()}


def _string(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), str(schema.get("title") or "example"))
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: int(schema.get("maxLength", len(text)))]


def _number(schema: Mapping[str, Any]) -> Any:
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    for bound in ("minimum", "maximum"):
        if bound in schema:
            return schema[bound]
    return 1


def _resolve(reference: str, root: Any) -> Any:
    """What a local reference (`#/$defs/Line`) names; an empty schema where it names nothing."""
    found: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return found
