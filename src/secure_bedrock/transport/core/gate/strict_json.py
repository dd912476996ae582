"""A JSON body as everybody on the way must read it: no duplicate key, no NaN, UTF-8 and an object at the top."""

from typing import Any, Final, NoReturn

from secure_bedrock.errors import OperationDenied
from secure_bedrock.values.strict_json import strictly_read

JSON_TYPES: Final = (
    "application/json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
)
"""What a JSON body may be declared as."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The object that the body holds; OperationDenied (rule body-ambiguous) where it can be read in another way."""
    try:
        document = strictly_read(body.decode("utf-8"))
    except (ValueError, RecursionError):
        refuse_body("the body is not JSON that can be read in one way only")
    if not isinstance(document, dict):
        refuse_body("the body is not a JSON object")
    return document


def refuse_body(reason: str) -> NoReturn:
    """Raise the denial of a body that could be read in two ways."""
    raise OperationDenied(reason, rule="body-ambiguous")
