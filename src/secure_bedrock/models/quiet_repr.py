"""A repr that never raises: a traceback with locals shows objects that are half made, or made of anything."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")


def never_raises(text_of: Callable[[T], str]) -> Callable[[T], str]:
    """The `__repr__` given, and the class's name alone where it can't say more."""

    @wraps(text_of)
    def shown(self: T) -> str:
        try:
            return text_of(self)
        except Exception:  # noqa: BLE001 - members may be missing or of any type, and then raise anything
            return f"{type(self).__name__}(?)"

    return shown


@never_raises
def repr_of_members(self: Any) -> str:
    """What a dataclass's own repr says, for classes whose members hold no content."""
    members = (f"{name}={getattr(self, name)!r}" for name in type(self).__dataclass_fields__)
    return f"{type(self).__name__}({', '.join(members)})"
