"""How InvokeModel and its stream put a turn on the wire: each model family has a dialect of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from secure_bedrock.policy.model.identifiers import GEOGRAPHIES
from secure_bedrock.testing import frames
from secure_bedrock.testing.converse_wire import converse_events, padded, usage
from secure_bedrock.testing.native_embeddings import cohere_embeddings, titan_embedding
from secure_bedrock.testing.reply import Headers, Reply, json_reply, standard_headers
from secure_bedrock.testing.turn import Call, Turn, input_tokens, latency_ms, pieces_of, stable_id

Json = dict[str, Any]
_T = TypeVar("_T")


def invoke_reply(call: Call, turn: Turn) -> Reply:
    """The answer to InvokeModel, with the headers that carry its token counts."""
    body = _dialect(call, _ANSWERS, _chat_answer)(call, turn)
    return json_reply(body, call.request.request_id, extra=_count_headers(call, turn))


def invoke_stream_reply(call: Call, turn: Turn) -> Reply:
    """The answer to InvokeModelWithResponseStream: each chunk is JSON in base64, the last one has the metrics."""
    chunks = _dialect(call, _STREAMS, _chat_chunks)(call, turn)
    chunks[-1] = {**chunks[-1], "amazon-bedrock-invocationMetrics": _metrics(call, turn)}
    return chunks_reply(call.request.request_id, chunks, turn.pace_s)


def chunks_reply(request_id: str, chunks: list[Json], pace_s: float = 0.0) -> Reply:
    """Native chunks as an event stream."""
    framed = []
    for chunk in chunks:
        data = base64.b64encode(json.dumps(chunk, separators=(",", ":")).encode()).decode()
        framed.append(frames.event("chunk", padded({"bytes": data})))
    headers = standard_headers(request_id, frames.CONTENT_TYPE)
    headers = (*headers, ("X-Amzn-Bedrock-Content-Type", "application/json"))
    return Reply(headers=headers, events=tuple(framed), pace_s=pace_s)


def family_of(model_id: str) -> str:
    """The identifier without an ARN's front and without a geography: `anthropic.claude-…`."""
    bare = model_id.rpartition("/")[2]
    geography, _, base = bare.partition(".")
    return base if geography in GEOGRAPHIES else bare


def _dialect(call: Call, known: Mapping[str, _T], otherwise: _T) -> _T:
    family = family_of(call.model_id)
    return next((made for prefix, made in known.items() if family.startswith(prefix)), otherwise)


def _count_headers(call: Call, turn: Turn) -> Headers:
    return (
        ("X-Amzn-Bedrock-Invocation-Latency", str(latency_ms(turn))),
        ("X-Amzn-Bedrock-Output-Token-Count", str(turn.output_tokens)),
        ("X-Amzn-Bedrock-Input-Token-Count", str(input_tokens(call.body))),
    )


def _metrics(call: Call, turn: Turn) -> Json:
    return {
        "inputTokenCount": input_tokens(call.body),
        "outputTokenCount": turn.output_tokens,
        "invocationLatency": latency_ms(turn),
        "firstByteLatency": 10,
    }


def _anthropic_content(turn: Turn) -> list[Json]:
    content: list[Json] = []
    for block in turn.content:
        if "toolUse" in block:
            use = block["toolUse"]
            content.append(
                {
                    "type": "tool_use",
                    "id": use["toolUseId"],
                    "name": use["name"],
                    "input": use["input"],
                }
            )
        else:
            content.append({"type": "text", "text": block.get("text", "")})
    return content


def _anthropic_answer(call: Call, turn: Turn) -> Json:
    return {
        "id": stable_id("msg_bdrk_", turn.text),
        "type": "message",
        "role": "assistant",
        "model": family_of(call.model_id),
        "content": _anthropic_content(turn),
        "stop_reason": turn.stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": input_tokens(call.body), "output_tokens": turn.output_tokens},
    }


