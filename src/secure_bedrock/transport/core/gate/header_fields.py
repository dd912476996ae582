"""Header fields of a request that can be read in one way only."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from secure_bedrock.errors import OperationDenied

# RFC 9110 §5.6.2: what a field name is made of.
_NAME: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_PRINTABLE: Final = bytes(range(0x20, 0x7F))

# Ours (2026-11-20): botocore's requests have some 20 names of 300 characters together, and the names are cached.
MAX_NAMES: Final = 8_192

# Fields that change where the body ends, what it means, which operation or host is meant, who asks or who reads it.
_REFUSED: Final = frozenset(
    {
        # A second caller, whom no [identity] rule sees: keys, organisations and projects of OpenAI's and Anthropic's
        # SDKs and of gateways. No member of the nine services' shapes in botocore 1.44.5 is sent under them.
        "anthropic-organization-id",
        "anthropic-workspace-id",
        "api-key",
        "connection",
        "content-encoding",
        "cookie",
        "date",  # beside X-Amz-Date there would be two dates
        "expect",
        "forwarded",
        "http2-settings",
        "keep-alive",
        "openai-organization",
        "openai-project",
        "proxy-authorization",
        "proxy-connection",
        "smithy-protocol",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-amz-bedrock-api-key",
        "x-api-key",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-goog-api-key",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
    }
)


def parse_fields(names: tuple[str, ...], values: tuple[str, ...]) -> Mapping[str, str]:
    """The fields by lower-case name; OperationDenied where names or values have more than one reading.

    Values are printable ASCII without space at either end: Latin-1 and UTF-8 read other bytes differently, and
    SigV4 and HTTP trim differently. No line end and no colon of a name survives, so fields can't be smuggled in.
    """
    lowered = _lowered(names)
    text = "".join(values)
    if (
        not text.isascii()
        or text.encode().translate(None, _PRINTABLE)
        or (*map(str.strip, values),) != values
    ):
        raise OperationDenied("a header's value could be read in two ways", rule="header-form")
    fields = dict(zip(lowered, values, strict=True))
    if fields.get("accept-encoding", "identity") != "identity":
        raise OperationDenied("the request asks for an encoded answer", rule="header-refused")
    return fields


@lru_cache(maxsize=64)
def _lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names in lower case, checked; requests of one kind carry the same ones, so this is seldom computed."""
    if sum(map(len, names)) > MAX_NAMES:
        raise OperationDenied(
            f"the headers' names are longer than {MAX_NAMES} characters", rule="header-form"
        )
    lowered = tuple(name.lower() for name in names)
    if not all(_NAME.fullmatch(name) for name in names):
        raise OperationDenied("a header's name could be read in two ways", rule="header-form")
    if len(set(lowered)) != len(lowered):
        raise OperationDenied("a header stands twice in the request", rule="header-repeated")
    refused = ", ".join(sorted(_REFUSED.intersection(map(_dashed, lowered))))
    if refused:
        raise OperationDenied(f"the request carries {refused}", rule="header-refused")
    if any("_" in name and _dashed(name).startswith("x-amz") for name in lowered):
        raise OperationDenied(
            "a header of AWS's is written with an underscore", rule="header-refused"
        )
    return lowered


def _dashed(name: str) -> str:
    """The name as servers read it that hand fields on as variables (RFC 3875 §4.1.18): there `_` and `-` are one."""
    return name.replace("_", "-")


def check_length(fields: Mapping[str, str], body: bytes) -> None:
    """A Content-Length that was given has to be the body's."""
    given = fields.get("content-length")
    if given is not None and given != str(len(body)):
        raise OperationDenied("Content-Length is not the body's length", rule="framing")
