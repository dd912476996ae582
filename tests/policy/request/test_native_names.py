"""What JSON of a model's own API names, provider by provider; what is content names nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.request import native_names
from secure_bedrock.policy.request.native_names import native_references
from secure_bedrock.policy.request.native_words import SPELT_ALIKE, TELLING

S3, URL, TOOL, MODEL, KEPT = Kind.S3, Kind.URL, Kind.SYSTEM_TOOL, Kind.MODEL, Kind.KEPT
PLACE = {"s3Location": {"uri": "s3://b/k", "bucketOwner": "111122223333"}}


def said(*content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content)}]}


def tool(**definition: Any) -> dict[str, Any]:
    return {**said({"type": "text", "text": "Hi"}), "tools": [definition]}


NAMING: dict[str, tuple[object, list[tuple[Kind, object]]]] = {
    "Nova, a video in a bucket": (
        said({"video": {"format": "mp4", "source": PLACE}}),
        [(S3, "s3://b/k")],
    ),
    "Nova, a tool that AWS runs": (
        {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
        [(TOOL, "tools"), (TOOL, "system_tool")],
    ),
    "Nova Reel, an image in a bucket": (
        {"textToVideoParams": {"images": [{"format": "png", "source": PLACE}]}},
        [(S3, "s3://b/k")],
    ),
    "Nova embeddings, a text in a bucket": (
        {"segmentedEmbeddingParams": {"text": {"source": PLACE}}},
        [(S3, "s3://b/k")],
    ),
    "TwelveLabs": ({"inputType": "video", "mediaSource": PLACE}, [(S3, "s3://b/k")]),
    "a location that is a string": ({"s3_location": "s3://b/k"}, [(S3, "s3://b/k")]),
    "a location that is an ARN": ({"s3Uri": "arn:aws:s3:::b/k"}, [(S3, "arn:aws:s3:::b/k")]),
    "a location in another spelling": ({"S3URI": "s3://b/k"}, [(S3, "s3://b/k")]),
    "a location without its bucket": ({"s3Location": {"bucketOwner": "1"}}, [(S3, None)]),
    "a location that is a number": ({"s3Uri": 7}, [(S3, None)]),
    "locations in a list": (
        {"s3Uri": ["s3://b/1", "s3://b/2"]},
        [(S3, "s3://b/1"), (S3, "s3://b/2")],
    ),
    "a bucket by a plain name": ({"source": {"uri": "S3://b/k"}}, [(S3, "S3://b/k")]),
    "Anthropic, an image at a URL": (
        said({"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}}),
        [(URL, "https://e.com/a.png")],
    ),
    "Anthropic, an image at a URL in a tool's result": (
        said(
            {
                "type": "tool_result",
                "content": [{"type": "image", "source": {"type": "url", "url": "http://e.com"}}],
            }
        ),
        [(URL, "http://e.com")],
    ),
    "Anthropic, servers to call": (
        {"mcp_servers": [{"url": "https://e.com"}]},
        [(URL, "mcp_servers")],
    ),
    "Anthropic, web search": (
        tool(type="web_search_20250305", name="web_search"),
        [(TOOL, "tools")],
    ),
    "Anthropic, web search, its type in other letters": (
        tool(Type="web_search_20250305", name="web_search"),
        [(TOOL, "tools")],
    ),
    "Anthropic, web search beside a type of the caller's": (
        tool(type="custom", TYPE="web_search_20250305", name="web_search"),
        [(TOOL, "tools")],
    ),
    "a tool of the provider's, with a name": (
        tool(name="x", google_search={}),
        [(TOOL, "tools")],
    ),
    "a tool of the provider's, beside a definition": (
        tool(toolSpec={"name": "x"}, codeExecution={}),
        [(TOOL, "tools")],
    ),
    "a definition without a name": (tool(description="x"), [(TOOL, "tools")]),
    "a tool in a list of tools": (
        {"tools": [[{"type": "web_search_20250305"}]]},
        [(TOOL, "tools")],
    ),
    "tools with a long s": (
        {"tool\u017f": [{"type": "web_search_20250305"}]},
        [(TOOL, "tools")],
    ),
    "servers with a long s": ({"mcp_\u017ferver\u017f": []}, [(URL, "mcp_servers")]),
    "a hook with the Kelvin sign": ({"webhoo\u212a": "https://e.com"}, [(URL, "https://e.com")]),
    "a file with a dotless i": ({"f\u0131le_id": "f-1"}, [(KEPT, "file_id")]),
    "an image in a list of lists": (
        {"image": [[["https://e.com/a"], "AA=="], "s3://b/k"]},
        [(URL, "https://e.com/a"), (S3, "s3://b/k")],
    ),
    "a URL in a list of lists": ({"image_url": [["https://e.com/a"]]}, [(URL, "https://e.com/a")]),
    "Anthropic, web fetch": (tool(type="web_fetch_20250910", name="web_fetch"), [(TOOL, "tools")]),
    "Anthropic, code that runs there": (
        tool(type="code_execution_20250825", name="code_execution"),
        [(TOOL, "tools")],
    ),
    "Anthropic, a search among tools": (
        tool(type="tool_search_tool_regex", name="tool_search_tool_regex"),
        [(TOOL, "tools")],
    ),
    "Anthropic, a server's tools": (
        tool(type="mcp_toolset", mcp_server_name="x"),
        [(TOOL, "tools")],
    ),
    "OpenAI, an image at a URL": (
        said({"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}),
        [(URL, "https://e.com/a.png")],
    ),
    "OpenAI, an image at a URL, short": (
        {"input": [{"content": [{"type": "input_image", "image_url": "https://e.com/a.png"}]}]},
        [(URL, "https://e.com/a.png")],
    ),
    "OpenAI, a file at a URL": (
        {"input": [{"type": "input_file", "file_url": "ftp://e.com/a"}]},
        [(URL, "ftp://e.com/a")],
    ),
    "OpenAI, a server's tools": (
        tool(type="mcp", server_label="x", server_url="https://e.com"),
        [(TOOL, "tools"), (URL, "https://e.com")],
    ),
    "OpenAI, search in chat": ({"web_search_options": {}}, [(TOOL, "web_search_options")]),
    "Mistral, a document at a URL": (
        said({"type": "document_url", "document_url": "https://e.com/a.pdf"}),
        [(URL, "https://e.com/a.pdf")],
    ),
    "Cohere, connectors": (
        {"message": "x", "connectors": [{"id": "web-search"}]},
        [(TOOL, "connectors")],
    ),
    "Qwen, images at URLs": ({"images": ["https://e.com/x", "AA=="]}, [(URL, "https://e.com/x")]),
    "Qwen, an image at a URL": (
        said({"type": "image", "image": "HTTPS://e.com/x"}),
        [(URL, "HTTPS://e.com/x")],
    ),
    "Qwen, a video in a bucket": (
        said({"type": "video", "video": [" s3://b/k"]}),
        [(S3, " s3://b/k")],
    ),
    "Qwen, search": ({"enable_search": True}, [(TOOL, "enable_search")]),
    "plugins": ({"plugins": [{"id": "web"}]}, [(TOOL, "plugins")]),
    "OpenAI, sound at a URL": (
        said({"type": "input_audio", "input_audio": {"data": "http://e.com"}}),
        [(URL, "http://e.com")],
    ),
    "OpenAI, a file at a URL and one that is kept": (
        said({"type": "file", "file": {"file_data": "https://e.com", "file_id": "f"}}),
        [(URL, "https://e.com"), (KEPT, "file_id")],
    ),
    "Anthropic, an uploaded file": (
        said({"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        [(KEPT, "source"), (KEPT, "file_id")],
    ),
    "Anthropic, an uploaded file by another name": (
        said({"type": "document", "source": {"type": "file", "id": "file_1"}}),
        [(KEPT, "source")],
    ),
    "Anthropic, a container": ({"container": {"id": "c"}}, [(KEPT, "container")]),
    "a bucket by its ARN, under a plain name": (
        {"source": "arn:aws:s3:::b/k"},
        [(S3, "arn:aws:s3:::b/k")],
    ),
    "a bucket under other plain names": (
        {"location": "s3://b/1", "video": "s3://b/2"},
        [(S3, "s3://b/1"), (S3, "s3://b/2")],
    ),
    "a place of another kind": ({"init_image": "gs://b/k"}, [(URL, "gs://b/k")]),
    "an image among documents": (
        {"documents": [{"type": "image", "source": {"type": "url", "url": "https://e.com"}}]},
        [(URL, "https://e.com")],
    ),
    "what is to be cited": (
        said({"type": "document", "citations": {"url": "https://e.com"}}),
        [(URL, "https://e.com")],
    ),
    "a tool of tomorrow": (tool(type="teleport_20300101"), [(TOOL, "tools")]),
    "a tool that is called nearly as one of the caller's": (
        tool(type="bash_20250124_hosted", name="bash"),
        [(TOOL, "tools")],
    ),
    "a tool whose type is no string": (tool(type=["function"]), [(TOOL, "tools")]),
    "a tool without type or definition": (tool(google_search={}), [(TOOL, "tools")]),
    "a tool that is a name": ({"tools": ["web_search"]}, [(TOOL, "tools")]),
    "one tool without a list": ({"tools": {"type": "web_search"}}, [(TOOL, "tools")]),
    "a model": ({"model": "m"}, [(MODEL, "m")]),
    "models": ({"fallbacks": ["m", {"model": "n"}]}, [(MODEL, "m"), (MODEL, {"model": "n"})]),
    "a model's id in another spelling": ({"ModelID": "m"}, [(MODEL, "m")]),
    **{
        f"another model by {name!r}": ({name: "m"}, [(MODEL, "m")])
        for name in (
            *("draft_model", "draftModelId", "speculative_model", "model_name", "engine"),
            *("deployment", "deployment_id", "adapter_id", "adapter_source", "lora_name"),
            *("lora_path", "LORA-PATH"),
        )
    },
    "other weights, DJL Serving": (
        {"inputs": "x", "adapters": ["a", "b"]},
        [(MODEL, "a"), (MODEL, "b")],
    ),
    "other weights, text generation inference": (
        {"inputs": "x", "parameters": {"adapter_id": "hub/a", "max_new_tokens": 9}},
        [(MODEL, "hub/a")],
    ),
    "other weights that are mixed": (
        {"parameters": {"merged_adapters": {"ids": ["a"]}}},
        [(MODEL, {"ids": ["a"]})],
    ),
    "a model that drafts": (
        {"speculative_config": {"method": "draft_model", "model": "m"}},
        [(MODEL, "m")],
    ),
    "a second body": ({"extra_body": {"models": ["m"]}}, [(MODEL, "m")]),
    "where to run": ({"inference_geo": "us"}, [(Kind.UNKNOWN, "inference_geo")]),
    "whom to tell": (
        {"prompt": "x", "callback_url": "https://e.com"},
        [(URL, "https://e.com")],
    ),
    "whom to tell, by a host alone": ({"webhook": "//e.com"}, [(URL, "//e.com")]),
    "another server": ({"api_base": "e.com"}, [(URL, "e.com")]),
    "an image without a scheme": ({"image": "//e.com/a.png"}, [(URL, "//e.com/a.png")]),
    "an image of the server's": ({"image": "file:/etc/passwd"}, [(URL, "file:/etc/passwd")]),
    "a first frame": ({"first_frame_image": "http:e.com"}, [(URL, "http:e.com")]),
    "a URL behind a blank": ({"url": " data:,x"}, [(URL, " data:,x")]),
    "parameters at the top are the provider's": (
        {"name": "x", "parameters": {"s3Uri": "s3://b/k"}},
        [(S3, "s3://b/k")],
    ),
    "an input at the top is the provider's": (
        {"name": "x", "type": "tool_use", "input": {"s3Uri": "s3://b/k"}},
        [(S3, "s3://b/k")],
    ),
    "an input that only says that it is a call": (
        {"x": {"type": "tool_use", "input": {"s3Uri": "s3://b/k"}}},
        [(S3, "s3://b/k")],
    ),
}


@pytest.mark.parametrize(("document", "named"), NAMING.values(), ids=NAMING.keys())
def test_names_that_tell_are_found(document: object, named: list[tuple[Kind, object]]) -> None:
    found = [(each.kind, each.value) for each in native_references(document, "body")]

    assert found == named
    for plain in (True, False):
        body = json.dumps(document, ensure_ascii=plain).encode()
        assert TELLING.search(body) or SPELT_ALIKE.search(body)


SCHEMA = {
    "type": "object",
    "properties": {
        "url": {"type": "string", "default": "https://e.com"},
        "s3Location": {"type": "object", "properties": {"uri": {"const": "s3://b/k"}}},
        "mcp_servers": {"type": "array"},
        "tools": {"type": "array"},
    },
}
CALLED = {"url": "https://e.com", "s3Uri": "s3://b/k", "tools": ["hammer"]}
ORDINARY: dict[str, dict[str, Any]] = {
    "Anthropic with a tool, its call and its result": {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "system": 'Answer in JSON: {"url": "https://e.com", "mcp_servers": []}',
        "tools": [
            {
                "name": "fetch",
                "description": "GET a url",
                "input_schema": SCHEMA,
                "input_examples": [CALLED],
            },
            {"type": "custom", "name": "other", "input_schema": SCHEMA},
            {
                "name": "cached",
                "input_schema": SCHEMA,
                "cache_control": {"type": "ephemeral"},
                "strict": True,
                "defer_loading": False,
            },
            {"type": "bash_20250124", "name": "bash"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            {"type": "computer_20250124", "name": "computer", "display_width_px": 1024},
            {"type": "memory_20250818", "name": "memory"},
        ],
        "tool_choice": {"type": "tool", "name": "fetch"},
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
                    },
                    {
                        "type": "document",
                        "source": {"type": "text", "data": "x"},
                        "citations": {"enabled": True},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "1", "name": "fetch", "input": CALLED}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "url: https://e.com"}
                ],
            },
        ],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    },
    "Nova with a tool, its call and its result": {
        "schemaVersion": "messages-v1",
        "system": [{"text": "x"}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {
                "role": "user",
                "content": [{"image": {"format": "png", "source": {"bytes": "AA=="}}}],
            },
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "1", "name": "f", "input": CALLED}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "1", "content": [{"json": CALLED}]}}],
            },
        ],
        "inferenceConfig": {"maxTokens": 100},
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "f", "description": "x", "inputSchema": {"json": SCHEMA}}},
                {"cachePoint": {"type": "default"}},
            ],
            "toolChoice": {"tool": {"name": "f"}},
        },
    },
    "OpenAI's chat with a function": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
                ],
            },
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "f", "arguments": json.dumps(CALLED)},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": json.dumps(CALLED)},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}},
        "max_completion_tokens": 100,
    },
    "OpenAI's responses with a function": {
        "input": [{"role": "user", "content": "https://e.com"}],
        "tools": [
            {"type": "function", "name": "f", "parameters": SCHEMA},
            {"type": "custom", "name": "g"},
        ],
    },
    "Llama": {"prompt": '<|user|>{"url": "https://e.com"}', "max_gen_len": 100, "temperature": 0.5},
    "Titan": {"inputText": "s3://b/k", "textGenerationConfig": {"maxTokenCount": 100}},
    "Titan embeddings": {
        "inputText": "x",
        "inputImage": "AA==",
        "embeddingConfig": {"outputEmbeddingLength": 256},
    },
    "Mistral's chat with a function": {
        "messages": [
            {"role": "user", "content": "x"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": CALLED}}],
            },
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "x", "parameters": SCHEMA},
            }
        ],
        "tool_choice": "auto",
    },
    "Mistral's text": {"prompt": "<s>[INST] x [/INST]", "max_tokens": 100},
    "Cohere with documents and a tool": {
        "message": "x",
        "documents": [{"title": "a", "snippet": "b", "url": "https://e.com"}],
        "tools": [{"name": "f", "description": "x", "parameter_definitions": SCHEMA["properties"]}],
        "tool_results": [{"call": {"name": "f", "parameters": CALLED}, "outputs": [CALLED]}],
    },
    "Cohere's newer API with documents": {
        "documents": [
            "https://e.com",
            {"id": "1", "data": {"title": "a", "url": "https://e.com", "s3Uri": "x"}},
        ],
    },
    "Anthropic with what it cited": {
        **said(
            {"type": "search_result", "source": "https://e.com", "title": "a", "content": []},
            {"type": "document", "source": {"type": "text", "data": "https://e.com"}},
            {
                "type": "text",
                "text": "https://e.com",
                "citations": [
                    {"type": "search_result_location", "source": "https://e.com"},
                    {"type": "web_search_result_location", "url": "https://e.com"},
                    {"type": "char_location", "document_title": "a", "file_id": None},
                ],
            },
        ),
        "container": None,
    },
    "Qwen with an image and without search": {
        **said(
            {"type": "image", "image": "data:image/png;base64,AA=="},
            {"type": "image", "image": "//uQxAAA"},
            {"type": "text", "text": "https://e.com"},
        ),
        "enable_search": False,
        "plugins": [],
    },
    "words of a provider's own further down": {"x": {"container": "c", "plugins": ["p"]}},
    "a type that is no string": {"type": ["text"], "data": "AA==", "source": 7, "documents": 7},
    "a model further down, and words of a server's own": {
        "metadata": {"model": "T", "engine": "V8"},
        "messages": [{"role": "user", "content": {"model": "T", "adapter_id": "a"}}],
        "parameters": {"temperature": 0.5, "details": {"model": "T"}},
    },
    "Cohere with documents that are URLs": {"documents": ["//e.com/x", "s3://b/k", "ftp://e"]},
    "a place that is not asked for": {"inference_geo": None, "parameters": None},
    "Stability": {"prompt": "x", "mode": "image-to-image", "image": "AA==", "seed": 1},
    "an image in the request, in capitals": {"image_url": "DATA:image/png;base64,AA=="},
    "no tools": {"tools": None, "messages": []},
}


@pytest.mark.parametrize("document", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_payloads_name_nothing(document: dict[str, Any]) -> None:
    assert native_references(document, "body") == ()


@pytest.mark.parametrize(
    "body",
    [
        rb'{"image": "https:\/\/e.com"}',
        rb'{"images":["x","s3://b/k"]}',
        rb'{"image": "\n\thttps://e.com"}',
        rb'{"a": "\\", "image":"https://e.com"}',
        rb'{"image": "\u0000https:\/e.com"}',
        rb'{"image": "h\tttp:e.com"}',
        rb'{"image": "\/\\e.com"}',
        b'{"image": "\xc2\xa0https:e.com"}',
    ],
)
def test_a_location_is_found_in_the_bytes_however_it_is_written(body: bytes) -> None:
    assert TELLING.search(body)
    assert TELLING.search(b'{"text": "' + b"A" * 20_000 + b'", ' + body[1:])
    assert native_references(json.loads(body), "body")


def test_an_image_in_the_request_tells_nothing() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "//uQ+/" * 1000}}

    assert not TELLING.search(json.dumps(said(image)).encode())


def test_text_is_no_name() -> None:
    text = json.dumps({"messages": ['"url": "https://e.com", "model": "x"', "s3Location", "url"]})

    assert not TELLING.search(text.encode())


def test_a_place_is_told_in_this_librarys_words() -> None:
    (found,) = native_references(
        {"secret customer": {"IMAGE-URL": "https://e.com"}}, "body.modelInput"
    )

    assert found.path == "body.modelInput..image_url"
    assert "e.com" not in repr(found)


@pytest.mark.parametrize("document", [None, "x", 7, [], [1, "x"], {1: {"url": "data:,x"}, 2: 3}])
def test_what_names_nothing(document: object) -> None:
    assert native_references(document, "body") == ()


def test_what_is_too_deep_or_too_much_could_name_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    endless: list[Any] = []
    endless.append(endless)
    (found,) = native_references(endless, "body")
    assert (found.kind, found.ambiguous) == (Kind.UNKNOWN, True)

    monkeypatch.setattr(native_names, "MAX_STEPS", 3)
    (found,) = native_references([[], [], []], "body")
    assert (found.kind, found.ambiguous) == (Kind.UNKNOWN, True)


ANY = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FOLDED_APART = st.sampled_from(["s3Location", "s3_uri", "system-tool", "MCP_SERVERS", "image_url"])


@given(ANY, st.lists(st.sampled_from(["a", "b", "content", "source"]), max_size=8), FOLDED_APART)
def test_a_name_is_found_at_every_depth(rest: Any, way: list[str], name: str) -> None:
    document: Any = {name: "https://e.com"}
    for word in way:
        document = [{word: document}, rest]

    assert native_references(document, "body")
    assert TELLING.search(json.dumps(document).encode())
