"""The bodies of the Anthropic-shaped API: Messages, and counting their tokens.

Source: Anthropic API reference, "Messages" and "Count tokens in a Message"; Amazon Bedrock user guide, "Inference using
Anthropic Messages API" (read 2026-11-20).
"""

from typing import Final

from secure_bedrock.policy.http_surfaces.nodes import (
    INLINE,
    KEPT,
    TEXT,
    URL,
    Each,
    Names,
    Node,
    Tagged,
    TextOr,
    fields,
)
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.tool_types import DATED

_SOURCES: Final[dict[str, Node]] = {
    "base64": fields("type", "media_type", data=INLINE),
    "url": URL,
    "file": KEPT,
}
_TEXT: Final = fields("type", "citations", "cache_control", text=TEXT)
_IMAGE: Final = fields("type", "cache_control", source=Tagged(_SOURCES))
_PARTS: Final = TextOr(Each(Tagged({"text": _TEXT, "image": _IMAGE})))
_DOCUMENT: Final = fields(
    "type",
    "title",
    "context",
    "citations",
    "cache_control",
    source=Tagged(
        {
            **_SOURCES,
            "text": fields("type", "media_type", data=TEXT),
            "content": fields("type", content=_PARTS),
        }
    ),
)
# Its source is a name that the answer can cite.
_RESULT: Final = fields(
    "type", "title", "citations", "cache_control", source=TextOr(URL), content=_PARTS
)
_INNER: Final[dict[str, Node]] = {
    "text": _TEXT,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "search_result": _RESULT,
}
_BLOCK: Final = Tagged(
    {
        **_INNER,
        "tool_use": fields("type", "id", "name", "input", "cache_control"),
        "tool_result": fields(
            "type",
            "tool_use_id",
            "is_error",
            "cache_control",
            content=TextOr(Each(Tagged(_INNER))),
        ),
        "thinking": fields("type", "thinking", "signature"),
        "redacted_thinking": fields("type", "data"),
        "container_upload": KEPT,
    }
)

# Tools that the caller runs. Every other type (web_search_…, web_fetch_…, code_execution_…, mcp_toolset …) runs at the
# model's provider.
_CLIENT_TOOL: Final = fields(
    "type",
    "name",
    "description",
    "input_schema",
    "strict",
    "cache_control",
    "display_width_px",
    "display_height_px",
    "display_number",
    "max_characters",
)
_TOOL: Final = Tagged(
    dict.fromkeys(("custom", *DATED), _CLIENT_TOOL), Kind.SYSTEM_TOOL, untagged="custom"
)

_CHOICE: Final = Tagged(
    dict.fromkeys(
        ("auto", "any", "tool", "none"), fields("type", "disable_parallel_tool_use", name=TEXT)
    ),
    Kind.SYSTEM_TOOL,
)

_COUNTED: Final[dict[str, Node]] = {
    "model": Names(Kind.MODEL),
    "messages": Each(fields("role", content=TextOr(Each(_BLOCK)))),
    "system": TextOr(Each(Tagged({"text": _TEXT}))),
    "tools": Each(_TOOL),
    "tool_choice": _CHOICE,
    "output_config": fields("effort", "format", "task_budget"),
    "mcp_servers": URL,
    "container": KEPT,
}
_COUNT_SETTINGS: Final = (
    "anthropic_version",
    "anthropic_beta",
    "cache_control",
    "output_format",
    "thinking",
)

COUNT_TOKENS: Final[Node] = fields(*_COUNT_SETTINGS, required=("model",), **_COUNTED)
MESSAGES: Final[Node] = fields(
    *_COUNT_SETTINGS,
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    required=("model",),
    **_COUNTED,
)
