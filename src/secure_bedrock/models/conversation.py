"""What callers may write for messages, system prompts and tools, brought into botocore's form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models.wire import refuse_lost_members

if TYPE_CHECKING:
    from secure_bedrock.models.blocks import Block
    from secure_bedrock.models.message import Message, Part

# Nothing here imports the classes of messages and blocks, so that a call with plain str and dict does not load them:
# they are told by their `to_wire`.

UNION_HINT: Final = "exactly one member, such as {'text': …}"


def expected(name: str, what: str) -> InvalidRequest:
    """The error for an argument of the wrong type: its name and what it should be, never what it was."""
    return InvalidRequest(f"{name} must be {what}", rule="argument-type")


def messages_to_wire(messages: object, name: str = "messages") -> list[dict[str, Any]]:
    """One message or a list of them: each a str (said by the user), a Message or a dict."""
    if isinstance(messages, list | tuple):
        if not messages:
            raise InvalidRequest(f"{name} must hold at least one message", rule="argument-type")
        return [_message(item, f"{name}[{place}]") for place, item in enumerate(messages)]
    return [_message(messages, name)]


def _message(message: "str | Message | Mapping[str, Any] | object", name: str) -> dict[str, Any]:
    if isinstance(message, str):
        return {"role": "user", "content": [{"text": message}]}
    if isinstance(message, Mapping):
        role, content = message.get("role"), message.get("content")
        if not isinstance(role, str) or content is None:
            raise expected(name, "a dict with a role and a content")
        return {**message, "role": role, "content": blocks_to_wire(content, f"{name}.content")}
    if hasattr(message, "to_wire") and hasattr(message, "role"):
        return _wire_of(message)
    raise expected(name, "a str, a Message, a dict with role and content, or a list of these")


def blocks_to_wire(blocks: object, name: str) -> list[dict[str, Any]]:
    """One content block or a list of them: each a str, a block or a dict with one member."""
    if isinstance(blocks, list | tuple):
        return [_block(item, f"{name}[{place}]") for place, item in enumerate(blocks)]
    return [_block(blocks, name)]


def _block(block: "Part | Block | object", name: str) -> dict[str, Any]:
    if isinstance(block, str):
        return {"text": block}
    if isinstance(block, Mapping):
        if len(block) != 1:
            raise expected(name, f"a dict with {UNION_HINT}")
        if "text" not in block:
            refuse_lost_members(block)
        return dict(block)
    if hasattr(block, "to_wire") and not hasattr(block, "role"):
        return _wire_of(block)
    raise expected(name, f"a str, a block, or a dict with {UNION_HINT}")


def _wire_of(value: Any) -> dict[str, Any]:
    wire: dict[str, Any] = value.to_wire()
    return wire


def tools_to_wire(tools: object) -> list[dict[str, Any]]:
    """A list of tools: each a dict with toolSpec, systemTool or cachePoint, or what stands inside toolSpec."""
    if not isinstance(tools, list | tuple) or not tools:
        raise expected("tools", "a list of at least one dict")
    return [_tool(tool, f"tools[{place}]") for place, tool in enumerate(tools)]


def _tool(tool: object, name: str) -> dict[str, Any]:
    if not isinstance(tool, Mapping):
        raise expected(name, "a dict")
    if len(tool) == 1 and next(iter(tool)) in _TOOLS:
        return dict(tool)
    if not _SPEC_REQUIRED <= tool.keys() <= _SPEC:
        raise expected(
            name, "a dict with toolSpec, or with name, inputSchema and maybe description and strict"
        )
    schema = tool["inputSchema"]
    if not isinstance(schema, Mapping):
        raise expected(f"{name}.inputSchema", "a dict: a JSON schema, or one under 'json'")
    wrapped = dict(schema) if schema.keys() == {"json"} else {"json": dict(schema)}
    return {"toolSpec": {**tool, "inputSchema": wrapped}}


def tool_choice_to_wire(choice: object) -> dict[str, Any]:
    """auto, any, a tool's name, {"tool": name}, or botocore's form."""
    if isinstance(choice, str) and choice:
        return {choice: {}} if choice in {"auto", "any"} else {"tool": {"name": choice}}
    if isinstance(choice, Mapping) and len(choice) == 1:
        ((kind, value),) = choice.items()
        if kind == "tool" and isinstance(value, str):
            return {"tool": {"name": value}}
        if kind in {"auto", "any", "tool"} and isinstance(value, Mapping):
            return {kind: dict(value)}
    raise expected("tool_choice", "'auto', 'any', a tool's name or {'tool': name}")


# Source: unions Tool and ToolSpecification in bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
_TOOLS: Final = frozenset({"toolSpec", "systemTool", "cachePoint"})
_SPEC_REQUIRED: Final = frozenset({"name", "inputSchema"})
_SPEC: Final = _SPEC_REQUIRED | {"description", "strict"}
