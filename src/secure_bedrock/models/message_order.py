"""The order in which a stream's events make one message, and what a stream that keeps to no order is: no answer."""

from typing import Final

from secure_bedrock.errors import IncompleteResponse

# Events that make the message, by their names in ConverseStreamOutput (bedrock-runtime's service-2.json, botocore
# 1.44.5, read 2026-11-20). Metadata, and events that are not known yet, may come at any time.
_CONTENT: Final = frozenset({"contentBlockStart", "contentBlockDelta", "contentBlockStop"})
_MESSAGE: Final = _CONTENT | {"messageStart", "messageStop"}


class MessageOrder:
    """One message: its start first, its stop last. Told every event's name in the order of arrival, by one thread."""

    __slots__ = ("_began", "ended")

    def __init__(self) -> None:
        self._began = False
        self.ended = False

    def take(self, name: str) -> None:
        """Note the next event; IncompleteResponse where it can't be the next of one message."""
        if name not in _MESSAGE:
            return
        if self.ended:
            raise _broken("an event came after the message's end")
        if name == "messageStart":
            if self._began:
                raise _broken("the message began twice")
            self._began = True
        elif not self._began:
            raise _broken("an event came before the message's start")
        elif name == "messageStop":
            self.ended = True


def _broken(reason: str) -> IncompleteResponse:
    return IncompleteResponse(reason, rule="malformed-stream")
