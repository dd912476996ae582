"""How Converse and ConverseStream put a turn on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from secure_bedrock.testing import frames
from secure_bedrock.testing.reply import Reply, json_reply, standard_headers
from secure_bedrock.testing.turn import Block, Call, Turn, input_tokens, latency_ms, pieces_of

Event = tuple[str, dict[str, Any]]
"""An event's type and its payload."""

# Bedrock's events carry a member `p`, a prefix of this alphabet (https://github.com/aws/aws-sdk-js-v3/issues/6919, read
# 2026-11-20); SDKs drop it as unknown.
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def converse_reply(call: Call, turn: Turn) -> Reply:
    """The answer to Converse."""
    answer = {
        "metrics": {"latencyMs": latency_ms(turn)},
        "output": {"message": {"content": list(turn.content), "role": "assistant"}},
        "stopReason": turn.stop_reason,
        "usage": usage(call, turn),
    }
    return json_reply(answer, call.request.request_id)


def converse_stream_reply(call: Call, turn: Turn) -> Reply:
    """The answer to ConverseStream."""
    return stream_reply(call.request.request_id, converse_events(call, turn), turn.pace_s)


def stream_reply(request_id: str, events: list[Event], pace_s: float = 0.0) -> Reply:
    """Events as an event stream."""
    framed = tuple(frames.event(kind, padded(payload)) for kind, payload in events)
    headers = standard_headers(request_id, frames.CONTENT_TYPE)
    return Reply(headers=headers, events=framed, pace_s=pace_s)


def padded(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload with Bedrock's padding member, its length made from the payload's."""
    return {**payload, "p": _PADDING[: 4 + len(str(payload)) % 40]}


def usage(call: Call, turn: Turn) -> dict[str, int]:
    """The token counts of the call."""
    given, said = input_tokens(call.body), turn.output_tokens
    return {"inputTokens": given, "outputTokens": said, "totalTokens": given + said}


def converse_events(call: Call, turn: Turn) -> list[Event]:
    """The turn as ConverseStream's events; text comes in pieces of three words."""
    events: list[Event] = [("messageStart", {"role": "assistant"})]
    for index, block in enumerate(turn.content):
        for kind, payload in _block_events(block):
            events.append((kind, {"contentBlockIndex": index, **payload}))
    events.append(("messageStop", {"stopReason": turn.stop_reason}))
    measured = {"metrics": {"latencyMs": latency_ms(turn)}, "usage": usage(call, turn)}
    return [*events, ("metadata", measured)]


def _block_events(block: Block) -> Iterator[Event]:
    """Text has no start event, as Bedrock's streams have none; a tool's input comes as pieces of its JSON."""
    if "toolUse" in block:
        use = block["toolUse"]
        started = {"toolUseId": use["toolUseId"], "name": use["name"]}
        yield "contentBlockStart", {"start": {"toolUse": started}}
        for piece in pieces_of(json.dumps(use["input"])):
            yield "contentBlockDelta", {"delta": {"toolUse": {"input": piece}}}
    elif "reasoningContent" in block:
        for delta in _reasoning_deltas(block["reasoningContent"]):
            yield "contentBlockDelta", {"delta": {"reasoningContent": delta}}
    elif "text" in block:
        for piece in pieces_of(block["text"]):
            yield "contentBlockDelta", {"delta": {"text": piece}}
    else:
        raise ValueError(
            "only text, toolUse and reasoningContent stream by themselves; give events"
        )
    yield "contentBlockStop", {}


def _reasoning_deltas(reasoning: Block) -> Iterator[dict[str, Any]]:
    if "redactedContent" in reasoning:
        yield {"redactedContent": reasoning["redactedContent"]}
        return
    said = reasoning["reasoningText"]
    for piece in pieces_of(said["text"]):
        yield {"text": piece}
    if "signature" in said:
        yield {"signature": said["signature"]}
