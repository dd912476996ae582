"""Does a request's JSON fit the service model? Required and unknown members, types, unions, enums, lengths."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from secure_bedrock.testing.service_model import Shape

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def problems_of(shapes: Mapping[str, Shape], name: str, value: object, path: str) -> Iterator[str]:
    """What is wrong with the value, one sentence each; paths are named, values never.

    `pattern` isn't checked: the model's patterns are alternations for another regular expression dialect, and the
    service is known to answer differently from them (an ARN of any kind passes some).
    """
    shape = shapes[name]
    kind = shape["type"]
    if shape.get("document"):
        return
    if not isinstance(value, _JSON_TYPES[kind]) or (isinstance(value, bool) != (kind == "boolean")):
        yield _failed(path, f"Member must be of type {kind}")
        return
    yield from _bounds(shape, value, path)
    if isinstance(value, dict):
        members = _map_problems if kind == "map" else _structure_problems
        yield from members(shapes, shape, value, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems_of(
                shapes, shape["member"]["shape"], item, f"{path}.{index + 1}.member"
            )
    elif "enum" in shape and value not in shape["enum"]:
        yield _failed(path, f"Member must satisfy enum value set: {shape['enum']}")


def body_problems(shapes: Mapping[str, Shape], shape: Shape, body: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a request's body, less the members that travel in path and headers."""
    located = {name for name, ref in shape["members"].items() if "location" in ref}
    members = {name: ref for name, ref in shape["members"].items() if name not in located}
    required = [name for name in shape.get("required", ()) if name not in located]
    yield from _structure_problems(shapes, {"members": members, "required": required}, body, "")


def _structure_problems(
    shapes: Mapping[str, Shape], shape: Shape, value: dict[str, Any], path: str
) -> Iterator[str]:
    names = {ref.get("locationName", name): ref for name, ref in shape["members"].items()}
    present = {name: item for name, item in value.items() if item is not None}
    if shape.get("union") and len(present) != 1:
        yield _failed(path, "Union must have exactly one member set")
    for name in shape.get("required", ()):
        if name not in present:
            yield _failed(_join(path, name), "Member must not be null")
    for name, item in present.items():
        if name not in names:
            yield _failed(_join(path, name), "Member is not known")
        else:
            yield from problems_of(shapes, names[name]["shape"], item, _join(path, name))


def _map_problems(
    shapes: Mapping[str, Shape], shape: Shape, value: dict[str, Any], path: str
) -> Iterator[str]:
    for key, item in value.items():
        yield from problems_of(shapes, shape["key"]["shape"], key, f"{path}.key")
        yield from problems_of(shapes, shape["value"]["shape"], item, f"{path}.value")


def _bounds(shape: Shape, value: object, path: str) -> Iterator[str]:
    size = _size(shape["type"], value)
    if size is None:
        yield _failed(path, "Member must be valid base64")
        return
    if "min" in shape and size < shape["min"]:
        yield _failed(path, f"Member must have size or value at least {shape['min']}")
    if "max" in shape and size > shape["max"]:
        yield _failed(path, f"Member must have size or value at most {shape['max']}")


def _size(kind: str, value: object) -> float | None:
    """What min and max bound: a number's value, anything else's length; None where base64 is broken."""
    if isinstance(value, int | float):
        return value
    if kind == "blob" and isinstance(value, str):
        try:
            return len(base64.b64decode(value, validate=True))
        except (binascii.Error, ValueError):
            return None
    return len(value) if isinstance(value, str | list | dict) else 0


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _failed(path: str, constraint: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: {constraint}"


def header_problems(
    shapes: Mapping[str, Shape], shape: Shape, headers: Mapping[str, str]
) -> Iterator[str]:
    """What is wrong with the members that travel in headers; names in `headers` are lower-case."""
    for name, ref in shape["members"].items():
        if ref.get("location") == "header":
            value = headers.get(ref["locationName"].lower())
            if value is not None:
                yield from problems_of(shapes, ref["shape"], value, name)
            elif name in shape.get("required", ()):
                yield _failed(name, "Member must not be null")
