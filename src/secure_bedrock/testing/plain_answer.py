"""An answer that fits an operation's output and holds no more than that asks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from secure_bedrock.testing import frames
from secure_bedrock.testing.reply import Headers, Reply, json_reply, standard_headers
from secure_bedrock.testing.service_model import Operation, ServiceModel, Shape

# A structure may refer to itself; no service requires one inside itself deeper than this.
_MAX_DEPTH = 16
_SCALARS: Mapping[str, Any] = {"boolean": True, "timestamp": 1_795_000_000}

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<{0}Response><{0}Result/></{0}Response>'


def plain_reply(model: ServiceModel, operation: Operation, request_id: str) -> Reply:
    """The reply in the service's protocol: required members only, of a stream one event of each kind."""
    if model.protocol in ("query", "ec2"):
        body = _XML.format(operation.name).encode()
        return Reply(headers=standard_headers(request_id, "text/xml;charset=UTF-8"), body=body)
    if not operation.output_shape:
        return json_reply({}, request_id)
    shapes, output = model.shapes, model.shapes[operation.output_shape]
    headers = _headers(shapes, output)
    payload = output.get("payload")
    inner = output if payload is None else shapes[output["members"][payload]["shape"]]
    stream = _stream_of(shapes, inner)
    if stream is not None:
        framing = standard_headers(request_id, frames.CONTENT_TYPE)
        return Reply(headers=(*framing, *headers), events=_events(shapes, stream))
    if inner["type"] == "blob":
        return Reply(headers=(*standard_headers(request_id), *headers), body=b"{}")
    return json_reply(_body(shapes, inner), request_id, extra=headers)


def plain_value(shapes: Mapping[str, Shape], name: str, depth: int = _MAX_DEPTH) -> Any:
    """The JSON value of a shape that has the least in it."""
    shape = shapes[name]
    kind = shape["type"]
    if shape.get("document"):
        return {}
    if kind == "structure":
        return _structure(shapes, shape, depth)
    if kind == "list":
        return [plain_value(shapes, shape["member"]["shape"], depth - 1)] * shape.get("min", 0)
    if kind == "map":
        key = plain_value(shapes, shape["key"]["shape"], depth - 1)
        least = shape.get("min", 0)
        return {key: plain_value(shapes, shape["value"]["shape"], depth - 1)} if least else {}
    if kind == "string":
        return shape["enum"][0] if "enum" in shape else "x" * max(shape.get("min", 1), 1)
    if kind == "blob":
        return base64.b64encode(b"x" * max(shape.get("min", 1), 1)).decode()
    return _SCALARS.get(kind, shape.get("min", 1))


def _structure(shapes: Mapping[str, Shape], shape: Shape, depth: int) -> dict[str, Any]:
    members = shape["members"]
    wanted = shape.get("required", ()) or (list(members)[:1] if shape.get("union") else ())
    return {
        members[name].get("locationName", name): plain_value(
            shapes, members[name]["shape"], depth - 1
        )
        for name in wanted
        if depth and "location" not in members[name]
    }


def _body(shapes: Mapping[str, Shape], shape: Shape) -> dict[str, Any]:
    return _structure(shapes, shape, _MAX_DEPTH)


def _headers(shapes: Mapping[str, Shape], output: Shape) -> Headers:
    required = output.get("required", ())
    return tuple(
        (member["locationName"], str(plain_value(shapes, member["shape"])))
        for name, member in output["members"].items()
        if member.get("location") == "header"
        and name in required
        and member["locationName"].lower() != "content-type"
    )


def _stream_of(shapes: Mapping[str, Shape], shape: Shape) -> Shape | None:
    """The event stream that a structure is or holds."""
    if shape.get("eventstream"):
        return shape
    held = (shapes[member["shape"]] for member in shape.get("members", {}).values())
    return next((inner for inner in held if inner.get("eventstream")), None)


def _events(shapes: Mapping[str, Shape], stream: Shape) -> tuple[bytes, ...]:
    return tuple(
        _event(shapes, name, shapes[member["shape"]])
        for name, member in stream["members"].items()
        if not shapes[member["shape"]].get("exception")
    )


def _event(shapes: Mapping[str, Shape], name: str, event: Shape) -> bytes:
    """A payload of its own stands for the whole event, a blob as bytes."""
    held = [m["shape"] for m in event["members"].values() if m.get("eventpayload")]
    if held and shapes[held[0]]["type"] == "blob":
        headers = {":event-type": name, ":message-type": "event"}
        return frames.frame({**headers, ":content-type": "application/octet-stream"}, b"{}")
    value = plain_value(shapes, held[0]) if held else _body(shapes, event)
    return frames.event(name, json.loads(json.dumps(value)))
