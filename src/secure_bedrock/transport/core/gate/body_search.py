"""May these bytes of JSON hold one of some names? Answered without reading them; escapes count as any name."""

import re
from typing import Final

from secure_bedrock.transport.core.gate.strict_json import refuse_body

READ_WHOLE: Final = 256 * 1024
"""A body that others made is read whole up to this size: about 2 ms of reading at most, beside the second that a model
takes. Longer ones hold images or documents, and are searched for the names that tell (measured 2026-11-20)."""

# A member's name could hide behind an escape of its own letters (`\\u0075ri`); no serialiser of JSON writes that.
_ESCAPED: Final = re.compile(rb"\\u00[2-7]")

# From here on bodies are mostly long texts and images, without a quote for thousands of bytes.
_LONG: Final = 16 * 1024


def may_name(names: re.Pattern[bytes], body: bytes) -> bool:
    """Whether one of the names stands in the body, or could behind an escape; the pattern begins with a quote."""
    found = _far_apart(names, body) if len(body) > _LONG else names.search(body) is not None
    # One byte is looked for by the processor's own instructions, a pattern is not: where there is none, that is it.
    return found or (b"\\" in body and _ESCAPED.search(body) is not None)


def check_utf8(body: bytes) -> None:
    """OperationDenied for what another parser could decode leniently."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        refuse_body("the body is not UTF-8")


def _far_apart(names: re.Pattern[bytes], body: bytes) -> bool:
    """The same for long bodies: from quote to quote, while these are far apart."""
    at = 0
    for _ in range(len(body) >> 12):
        at = body.find(b'"', at)
        if at < 0:
            return False
        if names.match(body, at):
            return True
        at += 1
    return names.search(body, at) is not None
