"""Text in and out: what a string holds, and how keys and values appear in messages (never what may be a secret)."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from secure_bedrock.values.nearest import nearest

_PLAIN = r"[A-Za-z0-9][A-Za-z0-9._:/@ -]{0,63}"
_BARE = r"[A-Za-z0-9_-]+"
# A long unbroken run of letters and digits mixed may be a key or a token (an AWS access key id has 20 characters).
_RUN = r"[A-Za-z0-9+/=_]{16,}"
_LONGEST_NUMBER = 10**15


def plain_text(value: object) -> str | None:
    """The characters of a string, whatever its own class says of itself; None for every other object."""
    # isinstance would believe an object's __class__, and str() a subclass's __str__.
    return str.__str__(cast("str", value)) if issubclass(type(value), str) else None


def shown(text: str) -> str:
    """The text in quotes where it can't be a secret, else only how long it is."""
    if re.fullmatch(_PLAIN, text, re.ASCII) and not any(
        map(_mixed, re.findall(_RUN, text, re.ASCII))
    ):
        return f'"{text}"'
    return f"a string of {len(text)} characters"


def _mixed(run: str) -> bool:
    return any(map(str.isdigit, run)) and any(map(str.isalpha, run))


def described(value: object) -> str:
    """What a value is, in TOML's words; numbers and harmless strings are shown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, int | float):
        return f"{value}" if abs(value) < _LONGEST_NUMBER else "a number out of range"
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list) else f"a {type(value).__name__}"


def key_text(path: Sequence[str | int]) -> str:
    """The dotted key as TOML writes it, with the place in a list in brackets: `network.cidrs[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + _key_part(part)
    return text


def _key_part(part: str) -> str:
    quoted = shown(part)
    if not quoted.startswith('"'):
        return f"<{quoted}>"
    return part if re.fullmatch(_BARE, part, re.ASCII) else quoted


def similar(value: object, words: Sequence[str]) -> str:
    """A question naming the word that was probably meant, or nothing."""
    if not isinstance(value, str) or len(value) > 64:
        return ""
    folded = {_fold(word): word for word in words}
    meant = nearest(_fold(value), folded, cutoff=0.75)
    return "" if meant is None else f'; did you mean "{folded[meant]}"?'


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
