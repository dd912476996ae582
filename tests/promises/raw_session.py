"""An HTTP session that no client of ours may use."""

from typing import Any


class RawSession:
    """It would send whatever it is given, by whichever signature."""

    def send(self, *given: Any) -> Any:
        raise AssertionError(f"sent {given[0]}")
