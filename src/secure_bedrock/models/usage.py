"""What a call cost and how long the model took."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from secure_bedrock.models.quiet_repr import repr_of_members
from secure_bedrock.models.wire import count_of


@dataclass(frozen=True, slots=True, repr=False)
class Usage:
    """Tokens of one call. `input_tokens` does not count what was read from or written to the prompt cache."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None

    @classmethod
    def from_wire(cls, members: Mapping[str, Any]) -> Self:
        """The usage in an answer; IncompleteResponse where a required count is missing."""
        read, write = members.get("cacheReadInputTokens"), members.get("cacheWriteInputTokens")
        return cls(
            count_of(members, "inputTokens"),
            count_of(members, "outputTokens"),
            count_of(members, "totalTokens"),
            None if read is None else count_of(members, "cacheReadInputTokens"),
            None if write is None else count_of(members, "cacheWriteInputTokens"),
        )

    def __repr__(self) -> str:
        return repr_of_members(self)

    @property
    def billed_input_tokens(self) -> int:
        """All input tokens, those of the prompt cache included."""
        return (
            self.input_tokens
            + (self.cache_read_input_tokens or 0)
            + (self.cache_write_input_tokens or 0)
        )


@dataclass(frozen=True, slots=True, repr=False)
class Metrics:
    """How long AWS says that the call took, in milliseconds."""

    latency_ms: int

    def __repr__(self) -> str:
        return repr_of_members(self)
