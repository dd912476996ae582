"""The moment by which one phase of an exchange must be over."""

from secure_bedrock.errors import AttemptTimeout, DeadlineExceeded
from secure_bedrock.values import Deadline


class TimeLimit:
    """The earlier of `seconds` from now and the call's deadline; not renewed by progress.

    A socket's own time-out starts again with every byte, so that a peer that drips one byte at a time is
    never late; each wait is therefore given only what is left of this limit.
    """

    __slots__ = ("_clock", "_deadline", "_end", "_seconds")

    def __init__(self, deadline: Deadline, seconds: float) -> None:
        self._deadline = deadline
        self._seconds = seconds
        self._clock = deadline.clock
        end = self._clock() + seconds
        self._end = end if deadline.at is None or end < deadline.at else deadline.at

    def left(self) -> float:
        """Seconds left, more than zero; raises AttemptTimeout or DeadlineExceeded when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise self.expired()
        return left

    def expired(self) -> AttemptTimeout | DeadlineExceeded:
        """The error that says which of the two limits ran out."""
        if self._deadline.passed:
            return DeadlineExceeded("the call's deadline passed")
        return AttemptTimeout(f"the endpoint took longer than {self._seconds:g} s")
