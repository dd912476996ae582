"""What the local model says when nothing is scripted: the same to the same request, and fit for a demo.

In this order:

1. a tool choice that forces a tool (or `any`) is answered by that tool, its input made from the schema;
2. an output schema (`outputConfig.textFormat`) is answered by JSON that fits it;
3. a tool's result in the last message is repeated;
4. a line `Context:` or `Product…:` in the system prompt or the last message: the line below it (up to an empty line)
   that shares most words with the rest of the message;
5. anything else is quoted back, its first 160 characters.

`maxTokens` cuts the text as a model would, with stop reason `max_tokens`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from secure_bedrock.testing.schema_example import example_of
from secure_bedrock.testing.turn import Call, Turn, stable_id

_HEADING = re.compile(r"^(?:context|product\b[^:\n]*):[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"\w{3,}")
_QUOTED = 160


def default_turn(call: Call) -> Turn:
    """The deterministic answer to a Converse or native request."""
    body = call.body if isinstance(call.body, dict) else {}
    tool = _forced_tool(body)
    if tool is not None:
        name, schema = tool
        return tool_turn(name, example_of(schema))
    return _bounded(_text(body), body)


def tool_turn(name: str, tool_input: Any) -> Turn:
    """A turn that asks for a tool."""
    use = {"toolUseId": stable_id("tooluse_", name), "name": name, "input": tool_input}
    return Turn(content=({"toolUse": use},), stop_reason="tool_use")


def _text(body: Mapping[str, Any]) -> str:
    schema = _output_schema(body)
    if schema is not None:
        return json.dumps(example_of(schema))
    result = _tool_result(body)
    if result is not None:
        return f"The tool says: {result}"
    system, prompt = "\n".join(_texts(body.get("system"))), prompt_of(body)
    return _from_context(system, prompt) or f"You said: {_shortened(prompt)}"


def prompt_of(body: Mapping[str, Any]) -> str:
    """The text of the last user message, or a native request's prompt."""
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            return "\n".join(_texts(message.get("content")))
    named = next((body[name] for name in ("prompt", "inputText", "message") if name in body), "")
    return named if isinstance(named, str) else ""


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, dict) and isinstance(block.get("text"), str):
                yield block["text"]


def _from_context(system: str, prompt: str) -> str | None:
    for text in (prompt, system):
        heading = _HEADING.search(text)
        if heading is None:
            continue
        context = (heading[1] + "\n" + text[heading.end() :].lstrip("\n")).lstrip("\n")
        context = context.split("\n\n")[0]
        lines = [line.strip(" -*\t") for line in context.splitlines() if line.strip()]
        if not lines:
            continue
        question = _words(prompt.replace(context, ""))
        return "According to the context: " + max(lines, key=lambda ln: len(_words(ln) & question))
    return None


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "…"


def _bounded(text: str, body: Mapping[str, Any]) -> Turn:
    limit = (body.get("inferenceConfig") or {}).get("maxTokens") or body.get("max_tokens")
    if isinstance(limit, int) and len(text) > limit * 4:
        return Turn(content=({"text": text[: limit * 4]},), stop_reason="max_tokens")
    return Turn(content=({"text": text},))


def _forced_tool(body: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The tool that the request insists on, with its input's schema; Converse's form and Anthropic's."""
    config = body.get("toolConfig") or {}
    choice = config.get("toolChoice") or body.get("tool_choice")
    choice = choice if isinstance(choice, dict) else {}  # the OpenAI dialect says "auto" in a word
    specs = [tool["toolSpec"] for tool in config.get("tools") or () if "toolSpec" in tool]
    tools = {spec["name"]: spec["inputSchema"].get("json") for spec in specs}
    for tool in body.get("tools") or ():
        if isinstance(tool, dict) and "name" in tool:
            tools[tool["name"]] = tool.get("input_schema")
    if "any" in choice or choice.get("type") == "any":
        return next(iter(tools.items()), None)
    wanted = (choice.get("tool") or {}).get("name") or choice.get("name")
    return (wanted, tools.get(wanted)) if wanted else None


def _output_schema(body: Mapping[str, Any]) -> Any | None:
    config = (body.get("outputConfig") or {}).get("textFormat") or {}
    written = ((config.get("structure") or {}).get("jsonSchema") or {}).get("schema")
    try:
        return None if written is None else json.loads(written)
    except ValueError:
        return None


def _tool_result(body: Mapping[str, Any]) -> str | None:
    last = (body.get("messages") or [{}])[-1].get("content")
    for block in last if isinstance(last, list) else ():
        for part in (block.get("toolResult") or {}).get("content") or ():
            return str(part["text"]) if "text" in part else json.dumps(part.get("json"))
    return None
