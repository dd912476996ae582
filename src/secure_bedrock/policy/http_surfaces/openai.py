"""The bodies of the OpenAI-shaped APIs: Chat Completions, Responses, Embeddings.

Source: OpenAI API reference, "Create chat completion", "Create a model response" and "Create embeddings"; Amazon
Bedrock user guide, "Responses API" and "Server-side tool use" (read 2026-11-20).
"""

from typing import Final

from secure_bedrock.policy.http_surfaces.nodes import (
    FREE,
    INLINE,
    KEPT,
    Each,
    Fields,
    Names,
    Never,
    Node,
    Only,
    Tagged,
    TextOr,
    fields,
)
from secure_bedrock.policy.operation_members import Kind

MODEL: Final = Names(Kind.MODEL)
# A tool of any other type runs at the service: web search, MCP servers, Lambda connectors, file search, code.
_RUNS_THERE: Final = Kind.SYSTEM_TOOL
_SETTINGS: Final = (
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
)

_IMAGE: Final = fields("detail", url=INLINE)
_FILE: Final = fields("filename", file_data=INLINE, file_id=KEPT)
_CHAT_PART: Final = Tagged(
    {
        "text": fields("type", "text"),
        "refusal": fields("type", "refusal"),
        "image_url": fields("type", image_url=_IMAGE),
        "input_audio": fields("type", input_audio=fields("format", data=INLINE)),
        "file": fields("type", file=_FILE),
    }
)
_CHAT_CALL: Final = Tagged(
    {"function": fields("id", "type", "function"), "custom": fields("id", "type", "custom")}
)
_CHAT_MESSAGE: Final = fields(
    "role",
    "name",
    "refusal",
    "reasoning",
    "reasoning_content",
    "tool_call_id",
    "function_call",
    content=TextOr(Each(_CHAT_PART)),
    tool_calls=Each(_CHAT_CALL),
    audio=KEPT,
)
_CHAT_TOOL: Final = Tagged(
    {"function": fields("type", "function"), "custom": fields("type", "custom")}, _RUNS_THERE
)
_CHAT_CHOICE: Final = Tagged(
    {
        "function": fields("type", "function"),
        "custom": fields("type", "custom"),
        "allowed_tools": fields("type", allowed_tools=fields("mode", tools=Each(_CHAT_TOOL))),
    },
    _RUNS_THERE,
)

CHAT_COMPLETIONS: Final[Node] = fields(
    *_SETTINGS,
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "modalities",
    "n",
    "prediction",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "verbosity",
    model=MODEL,
    messages=Each(_CHAT_MESSAGE),
    tools=Each(_CHAT_TOOL),
    tool_choice=TextOr(_CHAT_CHOICE),
    audio=fields("format", "voice"),
    store=Only(False, Kind.KEPT),
    web_search_options=Never(Kind.SYSTEM_TOOL),
    required=("model",),
)

_INPUT_PART: Final = Tagged(
    {
        "input_text": fields("type", "text"),
        "output_text": fields("type", "text", "annotations", "logprobs"),
        "refusal": fields("type", "refusal"),
        "input_image": fields("type", "detail", image_url=INLINE, file_id=KEPT),
        "input_file": fields(
            "type",
            "detail",
            "filename",
            file_data=INLINE,
            file_id=KEPT,
            file_url=Never(Kind.URL),
        ),
    }
)
_OUTPUT: Final = TextOr(Each(_INPUT_PART))
_ITEM: Final = Tagged(
    {
        "message": fields("type", "role", "id", "status", "phase", content=_OUTPUT),
        "function_call": fields("type", "id", "call_id", "name", "arguments", "status"),
        "function_call_output": fields("type", "id", "call_id", "status", output=_OUTPUT),
        "custom_tool_call": fields("type", "id", "call_id", "name", "input"),
        "custom_tool_call_output": fields("type", "id", "call_id", output=_OUTPUT),
        "reasoning": fields("type", "id", "summary", "content", "encrypted_content", "status"),
        "item_reference": KEPT,
    },
    untagged="message",
)
_TOOL: Final = Tagged(
    {
        "function": fields("type", "name", "description", "parameters", "strict"),
        "custom": fields("type", "name", "description", "format"),
    },
    _RUNS_THERE,
)
_CHOICE: Final = Tagged(
    {
        "function": fields("type", "name"),
        "custom": fields("type", "name"),
        "allowed_tools": fields("type", "mode", tools=Each(_TOOL)),
    },
    _RUNS_THERE,
)

# The service keeps an answer for a month unless `store` says false.
RESPONSES: Final[Node] = fields(
    *_SETTINGS,
    "include",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "reasoning",
    "text",
    "truncation",
    model=MODEL,
    input=TextOr(Each(_ITEM)),
    tools=Each(_TOOL),
    tool_choice=TextOr(_CHOICE),
    store=Only(False, Kind.KEPT),
    background=Only(False, Kind.KEPT),
    conversation=KEPT,
    previous_response_id=KEPT,
    prompt=KEPT,
    required=("model", "store"),
)

EMBEDDINGS: Final[Node] = Fields(
    {
        **dict.fromkeys(("input", "encoding_format", "dimensions", "user"), FREE),
        "model": MODEL,
    },
    ("model",),
)
