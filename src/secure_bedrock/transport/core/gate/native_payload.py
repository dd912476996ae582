"""JSON of a model's own API as bytes: read strictly, or searched for what may name something where it is long."""

import re
from base64 import b64decode
from typing import Any, Final

from secure_bedrock.policy.request.native_words import SPELT_ALIKE, TELLING
from secure_bedrock.transport.core.gate.body_search import READ_WHOLE, check_utf8, may_name
from secure_bedrock.transport.core.gate.strict_json import parse_object, refuse_body

# An object in UTF-8 from its first sign that is no blank on: no byte order mark, no zero of UTF-16 or UTF-32.
_OBJECT: Final = re.compile(rb"[ \t\r\n]*+\{(?!\0)")

# What InvokeModel's contentType may be: "You must specify application/json" (botocore 1.44.5, read 2026-11-20).
_JSON: Final = re.compile(
    r"application/json(?:\s*;\s*charset=(?:utf-8|\"utf-8\"))?", re.ASCII | re.IGNORECASE
)


def native_document(body: bytes) -> dict[str, Any] | None:
    """The object that the body is; None where it is empty, or is long and holds no name that tells.

    OperationDenied where it is not strict JSON, or a name could hide in it.
    """
    if not body:
        return None
    if len(body) <= READ_WHOLE:
        return parse_object(body)
    if _OBJECT.match(body) is None:
        refuse_body("the body does not begin as a JSON object in UTF-8 does")
    if not body.isascii():
        check_utf8(body)
    return parse_object(body) if may_name(TELLING, body) or _spelt_alike(body) else None


def check_declared(content_type: str | None) -> None:
    """OperationDenied where the body is declared as what others would read in another way; undeclared it is JSON."""
    if content_type is not None and _JSON.fullmatch(content_type) is None:
        refuse_body("the body is not declared as JSON in UTF-8")


def unwrapped(blob: str) -> bytes:
    """The bytes of a blob in a JSON body; OperationDenied where somebody could read others."""
    try:
        return b64decode(blob, validate=True)
    except ValueError:
        refuse_body("a blob in the body is not Base64 that can be read in one way only")


def _spelt_alike(body: bytes) -> bool:
    return (b"\\" in body or not body.isascii()) and SPELT_ALIKE.search(body) is not None
