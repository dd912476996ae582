"""Everything that a JSON body names, found by the grammar of its API; total over every JSON value."""

from collections import deque
from collections.abc import Iterator, Mapping
from string import ascii_letters, digits
from typing import Final

from secure_bedrock.policy.http_surfaces.nodes import (
    Each,
    Fields,
    Given,
    Inline,
    Leaf,
    Names,
    Never,
    Node,
    Only,
    Tagged,
    TextOr,
)
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import ABSENT, MAX_STEPS, Reference

_Here = tuple[Node, object, str]
_DATA: Final = "data:"
# RFC 4648 §4 and §5, with the line ends that encoders write. A URL has a colon, or a dot in its host.
_BASE64: Final = ascii_letters.encode() + digits.encode() + b"+/-_=\r\n"


def body_references(node: Node, body: object) -> tuple[Reference, ...]:
    """What the body names; what the grammar does not know is an ambiguous reference of kind `unknown`.

    Paths are made of the grammar's words, never of the caller's. Never raises. The walk is bounded: a body with more
    than MAX_STEPS values to look at ends in such a reference.
    """
    found: list[Reference] = []
    left: deque[_Here] = deque([(node, body, "")])
    steps = 0
    while left:
        steps += 1
        if steps > MAX_STEPS:
            found.append(_unknown(left[0][2]))
            break
        here = left.popleft()
        reference = _named(*here)
        if reference is not None:
            found.append(reference)
        left.extend(_below(*here))
    return tuple(found)


def _named(node: Node, value: object, path: str) -> Reference | None:
    """What the value itself names, or that it is not what should stand there."""
    match node:
        case Names(kind):
            return Reference(kind, value, path, type(value) is not str)
        case Only(wanted, kind):
            return None if value is wanted else Reference(kind, value, path)
        case Never(kind):
            return None if value is None else Reference(kind, value, path)
        case Given(_, kind):
            return Reference(kind, None, path) if value is ABSENT or value is None else None
        case Leaf(types, None):
            return None if value is None or type(value) in types else _unknown(path)
        case Inline(base64):
            inline = value is None or (type(value) is str and _is_inline(value, base64))
            return None if inline else Reference(Kind.URL, value, path)
        case Tagged():
            return _unlisted(node, value, path)
        case Fields(members):
            known = value is None or (type(value) is dict and value.keys() <= members.keys())
            return None if known else _unknown(path)
        case Each():
            return None if value is None or type(value) is list else _unknown(path)
        case _:  # free, or judged by what is below
            return None


def _below(node: Node, value: object, path: str) -> Iterator[_Here]:
    """What is still to be looked at."""
    match node:
        case TextOr(other) if type(value) is not str:
            yield other, value, path
        case Leaf(types, other) if other is not None and type(value) not in types:
            yield other, value, path
        case Given(inner) if value is not ABSENT:
            yield inner, value, path
        case Each(item) if type(value) is list:
            for each in value:
                yield item, each, f"{path}[]"
        case Tagged(shapes) if type(value) is dict:
            tag = value.get("type", node.untagged)
            if type(tag) is str and tag in shapes:
                yield shapes[tag], value, path
        case Fields(members) if type(value) is dict or node.required:
            yield from _members(node, members, value, path)
        case _:
            return


def _members(
    node: Fields, members: Mapping[str, Node], value: object, path: str
) -> Iterator[_Here]:
    given = value if type(value) is dict else {}
    for name, member in members.items():
        if name in given:
            yield member, given[name], f"{path}.{name}" if path else name
        elif name in node.required:
            yield member, ABSENT, f"{path}.{name}" if path else name


def _unlisted(node: Tagged, value: object, path: str) -> Reference | None:
    if type(value) is not dict:
        return None if value is None else _unknown(path)
    tag = value.get("type", node.untagged)
    if type(tag) is str and tag in node.shapes:
        return None
    return _unknown(path) if node.unknown is Kind.UNKNOWN else Reference(node.unknown, tag, path)


def _is_inline(value: str, base64: bool) -> bool:
    if value.startswith(_DATA):
        return True
    return base64 and value.isascii() and not value.encode("ascii").translate(None, _BASE64)


def _unknown(path: str) -> Reference:
    return Reference(Kind.UNKNOWN, None, path or "the body", ambiguous=True)
