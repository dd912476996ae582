"""Does a call use a member that the tables do not know? A newer botocore, or a newer API, has more of them.

The tables of operations hold the structures in which something is named. These hold every structure that a request can
have, because a member of tomorrow can name a model where nothing is named today.
"""

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from secure_bedrock.policy.operation.references import MAX_STEPS

UPGRADE: Final = "check how it is spelt, or use a version of this library that knows it"
"""What to do about a stranger."""

_MAP: Final = "{}"
_LISTS: Final = (list, tuple)
_Shapes = Mapping[str, Mapping[str, str]]
_TOP: Final = "the request"
# How a value was reached, as in `references`.
_Way = tuple["_Way | None", str]

# The one structure of these services whose member has another name in a body (botocore 1.44.5, read 2026-11-20).
_ON_THE_WIRE: Final[Mapping[str, _Shapes]] = {
    "bedrock-agentcore-control": {"DomainOverride": {"alternateDomains": "", "default": ""}}
}


@cache
def _members(service: str) -> tuple[Mapping[str, str], _Shapes]:
    """Each operation's input, and each structure's members with what they lead to."""
    raw = pkgutil.get_data("secure_bedrock.policy.operation", f"member_tables/{service}.json")
    assert raw is not None, "the package's loader gives its data files"
    table: dict[str, Any] = json.loads(raw)
    return table["operations"], table["shapes"]


def stranger_in(service: str, operation: str, parameters: Mapping[str, object]) -> str | None:
    """Where the parameters hold a member that the tables do not know, None where they do not; pure once they are read.

    The place is written in the tables' words only: `messages[].content[]` holds the stranger. `service` is one that
    the tables describe. An operation that they do not know has no members, and what lies beyond MAX_STEPS is not known.
    Values are not judged: where something else than an object stands for a structure, nothing is a member.
    """
    inputs, shapes = _members(service)
    root = inputs.get(operation)
    if root is None:
        return _TOP if parameters else None
    return _strange(shapes, root, parameters)


def stranger_on_the_wire(
    service: str, operation: str, body_member: str | None, document: Mapping[str, object]
) -> str | None:
    """The same of a body's JSON, in which a member has its name on the wire."""
    inputs, shapes = _members(service)
    root = inputs.get(operation)
    if root is not None and body_member is not None:
        root = shapes[root][body_member]
    if not root:
        return _TOP if document else None
    return _strange(_wired(service, shapes), root, document)


def _wired(service: str, shapes: _Shapes) -> _Shapes:
    renamed = _ON_THE_WIRE.get(service, {})
    return {**shapes, **renamed} if renamed else shapes


def _strange(shapes: _Shapes, root: str, parameters: object) -> str | None:
    stack: list[tuple[str, object, _Way | None]] = [(root, parameters, None)]
    for _ in range(MAX_STEPS):
        if not stack:
            return None
        to, value, way = stack.pop()
        if isinstance(value, dict):
            if to[:2] == _MAP:
                inside = (way, _MAP)
                stack += [(to.removeprefix(_MAP), item, inside) for item in value.values()]
                continue
            members = shapes[to]
            if not value.keys() <= members.keys():
                return _written(way)
            for name, inner in value.items():
                if members[name]:
                    stack.append((members[name], inner, (way, name)))
        elif isinstance(value, _LISTS):
            inside = (way, "[]")
            stack += [(to, item, inside) for item in value]
    return _TOP


def _written(way: _Way | None) -> str:
    words: list[str] = []
    while way is not None:
        way, word = way
        words.append(word if word in ("[]", _MAP) else f".{word}")
    return "".join(reversed(words)).removeprefix(".") or _TOP
