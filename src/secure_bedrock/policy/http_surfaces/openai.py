"""The bodies of the OpenAI-shaped APIs: Chat Completions, Responses, Embeddings.

Source: OpenAI API reference, "Create chat completion", "Create a model response" and "Create embeddings"; Amazon
Bedrock user guide, "Responses API" and "Server-side tool use" (read 2026-11-20).
"""

from typing import Final

from secure_bedrock.policy.http_surfaces.nodes import (
    DATA_URL,
    FREE,
    INLINE,
    KEPT,
    TEXT,
    Each,
    Fields,
    Given,
    Leaf,
    Names,
    Never,
    Node,
    Only,
    Tagged,
    TextOr,
    fields,
)
from secure_bedrock.policy.operation.members import Kind

MODEL: Final = Names(Kind.MODEL)
# A tool of any other type runs at the service: web search, MCP servers, Lambda connectors, file search, code.
_RUNS_THERE: Final = Kind.SYSTEM_TOOL
_SETTINGS: Final = (
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
)

# What a function is, what calls it, and what chooses it: a schema is content, the rest is text.
_DEFINED: Final = fields("parameters", "strict", name=TEXT, description=TEXT)
_DEFINED_FREELY: Final = fields("format", name=TEXT, description=TEXT)
_CALLED: Final = fields(name=TEXT, arguments=TEXT)
_CHOSEN: Final = fields(name=TEXT)
_SAID: Final = fields("type", text=TEXT)

_IMAGE: Final = fields("detail", url=DATA_URL)
_FILE: Final = fields("filename", file_data=INLINE, file_id=KEPT)
_CHAT_PART: Final = Tagged(
    {
        "text": _SAID,
        "refusal": fields("type", refusal=TEXT),
        "image_url": fields("type", image_url=_IMAGE),
        "input_audio": fields("type", input_audio=fields("format", data=INLINE)),
        "file": fields("type", file=_FILE),
    }
)
_CHAT_CALL: Final = Tagged(
    {
        "function": fields("id", "type", function=_CALLED),
        "custom": fields("id", "type", custom=fields(name=TEXT, input=TEXT)),
    }
)
_CHAT_MESSAGE: Final = fields(
    "role",
    "name",
    "refusal",
    "reasoning",
    "reasoning_content",
    "tool_call_id",
    function_call=_CALLED,
    content=TextOr(Each(_CHAT_PART)),
    tool_calls=Each(_CHAT_CALL),
    audio=KEPT,
)
_CHAT_TOOL: Final = Tagged(
    {
        "function": fields("type", function=_DEFINED),
        "custom": fields("type", custom=_DEFINED_FREELY),
    },
    _RUNS_THERE,
)
_CHAT_CHOICE: Final = Tagged(
    {
        "function": fields("type", function=_CHOSEN),
        "custom": fields("type", custom=_CHOSEN),
        "allowed_tools": fields("type", allowed_tools=fields("mode", tools=Each(_CHAT_TOOL))),
    },
    _RUNS_THERE,
)

CHAT_COMPLETIONS: Final[Node] = fields(
    *_SETTINGS,
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "modalities",
    "n",
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
    functions=Each(fields("parameters", name=TEXT, description=TEXT)),
    function_call=TextOr(_CHOSEN),
    prediction=fields("type", content=TextOr(Each(Tagged({"text": _SAID})))),
    prompt_cache_retention=KEPT,
    audio=fields("format", voice=TextOr(KEPT)),
    store=Only(False, Kind.KEPT),
    web_search_options=Never(Kind.SYSTEM_TOOL),
    required=("model",),
)

_INPUT_PART: Final = Tagged(
    {
        "input_text": _SAID,
        "output_text": fields("type", "annotations", "logprobs", text=TEXT),
        "refusal": fields("type", refusal=TEXT),
        "input_image": fields("type", "detail", image_url=DATA_URL, file_id=KEPT),
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


def _item(*free: str, **content: Node) -> Node:
    """An item that holds its content: what is left out could be filled in from what the service keeps under its id."""
    given: dict[str, Node] = {name: Given(node, Kind.KEPT) for name, node in content.items()}
    return fields("type", "id", "status", *free, required=tuple(content), **given)


_ITEM: Final = Tagged(
    {
        "message": _item("phase", role=TEXT, content=_OUTPUT),
        "function_call": _item(call_id=TEXT, name=TEXT, arguments=TEXT),
        "function_call_output": _item(call_id=TEXT, output=_OUTPUT),
        "custom_tool_call": _item(call_id=TEXT, name=TEXT, input=TEXT),
        "custom_tool_call_output": _item(call_id=TEXT, output=_OUTPUT),
        "reasoning": _item("summary", "content", encrypted_content=TEXT),
        "item_reference": KEPT,
    },
    # OpenAI's SDK may leave the type of a reference out as well: then there is neither role nor content.
    untagged="message",
)
_TOOL: Final = Tagged(
    {
        "function": fields("type", "parameters", "strict", name=TEXT, description=TEXT),
        "custom": fields("type", "format", name=TEXT, description=TEXT),
    },
    _RUNS_THERE,
)
_CHOICE: Final = Tagged(
    {
        "function": fields("type", name=TEXT),
        "custom": fields("type", name=TEXT),
        "allowed_tools": fields("type", "mode", tools=Each(_TOOL)),
    },
    _RUNS_THERE,
)

# The service keeps an answer for a month unless `store` says false.
RESPONSES: Final[Node] = fields(
    *_SETTINGS,
    "max_output_tokens",
    "max_tool_calls",
    "reasoning",
    "text",
    "truncation",
    model=MODEL,
    input=TextOr(Each(_ITEM)),
    instructions=TEXT,
    include=Each(TEXT),
    prompt_cache_retention=KEPT,
    tools=Each(_TOOL),
    tool_choice=TextOr(_CHOICE),
    store=Only(False, Kind.KEPT),
    background=Only(False, Kind.KEPT),
    conversation=KEPT,
    previous_response_id=KEPT,
    prompt=KEPT,
    required=("model", "store"),
)

# Text, or texts, or the tokens of one or of each.
_EMBEDDED: Final = TextOr(Each(Leaf((str, int), Each(Leaf((int,))))))
EMBEDDINGS: Final[Node] = Fields(
    {
        **dict.fromkeys(("encoding_format", "dimensions", "user"), FREE),
        "input": _EMBEDDED,
        "model": MODEL,
    },
    ("model",),
)
