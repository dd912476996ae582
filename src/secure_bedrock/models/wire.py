"""Reads members of AWS's answers; what is missing or of the wrong type makes an incomplete answer."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from secure_bedrock.errors import IncompleteResponse, InvalidRequest

_WORD: Final = re.compile(r"[A-Za-z0-9_.+/-]{1,64}", re.ASCII)

# Ours (2026-11-20): no call has so many tokens or milliseconds, and floats and JSON readers keep them exactly.
COUNT_LIMIT: Final = 10**15

UNKNOWN_MEMBER: Final = "SDK_UNKNOWN_MEMBER"
"""botocore's stand-in for a union member that its model does not know: the content is lost (botocore 1.44.5)."""


def malformed(what: str) -> IncompleteResponse:
    """The error for an answer in which `what` (a name from the API's model) is missing or of the wrong type."""
    return IncompleteResponse(
        f"the answer's {what} is missing or not what the API defines", rule="malformed-answer"
    )


def text_of(members: Mapping[str, Any], name: str) -> str:
    """The required text member."""
    value = members.get(name)
    if not isinstance(value, str):
        raise malformed(name)
    return value


def optional_text_of(members: Mapping[str, Any], name: str) -> str | None:
    """The text member, or None where it is not there."""
    return None if members.get(name) is None else text_of(members, name)


def struct_of(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The required structure member."""
    value = members.get(name)
    if not isinstance(value, Mapping):
        raise malformed(name)
    return value


def list_of(members: Mapping[str, Any], name: str) -> list[Any]:
    """The required list member."""
    value = members.get(name)
    if not isinstance(value, list):
        raise malformed(name)
    return value


def rest_of(members: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The members that are not known, to be kept as they came."""
    return {name: value for name, value in members.items() if name not in known}


def is_count(value: object) -> TypeGuard[int]:
    """True for a number of tokens or milliseconds as an answer can mean it; a peer may write any."""
    return type(value) is int and 0 <= value < COUNT_LIMIT  # a bool is an int too


def count_of(members: Mapping[str, Any], name: str) -> int:
    """The required whole number from 0 up, below `COUNT_LIMIT`."""
    value = members.get(name)
    if not is_count(value):
        raise malformed(name)
    return value


def bytes_of(value: object, name: str) -> bytes:
    """A blob: bytes as botocore gives them, or base64 text as it stands in JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:  # not base64, or not even ASCII
            pass
    raise malformed(name)


def shown(word: str | None) -> str | None:
    """A word of the API's as a repr may show it; "?" for what could be anything else that was said."""
    return word if word is None or _WORD.fullmatch(word) else "?"


def refuse_lost_members(value: object) -> None:
    """Raise InvalidRequest where botocore's stand-in for a lost union member is anywhere inside `value`."""
    pending = [value]
    # A value that holds itself is refused by the encoder; here it must come to an end. Items are kept so that
    # their ids stay theirs.
    seen: dict[int, object] = {}
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen[id(item)] = item
        if isinstance(item, Mapping):
            if UNKNOWN_MEMBER in item:
                raise InvalidRequest(
                    "a content block whose content was lost when it was received can't be sent",
                    rule="lost-block",
                    next_step="leave the block out, or use a botocore that knows it",
                )
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)
