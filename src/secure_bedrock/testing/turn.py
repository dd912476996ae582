"""What a model says in one turn, and the numbers that follow from it; the same for every operation."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from secure_bedrock.testing.received import ReceivedRequest

Block = Mapping[str, Any]

# A token is taken as four characters, the rule of thumb of most English text; exact counts need the model's tokenizer.
_CHARACTERS_PER_TOKEN = 4
_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed every check, with its body parsed."""

    request: ReceivedRequest
    body: Any = field(repr=False)

    @property
    def operation(self) -> str:
        """The operation's name."""
        return self.request.operation or ""

    @property
    def model_id(self) -> str:
        """The model's identifier, decoded; empty for operations that name none."""
        return self.request.model_id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An answer's content blocks in Converse's form, why it stopped, and how fast a stream tells it."""

    content: tuple[Block, ...] = field(repr=False)
    stop_reason: str = "end_turn"
    pace_s: float = 0.0

    @property
    def text(self) -> str:
        """The text blocks, joined."""
        return "".join(block["text"] for block in self.content if "text" in block)

    @property
    def output_tokens(self) -> int:
        """The turn's length in tokens of four characters, at least one."""
        return tokens_of("".join(strings_in(self.content)))


def tokens_of(text: str) -> int:
    """The estimated number of tokens, at least one."""
    return max(1, ceil(len(text) / _CHARACTERS_PER_TOKEN))


def input_tokens(body: Any) -> int:
    """The estimated number of input tokens of a Converse or native request."""
    counted = body
    if isinstance(body, dict) and "messages" in body:
        counted = {name: body[name] for name in _COUNTED if name in body}
    return tokens_of("".join(strings_in(counted)))


def counted_tokens(body: Mapping[str, Any]) -> int:
    """What CountTokens answers: the same number that an inference with this input reports as its usage."""
    given = body["input"]
    if "converse" in given:
        return input_tokens({"messages": [], **given["converse"]})
    native = base64.b64decode(given["invokeModel"]["body"])
    return input_tokens(json.loads(native))


def strings_in(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys aside, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for item in value:
            yield from strings_in(item)


def pieces_of(text: str, words: int = 3) -> list[str]:
    """The text in pieces of a few words that join to exactly the text; one empty piece for no text."""
    found = re.findall(r"\s*\S+\s*", text) or [text]
    return ["".join(found[start : start + words]) for start in range(0, len(found), words)]


def latency_ms(turn: Turn) -> int:
    """A latency that depends on the answer's length alone: numbers in a demo should not flicker."""
    return 20 + 5 * turn.output_tokens


def stable_id(prefix: str, *parts: str) -> str:
    """An identifier that is the same for the same parts."""
    return prefix + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:22]
