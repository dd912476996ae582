"""Bodies of the OpenAI- and Anthropic-shaped APIs as SDKs write them, and the grammars that read them."""

from typing import Any

from secure_bedrock.policy.http_surfaces.anthropic import COUNT_TOKENS, MESSAGES
from secure_bedrock.policy.http_surfaces.nodes import Node
from secure_bedrock.policy.http_surfaces.openai import CHAT_COMPLETIONS, EMBEDDINGS, RESPONSES

MODEL = "openai.gpt-oss-120b-1:0"
URL, DATA = "https://evil.example/x.png", "data:image/png;base64,AAAA"
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
