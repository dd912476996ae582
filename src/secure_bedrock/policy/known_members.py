"""Does a call use a member that the tables do not know? A newer botocore, or a newer API, has more of them.

The tables of operations hold the structures in which something is named. These hold every structure that a request can
have, because a member of tomorrow can name a model where nothing is named today.
"""

import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from secure_bedrock.policy.references import MAX_STEPS

UPGRADE: Final = "use a version of this library that knows it"
"""What to do about a stranger."""

_MAP: Final = "{}"
_Shapes = Mapping[str, Mapping[str, str]]


@cache
def _members(service: str) -> tuple[Mapping[str, str], _Shapes]:
    """Each operation's input, and each structure's members with what they lead to."""
    raw = pkgutil.get_data("secure_bedrock.policy", f"member_tables/{service}.json")
    assert raw is not None, "the package's loader gives its data files"
    table: dict[str, Any] = json.loads(raw)
    return table["operations"], table["shapes"]


def has_strangers(service: str, operation: str, parameters: Mapping[str, object]) -> bool:
    """Whether botocore's parameters hold a member that the tables do not know; pure once the table is read.

    `service` is one that the tables describe. True as well for an operation that they do not know, and beyond
    MAX_STEPS. Values are not judged: where something else than an object stands for a structure, nothing is a member.
    """
    inputs, shapes = _members(service)
    root = inputs.get(operation)
    if root is None:
        return bool(parameters)
    return _any_strange(shapes, root, parameters)


def _any_strange(shapes: _Shapes, root: str, parameters: object) -> bool:
    stack: list[tuple[str, object]] = [(root, parameters)]
    for _ in range(MAX_STEPS):
        if not stack:
            return False
        to, value = stack.pop()
        if isinstance(value, list | tuple):
            stack += [(to, item) for item in value]
        elif not isinstance(value, dict):
            continue
        elif to.startswith(_MAP):
            stack += [(to.removeprefix(_MAP), item) for item in value.values()]
        else:
            members = shapes[to]
            if not value.keys() <= members.keys():
                return True
            stack += [(members[name], inner) for name, inner in value.items() if members[name]]
    return True
