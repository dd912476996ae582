"""How a text that the program works with can be wrong: a pattern too wide, a CIDR too narrow, another word."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])+\]")
_BOUND: Final = re.compile(r"\{(?:([0-9]+),)?([0-9]+)\}")
_REFUSAL: Final = re.compile(r"\(\?![^()]*\)")
_OPTIONAL: Final = re.compile(r"(?<=[)\]])\?(?![+?])")


def mutated_texts(text: str) -> Iterator[str]:
    """Other texts in the place of this one."""
    if is_pattern(text):
        yield from _patterns(text)
    elif "/" in text and (cidr := _cidr(text)) is not None:
        yield from cidr
    else:
        yield f"{text}XX" if text else "XX"


def is_pattern(text: str) -> bool:
    """True for a regular expression or a piece of one."""
    return bool(_CLASS.search(text) or _REFUSAL.search(text))


def _patterns(text: str) -> Iterator[str]:
    for found in _CLASS.finditer(text):
        yield _put(text, found, ".")
    for found in _BOUND.finditer(text):
        low = f"{found[1]}," if found[1] else ""
        yield _put(text, found, f"{{{low}{int(found[2]) + 1}}}")
        if int(found[2]) > int(found[1] or 0):
            yield _put(text, found, f"{{{low}{int(found[2]) - 1}}}")
    for found in _REFUSAL.finditer(text):
        yield _put(text, found, "")
    for found in _OPTIONAL.finditer(text):
        yield _put(text, found, "")


def _put(text: str, found: re.Match[str], other: str) -> str:
    return text[: found.start()] + other + text[found.end() :]


def _cidr(text: str) -> list[str] | None:
    """The CIDR's lower half, and the one twice as wide where the address allows it; None where it is no CIDR."""
    try:
        network = ip_network(text)
    except ValueError:
        return None
    lengths = [network.prefixlen + 1, network.prefixlen - 1]
    candidates = [(network.network_address, length) for length in lengths]
    return [str(other) for pair in candidates if (other := _network(pair)) is not None]


def _network(pair: tuple[object, int]) -> object | None:
    try:
        return ip_network(pair)  # type: ignore[arg-type]
    except ValueError:
        return None
