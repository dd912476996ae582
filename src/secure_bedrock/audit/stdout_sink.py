"""Events on standard output, where Lambda and containers collect logs."""

import sys

from secure_bedrock.audit.event import InvocationEvent


class StdoutSink:
    """One JSON line per event on whatever `sys.stdout` is at that moment, written in one piece and flushed."""

    __slots__ = ()

    def emit(self, event: InvocationEvent) -> None:
        """Write the event; OSError where there is no standard output."""
        stream = sys.stdout
        if stream is None:  # a Windows service, pythonw
            raise OSError("there is no standard output")
        # One write of line and end: with print() the lines of several threads run into each other.
        stream.write(event.to_json() + "\n")
        stream.flush()  # Lambda freezes the process after the handler returns
