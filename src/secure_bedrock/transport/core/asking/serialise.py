"""Parameters of a typed call become the request that botocore would have written, byte for byte."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from secure_bedrock.errors import InvalidRequest, OperationDenied
from secure_bedrock.policy.operation.known_members import UPGRADE, stranger_in
from secure_bedrock.policy.operation.table import encode_label, operation_table
from secure_bedrock.transport.core.asking.input_shapes import INPUT_SHAPES, InputShape
from secure_bedrock.transport.core.blobs import INPUT_BLOBS, Holder, find_blobs
from secure_bedrock.transport.core.gate.named_operation import MAX_TARGET
from secure_bedrock.transport.core.wire import Route, WireRequest

_MEMBER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# Printable ASCII without space at either end: SigV4 trims values, so anything else has two readings.
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


def serialise(operation: str, params: Mapping[str, Any], *, route: Route) -> WireRequest:
    """The unsigned request for botocore's member names; Host stands first, Content-Length is the gate's.

    Raises InvalidRequest, which may name a member and never a value: a member missing, unknown or of the wrong
    type, a number that JSON has not (NaN), a blob that is not bytes. Values further down are judged by Bedrock, except
    that a member which no table knows is OperationDenied.
    """
    shape = INPUT_SHAPES.get(operation)
    if shape is None:
        raise OperationDenied("the operation is not one of the typed ones", rule="not-typed")
    _check_members(params, shape)
    headers = [("Host", route.authority)]
    headers += [
        (shape.headers[member], _header(member, value))
        for member, value in params.items()
        if member in shape.headers
    ]
    if shape.payload is not None:
        body = _payload(params.get(shape.payload, b""))
    else:
        headers.append(("Content-Type", "application/json"))
        # A document may be null; botocore leaves a null member of the first level out.
        members = {k: v for k, v in params.items() if k not in shape.labels and v is not None}
        body = _json_body(operation, members)
    # Once it is known to be JSON, which has an end.
    place = stranger_in("bedrock-runtime", operation, params)
    if place is not None:
        reason = (
            f"{place} holds a member that this version does not know, so it could name anything"
        )
        raise OperationDenied(reason, rule="member-unknown", next_step=UPGRADE)
    # Plain copies: the path is kept under them, and a subclass that lies about equality would poison it for others.
    labels = sorted((label, str.__str__(params[label])) for label in shape.labels)
    target = _path(operation, tuple(labels))
    return WireRequest("POST", target, tuple(headers), body, ours=True)


def _check_members(params: Mapping[str, Any], shape: InputShape) -> None:
    types = shape.types
    for member, value in params.items():
        expected = types.get(member)
        if expected is None:
            raise _invalid(f"{_shown(member)} is not a member of this operation", "unknown-member")
        if not isinstance(value, expected):
            raise _invalid(f"{member} is of the wrong type", "wrong-type")
    if not shape.required <= params.keys():
        missing = ", ".join(sorted(shape.required - params.keys()))
        raise _invalid(f"{missing} has to be given", "missing-member")


def _shown(member: object) -> str:
    """A name may be shown; a misplaced prompt in a name's place may not."""
    if isinstance(member, str) and _MEMBER_NAME.fullmatch(member):
        return member
    return "what was passed as a name"


def _header(member: str, value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise _invalid(f"{member} has to be printable ASCII for its header", "header-value")
    return str.__str__(value)


@lru_cache(maxsize=256)
def _path(operation: str, labels: tuple[tuple[str, str], ...]) -> str:
    values = dict(labels)
    rest = operation_table("bedrock-runtime").rest[operation]
    names = iter(rest.labels)
    parts = [
        _label(name := next(names), values[name]) if part is None else part
        for part in rest.segments
    ]
    return "/".join(parts)


def _label(name: str, value: str) -> str:
    """A label that names nothing, or climbs, would change which operation the path names."""
    if value in ("", ".", "..") or len(value) > MAX_TARGET:
        raise _invalid(f"{name} can't stand in a path", "label")
    try:
        return encode_label(value)
    except UnicodeEncodeError:
        pass  # it holds the whole text, and would hang on an error raised in here
    raise _invalid(f"{name} is not text that UTF-8 can carry", "label")


def _payload(body: bytes | bytearray | str) -> bytes:
    try:
        return body.encode() if isinstance(body, str) else bytes(body)
    except UnicodeEncodeError:
        pass  # as above
    raise _invalid("body is not text that UTF-8 can carry", "wrong-type")


def _json_body(operation: str, members: dict[str, Any]) -> bytes:
    blobs: list[Holder] = []
    find_blobs(members, INPUT_BLOBS[operation], blobs)
    for holder, key in blobs:
        if not isinstance(holder[key], bytes | bytearray):
            raise _invalid(f"a blob has to be bytes, at a member {key}", "blob-not-bytes")
    written = 0

    def default(value: object) -> str:
        nonlocal written
        if not isinstance(value, bytes | bytearray):
            raise TypeError
        written += 1
        return b64encode(value).decode("ascii")

    text = None
    # These errors hold the value, and may not hang on ours.
    with suppress(TypeError, ValueError, RecursionError):
        text = json.JSONEncoder(allow_nan=False, default=default).encode(members)
    if text is None:
        raise _invalid("a value stands in the request that JSON can't carry", "not-json")
    if written != len(blobs):
        raise _invalid("bytes stand where Bedrock takes no blob", "not-json")
    return text.encode("ascii")


def _invalid(reason: str, rule: str) -> InvalidRequest:
    return InvalidRequest(reason, rule=rule)
