"""A JSON body as everybody on the way must read it: no duplicate key, no NaN, UTF-8 and an object at the top."""

import json
from typing import Any, Final, NoReturn

from secure_bedrock.errors import OperationDenied

JSON_TYPES: Final = (
    "application/json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
)
"""What a JSON body may be declared as."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The object that the body holds; OperationDenied (rule body-ambiguous) where it can be read in another way."""
    try:
        document = _decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        refuse_body("the body is not JSON that can be read in one way only")
    if not isinstance(document, dict):
        refuse_body("the body is not a JSON object")
    return document


def refuse_body(reason: str) -> NoReturn:
    """Raise the denial of a body that could be read in two ways."""
    raise OperationDenied(reason, rule="body-ambiguous")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(_: str) -> NoReturn:
    """NaN and the infinities are Python's words, not JSON's."""
    raise ValueError


_decode: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).decode
