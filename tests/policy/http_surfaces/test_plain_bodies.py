"""A body that reaches nowhere names its model and nothing else."""

import pytest

from secure_bedrock.policy.http_surfaces import body_references
from secure_bedrock.policy.operation.members import Kind
from tests.policy.http_surfaces.surface_bodies import (
    CALL,
    DATA,
    FLAT,
    FUNCTION,
    GRAMMARS,
    MODEL,
    URL,
    Body,
    chat,
    messages,
    part,
    responses,
)

# Bodies as SDKs send them: nothing in them names anything but the model.
PLAIN: dict[str, tuple[str, Body]] = {
    "a chat": ("chat", chat()),
    "a chat with everything that is known": (
        "chat",
        chat(
            {"type": "text", "text": URL},
            {"type": "image_url", "image_url": {"url": DATA, "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
            {"type": "file", "file": {"file_data": DATA, "filename": "a.pdf"}},
            tools=[FUNCTION, {"type": "custom", "custom": {"name": "c"}}],
            tool_choice={"type": "function", "function": {"name": "f"}},
            temperature=0.2,
            max_completion_tokens=10,
            stream=True,
            stream_options={"include_usage": True},
            response_format={"type": "json_schema", "json_schema": {"$ref": URL}},
            store=False,
            metadata={"a": "b"},
            stop=None,
        ),
    ),
    "a chat in which a tool was called": (
        "chat",
        {
            "model": MODEL,
            "messages": [
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "1", "content": "42"},
            ],
            "tool_choice": "auto",
        },
    ),
    "a chat with some of its tools": (
        "chat",
        chat(
            tools=[FUNCTION],
            tool_choice={
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [FUNCTION]},
            },
        ),
    ),
    "a chat in the words of older SDKs": (
        "chat",
        chat(
            functions=[{"name": "f", "description": "d", "parameters": {"type": "object"}}],
            function_call={"name": "f"},
            prediction={"type": "content", "content": [{"type": "text", "text": URL}]},
            audio={"format": "wav", "voice": "alloy"},
            prompt_cache_retention=None,
        ),
    ),
    "a chat with a whole image": (
        "chat",
        chat({"type": "file", "file": {"file_data": "//uQAQAAA+_-/w==\r\n"}}),
    ),
    "a response": ("responses", responses()),
    "a response to what was called before": (
        "responses",
        responses(
            {"role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            {"type": "custom_tool_call", "call_id": "1", "name": "c", "input": "x", "id": "ctc_1"},
            {"type": "custom_tool_call_output", "call_id": "1", "output": "42"},
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a", "annotations": []}],
            },
        ),
    ),
    **{
        f"embeddings of {sentence}": ("embeddings", {"model": MODEL, "input": value})
        for sentence, value in {
            "a text": "a",
            "texts": ["a", URL],
            "tokens": [1, 2],
            "tokens of each": [[1, 2], [3]],
        }.items()
    },
    **{
        f"a message that lets the model choose {kind}": (
            "messages",
            messages(tool_choice={"type": kind}),
        )
        for kind in ("auto", "any", "none")
    },
    "a response with everything that is known": (
        "responses",
        responses(
            {"role": "user", "content": "hello"},
            {"type": "message", **part(type="input_text", text=URL)},
            part(type="input_image", image_url=DATA, detail="auto"),
            part(type="input_file", file_data=DATA, filename="a.pdf"),
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "42"},
            {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "AAAA"},
            tools=[FLAT, {"type": "custom", "name": "c"}],
            tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [FLAT]},
            instructions="be brief",
            max_output_tokens=10,
            background=False,
            previous_response_id=None,
            conversation=None,
            include=["reasoning.encrypted_content"],
            stream=True,
        ),
    ),
    "a message": ("messages", messages(max_tokens=9, anthropic_version="bedrock-2023-05-31")),
    "a message with everything that is known": (
        "messages",
        messages(
            {"type": "text", "text": URL, "cache_control": {"type": "ephemeral"}},
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AA"},
            },
            {"type": "document", "source": {"type": "text", "media_type": "t", "data": URL}},
            {"type": "document", "source": {"type": "content", "content": "inline"}},
            {"type": "search_result", "source": URL, "title": "t", "content": []},
            {"type": "tool_use", "id": "1", "name": "f", "input": {"url": URL}},
            {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "4"}]},
            {"type": "thinking", "thinking": "…", "signature": "AA"},
            max_tokens=9,
            system=[{"type": "text", "text": "be brief"}],
            tools=[
                {"name": "f", "input_schema": {"type": "object"}},
                {"type": "custom", "name": "g", "input_schema": {}},
                {"type": "bash_20250124", "name": "bash"},
            ],
            tool_choice={"type": "tool", "name": "f"},
            thinking={"type": "adaptive"},
            stream=True,
        ),
    ),
    "a count": ("count", messages(system="be brief", tools=[])),
    "embeddings": ("embeddings", {"model": MODEL, "input": ["a", URL], "dimensions": 256}),
}


@pytest.mark.parametrize("sentence", PLAIN)
def test_a_plain_body_names_its_model_and_nothing_else(sentence: str) -> None:
    grammar, body = PLAIN[sentence]
    (found,) = body_references(GRAMMARS[grammar], body)
    assert (found.kind, found.value, found.path, found.ambiguous) == (
        Kind.MODEL,
        MODEL,
        "model",
        False,
    )
