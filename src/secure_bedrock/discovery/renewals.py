"""May the sources be asked again where a service's endpoint is?"""

from dataclasses import dataclass
from typing import Final

# An endpoint's interfaces change when someone changes its subnets or makes it anew. Half a minute finds that while
# callers still try again, and a name that answers wrongly for hours costs EC2 six calls a minute, whatever the load
# (this project's choice, 2026-11-20).
RENEWAL_S: Final = 30.0

# After a search that its caller's deadline cut short: who has as little time waits this long, who has twice as much
# does not wait. So nobody's haste is another one's refusal, and a slow EC2 is not asked by every hurried call (this
# project's choice, 2026-11-20).
SHORT_OF_TIME_S: Final = 1.0
ENOUGH_MORE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """When the sources were last asked again, by a clock of the caller's.

    Attributes:
        too_short_s: How long the caller had, where its deadline ended the search; None where it ended by itself.
    """

    at: float
    too_short_s: float | None = None


def may_ask(last: Asked | None, now: float, left_s: float | None) -> bool:
    """True where nothing was asked yet or long enough ago, for a caller with `left_s` seconds (None: no deadline)."""
    if last is None:
        return True
    if last.too_short_s is None:
        return now - last.at >= RENEWAL_S
    has_more = left_s is None or left_s >= ENOUGH_MORE * last.too_short_s
    return has_more or now - last.at >= SHORT_OF_TIME_S
