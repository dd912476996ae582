"""What a body of the OpenAI- and Anthropic-shaped APIs names, and which paths are which operation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy import Policy
from secure_bedrock.policy.http_surfaces import (
    MANTLE,
    body_references,
    match_surface,
    surface_operations,
    table_of,
)
from secure_bedrock.policy.http_surfaces import bodies as bodies_module
from secure_bedrock.policy.http_surfaces.anthropic import COUNT_TOKENS, MESSAGES
from secure_bedrock.policy.http_surfaces.nodes import Node
from secure_bedrock.policy.http_surfaces.openai import CHAT_COMPLETIONS, EMBEDDINGS, RESPONSES
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.table import SERVICES, operation_table

MODEL = "openai.gpt-oss-120b-1:0"
URL, DATA = "https://evil.example/x.png", "data:image/png;base64,AAAA"
RUNTIME = "bedrock-runtime"
Body = dict[str, Any]


def chat(*parts: Any, **more: Any) -> Body:
    messages = [{"role": "user", "content": list(parts) or "hello"}]
    return {"model": MODEL, "messages": messages, **more}


def responses(*items: Any, **more: Any) -> Body:
    return {"model": MODEL, "input": list(items) or "hello", "store": False, **more}


def part(**content: Any) -> Body:
    return {"role": "user", "content": [content]}


def messages(*blocks: Any, **more: Any) -> Body:
    content: Any = list(blocks) or "hello"
    return {"model": MODEL, "messages": [{"role": "user", "content": content}], **more}


FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
FLAT = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
GRAMMARS: dict[str, Node] = {
    "chat": CHAT_COMPLETIONS,
    "responses": RESPONSES,
    "messages": MESSAGES,
    "count": COUNT_TOKENS,
    "embeddings": EMBEDDINGS,
}

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


SERVER_TOOLS = ("web_search", "web_search_preview", "mcp", "code_interpreter", "file_search")
MESSAGE_TOOLS = ("web_search_20250305", "web_fetch_20250910", "code_execution_20250825")

REACH: dict[str, tuple[str, Body, Kind]] = {
    "a chat's image by URL": (
        "chat",
        chat({"type": "image_url", "image_url": {"url": URL}}),
        Kind.URL,
    ),
    "a chat's image in S3": (
        "chat",
        chat({"type": "image_url", "image_url": {"url": "s3://bucket/key"}}),
        Kind.URL,
    ),
    "a chat's image that is no string": (
        "chat",
        chat({"type": "image_url", "image_url": {"url": [URL]}}),
        Kind.URL,
    ),
    "a chat's file by URL": (
        "chat",
        chat({"type": "file", "file": {"file_data": URL}}),
        Kind.URL,
    ),
    "a chat's uploaded file": ("chat", chat({"type": "file", "file": {"file_id": "f"}}), Kind.KEPT),
    "a chat's earlier audio": (
        "chat",
        {"model": MODEL, "messages": [{"role": "assistant", "audio": {"id": "a"}}]},
        Kind.KEPT,
    ),
    "a chat that is kept": ("chat", chat(store=True), Kind.KEPT),
    "a chat that is kept as if by default": ("chat", chat(store=None), Kind.KEPT),
    "a chat that is kept by a number": ("chat", chat(store=0), Kind.KEPT),
    "a chat that searches": ("chat", chat(web_search_options={}), Kind.SYSTEM_TOOL),
    **{
        f"a chat's {tool}": ("chat", chat(tools=[{"type": tool}]), Kind.SYSTEM_TOOL)
        for tool in SERVER_TOOLS
    },
    "a chat that chooses one of its server's tools": (
        "chat",
        chat(tool_choice={"type": "mcp"}),
        Kind.SYSTEM_TOOL,
    ),
    "a tool among those that are allowed": (
        "chat",
        chat(
            tool_choice={"type": "allowed_tools", "allowed_tools": {"tools": [{"type": "mcp"}]}},
        ),
        Kind.SYSTEM_TOOL,
    ),
    **{
        f"a chat's image at {url!r}": (
            "chat",
            chat({"type": "image_url", "image_url": {"url": url}}),
            Kind.URL,
        )
        for url in (
            "//evil.example/x.png",
            "evil.example/x.png",
            "AAAA",
            "evil",
            "\uff21",
            " data:,",
        )
    },
    **{
        f"a chat's sound at {url!r}": (
            "chat",
            chat({"type": "input_audio", "input_audio": {"data": url}}),
            Kind.URL,
        )
        for url in ("//evil.example/x", "evil.example/x.wav", "a?b", "A%3A", "\uff21")
    },
    "a response's image at a host": (
        "responses",
        responses(part(type="input_image", image_url="//evil.example/x")),
        Kind.URL,
    ),
    **{
        f"an item that is only {sentence}": ("responses", responses(item), Kind.KEPT)
        for sentence, item in {
            "an id": {"id": "msg_1"},
            "an id and a role": {"id": "msg_1", "role": "user"},
            "an id and no content": {"id": "msg_1", "role": "user", "content": None},
            "an id of a message": {"type": "message", "id": "msg_1"},
            "an id of a call": {"type": "function_call", "id": "fc_1"},
            "a call without its id": {"type": "function_call", "name": "f", "arguments": "{}"},
            "a call without arguments": {"type": "function_call", "call_id": "1", "name": "f"},
            "an id of a tool's call": {"type": "custom_tool_call", "id": "ctc_1"},
            "an answer without its call": {"type": "function_call_output", "output": "42"},
            "an answer without output": {"type": "custom_tool_call_output", "call_id": "1"},
            "an id of what was thought": {"type": "reasoning", "id": "rs_1", "summary": []},
            "what was thought, by nothing": {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [],
                "encrypted_content": None,
            },
        }.items()
    },
    "a kept voice": ("chat", chat(audio={"voice": {"id": "voice_1"}}), Kind.KEPT),
    "a chat's prefix that is kept": ("chat", chat(prompt_cache_retention="24h"), Kind.KEPT),
    "a response's prefix that is kept": (
        "responses",
        responses(prompt_cache_retention="24h"),
        Kind.KEPT,
    ),
    "a message that chooses a server's tool": (
        "messages",
        messages(tool_choice={"type": "mcp", "server_url": URL}),
        Kind.SYSTEM_TOOL,
    ),
    "a response that is kept": ("responses", responses(store=True), Kind.KEPT),
    "a response that is kept by default": ("responses", {"model": MODEL, "input": "x"}, Kind.KEPT),
    "a response in the background": ("responses", responses(background=True), Kind.KEPT),
    "an earlier response": ("responses", responses(previous_response_id="resp_1"), Kind.KEPT),
    "a conversation": ("responses", responses(conversation={"id": "conv_1"}), Kind.KEPT),
    "a kept prompt": ("responses", responses(prompt={"id": "pmpt_1"}), Kind.KEPT),
    "an item by reference": (
        "responses",
        responses({"type": "item_reference", "id": "msg_1"}),
        Kind.KEPT,
    ),
    "a response's image by URL": (
        "responses",
        responses(part(type="input_image", image_url=URL)),
        Kind.URL,
    ),
    "a response's uploaded image": (
        "responses",
        responses(part(type="input_image", file_id="f")),
        Kind.KEPT,
    ),
    "a response's file by URL": (
        "responses",
        responses(part(type="input_file", file_url=URL)),
        Kind.URL,
    ),
    "a tool's answer with an image by URL": (
        "responses",
        responses(
            {
                "type": "function_call_output",
                "call_id": "1",
                "output": [{"type": "input_image", "image_url": URL}],
            }
        ),
        Kind.URL,
    ),
    **{
        f"a response's {tool}": (
            "responses",
            responses(tools=[{"type": tool, "server_url": URL}]),
            Kind.SYSTEM_TOOL,
        )
        for tool in SERVER_TOOLS
    },
    "a tool without a type": ("responses", responses(tools=[{"name": "f"}]), Kind.SYSTEM_TOOL),
    "a message's image by URL": (
        "messages",
        messages({"type": "image", "source": {"type": "url", "url": URL}}),
        Kind.URL,
    ),
    "a message's image by URL, said to be base64": (
        "messages",
        messages({"type": "image", "source": {"type": "base64", "data": URL}}),
        Kind.URL,
    ),
    "a message's uploaded image": (
        "messages",
        messages({"type": "image", "source": {"type": "file", "file_id": "f"}}),
        Kind.KEPT,
    ),
    "a document inside a tool's result": (
        "messages",
        messages(
            {
                "type": "tool_result",
                "content": [{"type": "document", "source": {"type": "url", "url": URL}}],
            }
        ),
        Kind.URL,
    ),
    "an image inside a document": (
        "count",
        messages(
            {
                "type": "document",
                "source": {
                    "type": "content",
                    "content": [{"type": "image", "source": {"type": "url", "url": URL}}],
                },
            }
        ),
        Kind.URL,
    ),
    "a search result from elsewhere": (
        "messages",
        messages({"type": "search_result", "source": {"url": URL}}),
        Kind.URL,
    ),
    "an uploaded file for a container": (
        "messages",
        messages({"type": "container_upload", "file_id": "f"}),
        Kind.KEPT,
    ),
    "a container": ("messages", messages(container="c"), Kind.KEPT),
    "MCP servers": ("messages", messages(mcp_servers=[{"url": URL}]), Kind.URL),
    **{
        f"a message's {tool}": (
            "messages",
            messages(tools=[{"type": tool, "name": "t"}]),
            Kind.SYSTEM_TOOL,
        )
        for tool in MESSAGE_TOOLS
    },
}


@pytest.mark.parametrize("sentence", REACH)
def test_what_reaches_beyond_the_request_is_named(sentence: str) -> None:
    grammar, body, kind = REACH[sentence]
    model, *found = [each.kind for each in body_references(GRAMMARS[grammar], body)]
    assert (model, set(found)) == (Kind.MODEL, {kind})


UNKNOWN: dict[str, tuple[str, Body, str]] = {
    "a member": ("chat", chat(fallback_models=["x"]), "the body"),
    "a member in other letters": ("chat", chat(Model="x"), "the body"),
    "where inference runs": ("messages", messages(inference_geo="us"), "the body"),
    "a message's member": (
        "chat",
        {"model": MODEL, "messages": [{"role": "user", "model": "x"}]},
        "messages[]",
    ),
    **{
        f"what embeddings are made of: {value!r}": (
            "embeddings",
            {"model": MODEL, "input": value},
            path,
        )
        for value, path in (
            ({"url": URL}, "input"),
            ([{"type": "image_url", "image_url": {"url": URL}}], "input[]"),
            ([{"s3Location": {"uri": "s3://foreign/x"}}], "input[]"),
            ([[1, "a"]], "input[][]"),
            ([[[1]]], "input[][]"),
            ([True], "input[]"),
            ([1.5], "input[]"),
            (7, "input"),
        )
    },
    "instructions that are items": ("responses", responses(instructions=[{}]), "instructions"),
    "what to include that is no text": ("responses", responses(include=[{}]), "include[]"),
    "a prediction that is no text": (
        "chat",
        chat(prediction={"content": [{"type": "image_url", "image_url": {"url": URL}}]}),
        "prediction.content[]",
    ),
    "a function that is a server": (
        "chat",
        chat(functions=[{"name": "f", "server_url": URL}]),
        "functions[]",
    ),
    "a function's member": (
        "chat",
        chat(tools=[{"type": "function", "function": {"name": "f", "server_url": URL}}]),
        "tools[].function",
    ),
    "a function's name that is none": (
        "chat",
        chat(tools=[{"type": "function", "function": {"name": {"url": URL}}}]),
        "tools[].function.name",
    ),
    "a call's member": (
        "chat",
        {
            "model": MODEL,
            "messages": [
                {"role": "assistant", "tool_calls": [{"type": "function", "function": {"x": 1}}]}
            ],
        },
        "messages[].tool_calls[].function",
    ),
    "a choice's member": (
        "chat",
        chat(tool_choice={"type": "function", "function": {"server_url": URL}}),
        "tool_choice.function",
    ),
    "a choice's member, flat": (
        "responses",
        responses(tool_choice={"type": "function", "server_url": URL}),
        "tool_choice",
    ),
    "a message's choice's member": (
        "messages",
        messages(tool_choice={"type": "tool", "server_url": URL}),
        "tool_choice",
    ),
    "a message's output": (
        "messages",
        messages(output_config={"mcp_servers": [URL]}),
        "output_config",
    ),
    "a text that is none": (
        "chat",
        chat({"type": "text", "text": {"url": URL}}),
        "messages[].content[].text",
    ),
    "a kind of part": ("chat", chat({"type": "video_url"}), "messages[].content[]"),
    "a part without a kind": ("chat", chat({"text": "x"}), "messages[].content[]"),
    "a kind that is no string": ("chat", chat({"type": ["text"]}), "messages[].content[]"),
    "a part that is no object": ("chat", chat("x"), "messages[].content[]"),
    "a part's member": ("chat", chat({"type": "text", "url": URL}), "messages[].content[]"),
    "messages that are no list": ("chat", {"model": MODEL, "messages": {}}, "messages"),
    "a content that is no text": (
        "messages",
        {"model": MODEL, "messages": [{"role": "user", "content": {"type": "text"}}]},
        "messages[].content",
    ),
    "an item": ("responses", responses({"type": "mcp_call"}), "input[]"),
    "an item's member": ("responses", responses({**part(type="x"), "url": URL}), "input[]"),
    "a block": ("messages", messages({"type": "server_tool_use"}), "messages[].content[]"),
    "a source": (
        "messages",
        messages({"type": "image", "source": {"type": "s3"}}),
        "messages[].content[].source",
    ),
    "a client's tool with a URL": (
        "messages",
        messages(tools=[{"name": "f", "url": URL}]),
        "tools[]",
    ),
    "an embedding's member": (
        "embeddings",
        {"model": MODEL, "input": "x", "input_file_id": "f"},
        "the body",
    ),
}


@pytest.mark.parametrize("sentence", UNKNOWN)
def test_what_the_grammar_does_not_know_is_an_unknown_reference(sentence: str) -> None:
    grammar, body, path = UNKNOWN[sentence]
    found = body_references(GRAMMARS[grammar], body)
    unknown = [each for each in found if each.kind is Kind.UNKNOWN]
    assert [each.path for each in unknown][:1] == [path]
    assert all(each.ambiguous for each in unknown)


@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("model", [None, 1, ["a"], {"id": "a"}, True])
def test_a_model_that_is_no_string_is_an_ambiguous_reference(grammar: str, model: object) -> None:
    (found,) = [
        each
        for each in body_references(GRAMMARS[grammar], {"model": model})
        if each.kind is Kind.MODEL
    ]
    assert found.ambiguous


@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("body", [{"store": False}, [], "x", None, 1])
def test_a_body_without_a_model_names_an_ambiguous_one(grammar: str, body: object) -> None:
    first, *_ = [e for e in body_references(GRAMMARS[grammar], body) if e.kind is Kind.MODEL]
    assert first.ambiguous


def test_no_reference_shows_what_the_caller_wrote() -> None:
    body = chat({"type": "hunter2"}, {"type": "text", "hunter2": 1}, hunter2=1)
    assert "hunter2" not in repr(body_references(CHAT_COMPLETIONS, body))


def test_a_body_of_too_many_values_ends_in_an_unknown_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies_module, "MAX_STEPS", 50)
    found = body_references(CHAT_COMPLETIONS, chat(*[{"type": "text", "text": ""}] * 60))
    assert [each.kind for each in found] == [Kind.MODEL, Kind.UNKNOWN]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(grammar=st.sampled_from(sorted(GRAMMARS)), body=VALUES)
def test_every_json_value_is_answered_and_its_model_is_among_the_answers(
    grammar: str, body: Any
) -> None:
    found = body_references(GRAMMARS[grammar], body)
    model = body.get("model") if isinstance(body, dict) else None
    (named,) = [each for each in found if each.kind is Kind.MODEL]
    assert named.ambiguous or named.value == model


LINES: dict[tuple[str, str, str], str | None] = {
    (RUNTIME, "POST", "/openai/v1/chat/completions"): "ChatCompletions",
    (RUNTIME, "POST", "/v1/chat/completions"): "ChatCompletions",
    (RUNTIME, "POST", "/openai/v1/responses"): "Responses",
    (RUNTIME, "POST", "/anthropic/v1/messages"): "Messages",
    (RUNTIME, "POST", "/v1/messages"): "Messages",
    (RUNTIME, "POST", "/v1/messages?beta=true"): "Messages",
    (RUNTIME, "POST", "/anthropic/v1/messages/count_tokens"): "CountMessageTokens",
    (MANTLE, "POST", "/v1/chat/completions"): "ChatCompletions",
    (MANTLE, "POST", "/openai/v1/responses"): "Responses",
    (MANTLE, "POST", "/v1/responses"): "Responses",
    (MANTLE, "POST", "/anthropic/v1/messages"): "Messages",
    (MANTLE, "POST", "/v1/embeddings"): "Embeddings",
    (MANTLE, "GET", "/v1/models"): "ListModels",
    (MANTLE, "GET", "/v1/models/openai.gpt-oss-120b"): "GetModel",
    # Nothing else is:
    (MANTLE, "POST", "/v1/models"): None,
    (MANTLE, "GET", "/v1/responses"): None,
    (MANTLE, "GET", "/v1/responses/resp_1"): None,
    (MANTLE, "POST", "/v1/responses/"): None,
    (MANTLE, "POST", "/v1/files"): None,
    (MANTLE, "POST", "/v1/batches"): None,
    (MANTLE, "GET", "/v1/models/"): None,
    (MANTLE, "GET", "/v1/models/a/b"): None,
    (MANTLE, "GET", "/v1/models/.."): None,
    (MANTLE, "GET", "/v1/models/%61"): None,
    (MANTLE, "GET", "/v1/models/a%2Fb%"): None,
    (MANTLE, "POST", "//v1/responses"): None,
    (MANTLE, "POST", "/v1//responses"): None,
    (MANTLE, "POST", "/v1/./responses"): None,
    (MANTLE, "POST", "/V1/responses"): None,
    (MANTLE, "POST", "/v1/responses;a=b"): None,
    (MANTLE, "POST", "/v1/responses?"): None,
    (MANTLE, "POST", "/v1/responses?beta=true"): None,
    (MANTLE, "POST", "/v1/messages?beta=false"): None,
    (MANTLE, "POST", "/v1/messages?beta=true&beta=true"): None,
    (MANTLE, "POST", "/v1/messages#beta"): None,
    (MANTLE, "post", "/v1/messages"): None,
    (MANTLE, "POST", "/model/x/converse"): None,
    (RUNTIME, "GET", "/v1/models"): None,
    (RUNTIME, "POST", "/v1/embeddings"): None,
    ("bedrock", "POST", "/v1/messages"): None,
    ("nonsense", "POST", "/v1/messages"): None,
}


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_request_line_is_one_operation_by_exactly_its_name(line: tuple[str, str, str]) -> None:
    match = match_surface(*line)
    assert (match.surface.name if match else None) == LINES[line]


def test_a_model_in_the_path_is_named() -> None:
    match = match_surface(MANTLE, "GET", "/openai/v1/models/openai.gpt-oss-120b-1%3A0")
    assert match is not None
    assert [(each.kind, each.value) for each in match.references] == [(Kind.MODEL, MODEL)]


def test_no_surface_has_the_name_of_an_operation_of_the_service_itself() -> None:
    for service in SERVICES:
        assert not surface_operations(service) & operation_table(service).operations
    assert surface_operations("bedrock") == frozenset()


def test_mantle_is_signed_for_in_its_own_name() -> None:
    table = table_of(MANTLE)
    assert (table.service, table.signing_name) == (MANTLE, MANTLE)
    assert table.operations == surface_operations(MANTLE)
    assert table_of(RUNTIME) is operation_table(RUNTIME)
    with pytest.raises(KeyError):
        table_of("nonsense")


def test_no_surface_is_allowed_unless_it_is_listed() -> None:
    keys: Any = {
        "region": "eu-west-1",
        "models": [MODEL],
        "network": {"cidrs": ["10.0.0.0/16"]},
    }
    bare = Policy(**keys)
    for service in (RUNTIME, MANTLE):
        for name in surface_operations(service):
            assert bare.decide_operation(service, name).rule == "operation-not-listed"
            own = Policy(**keys, operations={"allow": [f"{service}:{name}"]})
            assert own.decide_operation(service, name).allowed
    assert (
        Policy(**keys, operations={"allow": ["Messages"]})
        .decide_operation(RUNTIME, "Messages")
        .allowed
    )
