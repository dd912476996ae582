"""What a body names outside the request (a location, a kept thing, a tool that runs elsewhere) is told by its kind."""

import pytest

from secure_bedrock.policy.http_surfaces import body_references
from secure_bedrock.policy.operation.members import Kind
from tests.policy.http_surfaces.surface_bodies import (
    GRAMMARS,
    MODEL,
    URL,
    Body,
    chat,
    messages,
    part,
    responses,
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
