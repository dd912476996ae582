"""Events as records of Python's logging, for applications that have a log pipeline."""

import logging
from typing import Final

from secure_bedrock.audit.event import InvocationEvent

LOGGER_NAME: Final = "secure_bedrock.audit"


class LoggingSink:
    """One record at INFO per event, whose message is the event's JSON line, so that every handler shows it whole.

    It is ready only when its logger is enabled for INFO and some handler takes its records: otherwise logging
    would drop the event without a word.
    """

    __slots__ = ("_logger",)

    def __init__(self, logger: str = LOGGER_NAME) -> None:
        self._logger = logging.getLogger(logger)

    def ready(self) -> bool:
        """Whether an event would reach a handler."""
        return self._logger.isEnabledFor(logging.INFO) and self._logger.hasHandlers()

    def emit(self, event: InvocationEvent) -> None:
        """Log the event."""
        self._logger.info(event.to_json())  # without arguments logging does not interpret % in it
