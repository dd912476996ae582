"""JSON of a model's own API as bytes: read where it may name something, and left alone where it is anything else."""

from base64 import b64decode
from typing import Any, Final

from secure_bedrock.policy.request.native_words import TELLING
from secure_bedrock.transport.core.gate.body_search import check_utf8, may_name
from secure_bedrock.transport.core.gate.strict_json import parse_object, refuse_body

# Byte order marks of UTF-16 and UTF-32, in which names would not be found.
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


def native_document(body: bytes) -> dict[str, Any] | None:
    """The object that the body is; None where it holds no name that tells. OperationDenied where one could hide."""
    start = body[:64].lstrip(b" \t\r\n\0")[:1]
    if (b"\0" in body[:4] and start in b"{[") or body.startswith(_MARKS):
        refuse_body("the body is JSON in another encoding than UTF-8")
    if start in (b"{", b"[") and not body.isascii():
        check_utf8(body)
    return parse_object(body) if may_name(TELLING, body) else None


def unwrapped(blob: str) -> bytes:
    """The bytes of a blob in a JSON body; OperationDenied where somebody could read others."""
    try:
        return b64decode(blob, validate=True)
    except ValueError:
        refuse_body("a blob in the body is not Base64 that can be read in one way only")
