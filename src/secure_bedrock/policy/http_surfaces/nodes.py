"""What may stand at a place of a JSON body: a small grammar in which every member is known or refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from secure_bedrock.policy.operation.members import Kind


@dataclass(frozen=True, slots=True)
class Free:
    """Content or a setting that reaches nothing: any value, never looked into."""


@dataclass(frozen=True, slots=True)
class Names:
    """A string that names something of `kind`."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Only:
    """Exactly `value`; anything else names something of `kind`. Null counts as anything else."""

    value: object
    kind: Kind


@dataclass(frozen=True, slots=True)
class Never:
    """Whatever stands here, other than null, names something of `kind`."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Inline:
    """Content in the request itself, a `data:` URL or, where `base64` says so, its letters; all else is a URL."""

    base64: bool = True


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of exactly one of these types, or null; where `other` is given, that too."""

    types: tuple[type, ...]
    other: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Given:
    """Has to be there and not be null: without it, the object names something of `kind`. For required members."""

    node: "Node"
    kind: Kind


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with these members and no others; those in `required` are judged also where they are absent."""

    members: Mapping[str, "Node"]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """A list of one kind of item."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class TextOr:
    """A string, which reaches nothing, or something else."""

    other: "Node"


@dataclass(frozen=True, slots=True)
class Tagged:
    """An object whose member `type` says what it is; `unknown` is what an unlisted one names.

    `untagged` is what an object without `type` is, None where there is none.
    """

    shapes: Mapping[str, "Node"]
    unknown: Kind = Kind.UNKNOWN
    untagged: str | None = None


Node = Free | Names | Only | Never | Inline | Leaf | Given | Fields | Each | TextOr | Tagged

FREE: Final = Free()
INLINE: Final = Inline()
DATA_URL: Final = Inline(base64=False)
TEXT: Final = Leaf((str,))
KEPT: Final = Never(Kind.KEPT)
URL: Final = Never(Kind.URL)


def fields(*free: str, required: tuple[str, ...] = (), **members: Node) -> Fields:
    """An object whose members `free` are free, and the others as they are given."""
    return Fields({**dict.fromkeys(free, FREE), **members}, required)
