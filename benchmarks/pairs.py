"""Two things timed in turn, in one process, by the thread's own CPU time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def median_cost(one: Callable[[], object], calls: int) -> float:
    """The median thread CPU time of one call, in microseconds."""
    costs = []
    for _ in range(calls):
        begun = time.thread_time_ns()
        one()
        costs.append((time.thread_time_ns() - begun) / 1000)
    return statistics.median(costs)


def alternate(
    raw: Callable[[], object], ours: Callable[[], object], *, rounds: int, calls: int
) -> tuple[float, float]:
    """Medians over rounds that take turns, so that a slow minute of the machine hits both sides."""
    for _ in range(calls):
        raw()
        ours()
    left: list[float] = []
    right: list[float] = []
    gc.collect()
    for number in range(rounds):
        pair = [(left, raw), (right, ours)]
        for costs, one in pair if number % 2 else reversed(pair):
            costs.append(median_cost(one, calls))
    return statistics.median(left), statistics.median(right)