def _anthropic_chunks(call: Call, turn: Turn) -> list[Json]:
    whole = _anthropic_answer(call, turn)
    started = {**whole, "content": [], "stop_reason": None}
    chunks: list[Json] = [{"type": "message_start", "message": started}]
    for index, block in enumerate(whole["content"]):
        opening, deltas = _anthropic_deltas(block)
        chunks.append({"type": "content_block_start", "index": index, "content_block": opening})
        chunks += [
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        ]
        chunks.append({"type": "content_block_stop", "index": index})
    stopped = {"stop_reason": turn.stop_reason, "stop_sequence": None}
    counted = {"output_tokens": turn.output_tokens}
    chunks.append({"type": "message_delta", "delta": stopped, "usage": counted})
    return [*chunks, {"type": "message_stop"}]


def _anthropic_deltas(block: Json) -> tuple[Json, list[Json]]:
    """How a block opens, empty, and the deltas that fill it."""
    if block["type"] == "text":
        pieces = pieces_of(block["text"])
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
    pieces = pieces_of(json.dumps(block["input"]))
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return {**block, "input": {}}, deltas


def _nova_answer(call: Call, turn: Turn) -> Json:
    message = {"role": "assistant", "content": list(turn.content)}
    return {
        "output": {"message": message},
        "stopReason": turn.stop_reason,
        "usage": usage(call, turn),
    }


def _nova_chunks(call: Call, turn: Turn) -> list[Json]:
    return [{kind: payload} for kind, payload in converse_events(call, turn)]


def _titan_answer(call: Call, turn: Turn) -> Json:
    result = {
        "tokenCount": turn.output_tokens,
        "outputText": turn.text,
        "completionReason": "FINISH",
    }
    return {"inputTextTokenCount": input_tokens(call.body), "results": [result]}


def _titan_chunks(call: Call, turn: Turn) -> list[Json]:
    counted = input_tokens(call.body)
    pieces = [{"outputText": piece, "index": 0} for piece in pieces_of(turn.text)]
    pieces[0]["inputTextTokenCount"] = counted
    pieces[-1]["completionReason"] = "FINISH"
    return pieces


def _llama_answer(call: Call, turn: Turn) -> Json:
    return {
        "generation": turn.text,
        "prompt_token_count": input_tokens(call.body),
        "generation_token_count": turn.output_tokens,
        "stop_reason": "stop",
    }


def _llama_chunks(_call: Call, turn: Turn) -> list[Json]:
    pieces: list[Json] = [
        {"generation": part, "stop_reason": None} for part in pieces_of(turn.text)
    ]
    pieces[-1]["stop_reason"] = "stop"
    return pieces


def _mistral_answer(call: Call, turn: Turn) -> Json:
    if "messages" in call.body:
        return _chat_answer(call, turn)
    return {"outputs": [{"text": turn.text, "stop_reason": "stop"}]}


def _chat_answer(call: Call, turn: Turn) -> Json:
    said = {"role": "assistant", "content": turn.text}
    given, made = input_tokens(call.body), turn.output_tokens
    return {
        "id": stable_id("chatcmpl-", turn.text),
        "object": "chat.completion",
        "model": family_of(call.model_id),
        "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made},
    }


def _chat_chunks(_call: Call, turn: Turn) -> list[Json]:
    name = stable_id("chatcmpl-", turn.text)
    chunks: list[Json] = []
    for piece in pieces_of(turn.text):
        choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
        chunks.append({"id": name, "object": "chat.completion.chunk", "choices": [choice]})
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    return chunks


Answer = Callable[[Call, Turn], Json]
Stream = Callable[[Call, Turn], list[Json]]

# The dialects that most callers meet; every other family speaks the OpenAI chat dialect, as most new ones do.
# Forms after AWS's model parameter pages and other SDKs' sources as of 2026-11; none was compared with a live answer.
_ANSWERS: Mapping[str, Answer] = {
    "anthropic.": _anthropic_answer,
    "amazon.nova": _nova_answer,
    "amazon.titan-embed": titan_embedding,
    "amazon.titan": _titan_answer,
    "cohere.embed": cohere_embeddings,
    "meta.llama": _llama_answer,
    "mistral.": _mistral_answer,
}
_STREAMS: Mapping[str, Stream] = {
    "anthropic.": _anthropic_chunks,
    "amazon.nova": _nova_chunks,
    "amazon.titan": _titan_chunks,
    "meta.llama": _llama_chunks,
}
