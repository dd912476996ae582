"""The retry quota: how much load retries may add before they stop."""

import threading
from typing import Final

from secure_bedrock.values import PerProcess

FIRST_TRY_REFUND: Final = 1  # botocore/retries/quota.py, botocore 1.44.5, read 2026-11-20


class RetryQuota:
    """AWS's token bucket: a retry takes its cost, a success gives back.

    A success on the first try gives back 1, a success after retries what the last retry took; a call that fails for
    good gives nothing back, so that under a total outage the bucket runs dry and retries end. Thread-safe and
    fork-safe; share one between the clients that talk to the same endpoint.
    """

    __slots__ = ("_available", "_lock", "capacity")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._available = capacity
        self._lock = PerProcess(threading.Lock)

    @property
    def available(self) -> int:
        """What is left, between 0 and `capacity`."""
        return self._available

    def take(self, cost: int) -> bool:
        """Take `cost` and return True, or leave the bucket as it is and return False."""
        with self._lock():
            if cost > self._available:
                return False
            self._available -= cost
            return True

    def give_back(self, amount: int) -> None:
        """Put `amount` back, up to the capacity."""
        if self._available >= self.capacity:
            return  # the usual case needs no lock: a full bucket stays full
        with self._lock():
            self._available = min(self.capacity, self._available + amount)
