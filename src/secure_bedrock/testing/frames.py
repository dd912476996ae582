"""How Bedrock frames a stream: AWS event stream messages, encoded independently of any parser."""

from __future__ import annotations

import json
import struct
from binascii import crc32
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"

# Header value type of a string, as botocore 1.44.5 reads it (eventstream.py, read 2026-11-20).
_STRING = 7


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message: prelude, its CRC, headers, payload, the message's CRC."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = 16 + len(block) + len(payload)  # 12 bytes of prelude before, 4 of CRC after
    prelude = struct.pack("!II", total, len(block))
    prelude += struct.pack("!I", crc32(prelude))
    message = prelude + block + payload
    return message + struct.pack("!I", crc32(message))


def event(kind: str, payload: object) -> bytes:
    """An event message with a JSON payload."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    body = text.encode(errors="backslashreplace")  # half a character becomes its JSON escape
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, body)


def exception(kind: str, message: str) -> bytes:
    """A modelled exception in the stream, such as `throttlingException`."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, json.dumps({"message": message}).encode())


def error(code: str, message: str) -> bytes:
    """An unmodelled error in the stream: everything is in the headers, the payload is empty."""
    headers = {":error-code": code, ":error-message": message, ":message-type": "error"}
    return frame(headers, b"")


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(f"!B{len(key)}sBH", len(key), key, _STRING, len(text)) + text
