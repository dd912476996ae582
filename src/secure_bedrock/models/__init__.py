"""What is said and answered, as frozen values; names are loaded on first use."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secure_bedrock.models.blocks import Block, UnknownBlock, parse_block
    from secure_bedrock.models.folder import StreamFolder
    from secure_bedrock.models.invoke import InvokeModelResponse
    from secure_bedrock.models.invoke_requests import InvokeOptions, invoke_params
    from secure_bedrock.models.media_blocks import DocumentBlock, ImageBlock
    from secure_bedrock.models.message import Message
    from secure_bedrock.models.requests import ConverseOptions, converse_params
    from secure_bedrock.models.response import ConverseResponse
    from secure_bedrock.models.stream import (
        BlockStart,
        BlockStop,
        MessageStart,
        MessageStop,
        Metadata,
        OtherDelta,
        ReasoningDelta,
        StreamEvent,
        TextDelta,
        ToolInputDelta,
        ToolUseStart,
        UnknownEvent,
        stream_event,
    )
    from secure_bedrock.models.text_blocks import CitationsBlock, ReasoningBlock, TextBlock
    from secure_bedrock.models.tool_blocks import ToolResultBlock, ToolUseBlock
    from secure_bedrock.models.usage import Metrics, Usage

__all__ = [
    "Block",
    "BlockStart",
    "BlockStop",
    "CitationsBlock",
    "ConverseOptions",
    "ConverseResponse",
    "DocumentBlock",
    "ImageBlock",
    "InvokeModelResponse",
    "InvokeOptions",
    "Message",
    "MessageStart",
    "MessageStop",
    "Metadata",
    "Metrics",
    "OtherDelta",
    "ReasoningBlock",
    "ReasoningDelta",
    "StreamEvent",
    "StreamFolder",
    "TextBlock",
    "TextDelta",
    "ToolInputDelta",
    "ToolResultBlock",
    "ToolUseBlock",
    "ToolUseStart",
    "UnknownBlock",
    "UnknownEvent",
    "Usage",
    "converse_params",
    "invoke_params",
    "parse_block",
    "stream_event",
]

_HOMES = {
    "blocks": "Block UnknownBlock parse_block",
    "folder": "StreamFolder",
    "invoke": "InvokeModelResponse",
    "invoke_requests": "InvokeOptions invoke_params",
    "media_blocks": "DocumentBlock ImageBlock",
    "message": "Message",
    "requests": "ConverseOptions converse_params",
    "response": "ConverseResponse",
    "stream": (
        "BlockStart BlockStop MessageStart MessageStop Metadata OtherDelta ReasoningDelta StreamEvent"
        " TextDelta ToolInputDelta ToolUseStart UnknownEvent stream_event"
    ),
    "text_blocks": "CitationsBlock ReasoningBlock TextBlock",
    "tool_blocks": "ToolResultBlock ToolUseBlock",
    "usage": "Metrics Usage",
}

if not TYPE_CHECKING:  # a __getattr__ that checkers see would hide misspelt imports from them
    # A call without streaming never pays for the classes of stream events: 8 ms (measured 2026-11-20).

    def __getattr__(name: str) -> object:
        from importlib import import_module  # noqa: PLC0415

        for home, names in _HOMES.items():
            if name in names.split():
                value = getattr(import_module(f"{__name__}.{home}"), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(__all__)
