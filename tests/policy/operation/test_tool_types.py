"""A tool that the caller runs is one wherever it is judged; every other one is refused wherever it is."""

import pytest

from secure_bedrock.policy.http_surfaces import body_references
from secure_bedrock.policy.http_surfaces.anthropic import COUNT_TOKENS, MESSAGES
from secure_bedrock.policy.http_surfaces.nodes import Node
from secure_bedrock.policy.http_surfaces.openai import CHAT_COMPLETIONS, RESPONSES
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.tool_types import ANTHROPIC_CLIENT, DATED, FUNCTIONS, LOCAL
from secure_bedrock.policy.request.native_names import native_references

OPENAI = (CHAT_COMPLETIONS, RESPONSES)
ANTHROPIC = (MESSAGES, COUNT_TOKENS)
ELSEWHERE = (
    *("web_search", "web_search_20250305", "web_fetch_20250910", "code_execution_20250825"),
    *("mcp", "mcp_toolset", "file_search", "code_interpreter", "image_generation", "retrieval"),
    *("builtin_function", "graph", "tool_search_tool_regex", "advisor_20260301", "", "functions"),
    *("function ", "Function", "bash_", "computer_20250124x", "custom_20250124"),
)


def runs_elsewhere(grammar: Node | None, kind: object) -> bool:
    """Whether a tool of the type is refused: by a surface's grammar, or in a native payload."""
    tools = [{"type": kind, "name": "x"}]
    if grammar is None:
        return bool(native_references({"tools": tools}, "body"))
    found = body_references(grammar, {"model": "m", "store": False, "tools": tools})
    return Kind.SYSTEM_TOOL in {each.kind for each in found}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_function_is_the_callers_everywhere(kind: str) -> None:
    assert not any(runs_elsewhere(grammar, kind) for grammar in (*OPENAI, None))
    assert runs_elsewhere(MESSAGES, kind) is (kind == "function")


@pytest.mark.parametrize("kind", DATED)
def test_anthropics_own_are_the_callers_where_anthropics_words_are_spoken(kind: str) -> None:
    assert not any(runs_elsewhere(grammar, kind) for grammar in (*ANTHROPIC, None))
    assert all(runs_elsewhere(grammar, kind) for grammar in OPENAI)


@pytest.mark.parametrize("kind", [*LOCAL, *ANTHROPIC_CLIENT, "computer_20991231"])
def test_others_that_the_caller_runs_stand_in_native_payloads_alone(kind: str) -> None:
    assert not runs_elsewhere(None, kind)
    assert all(runs_elsewhere(grammar, kind) for grammar in (*OPENAI, *ANTHROPIC))


@pytest.mark.parametrize("kind", [*ELSEWHERE, None, 7, ["function"]])
def test_every_other_tool_runs_elsewhere(kind: object) -> None:
    assert all(runs_elsewhere(grammar, kind) for grammar in (*OPENAI, *ANTHROPIC, None))
